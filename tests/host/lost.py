"""The disk of a machine is lost: what was carried away comes back on a new one by the words of docs/node.md.

Each test goes on where the one before has left the machine.
"""

import json
import time
from pathlib import Path

import pytest

from tests.host.administrator import (
    SERVERS,
    active,
    apply,
    carry_out,
    commands,
    document,
    everybody_was_served,
    set_up,
)
from tests.host.conftest import make_anew, visitors
from tests.host.sites import PAGE, login, numbers, visited

pytestmark = [pytest.mark.real, pytest.mark.timeout(1200, func_only=True)]
HEADING = "## Backup and restore"
AWAY = Path("mnt/cadangan")  # another machine, here another disk
STATIC, HELLO = "s000012", "<h1>halo</h1>\n"
SITES = {"s000016": "mariadb", "s000017": "postgresql"}
KEPT = ("etc/panggon/ca.pem", "etc/panggon/node.toml", "etc/userdb/s000016.user")


@pytest.fixture(scope="module")
def specs(machine) -> dict[str, dict]:
    """What was applied: a site of files, and one of PHP for each kind of database."""
    set_up(machine)
    machine.shell("test -e /root/owner || ssh-keygen -q -t ed25519 -N '' -C '' -f /root/owner")
    key = machine.run("ssh-keygen", "-y", "-f", "/root/owner").strip()
    wished = {STATIC: document(machine, STATIC) | {"kind": "static"}}
    for site, engine in SITES.items():
        wished[site] = document(machine, site) | {"database": engine, "access": {"ssh_keys": [key]}}
    for site, spec in wished.items():
        apply(machine, spec)
        name, page = ("index.html", HELLO) if site == STATIC else ("index.php", PAGE)
        (machine.root / "srv/panggon/sites" / site / "public" / name).write_text(page)
    return wished


def places(specs) -> list[str]:
    return [f"{spec['host']}/" for spec in specs.values()]


def of_host(machine) -> str:
    """The fingerprint that stands on access documents."""
    return machine.shell("ssh-keyscan -p 2022 127.0.0.1 2>/dev/null | ssh-keygen -lf -")


@pytest.fixture(scope="module")
def known(machine, specs) -> dict[str, str]:
    """What may not be another after all."""
    for site in SITES:
        assert numbers(machine, specs[site]["host"], "/?tulis=7") == [7]
    files = {name: (machine.root / name).read_text() for name in KEPT}
    return {**files, "host key": of_host(machine), "owner": (machine.root / "root/owner").read_text()}


def test_everything_is_carried_away_while_sites_go_on(machine, specs, known, tmp_path_factory):
    (machine.root / AWAY).mkdir(parents=True)
    lines = "\n".join(commands("node.md", HEADING)).partition("\ntar --numeric-owner -xzpf")[0]
    with visitors(machine, places(specs)) as rows:
        machine.shell(f"{lines} || test $? = 1", seconds=600)  # tar's word for a file that was written meanwhile
    everybody_was_served(rows)
    for site in SITES:
        numbers(machine, specs[site]["host"], "/?tulis=8")  # nobody has this afterwards


def test_a_new_machine_begins_with_no_empty_databases(machine, vendor, specs, known):
    machine.power_off()
    archive = (machine.root / AWAY / "hosting.tar.gz").read_bytes()
    make_anew(vendor, machine.root)
    (machine.root / AWAY).mkdir(parents=True)
    (machine.root / AWAY / "hosting.tar.gz").write_bytes(archive)
    machine.boot()
    setting_up = commands("node.md", "## Setting up")
    for line in setting_up[: setting_up.index("apt install panggon-node") + 1]:
        carry_out(machine, line, edits=str)
    unpacked = next(line for line in commands("node.md", HEADING) if line.startswith("tar --numeric-owner -xzpf"))
    machine.shell(unpacked)
    with pytest.raises(RuntimeError, match="panggon-node restore"):
        machine.run("panggon-node", "init")
    assert active(machine, *SERVERS) == ["inactive"] * len(SERVERS)


def test_all_comes_back_as_it_was_carried_away(machine, specs, known):
    lines = commands("node.md", HEADING)
    for line in lines[lines.index("panggon-node restore") :]:
        machine.shell(line, seconds=600)
    assert active(machine, *SERVERS) == ["active"] * len(SERVERS)
    for site in SITES:
        assert numbers(machine, specs[site]["host"]) == [7]
        assert numbers(machine, specs[site]["host"], "/?tulis=9") == [7, 9]
    assert visited(machine, specs[STATIC]["host"]) == ("200", HELLO)
    assert {name: (machine.root / name).read_text() for name in KEPT} == {name: known[name] for name in KEPT}
    assert of_host(machine) == known["host key"]


def test_owners_come_in_as_before(machine, known):
    (machine.root / "root/owner").write_text(known["owner"])
    (machine.root / "root/owner").chmod(0o600)
    said = machine.run("sh", "-c", f"{login('s000016', 'key')} 2>&1", stdin="ls -1\n", check=False)
    assert {"public", "private"} <= set(said.split()), said


def test_the_machine_can_be_changed_and_started_anew(machine, specs):
    for spec in specs.values():
        apply(machine, spec | {"generation": 2})
    machine.power_off()
    machine.boot()
    with visitors(machine, places(specs)) as rows:
        time.sleep(2)
    everybody_was_served(rows)
    status = json.loads(machine.run("panggon-node", "status", "--json"))
    assert (status["unfinished"], status["worries"]) == ([], [])
