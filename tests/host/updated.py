"""An update that does not get to its end: left unpacked, cut off, given to a machine whose settings have a fault.

Each test goes on where the one before has left the machine.
"""

import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress

import pytest

from panggon.node.databases.owner import MOST_SECONDS
from panggon.node.databases.wishes import README
from tests.host.administrator import (
    SERVERS,
    active,
    apply,
    document,
    everybody_was_served,
    set_up,
)
from tests.host.conftest import GIVEN, NEXT, give, visitors
from tests.host.host import SUITE, shown
from tests.host.sites import PAGE, login, numbers, visited
from tests.waiting import until

pytestmark = [pytest.mark.real, pytest.mark.timeout(1200, func_only=True)]
# Of files, of PHP with a way out, of Python, of PHP with either database.
STATIC, OUTGOING, PYTHON, MARIADB, POSTGRESQL = "s000022", "s000021", "s000024", "s000026", "s000027"
LIKE = {STATIC: "s000002", OUTGOING: "s000001", PYTHON: "s000004"}
FILES = {
    STATIC: ("public/index.html", "<h1>halo</h1>\n"),
    OUTGOING: ("public/index.php", "<?php echo gethostbyname('situs22.kota.example'), PHP_EOL;\n"),
    PYTHON: (
        "private/aplikasi.py",
        'def application(environ, start_response):\n    start_response("200 OK", [])\n    return [b"halo\\n"]\n',
    ),
    MARIADB: ("public/index.php", PAGE),
    POSTGRESQL: ("public/index.php", PAGE),
}
# Has the holder stop the programs of these sites, after their requests.
SLEEP = """
import json, socket, sys
for site in sys.argv[1:]:
    with socket.socket(socket.AF_UNIX) as holder:
        holder.connect("/run/panggon/sockets.sock")
        holder.sendall(json.dumps({"do": "stop", "site": site}).encode() + b"\\n")
        assert json.loads(holder.makefile().readline())["ok"]
"""
# What dpkg says of the package before it goes on (dpkg(1), --status-fd); and when servers are started anew.
RESTARTING = "restarting"
# What another version may write otherwise, and reads before it serves.
OWNERS = ("logs", "tasks", "databases", "renewal")
CONFIGURATIONS = (
    "sockets.json",
    "nginx.conf",
    "nginx.json",
    "knot.conf",
    "sshd_config",
    *(f"{name}.json" for name in OWNERS),
)
MOMENTS = ("half-installed", "unpacked", "half-configured", RESTARTING)


@pytest.fixture(scope="module")
def specs(machine) -> dict[str, dict]:
    """What was applied, with the version that is there at the beginning."""
    if active(machine, "nginx") != ["active"]:
        set_up(machine)
    machine.shell("test -e /root/owner || ssh-keygen -q -t ed25519 -N '' -C '' -f /root/owner")
    key = machine.run("ssh-keygen", "-y", "-f", "/root/owner").strip()
    wished = {}
    for site, (path, content) in FILES.items():
        own = {"site": site, "host": f"situs{int(site[1:])}.kota.example", "access": {"ssh_keys": [key]}}
        wished[site] = document(machine, LIKE.get(site, site)) | own
        if site in (MARIADB, POSTGRESQL):
            wished[site] |= {"database": "mariadb" if site == MARIADB else "postgresql"}
        apply(machine, wished[site])
        (machine.root / "srv/panggon/sites" / site / path).write_text(content)
    wished[PYTHON] |= {"generation": 2}
    apply(machine, wished[PYTHON])  # the application is there only now
    return wished


@pytest.fixture(scope="module")
def package(machine, vendor, specs) -> str:
    """The next version, as the machine finds it."""
    vendor.publish(NEXT, "panggon-node")
    give(vendor, machine.root)
    return f"/{GIVEN}/pool/{SUITE}/{vendor.built(NEXT, 'panggon-node', vendor.published).name}"


def places(specs) -> list[str]:
    return [f"{spec['host']}/" for spec in specs.values()]


def put_to_sleep(machine, sites: Sequence[str]) -> None:
    machine.run("python3", "-c", SLEEP, *sites)


