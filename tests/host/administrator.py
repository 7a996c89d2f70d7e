"""What an administrator does on the test host, by the words of the documentation."""

import json
import re

from tests.host.conftest import GIVEN, REPOSITORY

SETTINGS = """
[web]
addresses = ["127.0.0.1", "::1"]
[dns]
zone = "kota.example"
ipv4 = ["127.0.0.1"]
addresses = ["127.0.0.1"]
[sftp]
addresses = ["127.0.0.1"]
"""
SERVERS = ("mariadb", "postgresql", "sockets", "knot", "sshd", "nginx", "logs", "tasks", "databases", "renewal")
KINDS = {"s000002": "static", "s000004": "python"}  # the others are of PHP
SPEC = "/var/local/spec.json"
AGENT = "lib/systemd/system/panggon-agent.service"
ITS_PROGRAM = ("#", "Type=", "ExecStart=", "ExecStartPre=", "Restart=", "RestartSec=")


def commands(page: str, heading: str) -> list[str]:
    """The lines of the blocks below a heading of a page."""
    text = (REPOSITORY / "docs" / page).read_text().partition(f"\n{heading}\n")[2].partition("\n## ")[0]
    return [line for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL) for line in block.splitlines()]


def carry_out(machine, line: str, *, edits) -> str:
    """As an administrator would; an editor writes what `edits` make of the file."""
    if match := re.fullmatch(r"nano (\S+)", line):
        path = machine.root / match[1].lstrip("/")
        path.write_text(edits(path.read_text()))
        return ""
    line = line.replace("https://packages.example", f"file:///{GIVEN}")
    line = re.sub(r"^apt ", "apt-get -qq -y --no-install-recommends ", line)
    return machine.shell(line, seconds=600)


def set_up(machine) -> str:
    """What the last command says."""
    said = ""
    for line in commands("node.md", "## Setting up")[:-2]:
        try:
            said = carry_out(machine, line, edits=lambda _example: SETTINGS)
        except RuntimeError as error:
            error.add_note(machine.run("journalctl", "--no-pager", "--lines=200", "--unit=panggon-*", check=False))
            raise
    return said


def php_versions(machine) -> list[str]:
    return json.loads(machine.run("panggon-node", "status", "--json"))["php_versions"]


def document(machine, site: str) -> dict:
    """What is wished for a site, with the newest PHP."""
    spec = json.loads((REPOSITORY / "examples" / "site-spec.json").read_text())
    number = int(site[1:])
    changed = {
        "site": site,
        "host": f"situs{number}.kota.example",
        "state": "open",
        "kind": KINDS.get(site, "php"),
        "tasks": [],
    }
    spec |= changed | {"php_version": php_versions(machine)[-1]}
    if spec["kind"] == "python":
        spec |= {
            "database": "postgresql",
            "python": {"interface": "wsgi", "entry": "aplikasi:application"},
        }
    if number == 1:
        spec["outgoing"] = "web"  # with a gate beside it
    return spec


def as_the_agent(machine, *argv: str, stdin: str = "", check: bool = True) -> str:
    """What the command prints there, with the rights of the agent's unit and no others."""
    lines = (machine.root / AGENT).read_text().partition("[Service]\n")[2].splitlines()
    rights = [f"--property={line}" for line in lines if line and not line.startswith(ITS_PROGRAM)]
    words = ("systemd-run", "--quiet", "--pipe", "--wait", "--collect", *rights, *argv)
    return machine.run(*words, stdin=stdin, check=check)


def ask(machine, command: str, spec: dict) -> dict:
    """What the node's command says about the site, as JSON; carried out with the rights that the agent has."""
    (machine.root / SPEC.lstrip("/")).write_text(json.dumps(spec))
    said = as_the_agent(machine, "panggon-node", command, "--json", SPEC, check=False)
    assert said, machine.run("journalctl", "--no-pager", "--lines=20", "--output=cat")
    return json.loads(said)


def apply(machine, spec: dict) -> dict:
    outcome = ask(machine, "apply", spec)
    assert outcome["outcome"] == "applied", outcome
    return outcome


def everybody_was_served(rows) -> None:
    assert [set(row["answers"]) for row in rows] == [{"200"}] * len(rows), rows


def active(machine, *units: str) -> list[str]:
    return machine.run("systemctl", "is-active", *(f"panggon-{unit}" for unit in units), check=False).split()
