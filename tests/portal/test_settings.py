"""Settings as data: what the department fills in counts everywhere, is recorded, and stays whole."""

import struct
import zlib
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from procrastinate.contrib.django.models import ProcrastinateJob

from panggon.audit.models import Change
from panggon.cases import clock_jobs, jobs
from panggon.cases.models import Case
from panggon.core.cases.procedure import Action, Role, State
from panggon.core.errors import InvalidError
from panggon.core.standards.contacts import Channel, Contact
from panggon.office import services
from panggon.office.selectors import office as read
from panggon.office.selectors import read_once
from panggon.office.shipped import SHIPPED
from panggon.office.values import Contacts, Delivery, Group, Numbering, dump, load
from panggon.papers.models import Paper
from panggon.sites.models import Outcome
from tests.portal.visitor import faults, text, visitor

AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000"
    "000d49444154789c63105030f80f00020401608dbcbb710000000049454e44ae426082"
)
PAGES = {
    Group.LETTERHEAD: "kop",
    Group.STANDARD: "standar",
    Group.CONTACTS: "kontak",
    Group.NAMING: "nama",
    Group.DELIVERY: "penyerahan",
    Group.MAIL: "surel",
    Group.PROGRAMS: "program",
    Group.RETENTION: "retensi",
}


@pytest.fixture
def admin(office):
    return visitor(office.person("admin", Role.ADMINISTRATOR))


def filled(client, group, *, path="", **changes):
    """What the page's form would send, with these changes."""
    form = client.get(path or f"/pengaturan/{PAGES[group]}/").context["form"]
    values = {name: form[name].value() for name in form.fields}
    return {name: value for name, value in values.items() if value is not None and value is not False} | changes


def post(client, group, **changes):
    return client.post(f"/pengaturan/{PAGES[group]}/", filled(client, group, **changes))


@pytest.mark.parametrize("group", Group)
def test_every_group_survives_the_database(group):
    assert load(dump(SHIPPED.of(group)), onto=SHIPPED.of(group)) == SHIPPED.of(group)


def test_until_it_is_filled_in_the_shipped_standard_counts(db):
    assert read().standard == SHIPPED.standard
    assert set(read().versions.values()) == {0}


def test_one_query_however_often_it_is_asked_and_a_change_is_seen_at_once(db, django_assert_num_queries):
    with django_assert_num_queries(1), read_once():
        assert read().naming.zone == read().naming.zone == "panggon.test"
    with read_once():
        read()
        services.change(Group.NAMING, replace(SHIPPED.naming, zone="kota.go.id"), actor=None, at=AT)
        assert read().naming.zone == "kota.go.id"


@pytest.mark.parametrize("group", [group for group in PAGES if group is not Group.CONTACTS])  # rows: tests below
def test_each_page_shows_what_counts_and_saves_it_unchanged(admin, group):
    response = post(admin, group)
    assert (response.status_code, response.headers["Location"]) == (302, f"/pengaturan/{PAGES[group]}/")
    assert read().of(group) == SHIPPED.of(group)
    assert not Change.objects.exists()


def test_a_change_counts_on_pages_and_stands_in_the_history(admin, client):
    post(admin, Group.LETTERHEAD, government="Pemerintah Kota Batang", name="Dinas Kominfo")
    assert "Pelayanan Hosting · Dinas Kominfo" in text(client.get("/"))
    start = text(client.get("/"))
    assert "Pemerintah Kota Batang" in start
    assert "permohonan hosting ke Dinas Kominfo" in start
    assert not any(
        words in start for words in ("Wawan", "(0285)", "SK 060", "Diskominfo Kota Pekalongan", "Bidang INS")
    )
    missing = text(admin.get("/pengaturan/dokumen/"))
    assert "Kontak layanan belum diisi; halaman umum belum menyebut saluran apa pun." in missing
    assert "Nomor SK standar pelayanan belum diisi." in missing
    page = text(admin.get("/pengaturan/kop/"))
    assert "2 isian berubah" in page
    assert "Pemerintah Kota Pekalongan" in page
    change = Change.objects.get()
    assert (change.subject, change.actor.username) == ("office.setting:letterhead", "admin")
    assert change.after["name"] == "Dinas Kominfo"


def test_all_faults_at_once_and_nothing_typed_is_lost(admin):
    response = post(admin, Group.STANDARD, decree="", steps="satu\ndua", fee="Gratis sekali")
    assert response.status_code == 422
    assert faults(response) == {
        "decree": ["Wajib diisi."],
        "steps": ["Ada 2 baris; prosedur pelayanan mempunyai 9 langkah."],
    }
    assert 'value="Gratis sekali"' in response.content.decode()


def test_a_stale_page_changes_nothing(admin):
    stale = filled(admin, Group.NAMING, zone="lama.go.id")
    post(admin, Group.NAMING, zone="baru.go.id")
    response = admin.post("/pengaturan/nama/", stale)
    assert response.status_code == 422
    assert "baru saja diubah orang lain" in text(response)
    assert read().naming.zone == "baru.go.id"


