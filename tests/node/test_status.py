"""What a machine says of itself: here, whose sites may not write any more."""

import shutil
import socket
import threading
import time
from dataclasses import replace
from io import StringIO
from pathlib import Path
from types import SimpleNamespace

import dns.message
import pytest
from rich.console import Console

from demo.ports import free_port
from panggon.core.node.health import Room, Server
from panggon.core.room import GIBIBYTE
from panggon.drivers.system import files
from panggon.node import layout, protections
from panggon.node.command import questions, show
from panggon.node.command.status import FULL_MOST, Status, health_of, worries
from panggon.node.servers import postgresql
from panggon.node.settings.config import Endpoint
from panggon.node.sites import Sites
from panggon.node.sockets.quota.usage import Excess
from panggon.node.state import records
from panggon.node.supervision import units
from tests.core.node.planning.plans import FACTS
from tests.node import simulated

MEMORY = Room("", 1, 2)
KNOT, NGINX = Server("knot", False, "", 0), Server("nginx", True, "", 0)


@pytest.fixture
def sites(tmp_path: Path) -> Sites:
    """Of a machine that has no server and asks none."""
    found = replace(simulated.settings(tmp_path), simulate=False)
    services, of_names = replace(found.services, run=()), replace(found.dns, servers=())
    return Sites(replace(found, services=services, dns=of_names), FACTS, lambda _spec, _known, silent=None: {})


def test_sites_that_store_too_much_are_told_by_what(sites: Sites, monkeypatch: pytest.MonkeyPatch) -> None:
    full = {"s900001": Excess.FILES, "s900002": Excess.SPACE}
    for site, excess in full.items():
        layout.socket_settings(sites.config).full(site).parent.mkdir(parents=True)
        files.write(layout.socket_settings(sites.config).full(site), excess.name)
    records.save(layout.databases_report(sites.config), ["s900003: basis data penuh"])
    records.save(layout.filled_record(sites.config), ["s900005"])
    monkeypatch.setattr(protections, "ask_holder", lambda _config: {"full": [*full, "s900004"]})
    rest = "daripada yang diizinkan paketnya, dan hanya dapat dibaca dan dihapus"
    assert worries(sites.config, sites) == (
        f"s900001: situs menyimpan lebih banyak berkas {rest}",
        f"s900002: situs menyimpan lebih banyak {rest}",
        "s900005: situs sudah memakai semua ruang yang diizinkan paketnya, dan tidak dapat menyimpan apa pun lagi",
        "s900003: basis data penuh",
    )


def test_a_portal_is_told_of_a_bounded_number(sites: Sites) -> None:
    records.save(layout.databases_report(sites.config), [f"s{number:06}: penuh" for number in range(FULL_MOST + 7)])
    told = worries(sites.config, sites)
    assert (len(told), told[-1]) == (FULL_MOST + 1, "7 situs lain penuh juga")


@pytest.mark.parametrize("systemd", [True, False])
@pytest.mark.parametrize(("servers", "hint"), [((NGINX,), False), ((KNOT, NGINX), True), ((), False)])
def test_who_sees_a_server_stopped_reads_what_starts_it(
    servers: tuple[Server, ...], monkeypatch: pytest.MonkeyPatch, *, hint: bool, systemd: bool
) -> None:
    monkeypatch.setattr(units, "installed", lambda: systemd)
    said = StringIO()
    show.status(Console(file=said, width=80), Status(False, "", 0, 0, (), (), (), (), (), (), servers, (), MEMORY))
    begins = "init" if systemd else "services run"
    assert (f"Yang berhenti dijalankan oleh `panggon-node {begins}`." in said.getvalue()) is hint


@pytest.mark.parametrize(
    ("data", "programs", "told"),
    [
        ("15", ("15",), ""),
        ("17", ("15", "17"), ""),
        ("", ("17",), ""),
        (
            "15",
            ("15", "17"),
            "pindahkan ke PostgreSQL 17 (docs/node.md, Upgrading Debian), dan jangan hapus postgresql-15",
        ),
        ("15", ("17",), "yang karena itu tidak jalan: pasang lagi postgresql-15"),
    ],
)
def test_databases_of_a_former_debian_are_told(
    sites: Sites, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: str, programs: tuple[str, ...], told: str
) -> None:
    for version in programs:
        (tmp_path / "programs" / version / "bin").mkdir(parents=True)
        (tmp_path / "programs" / version / "bin" / "postgres").touch()
    monkeypatch.setattr(postgresql, "PROGRAMS", tmp_path / "programs")
    config = replace(sites.config, services=replace(sites.config.services, run=("postgresql",)))
    place = layout.postgresql_settings(config).data
    if data:
        place.mkdir(parents=True)
        (place / "PG_VERSION").write_text(f"{data}\n")
    found = [line for line in worries(config, sites) if "PostgreSQL" in line and "tidak menjawab" not in line]
    assert len(found) == bool(told)
    assert all(told in line for line in found)


