"""What a machine may lack when it is started or while it runs: its folder of logs, room for them, addresses, memory.

Each test goes on where the one before has left the machine.
"""

import json
import re
import time
from collections.abc import Iterator

import pytest

from tests.host.administrator import (
    SERVERS,
    active,
    apply,
    document,
    everybody_was_served,
    set_up,
)
from tests.host.conftest import visitors
from tests.host.host import shown
from tests.host.sites import PAGE, login, numbers, visited
from tests.waiting import until

pytestmark = [pytest.mark.real, pytest.mark.timeout(900, func_only=True)]
STATIC, SITES = "s000032", {"s000036": "mariadb", "s000037": "postgresql"}
LATE = "10.9.9.9"
CONNECT = """
import contextlib, socket, sys
for port in sys.argv[2:]:
    with contextlib.suppress(OSError), socket.create_connection((sys.argv[1], int(port)), 5):
        print(port)
"""
FILL = "dd if=/dev/zero of=/var/log/besar bs=1M 2>/dev/null || true"


@pytest.fixture(scope="module")
def specs(machine) -> dict[str, dict]:
    """What was applied: a site of files, and one of PHP for each kind of database."""
    if active(machine, "nginx") != ["active"]:
        set_up(machine)
    machine.shell("test -e /root/owner || ssh-keygen -q -t ed25519 -N '' -C '' -f /root/owner")
    key = machine.run("ssh-keygen", "-y", "-f", "/root/owner").strip()
    wished = {STATIC: document(machine, STATIC) | {"kind": "static"}}
    for site, engine in SITES.items():
        wished[site] = document(machine, site) | {"database": engine, "access": {"ssh_keys": [key]}}
    for site, spec in wished.items():
        apply(machine, spec)
        name, page = ("index.html", "<h1>halo</h1>\n") if site == STATIC else ("index.php", PAGE)
        (machine.root / "srv/panggon/sites" / site / "public" / name).write_text(page)
    return wished


def hosts(specs) -> list[str]:
    return [spec["host"] for spec in specs.values()]


def places(specs) -> list[str]:
    return [f"{host}/" for host in hosts(specs)]


def everything_works(machine, specs) -> None:
    """Every server runs, sites answer with their databases and can be changed, and an owner comes in."""
    assert active(machine, *SERVERS) == ["active"] * len(SERVERS)
    for spec in specs.values():
        spec |= {"generation": spec["generation"] + 1}
        apply(machine, spec)
        assert visited(machine, spec["host"])[0] == "200"
    for site in SITES:
        said = machine.run("sh", "-c", f"{login(site, 'key')} 2>&1", stdin="ls -1\n", check=False)
        assert {"public", "private"} <= set(said.split()), said


def restart(machine, *units: str) -> None:
    machine.run("systemctl", "restart", *(f"panggon-{unit}" for unit in units))


def test_the_folder_of_logs_may_be_removed(machine, specs):
    machine.run("rm", "-r", "/var/log/panggon")
    with visitors(machine, places(specs)) as rows:
        restart(machine, "nginx", "sockets", "logs")
        restart(machine, "sshd")  # whose messages systemd itself writes: into a folder that is there again
        time.sleep(1)
    everybody_was_served(rows)
    everything_works(machine, specs)


def test_every_secret_of_the_machine_is_replaced_while_sites_serve(machine, specs):
    """By the commands of docs/node.md."""
    names = ("tsig.secret", "ssh_host_ed25519_key", "ssh_host_ed25519_key.pub")
    former = {name: (machine.root / "etc/panggon" / name).read_text() for name in (*names, "ca.pem", "ca-key.pem")}
    machine.shell(f"cd /etc/panggon && rm {' '.join(names)}")
    with visitors(machine, places(specs)) as rows:
        machine.run("panggon-node", "init")
        everything_works(machine, specs)
    everybody_was_served(rows)
    machine.shell("cd /etc/panggon && rm ca.pem ca-key.pem")
    machine.run("panggon-node", "init")
    said = machine.run("panggon-node", "renew", "--all")
    first, *lines = said.strip().splitlines()
    renewed = [line.partition(": baru, berlaku sampai ")[0] for line in lines if ": baru, berlaku sampai " in line]
    assert first.startswith(f"{len(lines)} sertifikat akan diganti"), said  # of all sites, also of other tests
    assert (len(renewed), set(hosts(specs)) - set(renewed)) == (len(lines), set()), said
    everything_works(machine, specs)
    proven = re.search(r"^(\d+) dari \1 situs terbukti\.$", machine.run("panggon-node", "verify"), re.MULTILINE)
    assert proven
    assert int(proven[1]) >= len(specs)
    assert [name for name, text in former.items() if (machine.root / "etc/panggon" / name).read_text() == text] == []


