"""How often sites answered their machine's visits: told by the machine, counted once, shown to everybody."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client, override_settings

from panggon.public import snapshots
from panggon.public.tables import TABLES
from panggon.sites import machines
from panggon.sites.models import Availability, Node, Site
from panggon.upkeep.jobs import watch
from tests.portal.agent import Agent
from tests.portal.upkeep import open_site
from tests.portal.visitor import text, visitor

NOON = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def site(office) -> Site:
    return open_site(office)


@pytest.fixture
def agent(office, site, monkeypatch):
    """The machine of the site, at noon of the office's Monday and later."""
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOON + timedelta(days=30))
    token = "rahasia mesin"
    office.node.token_hash = machines.selectors.sha256(token)
    office.node.save()
    return Agent(token)


def row(site, hours, answered=True, **more):
    return {"site": site.identifier, "at": (NOON + hours * HOUR).isoformat(), "answered": answered, **more}


@override_settings(ROOT_URLCONF="panggon.portal.urls_nodes")
def tell(agent, *rows):
    return agent.post("visits", {"visits": list(rows)})


def counted():
    return [(kept.month.isoformat(), kept.visits, kept.answered) for kept in Availability.objects.order_by("month")]


def test_each_visit_counts_once_whatever_is_told_again(agent, site):
    first = [row(site, 0), row(site, 1, answered=False), row(site, 2)]
    assert tell(agent, *first) == (204, {})
    tell(agent, *first, row(site, 3, mebibytes=120))
    assert counted() == [("2026-11-01", 4, 3)]
    kept = Availability.objects.get()
    assert (kept.failed_at, kept.last_at, kept.used_mebibytes) == (NOON + HOUR, NOON + 3 * HOUR, 120)


def test_a_month_is_the_offices_and_a_row_of_its_own(agent, site):
    end = 24 * 7 + 12  # of November in Pekalongan, seven hours before that of the world
    tell(agent, row(site, end + 1), row(site, end - 1))
    tell(agent, row(site, end - 1), row(site, end + 2))
    assert counted() == [("2026-11-01", 1, 1), ("2026-12-01", 2, 2)]


def test_strange_sites_and_times_are_not_counted(agent, site, office):
    elsewhere = Site.objects.create(
        number=site.number + 1, host="lain.panggon.test", agency=site.agency, reserved_at=NOON
    )
    tell(agent, row(elsewhere, 0), row(site, 24 * 31), {**row(site, 0), "site": "s999999"})
    tell(agent, {**row(site, 0), "at": "1970-01-01T00:00:10+00:00"})
    assert counted() == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"at": None},
        {"at": "kemarin"},
        {"answered": 1},
        {"site": "../x"},
        {"mebibytes": -1},
        {"mebibytes": 2**31},
        {"certificate_until": "besok"},
        {"certificate_until": 1},
        {"at": "0001-01-01T00:00:00+14:00"},
        {"certificate_until": "9999-12-31T23:59:59-12:00"},
    ],
)
def test_what_is_no_visit_is_refused(agent, site, wrong):
    assert tell(agent, row(site, 0), {**row(site, 1), **wrong})[0] == 400
    assert counted() == []


def test_as_many_questions_however_many_are_told(agent, site, django_assert_max_num_queries):
    with django_assert_max_num_queries(9):
        tell(agent, *(row(site, hours) for hours in range(400)))
    assert counted() == [("2026-11-01", 180, 180), ("2026-12-01", 220, 220)]


def test_everybody_reads_the_share_and_nothing_where_nothing_was_measured(agent, site, office):
    snapshots.take(now=NOON)
    before = text(Client().get("/kinerja/"))
    assert "Sedang terbuka 1" in before
    assert "Ketersediaan" not in before
    tell(agent, *(row(site, hours / 100, answered=hours != 7) for hours in range(1000)))
    made = snapshots.take(now=NOON + HOUR)
    rows = {each["masa"]: each for each in TABLES["ketersediaan"].records(made.tables["ketersediaan"])}
    for name in ("2026", "2026-Q4", "2026-11"):
        told = rows[name]
        assert (told["pemeriksaan"], told["terjawab"], told["persen_terjawab"]) == (1000, 999, 99.9)
    assert (rows["2026-10"]["pemeriksaan"], rows["2026-10"]["persen_terjawab"]) == (0, None)
    page = text(Client().get("/kinerja/"))
    assert "Ketersediaan 99,90%" in page
    assert "November 2026 1.000 999 99,90%" in page
    assert "Oktober 2026 0 0" not in page.partition("Pemeriksaan Terjawab")[2]
    assert "Ketersediaan" not in text(Client().get("/kinerja/?tahun=2026&triwulan=1"))


