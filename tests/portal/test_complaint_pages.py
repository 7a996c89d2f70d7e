"""The pages of a complaint: the form for everybody, the page of number and code, the desk."""

import io
import logging
import re
import uuid

import pikepdf
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from demo.paper import words_on
from panggon.complaints.models import Attachment, Complaint
from panggon.core.complaints.vocabulary import ComplaintState as S
from panggon.core.complaints.vocabulary import Kind
from panggon.pdf import POLICY
from panggon.people.templatetags.pages import breakable
from tests.portal.complaining import answered, file, handled
from tests.portal.office import LETTER
from tests.portal.upkeep import open_site
from tests.portal.visitor import text, visitor

PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)
FORM = {
    "subject": "Situs lambat",
    "words": "Sejak <b>kemarin</b> lambat.",
    "confidentiality": "open",
    "name": "Rina",
    "email": "rina@example.org",
}


def send(**changes):
    return Client().post("/pengaduan/", {**FORM, "page": str(uuid.uuid4()), **changes})


def upload(name: str, data: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data)


def test_who_looks_at_a_complaint_leaves_a_line(office, caplog):
    complaint = handled(office)
    with caplog.at_level(logging.INFO, logger="panggon.access"):
        visitor(office.registrar).get(f"/pengaduan/{complaint.number}/")
        visitor(office.registrar).get(f"/pengaduan/{complaint.number}/tanda-terima/")
        visitor(office.technician).get(f"/pengaduan/{complaint.number}/")
    said = [record.getMessage() for record in caplog.records if record.name == "panggon.access"]
    who = f"of {complaint.number} opened by user {office.registrar.pk}"
    assert said == [f"page {who}", f"receipt {who}"]


def test_a_stranger_complains_and_follows_it(office, office_time):
    sent = send(files=[upload("layar depan.PNG", PNG), upload("../../surat.pdf", LETTER)])
    assert sent.status_code == 302
    complaint = Complaint.objects.get()
    page = Client().get(sent.headers["Location"])
    shown = text(page)
    assert f"{complaint.number}: Diterima" in shown
    assert complaint.token in shown
    assert "&lt;b&gt;kemarin&lt;/b&gt;" in page.content.decode()
    assert [file.name for file in complaint.attachments.all()] == ["layar-depan.png", "surat.pdf"]


def test_what_may_stay_empty_is_marked_so_and_a_name_is_not(office):
    optional = re.compile(r'<label for="id_(\w+)">[^<]+<span class="optional">')
    form = Client().get("/pengaduan/").content.decode()
    assert optional.findall(form) == ["about", "named", "files", "email", "phone"]
    desk = optional.findall(visitor(office.registrar).get("/pengaduan/catat/").content.decode())
    assert desk == ["outside_number", "name", "phone", "address", "email", "about", "named", "files"]


def test_the_same_page_sent_twice_is_one_complaint(office, office_time):
    page = str(uuid.uuid4())
    first, second = send(page=page), send(page=page)
    assert first.headers["Location"] == second.headers["Location"]
    assert Complaint.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "faults"),
    [
        ({"subject": "", "words": ""}, {"subject": ["Wajib diisi."], "words": ["Wajib diisi."]}),
        ({"name": ""}, {"name": ["Tulis nama Anda, atau pilih tanpa nama."]}),
        ({"email": "rina@"}, {"email": ["Alamat email ini tidak lengkap."]}),
        ({"files": [upload("a.png", b"")]}, {"files": ["Berkas ini kosong."]}),
        ({"files": [upload("a.pdf", b"MZ\x90\0")]}, {"files": ["Lampiran hanya boleh PDF, JPEG, atau PNG."]}),
        (
            {"files": [upload("a.png", PNG + b"<script>alert(1)</script>")]},
            {"files": ["Berkas ini rusak atau memuat sesuatu yang dapat bertindak sendiri."]},
        ),
        ({"files": [upload(f"{n}.png", PNG + bytes([n])) for n in range(6)]}, {"files": ["Paling banyak 5 lampiran."]}),
        ({"files": [upload("a.png", PNG + bytes(10 * 1024**2))]}, {"files": ["Berkas lebih besar dari 10 MiB."]}),
    ],
)
def test_bad_input_is_named_at_its_field_and_nothing_is_lost(office, office_time, changes, faults):
    refused = send(**changes)
    assert refused.status_code == 422
    assert {name: list(errors) for name, errors in refused.context["form"].errors.items()} == faults
    assert (Complaint.objects.count(), Attachment.objects.count()) == (0, 0)
    if "words" not in changes:
        assert "Sejak &lt;b&gt;kemarin&lt;/b&gt; lambat." in refused.content.decode()


