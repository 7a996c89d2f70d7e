"""How the machines are: what is wrong and what to do, for technicians and administrators, in one look."""

from datetime import timedelta

import pytest
from django.utils import timezone

from panggon.core.cases.procedure import Role, State
from panggon.core.node.health import Health, Room, Server, dump
from panggon.sites import machines
from panggon.sites.health import count_in_trouble
from panggon.sites.models import Node
from panggon.sites.words import PROTECTIONS, SERVERS
from tests.portal.agent import enrolled
from tests.portal.visitor import at, text, visitor

GIBIBYTE = 1024**3
SINCE = "2026-11-23T01:30:00+00:00"
WELL = Health(
    servers=(Server("nginx", True, SINCE, 2), Server("knot", True, SINCE, 0)),
    disks=(Room("/srv/panggon", 30 * GIBIBYTE, 40 * GIBIBYTE),),
    memory=Room("", 2 * GIBIBYTE, 8 * GIBIBYTE),
)


def tell(health: Health | None = WELL, **said) -> None:
    """The machine has just said how it is."""
    now = timezone.now()
    known = {"enrolled_at": now, "seen_at": now, "told_at": now, "version": "0.1.0", "version_since": now}
    Node.objects.update(**{**known, "health": dump(health) if health else None, **said})


def page(office) -> str:
    return text(at(office, "technician").get("/server/")).replace("\xa0", " ")


def test_a_machine_without_trouble(office):
    office.bring_to(State.PREPARED)
    tell()
    shown = page(office)
    assert "Semua server terhubung, dan tidak ada yang perlu dikerjakan." in shown
    assert "node-1 terhubung" in shown
    assert "Yang perlu dikerjakan" not in shown
    assert "Situs 1 sedang disiapkan" in shown
    assert "/srv/panggon: sisa 30,0 GiB dari 40,0 GiB" in shown
    assert "Memori sisa 2,0 GiB dari 8,0 GiB" in shown
    assert "Web (nginx) sejak 23 November, 08.30, 2 kali jalan ulang sendiri" in shown
    assert "DNS (Knot) sejak 23 November, 08.30 " in shown
    assert "Perlindungan yang berkurang tidak ada" in shown
    assert "Versi 0.1.0 sejak" in shown
    assert count_in_trouble(now=timezone.now()) == 0


def test_what_is_wrong_and_what_to_do(office):
    site = office.bring_to(State.PREPARED).site
    found = Health((Server("knot", False, "", 0),), ("s000009",), (Room("/srv/panggon", GIBIBYTE, 40 * GIBIBYTE),))
    reduced = ["memory: no controller", "sertifikat: a.b berlaku sampai 2026-12-01", "server web: pekerja 7 diam"]
    full = [f"{site.identifier}: basis data penuh", "s899999: situs penuh"]
    tell(found, reduced=[*reduced, *full], drift=["s000001: rekaman DNS a.b tidak ada lagi."])
    shown = page(office)
    assert "1 dari 1 server perlu diperhatikan." in shown
    assert "node-1 perlu diperhatikan" in shown
    assert "DNS (Knot) berhenti. Jalankan di mesin itu: panggon-node init" in shown
    assert "server web: pekerja 7 diam" in shown
    assert "Sertifikat HTTPS: a.b berlaku sampai 2026-12-01" in shown
    assert "Diubah orang di luar Panggon: s000001: rekaman DNS a.b tidak ada lagi. Laporkan sebagai insiden" in shown
    assert ": basis data penuh s899999: situs penuh" in shown
    assert f'href="/situs/{site.identifier}/"' in at(office, "technician").get("/server/").content.decode()
    assert "Batas memori tidak ditegakkan. no controller" in shown
    assert "Pekerjaan belum selesai s000009" in shown
    assert count_in_trouble(now=timezone.now()) == 1


def test_what_cannot_be_protected_is_no_trouble_of_today(office):
    tell(reduced=["disk: ext4 tanpa kuota", "symlinks: x"])
    assert "tidak ada yang perlu dikerjakan" in page(office)
    assert count_in_trouble(now=timezone.now()) == 0