def test_the_opd_reads_of_its_own_site(agent, site, office):
    tell(agent, row(site, 0, mebibytes=1234), row(site, 1, answered=False), row(site, 2))
    page = text(visitor(office.applicant).get(f"/situs/{site.identifier}/"))
    assert (
        "Ketersediaan November 2026: 66,66% dari 3 pemeriksaan; terakhir tidak menjawab 23 November, 13.00 WIB" in page
    )
    assert f"Berkas tersimpan 1.234 MiB dari {site.quota_mebibytes:,} MiB (23 November 2026)".replace(",", ".") in page


def test_the_opd_reads_until_when_the_certificate_holds_that_the_last_visit_was_shown(agent, site, office):
    def said():
        return text(visitor(office.applicant).get(f"/situs/{site.identifier}/")).partition("Sertifikat HTTPS ")[2][:42]

    tell(agent, row(site, 0))
    assert said() == ""
    until = {"certificate_until": "2027-02-27T05:00:00+00:00"}
    tell(agent, row(site, 2, **until), row(site, 1, certificate_until="2026-12-01T05:00:00+00:00"))
    tell(agent, row(site, 3, answered=False), row(site, 0.5, certificate_until="2026-12-01T05:00:00+00:00"))
    assert said() == "berlaku sampai 27 Februari 2027, 12.00 WIB"
    Site.objects.update(state="suspended")
    assert said() == ""


def silent_notices(person):
    return list(person.notices.filter(subject__endswith="tidak menjawab").values_list("text", flat=True))


def test_one_visit_without_an_answer_is_told_to_nobody(agent, site, office):
    tell(agent, row(site, 0), row(site, 1, answered=False))
    watch.func(timestamp=0)
    assert silent_notices(office.technician) == []
    assert "Situs tidak menjawab" not in text(visitor(office.applicant).get(f"/situs/{site.identifier}/"))


def test_a_site_that_stays_silent_is_told_once_to_its_technician_and_its_opd(agent, site, office):
    tell(agent, row(site, 0), row(site, 1, answered=False))
    for hours in (2, 3):
        tell(agent, row(site, hours, answered=False))
        watch.func(timestamp=0)
    said = (
        "Sudah beberapa kali dikunjungi servernya sejak 23 November, 13.00 WIB dan tidak menjawab. "
        "Periksa aplikasi dan lognya."
    )
    assert silent_notices(office.technician) == silent_notices(office.applicant) == [said]
    assert silent_notices(office.head) == []
    page = text(visitor(office.applicant).get(f"/situs/{site.identifier}/"))
    assert "tidak mendapat jawaban sejak 23 November 2026, 13.00 WIB. Periksa aplikasi dan folder logs" in page
    assert "tidak menjawab Terbuka" in text(visitor(office.technician).get("/situs/"))


def test_one_that_answers_again_is_silent_no_more_and_told_of_anew_the_next_time(agent, site, office):
    for hours, answered in enumerate([False, False, True, False, False]):
        tell(agent, row(site, hours, answered=answered))
        watch.func(timestamp=0)
    assert len(silent_notices(office.technician)) == 2
    tell(agent, row(site, 5))
    assert "tidak menjawab Terbuka" not in text(visitor(office.technician).get("/situs/"))


def test_a_closed_site_is_not_expected_to_answer(agent, site, office):
    tell(agent, row(site, 0, answered=False), row(site, 1, answered=False))
    Site.objects.update(state="suspended")
    watch.func(timestamp=0)
    assert silent_notices(office.technician) == []


def test_a_full_site_is_told_once_a_week_and_shown_to_its_opd(office_time, site, office):
    words = "situs menyimpan lebih banyak berkas daripada yang diizinkan paketnya, dan hanya dapat dibaca dan dihapus"
    Node.objects.update(reduced=[f"{site.identifier}: {words}", "s899999: penuh", "cpu: x"])
    Node.objects.create(name="node-9", token_hash="9" * 64, reduced=[f"{site.identifier}: buka https://lain.example"])
    for _ in range(2):
        watch.func(timestamp=0)
    told = list(office.applicant.notices.filter(subject=f"{site.host}: situs penuh").values_list("text", flat=True))
    assert told == [f"{words}. Hapus yang tidak diperlukan, atau minta paket lain."]
    assert office.technician.notices.filter(subject=f"{site.host}: situs penuh").count() == 1
    assert f"Situs penuh {words} Hapus" in text(visitor(office.applicant).get(f"/situs/{site.identifier}/"))
    Node.objects.update(reduced=[])
    assert "Situs penuh" not in text(visitor(office.applicant).get(f"/situs/{site.identifier}/"))
