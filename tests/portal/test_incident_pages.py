"""The pages of an incident: reporting it, the one button, what each may read."""

import re
import uuid
from typing import TypeAlias

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from panggon.core.cases.vocabulary import Role
from panggon.core.incidents.vocabulary import CHECKLIST, IncidentAction, IncidentState, Origin
from panggon.core.sites.spec import SiteState
from panggon.incidents.models import Evidence, Incident
from panggon.pdf import POLICY
from panggon.sites.models import Node, Site
from tests.portal.complaining import handled
from tests.portal.incidents import act, confirmed, machine_answers, quarantined, recovered, report, run_jobs
from tests.portal.upkeep import open_site
from tests.portal.visitor import faults, text, visitor

A: TypeAlias = IncidentAction
S: TypeAlias = IncidentState


@pytest.fixture
def site(office) -> Site:
    return open_site(office)


def send(who, **changes):
    page = who.get("/insiden/lapor/").context["form"]["page"].value()
    form = {"page": page, "origin": "person", "subject": "Judi", "words": "Halaman /slot.", **changes}
    return who.post("/insiden/lapor/", form)


def press(who, incident: Incident, action: A, **values):
    return who.post(f"/insiden/{incident.number}/{action}/", {"version": incident.version, **values})


def test_reported_and_closed_in_one_action(office, site, office_time):
    technician = visitor(office.technician)
    sent = send(technician, host=" https://dinsos.panggon.test/slot", quarantine="on")
    incident = Incident.objects.get()
    assert sent.headers["Location"] == f"/insiden/{incident.number}/"
    site.refresh_from_db()
    assert (incident.site, site.state, incident.origin) == (site, SiteState.QUARANTINED, Origin.PERSON)
    page = text(technician.get(f"/insiden/{incident.number}/"))
    assert "Karantina sudah diminta; server sedang menutup situs." in page
    assert "Server belum mengambil tugasnya." in page
    machine_answers(office)
    page = text(technician.get(f"/insiden/{incident.number}/situs/"))
    for words in ("Dikarantina, dan terbukti di server.", f"folder {site.identifier}", "dns.answer A 127.0.0.1"):
        assert words in page


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"subject": "", "words": ""}, {"subject": ["Wajib diisi."], "words": ["Wajib diisi."]}),
        ({"host": "lain.panggon.test"}, {"host": ["Tidak ada situs dengan alamat ini. Kosongkan bila ragu."]}),
        ({"quarantine": "on"}, {"host": ["Tulis alamat situs yang dikarantina."]}),
        (
            {"files": SimpleUploadedFile("a.png", b"")},
            {"files": ["Setiap berkas paling besar 10 MiB dan tidak kosong."]},
        ),
    ],
)
def test_bad_input_is_named_at_its_field_and_nothing_is_kept(office, office_time, changes, expected):
    refused = send(visitor(office.technician), **changes)
    assert (refused.status_code, faults(refused)) == (422, expected)
    assert Incident.objects.count() == 0


def test_the_button_on_the_page_and_what_it_says(office, site, office_time):
    incident = report(office, site)
    technician = visitor(office.technician)
    page = technician.get(f"/insiden/{incident.number}/")
    for words in ("503", "Pemilik tidak dapat masuk lewat SFTP", "tetap seperti sekarang sebagai bukti", "bukan Anda"):
        assert words in text(page)
    refused = press(technician, incident, A.QUARANTINE, reasons="")
    assert (refused.status_code, faults(refused)) == (422, {"reasons": ["Wajib diisi."]})
    assert press(technician, incident, A.QUARANTINE, reasons="Isi judi.").status_code == 302
    stale = press(visitor(office.head), incident, A.NOTE, words="Terlambat", kind="finding")
    assert "baru saja diubah orang lain" in text(stale)
    assert "Terlambat" in stale.content.decode()
    late = press(visitor(office.head), incident, A.QUARANTINE, reasons="Juga.")
    assert late.headers["Location"] == f"/insiden/{incident.number}/"


def test_a_machine_that_is_away_is_said(office, site, office_time):
    incident = quarantined(office, site)
    Node.objects.update(seen_at=office.now.replace(year=2025))
    page = text(visitor(office.technician).get(f"/insiden/{incident.number}/"))
    assert "Server tidak terdengar sejak 23 November 2025" in page
    assert "Batas waktu tetap berjalan." in page