def test_silence_is_a_warning_and_its_last_words_stay(office):
    long_ago = timezone.now() - timedelta(hours=3)
    tell(seen_at=long_ago, told_at=long_ago)
    shown = page(office)
    assert "node-1 tidak terdengar" in shown
    assert "Server ini tidak terdengar sejak 3 jam yang lalu." in shown
    assert "systemctl restart panggon-agent" in shown
    assert "Web (nginx)" in shown
    tell(seen_at=timezone.now() - timedelta(minutes=10))
    assert count_in_trouble(now=timezone.now()) == 1


def test_one_that_asks_and_tells_nothing_is_seen(office):
    tell(told_at=timezone.now() - timedelta(minutes=45))
    assert "sudah 45 menit tidak melaporkan keadaannya" in page(office)
    tell(told_at=timezone.now() - timedelta(minutes=25))
    assert "melaporkan keadaannya" not in page(office)


@pytest.mark.parametrize("stored", [None, {"disks": "of another version"}])
def test_a_version_that_does_not_tell_says_what_would_help(office, stored):
    tell()
    Node.objects.update(health=stored)
    shown = page(office)
    assert "tidak dilaporkan; kalau versi server ini lama, perbarui dengan apt upgrade" in shown
    assert "sisa" not in shown


def test_who_is_not_enrolled_or_gone_is_not_looked_after(office):
    assert "Belum ada server yang terdaftar." in page(office)
    machines.issue_code("server-2", at=timezone.now())
    assert "server-2" not in page(office)
    tell(retired_at=timezone.now())
    assert "node-1" not in page(office)


def test_for_whom_it_is_and_where_it_is_found(office):
    tell(reduced=["server web: pekerja 7 diam"])
    admin = visitor(office.person("admin", Role.ADMINISTRATOR))
    assert "Daftarkan atau pensiunkan server" in text(admin.get("/server/"))
    assert "Daftarkan atau pensiunkan server" not in page(office)
    assert "Server 1" in text(at(office, "technician").get("/beranda/"))
    for who in ("applicant", "registrar", "head", "division_head"):
        assert at(office, who).get("/server/").status_code == 403
        assert 'href="/server/"' not in at(office, who).get("/beranda/").content.decode()


def test_the_page_costs_the_same_for_many(office, django_assert_max_num_queries):
    technician, now = at(office, "technician"), timezone.now()

    def queries() -> int:
        with django_assert_max_num_queries(60) as captured:
            technician.get("/server/")
        return len(captured)

    tell()
    few = queries()
    for number in range(5):
        Node.objects.create(name=f"server-{number}", token_hash=str(number) * 64, enrolled_at=now, seen_at=now)
    assert queries() == few


def test_everything_of_a_node_has_words():
    """The names are the node's own, which the portal may not import."""
    of_sandboxes = {"sandbox", "nested-namespaces", "network", "system-calls", "outgoing"}
    of_amounts = {"memory", "processes", "cpu", "disk", "files"}
    assert of_sandboxes | of_amounts | {"symlinks", "simulation"} == set(PROTECTIONS)
    run = {"mariadb", "postgresql", "sockets", "knot", "sshd", "nginx", "logs", "tasks", "databases", "renewal"}
    assert run == set(SERVERS)


@pytest.mark.urls("panggon.portal.urls_nodes")
def test_how_a_machine_is_is_kept_until_it_tells_no_more(db):
    """Also of a version that does not know how to tell; one that makes no sense changes nothing."""
    agent, told = enrolled(), {"version": "1.0", "health": dump(Health(servers=(Server("knot", True, "", 0),)))}

    def node():
        return Node.objects.get(name="node-2")

    assert node().told_at is None
    assert agent.post("status", told) == (204, {})
    known = node()
    assert (known.health, known.told_at, known.version_since) == (told["health"], known.seen_at, known.told_at)
    agent.poll()
    assert agent.post("status", {**told, "health": {"disks": "full"}}) == (
        400,
        {"error": "invalid", "fields": ["health.disks"]},
    )
    assert node().health == told["health"]
    assert agent.post("status", told)[0] == 204
    assert node().version_since == known.version_since < node().told_at
    agent.post("status", {"version": "0.9"})
    assert (node().health, node().version_since) == (None, node().told_at)
