"""The way of a case on its page: acts, the papers that they caused, and what the machine did in between."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from panggon.cases import jobs
from panggon.core.cases.procedure import State
from panggon.sites import services as sites
from panggon.sites.models import Outcome
from tests.portal.visitor import visitor

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGJ8i4n4Zb6pT2p5cP0X3Wl4m1Vx0T0m9Yy7mQ2k3abc admin@dinsos"


def lines(user, case) -> list[str]:
    """Each entry's first words and the papers below it, the newest first."""
    page = visitor(user).get(f"/permohonan/{case.number}/").content.decode()
    way = page[page.index('<ol class="way">') : page.index("</ol>", page.index('<ol class="way">'))]
    entries = way.split("<li>")[1:]
    papers = [re.findall(r"/naskah/[^>]+>([^<]+)</a>", entry) for entry in entries]
    return [
        " + ".join([re.search("<strong>(.*?)</strong>", entry).group(1), *found])
        for entry, found in zip(entries, papers, strict=True)
    ]


def test_papers_stand_at_the_act_that_caused_them_and_machines_in_between(office):
    case = office.bring_to(State.AWAITING_APPROVAL)
    office.papers(case)
    papers = "Dokumen Hosting 555/001, Dokumen Hak Akses Hosting 555/002, Surat Pengantar 555/003"
    papers += ", Nota Permohonan Pengesahan 555/004"
    assert lines(office.head, case)[:6] == [
        " + ".join(["Mohon Pengesahan", *(f"{paper}/2026" for paper in papers.split(", "))]),
        "Laporkan ke Kepala Bidang",
        "Catat Hasil Penyiapan",
        "Siapkan",
        "Rencana disusun",
        "Nyatakan Lengkap",
    ]
    assert "Rencana disusun" not in lines(office.applicant, case)
    assert lines(office.applicant, case)[0] == "Mohon Pengesahan"


@pytest.mark.parametrize(("seconds", "looks"), [(30, True), (150, False)])
def test_whoever_has_just_acted_sees_the_paper_without_loading_the_page_again(office, office_time, seconds, looks):
    """The OPD confirms, and the Berita Acara comes by itself; what takes longer is not waited for."""
    case = office.bring_to(State.DONE)
    office.now = case.events.last().at + timedelta(seconds=seconds)
    section = f'<section class="panel" id="berkas" aria-labelledby="naskah" hx-get="/permohonan/{case.number}/"'
    page = visitor(office.applicant).get(f"/permohonan/{case.number}/").content.decode()
    assert (section in page, "sedang dibuat" in page, 'http-equiv="refresh"' in page) == (looks, looks, looks)
    jobs.make_paper(case.events.last().pk, "handover_record")
    page = visitor(office.applicant).get(f"/permohonan/{case.number}/").content.decode()
    assert "Berita Acara Serah Terima (PDF)" in page
    assert (section in page, "sedang dibuat" in page, 'http-equiv="refresh"' in page) == (False, False, False)


def test_access_that_failed_is_told_with_its_reason_to_the_dinas_alone(office):
    case = office.bring_to(State.DELIVERED)
    office.now = case.events.last().at
    sites.set_access(case.site.pk, ssh_keys=(KEY,), password=None, at=office.later())
    office.node_reports(Outcome.RESTORED, problem="sftp.key")
    assert lines(office.technician, case)[0] == "Hak akses belum terpasang"
    assert "sftp.key happened" in visitor(office.technician).get(f"/permohonan/{case.number}/").content.decode()
    assert "Hak akses belum terpasang" not in lines(office.applicant, case)
    sites.set_access(case.site.pk, ssh_keys=(), password=None, at=office.later())
    office.node_reports(Outcome.APPLIED)
    assert lines(office.technician, case)[:2] == ["Hak akses dipasang", "Hak akses belum terpasang"]


def test_the_number_of_queries_does_not_grow_with_papers_and_wishes(office):
    case = office.bring_to(State.DELIVERED)
    browser = visitor(office.head)
    office.now = case.events.last().at

    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert browser.get(f"/permohonan/{case.number}/").status_code == 200
        return len(seen)

    before = queries()
    for event in case.events.filter(sequence__in=[2, 3]):
        jobs.make_paper(event.pk, "receipt")
    for keys in ((KEY,), (), (KEY,)):
        sites.set_access(case.site.pk, ssh_keys=keys, password=None, at=office.later())
        office.node_reports(Outcome.APPLIED)
    assert queries() == before