@pytest.mark.parametrize("way", ["number", "address", "words"])
def test_it_is_linked_to_the_case_and_the_site_that_it_names(office, office_time, way):
    site = open_site(office)
    case = site.case
    given = {
        "number": {"named": f" {case.number.lower()}"},
        "address": {"named": f"https://{site.host.upper()}/halaman?x=1"},
        "words": {"words": f"Bukan PGD-2026-0001 atau contoh.org, tetapi {site.host}."},
    }[way]
    assert send(**given).status_code == 302
    complaint = Complaint.objects.get()
    assert (complaint.site, complaint.case) == (site, case if way == "number" else None)
    page = visitor(office.complaints_officer).get(f"/pengaduan/{complaint.number}/").content.decode()
    assert f'href="/situs/{site.identifier}/">{breakable(site.host)}</a>' in page
    begun = visitor(office.complaints_officer).get("/insiden/lapor/", {"pengaduan": complaint.number})
    assert begun.context["form"].initial["host"] == site.host


def test_a_stranger_does_not_learn_which_cases_there_are(office, office_time):
    """One answer, and one page to follow it, whether the number is one or not; what was written is not lost."""
    known, shown = office.draft().number, []
    for number in (known, "HST-2026-9999"):
        sent = send(named=number)
        assert sent.status_code == 302
        complaint = Complaint.objects.latest("pk")
        page = text(Client().get(sent.headers["Location"]))
        for own in (complaint.number, complaint.token, number):
            page = page.replace(own, "")
        shown.append(re.sub(r"[0-9]{2}\.[0-9]{2}", "", page))
        assert complaint.description.endswith(f"Alamat situs atau nomor permohonan: {number}")
    assert shown[0] == shown[1]
    assert "Alamat situs atau nomor permohonan: " in shown[0]


def test_the_desk_is_told_that_there_is_no_such_case(office, office_time):
    desk = visitor(office.registrar)
    told = desk.post("/pengaduan/catat/", {"source": "phone", "subject": "a", "words": "b", "named": "HST-2026-9999"})
    assert told.status_code == 422
    assert told.context["form"].errors["named"] == [
        "Tidak ada situs atau permohonan dengan nama ini. Kosongkan bila ragu."
    ]


def test_a_pdf_that_acts_is_refused(office, office_time):
    document = pikepdf.open(io.BytesIO(LETTER))
    document.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)")
    data = io.BytesIO()
    document.save(data)
    refused = send(files=[upload("a.pdf", data.getvalue())])
    assert list(refused.context["form"].errors) == ["files"]


def test_a_flood_is_slowed_down(office, office_time):
    answers = [send(subject=f"Banjir {number}").status_code for number in range(14)]
    assert (answers[0], answers[-1]) == (302, 429)
    assert Complaint.objects.count() < 14


def test_number_and_code_have_to_be_right(office, office_time):
    complaint = file(office)
    for number, code in ((complaint.number, "salah"), ("PGD-2026-9999", complaint.token)):
        page = Client().get(f"/pengaduan/lacak/?nomor={number}&kode={code}")
        assert "Tidak ada pengaduan dengan nomor dan kode ini." in text(page)
        assert complaint.subject not in text(page)


def test_the_complainant_says_that_it_is_not_solved_and_then_that_it_is(office, office_time):
    complaint = answered(office)
    who = {"nomor": complaint.number, "kode": complaint.token}
    assert "Server sudah dipindah" in text(Client().get("/pengaduan/lacak/", who))
    silent = Client().post("/pengaduan/lacak/reopen/", {**who, "version": complaint.version})
    assert "Wajib diisi." in text(silent)
    Client().post("/pengaduan/lacak/reopen/", {**who, "version": complaint.version, "reasons": "Masih lambat"})
    complaint.refresh_from_db()
    assert complaint.state == S.HANDLED
    stale = Client().post("/pengaduan/lacak/confirm/", {**who, "version": 1})
    assert "baru saja diubah orang lain" in text(stale)
    wrong = {**who, "kode": "salah", "version": complaint.version}
    assert Client().post("/pengaduan/lacak/add/", {**wrong, "words": "x"}).status_code == 422
    complaint.refresh_from_db()
    assert complaint.state == S.HANDLED