def test_each_role_finds_the_buttons_that_are_its_own(office, site, office_time):
    incident = quarantined(office, site)

    def buttons(person) -> set[str]:
        page = visitor(person).get(f"/insiden/{incident.number}/").content.decode()
        return set(re.findall(rf'href="/insiden/{incident.number}/([a-z_]+)/"', page))

    assert buttons(office.technician) == {"take", "note", "assess_data"}
    assert buttons(office.head) == {"release", "confirm", "note", "assess_data"}
    act(office, incident, A.RELEASE, office.head, reasons="x")
    machine_answers(office)
    assert buttons(office.head) == {"confirm", "dismiss", "note", "assess_data"}


def test_who_may_not_release_reads_why(office, site, office_time):
    incident = act(office, report(office, site), A.QUARANTINE, office.head, reasons="Isi judi.")
    page = text(visitor(office.head).get(f"/insiden/{incident.number}/"))
    assert "Lepaskan dari Karantina: Karantina ini Anda yang memutuskan; harus orang lain yang melepaskannya." in page


def test_a_complaint_becomes_an_incident_without_its_complainant(office, site, office_time):
    complaint = handled(office, name="Rina Marlina")
    officer = visitor(office.complaints_officer)
    assert (
        f'href="/insiden/lapor/?pengaduan={complaint.number}"'
        in officer.get(f"/pengaduan/{complaint.number}/").content.decode()
    )
    form = officer.get("/insiden/lapor/", {"pengaduan": complaint.number}).context["form"]
    assert (form["words"].value(), form["subject"].value()) == (complaint.description, complaint.subject)
    assert "quarantine" not in form.fields
    sent = send(officer, origin="complaint", ticket=complaint.number, words=complaint.description)
    incident = Incident.objects.get()
    assert (incident.complaint, incident.origin, sent.status_code) == (complaint, Origin.COMPLAINT, 302)
    again = officer.get("/insiden/lapor/", {"pengaduan": complaint.number})
    assert again.headers["Location"] == f"/insiden/{incident.number}/"
    assert "Rina" not in text(visitor(office.technician).get(f"/insiden/{incident.number}/"))
    foreign = visitor(office.technician).get("/insiden/lapor/", {"pengaduan": complaint.number})
    assert foreign.context["form"]["words"].value() in (None, "")  # a technician sees no complaints


def test_what_a_machine_found_becomes_an_incident(office, site, office_time):
    administrator = visitor(office.person("admin", Role.ADMINISTRATOR))
    finding = f"{site.identifier}: directory changed"
    Node.objects.update(drift=[finding], enrolled_at=office.now)
    page = administrator.get("/server/").content.decode()
    link = re.search(r'href="(/insiden/lapor/\?temuan=[^"]+)"', page)[1]
    form = administrator.get(link).context["form"]
    found = {name: form[name].value() for name in ("origin", "host", "words")}
    assert found == {"origin": Origin.MACHINE, "host": site.host, "words": finding}


def test_the_opd_reads_its_own_in_plain_words_and_nobody_else_does(office, site, office_time):
    incident = report(office, site)
    path = f"/insiden/{incident.number}/"
    assert visitor(office.applicant).get(path).status_code == 404  # nothing was decided yet
    act(office, incident, A.QUARANTINE, office.technician, reasons="Ada isi judi daring.")
    act(office, incident, A.NOTE, office.technician, words="Pelakunya masuk lewat akun Budi.", kind="finding")
    owner = text(visitor(office.applicant).get(path))
    for words in (site.host, "Ada isi judi daring.", "Jangan mengubah", "tidak ada yang dihapus"):
        assert words in owner
    for inner in ("Budi", "/slot", office.technician.full_name, "Riwayat"):
        assert inner not in owner
    agency = type(office.agency).objects.create(name="Dinas Lain", short_name="Lain", labels=["lain"])
    assert visitor(office.person("lain", agency=agency)).get(path).status_code == 404
    assert Client().get(path).status_code == 302
    for person in (office.registrar, office.complaints_officer):
        assert visitor(person).get(path).status_code == 404
    for role in ("applicant", "registrar", "complaints_officer"):
        answer = press(visitor(getattr(office, role)), incident, A.NOTE, words="x", kind="finding")
        assert answer.status_code == 403


def test_who_reported_it_follows_it_without_the_handling(office, site, office_time):
    incident = report(office, site, actor=office.complaints_officer)
    act(office, incident, A.NOTE, office.technician, words="Akun Budi.", kind="finding")
    officer = visitor(office.complaints_officer)
    page = text(officer.get(f"/insiden/{incident.number}/"))
    assert "Halaman judi pada /slot" in page
    assert "Budi" not in page
    assert incident.number in text(officer.get("/insiden/"))