def test_an_address_may_come_after_the_start(machine, specs):
    path = machine.root / "etc/panggon/node.toml"
    good = path.read_text()
    path.write_text(good.replace('addresses = ["127.0.0.1"', f'addresses = ["127.0.0.1", "{LATE}"'))
    machine.run("ip", "address", "add", f"{LATE}/32", "dev", "lo")
    machine.run("panggon-node", "init")
    try:
        assert worries(machine) == []
        machine.power_off()
        machine.boot()
        with visitors(machine, places(specs)) as rows:
            time.sleep(2)
        everybody_was_served(rows)
        everything_works(machine, specs)
        assert any(f"alamat {LATE} tidak ada" in each for each in worries(machine))
        machine.run("ip", "address", "add", f"{LATE}/32", "dev", "lo")
        until(lambda: heard(machine) >= {53, 80, 443})
        assert [f"sshd tidak mendengar di {LATE} port 2022" in each for each in worries(machine)] == [True]
        restart(machine, "sshd")
        until(lambda: heard(machine) == {53, 80, 443, 2022})
        assert worries(machine) == []
    finally:
        path.write_text(good)
        machine.run("panggon-node", "init")


def worries(machine) -> list[str]:
    return list(json.loads(machine.run("panggon-node", "status", "--json"))["worries"])


def heard(machine) -> set[int]:
    """The ports of the late address at which somebody takes connections."""
    said = machine.run("python3", "-c", CONNECT, LATE, "53", "80", "443", "2022")
    return set(map(int, said.split()))


@pytest.fixture(scope="module")
def small(machine, specs) -> Iterator[None]:
    """The logs lie on a small disk of their own, empty at each start."""
    machine.shell(
        "mkdir -p /root/kept; cp -a /var/log /root/kept; echo 'tmpfs /var/log tmpfs size=24m 0 0' >/etc/fstab"
    )
    machine.power_off()
    machine.boot()
    yield
    machine.run("rm", "/etc/fstab")
    machine.power_off()
    machine.boot()


def test_logs_may_lie_on_an_empty_disk_when_the_machine_is_started(machine, specs, small):
    with visitors(machine, places(specs)) as rows:
        time.sleep(2)
    everybody_was_served(rows)
    everything_works(machine, specs)


def test_a_full_disk_of_logs_takes_no_site_away(machine, specs, small):
    with visitors(machine, places(specs)) as rows:
        machine.shell(FILL)
        time.sleep(2)
        restart(machine, "nginx", "sockets", "logs", "sshd")
        time.sleep(2)
    everybody_was_served(rows)
    everything_works(machine, specs)
    machine.run("systemctl", "restart", "panggon-node.target")
    until(lambda: active(machine, *SERVERS) == ["active"] * len(SERVERS))
    everything_works(machine, specs)
    machine.run("rm", "/var/log/besar")


@pytest.mark.parametrize("unit", ["logs", "sshd", "sockets", "databases", "tasks", "nginx"])
def test_a_server_that_gets_no_memory_is_back_when_there_is_some(machine, specs, unit):
    machine.run("systemctl", "set-property", "--runtime", f"panggon-{unit}", "MemoryMax=6M")
    time.sleep(3)
    machine.run("systemctl", "set-property", "--runtime", f"panggon-{unit}", "MemoryMax=infinity")
    until(lambda: active(machine, unit) == ["active"])
    until(lambda: shown(machine, f"panggon-{unit}", "SubState")["SubState"] == "running")
    with visitors(machine, places(specs)) as rows:
        time.sleep(1)
    everybody_was_served(rows)
    everything_works(machine, specs)
    for site in SITES:
        numbers(machine, specs[site]["host"])
