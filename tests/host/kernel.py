"""What only a machine with a kernel of its own can show: control groups of version 2 under systemd, project quota of
ext4, processes that are killed for their memory, a boot from disk.

Each test goes on where the one before has left the machine; `script/test-machine` runs them.
"""

import json

import pytest

from tests.host.administrator import SERVERS, active, apply, document, everybody_was_served, set_up
from tests.host.conftest import visitors
from tests.host.host import shown
from tests.host.machine import IS_WANTED, TIMES
from tests.host.sites import PAGE as GOOD
from tests.host.sites import numbers, sftp, visited
from tests.waiting import until

pytestmark = [
    pytest.mark.real,
    pytest.mark.timeout(600 * TIMES, func_only=True),
    pytest.mark.skipif(not IS_WANTED, reason="needs script/test-machine"),
]
SITE, BESIDE = "s000026", "s000027"  # who attacks, and the neighbour
LIMITS = {"memory_mebibytes": 128, "processes": 24, "cpu_percent": 50, "disk_mebibytes": 64, "files": 2000}
OWN_PROCESSES = 4  # beyond the site's number at most: PHP's own
PATIENCE = 60 * TIMES
GROUPS = "/sys/fs/cgroup/system.slice/panggon-sites.service/panggon"
PAGES = {
    "bercabang.php": """<?php
for ($n = 0; $n < 100; $n++) if (!($p[] = @proc_open(['sleep', '2'], [], $pipes))) break;
echo "$n\\n";
""",
    "memori.php": """<?php
ini_set('memory_limit', -1);
for (;;) $a[] = str_repeat('x', 1 << 20);
""",
    "soket.php": """<?php
$stored = 0;
while ($pair = @stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0)) {
    stream_set_blocking($pair[0], false);
    while (($written = @fwrite($pair[0], str_repeat('x', 1 << 16))) > 0) $stored += $written;
    $kept[] = $pair;
}
echo $stored, "\\n";
""",
    "putar.php": """<?php
$until = microtime(true) + $_GET['detik'];
while (microtime(true) < $until);
echo "ya\\n";
""",
    "penuh.php": """<?php
$home = getenv('PANGGON_HOME') . '/private';
$file = fopen("$home/besar", 'w');
for ($size = 0; @fwrite($file, str_repeat('x', 1 << 20)) === 1 << 20; $size++);
fclose($file);
unlink("$home/besar");
mkdir("$home/banyak");
for ($files = 0; @touch("$home/banyak/$files"); $files++);
echo json_encode([$size, $files]), "\\n";
""",
}


@pytest.fixture(scope="module")
def specs(machine) -> dict[str, dict]:
    set_up(machine)
    machine.shell("test -e /root/owner || ssh-keygen -q -t ed25519 -N '' -C '' -f /root/owner")
    key = machine.run("ssh-keygen", "-y", "-f", "/root/owner").strip()
    wished = {site: document(machine, site) | {"access": {"ssh_keys": [key]}} for site in (SITE, BESIDE)}
    wished[SITE]["limits"] |= LIMITS
    for site, spec in wished.items():
        apply(machine, spec)
        for name, page in ({"index.php": GOOD} | PAGES).items():
            (machine.root / "srv/panggon/sites" / site / "public" / name).write_text(page)
    return wished


def places(specs) -> list[str]:
    return [f"{spec['host']}/" for spec in specs.values()]


def beside(specs) -> list[str]:
    return [f"{specs[BESIDE]['host']}/"]


def group(machine, site: str) -> str:
    """Where the programs of the site that are awake have their bounds."""
    return until(lambda: machine.shell(f"ls -d {GROUPS}/{site}* || true").split(), seconds=PATIENCE)[0]


def figures(machine, path: str) -> dict[str, int]:
    lines = machine.run("cat", path).splitlines()
    return {name: int(figure) for name, figure in map(str.split, lines)}


def test_every_protection_is_active(machine, specs):
    status = json.loads(machine.run("panggon-node", "status", "--json"))
    assert [row["name"] for row in status["protections"] if not row["active"]] == []
    assert {"disk", "files", "memory", "processes", "cpu"} <= {row["name"] for row in status["protections"]}
    assert [(row["name"], row["running"]) for row in status["servers"]] == [(name, True) for name in SERVERS]