def test_who_looks_leaves_a_line_in_the_log(office, site, office_time, caplog):
    incident, technician = report(office, site), visitor(office.technician)
    with caplog.at_level("INFO", logger="panggon.access"):
        technician.get(f"/insiden/{incident.number}/")
        technician.get(f"/insiden/{incident.number}/situs/")
        technician.get(f"/insiden/{incident.number}/note/")
    said = [record.getMessage() for record in caplog.records if record.name == "panggon.access"]
    who = f"of {incident.number} opened by user {office.technician.pk}"
    assert said == [f"page {who}", f"step {who}"]


def test_evidence_is_given_out_to_be_saved_and_never_shown(office, site, office_time):
    incident, technician = report(office, site), visitor(office.technician)
    shell = SimpleUploadedFile("shell.html", b"<script>alert(1)</script>")
    press(technician, incident, A.NOTE, words="Ini.", kind="finding", files=shell)
    kept = Evidence.objects.get()
    path = f"/insiden/{incident.number}/bukti/{kept.pk}/"
    given = technician.get(path)
    assert given.content == b"<script>alert(1)</script>"
    names = ("Content-Type", "Content-Disposition", "Content-Security-Policy", "X-Content-Type-Options")
    expected = ["application/octet-stream", 'attachment; filename="shell.html"', POLICY, "nosniff"]
    assert [given.headers[name] for name in names] == expected
    assert kept.sha256 in technician.get(f"/insiden/{incident.number}/").content.decode()
    assert visitor(office.applicant).get(path).status_code == 403
    other = report(office)
    assert technician.get(f"/insiden/{other.number}/bukti/{kept.pk}/").status_code == 404


def test_the_report_begins_with_what_is_known_and_its_paper_is_linked(office, site, office_time):
    incident, technician = confirmed(office, site), visitor(office.technician)
    form = technician.get(f"/insiden/{incident.number}/write_report/").context["form"]
    assert "Laporkan Insiden. Halaman judi pada /slot sejak tadi malam." in form["chronology"].value()
    assert form["contact"].value().startswith("Teknis, Petugas Teknis")
    parts = {name: form[name].value() for name in ("contact", "description", "chronology")}
    press(technician, incident, A.WRITE_REPORT, **parts, impact="Situs tutup sehari.")
    run_jobs()
    page = technician.get(f"/insiden/{incident.number}/").content.decode()
    link = re.search(rf'href="(/insiden/{incident.number}/naskah/[0-9a-f-]+/)"', page)[1]
    paper = technician.get(link)
    assert paper.content.startswith(b"%PDF-")
    assert paper.headers["Content-Type"] == "application/pdf"
    assert visitor(office.registrar).get(link).status_code == 403
    other = report(office)
    assert technician.get(link.replace(incident.number, other.number)).status_code == 404
    assert technician.get(f"/insiden/{incident.number}/naskah/{uuid.uuid4()}/").status_code == 404


def test_closing_asks_for_every_item_and_for_why_it_does_not_apply(office, office_time):
    incident, head = recovered(office, risk="low"), visitor(office.head)
    answers = {**dict.fromkeys(CHECKLIST, "met"), "search": "not_applicable", "lessons": "Perbarui tiap minggu."}
    refused = press(head, incident, A.CLOSE, **answers)
    assert "Jawab setiap butir; yang tidak berlaku memerlukan alasan." in text(refused)
    press(head, incident, A.CLOSE, **answers, search_reason="Situs tidak pernah terindeks.")
    page = text(head.get(f"/insiden/{incident.number}/"))
    assert "tidak berlaku, Situs tidak pernah terindeks." in page
    assert "Perbarui tiap minggu." in page
    assert Incident.objects.get().state == S.CLOSED


def test_home_says_that_an_incident_waits(office, site, office_time):
    report(office, site)
    page = text(visitor(office.head).get("/beranda/"))
    assert "Juga menunggu Anda Insiden 1" in page
    assert "Tidak ada yang menunggu" not in page
    assert "Tidak ada permohonan yang menunggu Anda." in page


def test_the_list_asks_the_same_number_of_questions_however_long(office, site, office_time, django_assert_num_queries):
    technician = visitor(office.technician)
    report(office, site)
    technician.get("/insiden/")
    with CaptureQueriesContext(connection) as few:
        technician.get("/insiden/")
    for _ in range(6):
        report(office, site)
    with django_assert_num_queries(len(few)):
        technician.get("/insiden/")
