"""The units of systemd that the packages bring: whole, and saying what the code says. tests/host has them run."""

import configparser
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import pytest

from panggon.core.errors import TemporaryError
from panggon.drivers.system import processes, shell
from panggon.node import layout, own_servers, protections
from panggon.node.command import beginning, options
from panggon.node.logs.logins import LoginWatch
from panggon.node.servers import sshd
from panggon.node.settings import config as configs
from panggon.node.supervision import services, units
from tests.waiting import until

REPOSITORY = Path(__file__).resolve().parents[2]
UNITS = REPOSITORY / "packaging" / "panggon-node" / "units"
PYTHON = "/usr/lib/panggon-node/bin/python"
SITES = "panggon-sites.service"
OF_SITES = ["--groups-of", SITES]
MORE = {"sockets": ["--kept-by-systemd", *OF_SITES], "tasks": OF_SITES, "databases": OF_SITES}
CONFIG = configs.parse({"dns": {"zone": "kota.example", "ipv4": ["203.0.113.10"]}})


def unit(name):
    """The lines of a unit, those of one name together."""
    parser = configparser.ConfigParser(strict=False, interpolation=None, delimiters="=", allow_no_value=True)
    parser.optionxform = str
    parser.read(UNITS / name)
    return parser


@pytest.fixture(scope="module")
def servers():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(protections, "sandboxed", lambda _config: True)
        patch.setattr(protections, "own_mounts", lambda: True)
        yield {server.name: server for server in own_servers.servers(CONFIG)}


@pytest.mark.parametrize("name", configs.SERVERS)
def test_a_unit_starts_and_stops_its_server_as_the_supervisor_does(servers, name):
    server, service = servers[name], unit(units.of(name))["Service"]
    words = [PYTHON if word == sys.executable else word for word in server.argv]
    told = shlex.split(service["ExecStart"])
    told = told[3:] if told[0] == "/bin/sh" else told  # which looks for the version that made the data
    words = words[words.index(told[0]) :] if name == "sshd" else words  # the mount before it is systemd's here
    assert [Path(told[0]).name, *told[1:]] == [Path(words[0]).name, *words[1:], *MORE.get(name, [])]
    assert signal.Signals[service.get("KillSignal", "SIGTERM")] is server.stop_signal
    assert float(service["TimeoutStopSec"]) == server.stop_seconds
    assert service.get("WorkingDirectory", "None") == str(server.cwd)


def test_init_waits_for_a_systemd_that_answers_late(monkeypatch):
    """As on a slow machine while it reads its units anew, because one of Debian's was switched off."""

    def late(argv, *, seconds=20.0, **_):
        if seconds < 300:
            raise TemporaryError("shell.slow", argv[0])
        asked.append(argv[1])
        said = {
            "list-units": "nginx.service loaded active",
            "show": "\n\n".join(["ActiveState=inactive"] * len(argv[4:])),
        }
        return shell.Finished(0, said.get(argv[1], ""), "")

    asked, told = [], []
    monkeypatch.setattr(shell, "run", late)
    monkeypatch.setattr(services, "demand_free", lambda *_: None)
    for name in ("_fingerprints", "_begins"):
        monkeypatch.setattr(beginning, name, lambda _config: {})
    monkeypatch.setattr(beginning, "_await", lambda *_: None)
    beginning._with_systemd(CONFIG, told.append)
    assert asked[:4] == ["list-units", "list-unit-files", "disable", "show"]
    assert told == ["nginx.service milik Debian dimatikan: Panggon menjalankan program itu sendiri"]


@pytest.mark.parametrize("name", sorted(path.name for path in UNITS.glob("*.service")))
def test_nothing_is_cut_off_while_it_starts(name):
    """A slow machine that starts everything at once took more than the usual 90 s, and again at each further try."""
    service = unit(name)["Service"]
    assert service["Type"] == "oneshot" or float(service["TimeoutStartSec"]) >= 900


def test_a_login_reads_the_nodes_own_name_services():
    own = layout.sshd_settings(CONFIG)
    mounts = f"-{own.name_services}:{sshd.NAME_SERVICES} -{own.groups}:{sshd.GROUPS}"
    assert unit(units.of("sshd"))["Service"]["BindReadOnlyPaths"] == mounts


def test_who_came_in_is_written_where_the_logs_are_read(servers):
    said = unit(units.of("sshd"))["Service"]["StandardError"]
    assert said == f"append:{LoginWatch(layout.log_settings(CONFIG)).source.path}" == f"append:{servers['sshd'].log}"


def test_a_server_runs_as_the_user_that_its_data_belongs_to():
    users = {name: unit(units.of(name))["Service"].get("User") for name in ("mariadb", "postgresql", "knot")}
    assert users == {"mariadb": "mysql", "postgresql": "postgres", "knot": "knot"}


