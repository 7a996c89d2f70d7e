"""Lists that have pages: every page is reached from the one before, and shows what the address asked for."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from html import unescape
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
from django.http import HttpResponse
from django.test import Client

import panggon
from panggon.audit.services import record
from panggon.cases.models import Case
from panggon.core.cases.procedure import Role, State
from panggon.core.sites.spec import SiteState
from panggon.notify.models import Delivery, Endpoint, Notice
from panggon.papers.models import Paper
from panggon.people.models import ActingOfficial, Agency, User
from panggon.sites.models import Site
from tests.portal.office import MONDAY, Office
from tests.portal.test_failed_jobs import failed
from tests.portal.visitor import text, visitor

NUMBERS, NEWEST_FIRST = (1, 2, 3, 4, 5), (5, 4, 3, 2, 1)
LAST_YEAR = datetime(2025, 3, 3, 2, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Listed:
    """`size` names the setting of how many rows a page has. `plant` makes what the list shall show, and one row that
    `asked` leaves out; `rows` says by what each is known, in the list's order.
    """

    address: str
    size: str
    plant: Callable[[Office], object]
    rows: tuple[str, ...]
    asked: dict[str, str] = field(default_factory=dict)


def cases(office: Office) -> None:
    one = office.bring_to(State.RECEIVED)
    alike = Case.objects.filter(pk=one.pk).values().get() | {"id": None, "site_id": None}
    for number in NUMBERS:
        numbers = {"number": f"HST-2025-000{number}", "agenda_number": f"000{number}/2025"}
        Case.objects.bulk_create([Case(**{**alike, **numbers, "created_at": LAST_YEAR, "received_at": LAST_YEAR})])


def papers(office: Office) -> None:
    for number, code in ((6, "600"), *((number, "555") for number in NUMBERS)):
        Paper.objects.create(
            case_number=f"HST-2025-000{number}",
            kind="receipt",
            event=1,
            title="Tanda terima",
            number=f"{code}/000{number}/2025",
            register=code,
            year=2025,
            serial=number,
            sha256="0" * 64,
            size_bytes=1,
            made_at=LAST_YEAR,
        )


def notices(office: Office) -> None:
    administrator = User.objects.get(username="admin")
    words = {"text": "Isi", "path": "/beranda/", "made_at": MONDAY}
    for number in NUMBERS:
        Notice.objects.create(recipient=administrator, reference=str(number), subject=f"Kabar {number}", **words)


def deliveries(office: Office) -> None:
    endpoint = Endpoint.objects.create(name="Gerbang", url="https://gerbang.example/", events=[], created_at=MONDAY)
    words = {"event": "public_step", "body": {}, "state": "dead"}
    for number in NUMBERS:
        moment, key = MONDAY + timedelta(minutes=number), f"00000000-0000-0000-0000-00000000000{number}"
        Delivery.objects.create(pk=key, made_at=moment, endpoint=endpoint, **words)


def jobs(office: Office) -> None:
    for number in NUMBERS:
        failed("cases.make_paper", case=9000 + number, kind="receipt")


def namesakes(office: Office) -> None:
    for number in (3, 1, 5, 2, 4):
        name, mail = f"budi{number}", f"budi{number}@example.go.id"
        User.objects.create(username=name, full_name="Budi & Santoso", email=mail)


def agencies(office: Office) -> None:
    for number in NUMBERS:
        Agency.objects.create(name=f"Balai A&B {number}", short_name=f"Balai {number}")


def acting(office: Office) -> None:
    for number in NUMBERS:
        day = date(2026, 1, number)
        ActingOfficial.objects.create(
            user=office.technician,
            kind="plt",
            role="head",
            order_number=f"800/000{number}",
            order_date=day,
            first_day=day,
            last_day=day,
            named_at=MONDAY,
        )


def sites(office: Office) -> None:
    other = Agency.objects.create(name="Balai A&B", short_name="Balai")
    for number, agency in ((6, office.agency), *((number, other) for number in NUMBERS)):
        host = f"situs{number}.panggon.test"
        Site.objects.create(number=number, host=host, agency=agency, state=SiteState.OPEN, reserved_at=MONDAY)


def changes(office: Office) -> None:
    for number, actor in ((9006, office.registrar), *((9000 + number, office.head) for number in NUMBERS)):
        record(f"people.user:{number}", before=None, after={"n": number}, actor=actor, at=MONDAY)


def named(form: str, *numbers: int) -> tuple[str, ...]:
    return tuple(form.format(number) for number in numbers)


LISTS = {
    "cases/agenda.html": Listed(
        "/agenda/",
        "panggon.cases.views.agenda.ROWS",
        cases,
        named("HST-2025-000{}", *NEWEST_FIRST),
        {"tahun": "2025"},
    ),
    "cases/find.html": Listed(
        "/permohonan/",
        "panggon.cases.views.finding.PAGE_SIZE",
        cases,
        named("HST-2025-000{}", *NUMBERS),
        {"tahun": "2025", "urut": "terlama"},
    ),
    "notify/notices.html": Listed(
        "/pemberitahuan/", "panggon.notify.views.notices.A_PAGE", notices, named("Kabar {}", *NEWEST_FIRST)
    ),
    "notify/undelivered.html": Listed(
        "/pengaturan/webhook/gagal/",
        "panggon.notify.views.endpoints.A_PAGE",
        deliveries,
        named("00000000000{}", *NEWEST_FIRST),
    ),
    "panggon/changes.html": Listed(
        "/catatan/",
        "panggon.portal.changes.ON_A_PAGE",
        changes,
        named("Orang 900{}", *NEWEST_FIRST),
        {"orang": "kadis", "jenis": ""},
    ),
    "panggon/failed_jobs.html": Listed(
        "/pengaturan/pekerjaan/",
        "panggon.portal.failed_jobs.A_PAGE",
        jobs,
        named("case 900{}", *NEWEST_FIRST),
    ),
    "papers/register.html": Listed(
        "/buku-nomor/",
        "panggon.papers.views.register.ROWS",
        papers,
        named("555/000{}/2025", *NEWEST_FIRST),
        {"tahun": "2025", "kode": "555"},
    ),
    "people/acting.html": Listed(
        "/pegawai/pejabat-sementara/",
        "panggon.people.views.staff.ROWS",
        acting,
        named("800/000{}", *NEWEST_FIRST),
    ),
    "people/agencies.html": Listed(
        "/opd/",
        "panggon.people.views.agencies.ROWS",
        agencies,
        named("Balai A&B {}", *NUMBERS),
        {"cari": "A&B"},
    ),
    "people/staff.html": Listed(
        "/pegawai/",
        "panggon.people.views.staff.ROWS",
        namesakes,
        named("budi{}@example.go.id", 3, 1, 5, 2, 4),
        {"cari": "i & s"},
    ),
    "upkeep/list.html": Listed(
        "/situs/",
        "panggon.upkeep.views.sites.PAGE_SIZE",
        sites,
        named("situs{}.panggon.test", *NUMBERS),
        {"q": "A&B"},
    ),
}
ONWARD, BACK = "Berikutnya", "Sebelumnya|Kembali ke awal daftar"


@pytest.mark.parametrize("template", LISTS)
def test_every_page_is_reached_and_keeps_what_was_asked_for(office, monkeypatch, template):
    listed = LISTS[template]
    monkeypatch.setattr(listed.size, 2)
    browser = visitor(office.person("admin", Role.ADMINISTRATOR, Role.REGISTRAR))
    listed.plant(office)
    page = browser.get(listed.address, listed.asked)
    assert page.templates[0].name == template
    pages = [page]
    while page := led(browser, listed, page, ONWARD):
        pages.append(page)
    assert [shown(page, listed.rows) for page in pages] == [listed.rows[:2], listed.rows[2:4], listed.rows[4:]]
    page = pages.pop()
    while before := led(browser, listed, page, BACK):
        page = before
    assert shown(page, listed.rows) == listed.rows[:2]


def test_every_list_with_pages_is_walked_here():
    templates = Path(panggon.__file__).parent.glob("*/templates/**/*.html")
    paged = [str(path) for path in templates if 'include "panggon/pager' in path.read_text()]
    assert {path.partition("/templates/")[2] for path in paged} == LISTS.keys()


def shown(page: HttpResponse, rows: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(re.findall("|".join(map(re.escape, rows)), text(page))))


def led(browser: Client, listed: Listed, page: HttpResponse, words: str) -> HttpResponse | None:
    """Where the link with these words leads, if there is one; it asks for the same as before."""
    link = re.search(rf'<a [^>]*href="([^"]*)">(?:{words})</a>', page.content.decode())
    if link is None:
        return None
    query = unescape(link.group(1)).removeprefix("?")
    asked = dict(parse_qsl(query, keep_blank_values=True))
    assert {name: value for name, value in asked.items() if name not in ("halaman", "sesudah")} == listed.asked
    return browser.get(f"{listed.address}?{query}")