def test_a_disk_that_is_nearly_full_is_told_before_it_is(sites: Sites, monkeypatch: pytest.MonkeyPatch) -> None:
    place = sites.config.paths.root
    place.mkdir(parents=True, exist_ok=True)
    for free, told in ((10 * GIBIBYTE, 0), (3 * GIBIBYTE, 1)):
        monkeypatch.setattr(
            shutil, "disk_usage", lambda _place, free=free: SimpleNamespace(free=free, total=GIBIBYTE * 40)
        )
        found = [line for line in worries(sites.config, sites) if "hampir penuh" in line]
        assert len(found) == told
    assert found[0].startswith(f"disk tempat {place} hampir penuh (sisa 3,0 dari 40,0 GiB)")
    assert found[0].endswith(f"du -xh --max-depth=3 {place} | sort -h | tail -20")


def test_each_disk_is_told_once(sites: Sites) -> None:
    for place in (sites.config.paths.root, sites.config.paths.state):
        place.mkdir(parents=True, exist_ok=True)
    told = health_of(sites.config, sites)
    (disk,) = told.disks
    assert disk.place == str(sites.config.paths.root)
    assert 0 < disk.free_bytes < disk.total_bytes
    assert told.memory is not None
    assert 0 < told.memory.free_bytes < told.memory.total_bytes


def test_data_of_mariadb_without_files_of_undo_are_told(sites: Sites) -> None:
    config = replace(sites.config, services=replace(sites.config.services, run=("mariadb",)))
    data = layout.mariadb_settings(config).data

    def of_data() -> list[str]:
        return [line for line in worries(config, sites) if "tidak menjawab" not in line]

    assert of_data() == []
    data.mkdir(parents=True)
    (told,) = of_data()
    assert told.startswith("MariaDB belum menyimpan isi lama dari perubahan yang berjalan di berkas tersendiri")
    assert told.endswith(": mulai ulang MariaDB")
    (data / "undo001").touch()
    assert of_data() == []


@pytest.mark.parametrize("run", [("mariadb", "postgresql", "knot"), ("mariadb", "postgresql"), ()])
def test_servers_that_do_not_answer_are_told_with_what_starts_them_anew(
    sites: Sites, monkeypatch: pytest.MonkeyPatch, run: tuple[str, ...]
) -> None:
    """Also those of names that others run, all or some: no change of a site is done without them."""
    monkeypatch.setattr(questions, "ANSWER_SECONDS", 1.0)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as answering:
        answering.bind(("127.0.0.1", 0))
        answering.settimeout(30)
        serving = threading.Thread(target=_answer, args=(answering,))
        serving.start()
        ports = free_port(), answering.getsockname()[1], free_port()
        of_names = replace(sites.config.dns, servers=tuple(Endpoint("127.0.0.1", port) for port in ports))
        config = replace(sites.config, dns=of_names, services=replace(sites.config.services, run=run))
        files.directory(config.tsig_secret.parent)
        files.write(config.tsig_secret, "c2VjcmV0")
        told = [line for line in worries(config, sites) if "tidak menjawab" in line]
        serving.join()
    restarts = [line.rpartition(": ")[2] if "systemctl" in line else "" for line in told]
    of_others = [""] if "knot" in run else ["", ""]
    assert restarts == [*(f"systemctl restart panggon-{name}.service" for name in run), *of_others]
    assert [f"127.0.0.1#{port}" in line for line, port in zip(told[-2:], (ports[0], ports[2]), strict=True)] == [
        True
    ] * 2


def _answer(server: socket.socket) -> None:
    wire, client = server.recvfrom(512)
    server.sendto(dns.message.make_response(dns.message.from_wire(wire)).to_wire(), client)


@pytest.mark.parametrize(
    ("since", "told"),
    [
        ("2026-11-27T20:00:22.856879+00:00", "28-11-2026 03.00 WIB"),
        ("Fri 2026-11-27 20:00:22 UTC", "Fri 2026-11-27 20:00:22 UTC"),
        ("", ""),
    ],
)
def test_since_when_a_server_runs_is_told_by_this_machines_clock(
    since: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Asia/Jakarta")
    time.tzset()
    try:
        assert show.moment(since) == told
    finally:
        monkeypatch.undo()
        time.tzset()