def test_a_site_has_its_database_and_its_owner_comes_in(machine, specs):
    for site, spec in specs.items():
        assert numbers(machine, spec["host"], "/?tulis=7") == [7]
        assert "private" in sftp(machine, site, "ls -1")


def test_who_forks_stays_within_its_number(machine, specs):
    with visitors(machine, beside(specs)) as rows:
        status, body = visited(machine, specs[SITE]["host"], "/bercabang.php")
    assert status == "200"
    assert 0 < int(body) < LIMITS["processes"] + OWN_PROCESSES
    everybody_was_served(rows)


@pytest.mark.parametrize("page", ["memori.php", "soket.php"])
def test_who_takes_memory_is_stopped_alone(machine, specs, page):
    """What waits in sockets is memory of the group with version 2."""
    numbers(machine, specs[BESIDE]["host"])
    units = ("panggon-sites", "panggon-sockets", "panggon-nginx", "panggon-mariadb")
    before = {name: shown(machine, name, "MainPID", "NRestarts", "ActiveState") for name in units}
    neighbour = machine.run("cat", f"{group(machine, BESIDE)}/cgroup.procs")
    with visitors(machine, beside(specs)) as rows:
        visited(machine, specs[SITE]["host"], f"/{page}")
    everybody_was_served(rows)
    assert figures(machine, f"{GROUPS}/memory.events")["oom_kill"] > 0
    assert {name: shown(machine, name, "MainPID", "NRestarts", "ActiveState") for name in units} == before
    assert set(neighbour.split()) & set(machine.run("cat", f"{group(machine, BESIDE)}/cgroup.procs").split())
    until(lambda: visited(machine, specs[SITE]["host"])[0] == "200", seconds=PATIENCE)


def test_who_computes_without_end_has_his_share(machine, specs):
    seconds = 5 * TIMES
    with visitors(machine, beside(specs)) as rows:
        visited(machine, specs[SITE]["host"], f"/putar.php?detik={seconds}")
        told = figures(machine, f"{group(machine, SITE)}/cpu.stat")
    everybody_was_served(rows)
    assert told["nr_throttled"] > 0


def test_what_a_site_stores_is_bounded_by_the_file_system(machine, specs):
    status, body = visited(machine, specs[SITE]["host"], "/penuh.php")
    assert status == "200"
    size, files = json.loads(body)
    assert 0 < size < LIMITS["disk_mebibytes"]
    assert 0 < files < LIMITS["files"]
    machine.run("rm", "-r", f"/srv/panggon/sites/{SITE}/private/banyak")
    assert numbers(machine, specs[SITE]["host"], "/?tulis=8") == [7, 8]


@pytest.mark.parametrize("unit", [*SERVERS, "sites"])
def test_a_server_that_is_killed_is_back(machine, specs, unit):
    former = shown(machine, f"panggon-{unit}", "MainPID")["MainPID"]
    machine.run("systemctl", "kill", "--kill-whom=main", "--signal=KILL", f"panggon-{unit}")
    until(lambda: shown(machine, f"panggon-{unit}", "MainPID")["MainPID"] not in ("0", former), seconds=PATIENCE)
    until(lambda: active(machine, *SERVERS, "sites") == ["active"] * (len(SERVERS) + 1), seconds=PATIENCE)
    for spec in specs.values():
        until(lambda host=spec["host"]: visited(machine, host)[0] == "200", seconds=PATIENCE)


def test_everything_is_there_again_after_a_boot(machine, specs):
    machine.power_off()
    machine.boot()
    until(lambda: active(machine, *SERVERS) == ["active"] * len(SERVERS), seconds=PATIENCE)
    assert machine.run("systemctl", "--failed", "--no-legend") == ""
    with visitors(machine, places(specs)) as rows:
        pass
    everybody_was_served(rows)
    machine.run("panggon-node", "verify")


def test_a_power_cut_loses_nothing(machine, specs):
    before = numbers(machine, specs[SITE]["host"])
    machine.pull_the_plug()
    machine.boot()
    until(lambda: active(machine, *SERVERS) == ["active"] * len(SERVERS), seconds=PATIENCE)
    assert numbers(machine, specs[SITE]["host"]) == before