def test_names_below_the_citys_domain_and_those_it_keeps(admin, office):
    post(admin, Group.NAMING, zone="Pekalongankota.go.id", reserved="walikota\nSekda", doubtful="pemilu")
    assert read().naming.reserved == ("walikota", "sekda")
    with pytest.raises(InvalidError, match=r"label\.reserved"):
        office.act(office.draft(label="sekda"), Action.SUBMIT, office.applicant)
    case = office.bring_to(State.SUBMITTED, label="dinkes")
    assert case.site.host == "dinkes.pekalongankota.go.id"


def test_a_doubtful_name_is_remarked_on_to_officials_and_refused_to_nobody(admin, office):
    post(admin, Group.NAMING, doubtful="pemilu")
    case = office.bring_to(State.SUBMITTED, label="info-pemilu")
    words = "Subdomain “info-pemilu” memuat kata yang perlu diperhatikan: pemilu."
    assert words in text(visitor(office.registrar).get(f"/permohonan/{case.number}/"))
    assert words in text(visitor(office.registrar).get(f"/permohonan/{case.number}/terima-surat/"))
    assert words not in text(visitor(office.applicant).get(f"/permohonan/{case.number}/"))


@pytest.mark.parametrize(
    ("field", "words", "fault"),
    [
        ("zone", "kota", "Bukan nama domain yang sah."),
        ("zone", "-a.go.id", "Bukan nama domain yang sah."),
        ("reserved", "wali kota", "“wali kota” bukan nama yang sah."),
        ("doubtful", "pilkadа", "“pilkadа” bukan nama yang sah."),  # its last letter is Cyrillic
    ],
)
def test_a_name_that_is_none_is_told_at_its_field(admin, field, words, fault):
    assert faults(post(admin, Group.NAMING, **{field: words})) == {field: [fault]}


def rows(*contacts, delete=()):
    """The rows of the page of contacts as a browser sends them, with the empty one at the end."""
    data = {"version": str(read().versions[Group.CONTACTS]), "rows-INITIAL_FORMS": "8"}
    for number, contact in enumerate([*contacts, {}]):
        data |= {f"rows-{number}-{name}": contact.get(name, "") for name in ("channel", "printed", "working", "person")}
        data |= {f"rows-{number}-DELETE": "on"} if number in delete else {}
    return data | {"rows-TOTAL_FORMS": str(len(contacts) + 1)}


SHOWN = [dict(row) for row in dump(SHIPPED.contacts)["rows"]]


def test_contacts_are_changed_added_and_removed(admin):
    new = {"channel": "whatsapp", "printed": "0816-644-000"}
    response = admin.post("/pengaturan/kontak/", rows(*SHOWN, new, delete={1}))
    assert response.status_code == 302
    kept = read().contacts.rows
    assert len(kept) == 8
    assert kept[-1] == Contact(Channel.WHATSAPP, "0816-644-000")
    assert Contact(Channel.PHONE, "(0285) 420223") not in kept


def test_a_working_address_has_to_be_one(admin):
    wrong = [*SHOWN[:2], {**SHOWN[2], "working": "dinas@kota"}, *SHOWN[3:]]
    response = admin.post("/pengaturan/kontak/", rows(*wrong))
    assert response.status_code == 422
    assert "Bentuknya tidak dapat dihubungi lewat saluran ini." in text(response)
    assert 'value="dinas@kota"' in response.content.decode()
    assert read().versions[Group.CONTACTS] == 0


def test_not_every_contact_can_go(admin):
    response = admin.post("/pengaturan/kontak/", rows(*SHOWN, delete=range(8)))
    assert "Paling sedikit satu kontak harus ada." in text(response)


def test_the_public_page_says_which_printed_address_cannot_work(db, client):
    page = text(client.get("/"))
    assert "Tercetak di SK: diskominfo@gafe.pekalongankota — tidak dapat dihubungi." in page
    assert 'href="mailto:diskominfo@pekalongankota.go.id"' in client.get("/").content.decode()
    services.change(Group.CONTACTS, Contacts((Contact(Channel.PHONE, "112"),)), actor=None, at=AT)
    assert "Tercetak di SK: 112 — tidak dapat dihubungi." in text(client.get("/"))


def test_the_logo_is_shown_to_everybody(admin, client):
    post(admin, Group.LETTERHEAD, logo=SimpleUploadedFile("logo.png", PNG, "image/png"))
    address = f"/logo/{read().letterhead.logo}/"
    assert f'src="{address}"' in client.get("/").content.decode()
    answer = client.get(address)
    assert (answer.content, answer.headers["Content-Type"]) == (PNG, "image/png")
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    post(admin, Group.LETTERHEAD, place="Batang")
    assert f"/logo/{read().letterhead.logo}/" == address, "a save without a file keeps the picture"
    post(admin, Group.LETTERHEAD, without_logo="on")
    assert read().letterhead.logo == ""
    assert client.get(f"/logo/{'0' * 64}/").status_code == 404