def is_known_to_be_replaced(program: Path) -> bool:
    shutil.copy("/usr/bin/sleep", program)
    with subprocess.Popen([program, "60"]) as process:
        until(lambda: str(program) in Path(f"/proc/{process.pid}/maps").read_text())
        assert not processes.is_replaced(process.pid)
        shutil.copy("/usr/bin/sleep", program.with_name("newer"))
        program.with_name("newer").rename(program)  # as dpkg does
        found = processes.is_replaced(process.pid)
        process.kill()
    assert not processes.is_replaced(process.pid)
    return found


def test_a_program_that_was_replaced_on_the_disk_is_known():
    with tempfile.TemporaryDirectory(dir="/usr/local/lib") as folder:
        assert is_known_to_be_replaced(Path(folder) / "program")


def test_what_a_site_can_replace_by_itself_is_no_update(tmp_path):
    """Each one would bring another sandbox beside it."""
    folder = tmp_path / "x /usr/bin"
    folder.mkdir(parents=True)
    for place in (tmp_path, folder):
        assert not is_known_to_be_replaced(place / "program")


def test_nothing_else_may_be_written_than_what_panggon_has():
    paths = CONFIG.paths
    places = [paths.root, paths.state, paths.run, paths.etc, paths.userdb, paths.logs]
    for path in UNITS.glob("*.service"):
        service = unit(path.name)["Service"]
        if service["ExecStart"] == "/usr/bin/sleep infinity":
            continue
        assert service["ProtectSystem"] == "strict", path.name
        for word in service.get("ReadWritePaths", "").split():
            beginning = path.name == "panggon-prepare.service" and word == "/run"
            assert beginning or any(Path(word).is_relative_to(place) for place in places), path.name


def test_databases_end_after_those_who_ask_them_and_begin_without_waiting_for_them():
    ending = unit("panggon-ending.service")["Unit"]["After"].split()
    for name in ("mariadb", "postgresql"):
        assert "panggon-ending.service" in unit(units.of(name))["Unit"]["Wants"].split()
        assert units.of(name) in ending
        assert units.of(name) not in unit(units.of("sockets"))["Unit"]["After"].split()


def test_sftp_waits_for_the_addresses_of_the_machine():
    """OpenSSH goes on with those that are there when it starts."""
    for how in ("Wants", "After"):
        assert "network-online.target" in unit(units.of("sshd"))["Unit"][how].split()


def test_a_machine_is_prepared_once_where_its_settings_are_refused():
    """A unit that has failed is started again with each of those that want it."""
    assert unit("panggon-prepare.service")["Service"]["SuccessExitStatus"] == str(options.REFUSED)


def test_init_waits_for_as_long_as_systemd_does():
    """A database that mends itself takes minutes, and what is started after it may take as long again."""
    services = [unit(path.name)["Service"] for path in UNITS.glob("*.service")]
    longest = max(float(each.get("TimeoutStartSec", 0)) + float(each.get("TimeoutStopSec", 0)) for each in services)
    assert longest * 3 < units.START_SECONDS


@pytest.mark.parametrize("name", sorted(path.name for path in UNITS.glob("*.service")))
def test_the_end_of_one_process_is_not_the_end_of_its_unit(name):
    """With control groups of version 2 systemd stops a unit when the kernel ends any process of it for its memory, but
    those that have groups of their own below them.
    """
    service = unit(name)["Service"]
    assert service["Type"] == "oneshot" or "Delegate" in service or service["OOMPolicy"] == "continue"


def test_the_agent_starts_once_the_machine_is_enrolled():
    enrolled = str(CONFIG.paths.state / "node.json")
    assert unit("panggon-agent.path")["Path"]["PathExists"] == enrolled
    assert unit("panggon-agent.service")["Unit"]["ConditionPathExists"] == enrolled


def test_what_prepares_names_the_settings_that_everybody_reads():
    for path in UNITS.glob("*.service"):
        conditions = unit(path.name)["Unit"].get("ConditionPathExists", str(configs.DEFAULT_PATH))
        assert conditions in (str(configs.DEFAULT_PATH), str(CONFIG.paths.state / "node.json"))
    assert unit("panggon-sockets.service")["Service"]["ExecStart"].split()[4] == str(
        layout.holder_settings_file(CONFIG)
    )


@pytest.mark.parametrize("name", [*configs.SERVERS, "agent"])
def test_a_server_starts_from_what_its_own_version_has_written(name):
    """As root, and where that fails from what is there."""
    assert unit(units.of(name))["Service"]["ExecStartPre"] == "-+/usr/lib/panggon-node/prepared"


