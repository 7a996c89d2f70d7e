"""Who looks after the hosting machines hears of one that needs somebody, without looking at a page."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from panggon.core.cases.procedure import Role
from panggon.core.node.health import Health, Server
from panggon.sites import machines as enrolment
from panggon.sites.models import Node
from panggon.upkeep import machines
from panggon.upkeep.jobs import watch_machines
from tests.portal.test_health_page import WELL, tell

SINCE = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
BEFORE = datetime(2026, 9, 1, tzinfo=UTC)


@pytest.fixture
def administrator(office):
    return office.person("admin", Role.ADMINISTRATOR)


def told(person) -> list[tuple[str, str, str]]:
    rows = person.notices.filter(path="/server/").order_by("pk")
    return [(row.subject, row.text, row.occasion) for row in rows]


def test_silence_is_told_once_and_so_is_its_end(office, administrator):
    tell(seen_at=SINCE, told_at=SINCE)
    for minutes in (9, 11, 16, 60 * 24 * 3):
        machines.watch(now=SINCE + timedelta(minutes=minutes), hearing_since=BEFORE)
    words = (
        "Terakhir terdengar 23 November, 08.30 WIB. Situsnya dapat tetap berjalan, tetapi tugas baru menunggu. "
        "Periksa apakah mesinnya menyala dan dapat mencapai portal."
    )
    expected = [("Server node-1 tidak terdengar", words, "warning")]
    assert (told(office.technician), told(administrator)) == (expected, expected)
    assert told(office.head) == told(office.registrar) == []
    again = SINCE + timedelta(days=4)
    tell(seen_at=again, told_at=again)
    late = office.person("baru", Role.ADMINISTRATOR)  # who knew of no silence
    for _look in range(2):
        machines.watch(now=again, hearing_since=BEFORE)
    back = ("Server node-1 terdengar lagi", "Tugas yang menunggu kini dikerjakan.", "warning")
    assert told(late) == []
    assert (told(office.technician), told(administrator)) == ([*expected, back], [*expected, back])
    machines.watch(now=again + timedelta(minutes=11), hearing_since=BEFORE)
    assert [subject for subject, _text, _occasion in told(administrator)[2:]] == ["Server node-1 tidak terdengar"]
    machines.watch(now=again + timedelta(minutes=16), hearing_since=BEFORE)
    assert len(told(administrator)) == 3
    tell(seen_at=again + timedelta(minutes=20), told_at=again + timedelta(minutes=20))
    machines.watch(now=again + timedelta(minutes=20), hearing_since=BEFORE)
    assert [subject for subject, _text, _occasion in told(administrator)[3:]] == ["Server node-1 terdengar lagi"]


def test_each_is_told_in_the_own_language(office, administrator):
    administrator.language = "en"
    administrator.save()
    tell(seen_at=SINCE.replace(month=10), told_at=SINCE.replace(month=10))
    machines.watch(now=SINCE, hearing_since=BEFORE)
    ((subject, text, _occasion),) = told(administrator)
    assert (subject, text[:33]) == ("Server node-1 is not heard of", "Last heard of 23 October, 08.30 W")
    ((_subject, text, _occasion),) = told(office.technician)
    assert text.startswith("Terakhir terdengar 23 Oktober, 08.30 WIB.")


def test_before_that_many_minutes_nobody_is_disturbed(office, administrator):
    tell(seen_at=SINCE, told_at=SINCE)
    machines.watch(now=SINCE + machines.QUIET, hearing_since=BEFORE)
    assert told(administrator) == []


@pytest.mark.parametrize("seen", [SINCE, SINCE + timedelta(hours=9)])
def test_a_portal_that_comes_back_does_not_tell_of_its_own_silence(office, administrator, seen):
    tell(seen_at=seen, told_at=SINCE)
    back = SINCE + timedelta(hours=9)
    for minutes in (0, 5, 10):
        machines.watch(now=back + timedelta(minutes=minutes), hearing_since=back)
    assert told(administrator) == []
    machines.watch(now=back + timedelta(minutes=11), hearing_since=back)
    assert len(told(administrator)) == 1


def test_what_there_is_to_do_is_told_once_a_day_and_of_each_kind(office, administrator):
    def says(hours: int, **said) -> list[str]:
        now = SINCE + timedelta(hours=hours)
        tell(seen_at=now, told_at=now, **said)
        before = len(told(administrator))
        machines.watch(now=now, hearing_since=BEFORE)
        return [f"{subject} | {text}" for subject, text, _occasion in told(administrator)[before:]]

    certificate = {"reduced": ["sertifikat: a.b berlaku sampai 2026-12-01", "memory: no controller"]}
    assert says(0, **certificate) == [
        "Server node-1: sertifikat HTTPS perlu diperhatikan | a.b berlaku sampai 2026-12-01"
    ]
    stopped = Health((Server("knot", False, "", 0), Server("nginx", True, "", 0)), (), ())
    lines = [f"s00000{number}: x" for number in range(5)]
    assert says(1, health=stopped, drift=lines, **certificate) == [
        "Server node-1: program berhenti | Yang berhenti: DNS (Knot). Jalankan di mesin itu: panggon-node init",
        "Server node-1: ada yang diubah di luar Panggon | s000000: x; s000001: x; s000002: x; … (+2)",
    ]
    assert says(2, health=stopped, drift=lines, **certificate) == []
    assert says(24, reduced=["server web: pekerja 7 diam"], drift=[]) == [
        "Server node-1 perlu diperhatikan | server web: pekerja 7 diam"
    ]
    assert len(says(48, drift=[], **certificate)) == 1


def test_one_that_asks_and_tells_nothing(office, administrator):
    tell(seen_at=SINCE + timedelta(minutes=45), told_at=SINCE)
    machines.watch(now=SINCE + timedelta(minutes=45), hearing_since=BEFORE)
    ((subject, text, _occasion),) = told(administrator)
    assert subject == "Server node-1 tidak melaporkan keadaannya"
    assert text.startswith("Laporan terakhir 23 November, 08.30 WIB.")


def test_a_machine_that_is_well_not_yet_there_or_gone_is_not_told(office, administrator):
    tell(WELL, reduced=["disk: ext4 tanpa kuota"])
    enrolment.issue_code("server-2", at=timezone.now())
    watch_machines.func(timestamp=0)
    tell(seen_at=SINCE, told_at=SINCE, retired_at=SINCE)
    watch_machines.func(timestamp=0)
    assert Node.objects.count() == 2
    assert told(administrator) == []