def everything_answers(machine, specs) -> None:
    """Woken anew, with database, way out and SFTP."""
    until(lambda: active(machine, *SERVERS) == ["active"] * len(SERVERS))
    put_to_sleep(machine, [site for site in specs if site != STATIC])
    for spec in specs.values():
        status, body = visited(machine, spec["host"])
        assert status == "200", (spec["site"], body)
    assert visited(machine, specs[OUTGOING]["host"])[1] == "127.0.0.1\n"
    said = machine.run("sh", "-c", f"{login(MARIADB, 'key')} 2>&1", stdin="ls -1\n", check=False)
    assert {"public", "private"} <= set(said.split()), said


def main_process(machine, unit: str) -> str:
    return shown(machine, f"panggon-{unit}", "MainPID")["MainPID"]


def test_what_runs_does_not_look_for_its_own_files_again(machine, specs):
    """During an update others lie in their place, or none."""
    everything_answers(machine, specs)
    modules = machine.shell("echo /usr/lib/panggon-node/lib/python3*/site-packages").strip()
    machine.run("mv", modules, f"{modules}.away")
    try:
        with visitors(machine, places(specs)) as rows:
            everything_answers(machine, specs)
            for site in (MARIADB, POSTGRESQL):
                ask_for_a_copy(machine, site)
    finally:
        machine.run("mv", f"{modules}.away", modules)
    everybody_was_served(rows)


def ask_for_a_copy(machine, site: str) -> None:
    """As its owner does (docs/basis-data.md). His folder comes with a look at all sites, and so does his wish."""
    folder = machine.root / "srv/panggon/sites" / site / "private/database"
    until((folder / README).exists, seconds=2 * MOST_SECONDS)
    machine.run("sh", "-c", login(site, "key"), stdin="mkdir private/database/minta-salinan\n")
    until(lambda: list(folder.glob("salinan-*.sql.gz")), seconds=2 * MOST_SECONDS)


def test_sites_go_on_while_the_new_version_is_only_unpacked(machine, package, specs):
    everything_answers(machine, specs)
    assert numbers(machine, specs[MARIADB]["host"], "/?tulis=1") == [1]
    holder = main_process(machine, "sockets")
    with visitors(machine, places(specs)) as rows:
        machine.run("dpkg", "--unpack", package)
        time.sleep(1)
    everybody_was_served(rows)
    assert machine.run("panggon-node", "--version").split()[-1] == NEXT
    assert main_process(machine, "sockets") == holder
    everything_answers(machine, specs)  # by the former holder, with what the new version brought
    for spec in specs.values():
        spec |= {"generation": spec["generation"] + 1}
        apply(machine, spec)
    everything_answers(machine, specs)


def test_what_dies_meanwhile_comes_back_as_the_new_version(machine, package, specs):
    """With its own configurations: it could not read those of the former one."""
    for name in CONFIGURATIONS:
        (machine.root / "etc/panggon" / name).write_text("of another version\n")
    with visitors(machine, places(specs)) as rows:
        for unit in (*SERVERS, "nginx", "sockets"):
            if unit not in ("mariadb", "postgresql"):  # whoever asks them would be told of it
                former = main_process(machine, unit)
                machine.run("systemctl", "kill", "--kill-whom=main", "--signal=KILL", f"panggon-{unit}")
                until(lambda unit=unit, former=former: main_process(machine, unit) not in ("0", former))
                until(lambda unit=unit: active(machine, unit) == ["active"])
    everybody_was_served(rows)
    everything_answers(machine, specs)
    machine.run("systemctl", "restart", *(f"panggon-{unit}" for unit in SERVERS))
    everything_answers(machine, specs)


def test_a_reboot_meanwhile_is_survived(machine, package, specs):
    machine.power_off()
    machine.boot()
    assert active(machine, *SERVERS) == ["active"] * len(SERVERS)
    everything_answers(machine, specs)


def test_what_was_only_unpacked_is_configured_later(machine, package, specs):
    with visitors(machine, places(specs)) as rows:
        machine.run("dpkg", "--configure", "--pending")
        time.sleep(1)
    everybody_was_served(rows)
    assert active(machine, *SERVERS) == ["active"] * len(SERVERS)
    everything_answers(machine, specs)