@pytest.mark.parametrize(("wrote", "calls"), [("1.3.0\n", 0), ("1.2.0\n", 1), (None, 1)])
def test_what_another_version_has_written_is_written_anew_once(tmp_path, wrote, calls):
    """However many servers start at a time."""
    stamp, called, command = (tmp_path / name for name in ("prepared", "called", "panggon-node"))
    command.write_text(f'#!/bin/sh\necho "$@" >>{called}; echo 1.3.0 >{stamp}\n')
    command.chmod(0o755)
    if wrote:
        stamp.write_text(wrote)
    script = (UNITS.parent / "prepared").read_text().replace("@version@", "1.3.0")
    script = script.replace("/usr/bin/panggon-node", str(command)).replace("/etc/panggon", str(tmp_path))
    with ExitStack() as all_of_them:
        for _ in range(5):
            all_of_them.enter_context(subprocess.Popen(["sh", "-ec", script]))
    assert (called.read_text() if called.exists() else "") == "services prepare\n" * calls


@pytest.mark.parametrize("package", ["panggon-node", "panggon"])
def test_systemd_understands_every_line(package, tmp_path):
    for path in (REPOSITORY / "packaging" / package / "units").iterdir():
        there = re.sub(r"^(ExecStart(?:Pre)?=[-+]*)\S+", r"\1/bin/true", path.read_text(), flags=re.MULTILINE)
        (tmp_path / path.name).write_text(re.sub(r"^(User|Group)=.*\n", "", there, flags=re.MULTILINE))
    told = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", *sorted(map(str, tmp_path.iterdir()))],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (told.returncode, told.stderr) == (0, "")


WORKING_TREE = """
git() { case $1 in ls-tree) printf '%s\\n' docs/* schema/* ;; show) cat "${2#HEAD:}" ;; esac; }
"""


def test_what_the_packages_tell_leads_nowhere_else(tmp_path):
    """`document` of script/package, here with the files as they are now in the place of committed ones."""
    function = re.search(
        r"^document\(\) \{\n.*?^\}$", (REPOSITORY / "script" / "package").read_text(), re.MULTILINE | re.DOTALL
    )
    script = f'set -e; {WORKING_TREE}{function[0]}; document "$0"'
    subprocess.run(["bash", "-c", script, tmp_path], cwd=REPOSITORY, check=True)
    pages = sorted(tmp_path.glob("*.md"))
    assert {"portal.md", "node.md", "procedure.md", "CHANGELOG.md"} <= {page.name for page in pages}
    links = [(page.name, link) for page in pages for link in re.findall(r"\]\(([^)#]+)", page.read_text())]
    assert len(links) > 15
    assert [(page, link) for page, link in links if "://" not in link and not (tmp_path / link).exists()] == []


def test_a_package_needs_what_the_machine_is_set_up_with():
    """Debian's packages of packages.txt, but what only a checkout needs and what the portal has."""
    named = {line for line in (REPOSITORY / "packages.txt").read_text().splitlines() if not line.startswith("#")}
    said = {}
    for package in ("panggon-node", "panggon"):
        control = (REPOSITORY / "packaging" / package / "control").read_text()
        words = re.search(r"^Depends: (.*)$", control, re.MULTILINE)[1].split(", ")
        said[package] = {word.split()[0] for word in words}
    only_portal = {"tesseract-ocr", "tesseract-ocr-ind"}
    assert named - {"python3-venv", "gettext"} - only_portal == said["panggon-node"]
    assert said["panggon"] - {"adduser", "postgresql"} <= named


def test_what_the_hosting_machine_needs_is_locked_as_in_the_checkout():
    pattern = re.compile(r"^([a-z0-9-]+)==([^ ]+)", re.MULTILINE)
    everything = dict(pattern.findall((REPOSITORY / "requirements.txt").read_text()))
    own = dict(pattern.findall((REPOSITORY / "packaging" / "panggon-node" / "requirements.txt").read_text()))
    assert own.items() <= everything.items()
    assert not {"django", "procrastinate", "granian"} & own.keys()


@pytest.mark.parametrize("name", ["panggon-node", "panggon"])
@pytest.mark.parametrize(
    ("words", "refused"),
    [
        ("install", False),
        ("upgrade 1.2.0 1.3.0", False),
        ("upgrade 1.3.0 1.2.0", True),
        ("install 1.2.0 1.3.0", False),
        ("install 1.3.0 1.2.0", True),
        ("abort-upgrade 1.3.0", False),
    ],
)
def test_an_older_version_is_refused_where_a_newer_one_is_or_was_removed(name, words, refused):
    """As dpkg calls it (Debian's policy, 6.5): what a newer version wrote stays when that is removed."""
    argv = ["sh", REPOSITORY / "packaging" / name / "preinst", *words.split()]
    done = subprocess.run(argv, capture_output=True, text=True)
    assert (done.returncode != 0, "lebih lama" in done.stderr) == (refused, refused), done.stderr