def test_the_complainant_reads_no_name_of_the_dinas_and_no_inner_reason(office, office_time):
    complaint = handled(office)
    officer = visitor(office.complaints_officer)
    path = f"/pengaduan/{complaint.number}/pass_on/"
    form = {"version": complaint.version, "reasons": "Anggaran habis", "official": office.head.pk}
    assert officer.post(path, form).status_code == 302
    page = text(Client().get("/pengaduan/lacak/", {"nomor": complaint.number, "kode": complaint.token}))
    assert "Diteruskan ke Pejabat" in page
    assert not [inner for inner in ("Anggaran", office.head.full_name) if inner in page]


def test_the_desk_enters_a_complaint_and_prints_its_receipt(office, office_time):
    desk = visitor(office.registrar)
    entered = desk.post(
        "/pengaduan/catat/",
        {"source": "in_person", "subject": "Kata sandi", "words": "Lupa kata sandi", "confidentiality": "open"},
    )
    complaint = Complaint.objects.get()
    assert entered.headers["Location"] == f"/pengaduan/{complaint.number}/"
    receipt = desk.get(f"/pengaduan/{complaint.number}/tanda-terima/")
    assert (receipt.headers["Content-Type"], receipt.headers["Content-Security-Policy"]) == ("application/pdf", POLICY)
    said = words_on(receipt.content)
    due = "26 November 2026 pukul 16.30 WIB"  # three working days after Monday
    for words in (complaint.number, complaint.token, "Datang langsung", "Kata sandi", due, office.registrar.full_name):
        assert words in said, words


def test_an_officer_who_enters_what_is_about_himself_hands_it_on(office, office_time):
    office.registrar.full_name = "Siti Aminah, S.E."
    office.registrar.save()
    desk = visitor(office.registrar)
    form = {"source": "phone", "subject": "Petugas", "words": "Tidak ramah", "confidentiality": "open"}
    entered = desk.post("/pengaduan/catat/", {**form, "about": "siti aminah"}, follow=True)
    complaint = Complaint.objects.get()
    assert entered.redirect_chain == [("/pengaduan/daftar/", 302)]
    words = f"{complaint.number} dicatat. Karena menyangkut Anda, orang lain yang menanganinya"
    assert words in text(entered)
    for path in ("", "tanda-terima/", "take/"):
        assert desk.get(f"/pengaduan/{complaint.number}/{path}").status_code == 404
    assert visitor(office.complaints_officer).get(f"/pengaduan/{complaint.number}/take/").status_code == 200


def test_the_steps_through_the_pages(office, office_time):
    complaint = file(office)
    officer = visitor(office.complaints_officer)
    path = f"/pengaduan/{complaint.number}/"
    assert re.findall(rf'href="{path}([a-z_]+)/"', officer.get(path).content.decode()) == ["take", "dismiss"]
    assert complaint.number in text(officer.get("/pengaduan/daftar/"))
    refused = officer.post(f"{path}take/", {"version": complaint.version})
    assert (refused.status_code, list(refused.context["form"].errors["kind"])) == (422, ["Wajib diisi."])
    officer.post(f"{path}take/", {"version": complaint.version, "kind": Kind.GRIEVANCE})
    complaint.refresh_from_db()
    assert (complaint.state, complaint.officer) == (S.HANDLED, office.complaints_officer)
    again = officer.post(f"{path}take/", {"version": 1, "kind": Kind.GRIEVANCE})
    assert again.headers["Location"] == path
    officer.post(f"{path}resolve/", {"version": complaint.version, "words": "Sudah diperbaiki."})
    complaint.refresh_from_db()
    assert complaint.state == S.ANSWERED


def test_an_attachment_is_saved_and_never_shown(office, office_time):
    send(files=[upload("layar.png", PNG)])
    complaint = Complaint.objects.get()
    (kept,) = complaint.attachments.all()
    path = f"/pengaduan/{complaint.number}/lampiran/{kept.pk}/"
    given = visitor(office.complaints_officer).get(path)
    assert given.content == PNG
    assert given.headers["Content-Disposition"] == 'attachment; filename="layar.png"'
    assert given.headers["X-Content-Type-Options"] == "nosniff"
    assert visitor(office.applicant).get(path).status_code == 403


def test_the_list_asks_the_same_number_of_questions_however_long(office, office_time, django_assert_max_num_queries):
    officer = visitor(office.complaints_officer)
    file(office)
    officer.get("/pengaduan/daftar/")
    for _ in range(8):
        file(office)
    with django_assert_max_num_queries(20):
        officer.get("/pengaduan/daftar/")