@pytest.mark.parametrize("moment", MOMENTS)
def test_an_update_that_is_killed_is_ended_by_the_next(machine, package, specs, moment):
    with visitors(machine, places(specs)) as rows:
        cut_off(machine, package, moment)
        time.sleep(1)
    everybody_was_served(rows)
    everything_answers(machine, specs)
    with visitors(machine, places(specs)) as rows:
        with suppress(RuntimeError):  # what was not unpacked whole wants its file again
            machine.run("dpkg", "--configure", "--pending")
        machine.run("dpkg", "--install", package)
        time.sleep(1)
    everybody_was_served(rows)
    assert machine.run("dpkg", "--audit") == ""
    assert active(machine, *SERVERS) == ["active"] * len(SERVERS)
    everything_answers(machine, specs)


def cut_off(machine, package: str, moment: str) -> None:
    """Kill dpkg and all that it has started, as soon as it has come so far with the package."""
    said = "half-configured" if moment == RESTARTING else moment
    holder = main_process(machine, "sockets")
    script = 'echo $$ >/run/update.pid; exec dpkg --status-fd 1 --install "$1"'
    argv = machine.words("setsid", "sh", "-c", script, "update", package)
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert any(f"status: panggon-node: {said}" in line for line in process.stdout)
        while moment == RESTARTING and main_process(machine, "sockets") == holder:
            assert process.poll() is None, "the update ended without it"  # on a busy machine it prepares for minutes
            time.sleep(0.1)
        machine.shell("kill -s KILL -- -$(cat /run/update.pid)")
    state = machine.run("dpkg-query", "--show", "--showformat=${db:Status-Status}", "panggon-node")
    assert state != "installed"


def test_a_fault_in_the_settings_keeps_no_update_away(machine, package, specs):
    path = machine.root / "etc/panggon/node.toml"
    good = path.read_text()
    holder = main_process(machine, "sockets")
    path.write_text(good.replace('zone = "kota.example"', 'zone = "Kota!"'))
    try:
        with visitors(machine, places(specs)) as rows:
            said = machine.shell(f"dpkg --install {package} 2>&1")
            time.sleep(1)
    finally:
        path.write_text(good)
    everybody_was_served(rows)
    assert "situs tetap jalan; sesudah hal di atas diperbaiki: panggon-node init" in said
    assert "dns.zone: " in said
    assert main_process(machine, "sockets") != holder
    everything_answers(machine, specs)
    machine.run("panggon-node", "init")
    assert active(machine, *SERVERS, "prepare") == ["active"] * (len(SERVERS) + 1)


def test_what_was_removed_serves_again_after_init(machine, package, specs):
    machine.run("apt-get", "-qq", "-y", "remove", "panggon-node")
    assert active(machine, *SERVERS) == ["inactive"] * len(SERVERS)
    assert machine.run("pgrep", "--full", "--list-full", "panggon", check=False) == ""
    machine.run("dpkg", "--install", package)
    assert active(machine, *SERVERS) == ["inactive"] * len(SERVERS)  # nothing is started before `init`
    machine.run("panggon-node", "init")
    assert active(machine, *SERVERS) == ["active"] * len(SERVERS)
    everything_answers(machine, specs)


def test_a_machine_that_was_cleared_for_ever_can_be_begun_anew(machine, package, specs):
    machine.run("apt-get", "-qq", "-y", "purge", "panggon-node")
    machine.shell(
        "rm -r /srv/panggon /var/lib/panggon /etc/panggon /var/log/panggon; rm /etc/userdb/s0000* /etc/userdb/19000000*"
    )
    places = ("/etc", "/usr", "/lib", "/run", "/var/lib/systemd", "/tmp")
    left = machine.run("find", *places, "-xdev", "-name", "*panggon*", check=False).split()
    assert [path for path in left if not path.startswith(("/etc/apt/", "/usr/share/doc"))] == []
    set_up(machine)
    spec = specs[STATIC] | {"generation": 1}
    apply(machine, spec)
    (machine.root / "srv/panggon/sites" / STATIC / "public/index.html").write_text("<h1>lagi</h1>\n")
    assert visited(machine, spec["host"]) == ("200", "<h1>lagi</h1>\n")