def test_a_picture_that_is_none_is_told_at_its_field(admin):
    response = post(admin, Group.LETTERHEAD, logo=SimpleUploadedFile("logo.png", b"GIF89a", "image/png"))
    assert faults(response) == {"logo": ["Berkas ini bukan gambar PNG atau SVG."]}


MANY = "".join(f'<g id="a{n + 1}">{f"""<use href="#a{n}"/>""" * 10}</g>' for n in range(9))
UNDRAWABLE = {
    "no pixels": PNG.replace(PNG[43:51], bytes(8)),
    "a billion shapes": f'<svg xmlns="http://www.w3.org/2000/svg"><g id="a0"/>{MANY}<use href="#a9"/></svg>'.encode(),
    "no size": b'<svg xmlns="http://www.w3.org/2000/svg" width="0" height="0"><path d="M0 0h9"/></svg>',
}


@pytest.mark.parametrize("what", UNDRAWABLE)
def test_a_picture_that_cannot_be_drawn_would_stop_every_paper(admin, what):
    data = whole(UNDRAWABLE[what])
    response = post(admin, Group.LETTERHEAD, logo=SimpleUploadedFile("logo", data))
    assert faults(response) == {"logo": ["Gambar ini rusak. Silakan simpan ulang dari program gambarnya."]}
    assert read().letterhead.logo == ""


def test_a_logo_of_fifty_megabytes_is_told_at_its_field(admin):
    response = post(admin, Group.LETTERHEAD, logo=SimpleUploadedFile("logo.png", PNG + bytes(50 * 1024 * 1024)))
    assert (response.status_code, list(faults(response))) == (422, ["logo"])
    assert read().letterhead.logo == ""


def whole(data: bytes) -> bytes:
    """With the checksum of its pixels put right, as it is in any file that a program writes."""
    if not data.startswith(b"\x89PNG"):
        return data
    place = data.index(b"IDAT")
    (length,) = struct.unpack_from(">I", data, place - 4)
    end = place + 4 + length
    return data[:end] + struct.pack(">I", zlib.crc32(data[place:end])) + data[end + 4 :]


def test_papers_are_numbered_as_the_department_says(office):
    numbering = Numbering(code="500.12", codes={"disposition": "000.1"}, template="{urut}/{kode}/DISKOMINFO/{tahun}")
    services.change(Group.NUMBERING, numbering, actor=None, at=AT)
    case = office.bring_to(State.DISPOSED)
    jobs.make_paper(case.events.get(action=Action.RECEIVE).pk, "receipt")
    jobs.make_paper(case.events.get(action=Action.DISPOSE).pk, "disposition")
    numbers = dict(Paper.objects.values_list("kind", "number"))
    assert numbers == {"receipt": "001/500.12/DISKOMINFO/2026", "disposition": "001/000.1/DISKOMINFO/2026"}


@pytest.mark.parametrize("by_itself", [True, False])
def test_step_eight_happens_by_itself_only_where_the_department_says_so(office, office_time, by_itself):
    services.change(Group.DELIVERY, Delivery(by_itself), actor=None, at=AT)
    case = office.bring_to(State.APPROVED)
    office.papers(case)
    case = office.told(case, office.node_reports(Outcome.APPLIED))
    assert ProcrastinateJob.objects.filter(task_name="cases.deliver_by_itself").exists() == by_itself
    if by_itself:
        jobs.deliver_by_itself(case.pk)
        jobs.deliver_by_itself(case.pk)
        case.refresh_from_db()
        last = case.events.last()
        assert (case.state, last.action, last.role) == (State.DELIVERED, Action.DELIVER, Role.SYSTEM)
    else:
        with pytest.raises(InvalidError, match="delivers_by_itself"):
            jobs.deliver_by_itself(case.pk)
        assert Case.objects.get(pk=case.pk).state == State.APPROVED


def test_the_decreed_days_are_what_the_clock_counts(admin, office):
    case = office.bring_to(State.SUBMITTED)
    assert case.due_at == datetime(2026, 11, 25, 9, 30, tzinfo=UTC)
    post(admin, Group.STANDARD, completion="3 Hari kerja", working_days="3")
    assert ProcrastinateJob.objects.filter(task_name="cases.recalculate").exists()
    clock_jobs.recalculate()
    case.refresh_from_db()
    assert case.due_at == datetime(2026, 11, 26, 9, 30, tzinfo=UTC)
    later = office.bring_to(State.SUBMITTED, label="dinkes")
    assert later.due_at == datetime(2026, 11, 26, 9, 30, tzinfo=UTC)


def test_mail_comes_from_the_departments_address(admin):
    assert read().sender == "panggon@panggon.test"
    post(admin, Group.MAIL, sender="hosting@kota.go.id")
    assert read().sender == "hosting@kota.go.id"


@pytest.mark.parametrize("slug", [*PAGES.values(), ""])
def test_only_the_administrator_comes_here(office, slug):
    address = f"/pengaturan/{slug}/" if slug else "/pengaturan/"
    assert visitor(office.head).get(address).status_code == 403
    assert visitor(office.applicant).get(address).status_code == 403
