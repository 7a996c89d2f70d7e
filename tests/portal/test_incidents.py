"""An incident from what was seen to its end: quarantine, four eyes, the law's clocks, papers, and who knows of it."""

import threading
from datetime import timedelta

import pypdfium2
import pytest
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob

from panggon.audit.models import Change
from panggon.audit.selectors import history_of
from panggon.cases.content.paper_facts import evidence_digest
from panggon.core.cases.vocabulary import Role
from panggon.core.errors import InvalidError
from panggon.core.incidents.vocabulary import CHECKLIST, Duty, IncidentAction, IncidentState, PersonalData, Risk
from panggon.core.sites.spec import SiteState
from panggon.incidents import jobs, selectors, services
from panggon.incidents.models import Evidence, Incident
from panggon.incidents.parts import duties_of
from panggon.incidents.services import Upload
from panggon.notify.models import Notice
from panggon.papers import register, store
from panggon.papers import selectors as papers
from panggon.papers.models import Paper
from panggon.sites import life
from panggon.sites.models import Outcome, Site, Wish
from tests.portal.complaining import file
from tests.portal.incidents import (
    CLOSING,
    CONFIRMED,
    SEEN,
    act,
    confirmed,
    machine_answers,
    quarantined,
    recovered,
    report,
    run_jobs,
)
from tests.portal.office import PROOFS, refused
from tests.portal.upkeep import open_site
from tests.portal.visitor import text, visitor

A, S = IncidentAction, IncidentState
HOUR = timedelta(hours=1)
PARTS = {"contact": "Agus, 0812", "description": "Deface.", "chronology": "Pagi.", "impact": "Situs tutup."}
DIGEST = evidence_digest(list(PROOFS))
BREACH = {"data": "Nama 120 pendaftar.", "how": "Lewat cadangan.", "handling": "Berkas dihapus."}


@pytest.fixture
def site(office) -> Site:
    return open_site(office)


def told() -> dict[str, set[str]]:
    """What each person was told of incidents, by subject."""
    found: dict[str, set[str]] = {}
    for notice in Notice.objects.filter(reference__startswith="incident").select_related("recipient"):
        found.setdefault(notice.recipient.username, set()).add(notice.subject)
    return found


def test_from_a_finding_to_the_end(office, site):
    incident = quarantined(office, site)
    assert (incident.number, incident.state, incident.version) == ("INS-2026-0001", S.REPORTED, 2)
    site.refresh_from_db()
    assert site.state == SiteState.QUARANTINED
    machine_answers(office)
    incident.refresh_from_db()
    work = incident.events.last()
    assert (work.action, work.role, work.actor, work.data["outcome"]) == (A.RECORD_WORK, "system", None, "applied")
    incident = act(office, incident, A.CONFIRM, office.division_head, **CONFIRMED)
    incident = act(office, incident, A.CONTAIN, office.technician, words="Situs dikarantina.")
    assert refused(act, office, incident, A.RECOVER, office.technician, words="Bersih.") == [
        ("need.not_quarantined", "")
    ]
    incident = act(office, incident, A.RELEASE, office.head, reasons="Sudah bersih.")
    machine_answers(office)
    site.refresh_from_db()
    assert site.state == SiteState.OPEN
    incident = act(office, incident, A.RECOVER, office.technician, words="Aplikasi diperbarui.")
    open_duty = refused(act, office, incident, A.CLOSE, office.head, **CLOSING)
    assert open_duty == [("need.duties_done", "")]
    incident = act(office, incident, A.RECORD_TOLD, office.technician, duty=Duty.SECTOR_REPORT, words="Surel.")
    incident = act(office, incident, A.CLOSE, office.head, **CLOSING)
    assert (incident.state, incident.due_at) == (S.CLOSED, None)
    assert selectors.not_as_recorded(incident) == []


def test_those_who_have_to_know_are_told_at_once_and_of_the_proof(office, site):
    incident = quarantined(office, site)
    run_jobs()
    assert told() == {
        "kabid": {f"{incident.number}: Laporkan Insiden", f"{incident.number}: Karantina Situs Sekarang"},
        "kadis": {f"{incident.number}: Laporkan Insiden", f"{incident.number}: Karantina Situs Sekarang"},
    }
    (job,) = ProcrastinateJob.objects.filter(task_name="upkeep.tell_at_once")  # and the OPD
    assert (job.args["action"], job.args["reason"]) == ("quarantine", "Isi judi daring.")
    machine_answers(office)
    for person in ("teknis", "kabid", "kadis"):
        assert f"{incident.number}: karantina terbukti di server" in told()[person]
    assert not [notice for notice in Notice.objects.filter(reference__startswith="incident") if "judi" in notice.text]


def test_what_the_machine_could_not_do_is_said_and_asked_for_again(office, site):
    incident = quarantined(office, site)
    assert refused(act, office, incident, A.REPEAT, office.technician) == [("need.work_failed", "")]
    machine_answers(office, Outcome.REFUSED, problem="node.bound")
    incident.refresh_from_db()
    assert (incident.events.last().data["outcome"], incident.events.last().words) == (
        "refused",
        "node.bound happened",
    )
    act(office, incident, A.REPEAT, office.technician)
    machine_answers(office)
    work = incident.events.filter(action=A.RECORD_WORK)
    assert [event.data["outcome"] for event in work] == ["refused", "applied"]
    jobs.site_reported(incident.events.last().data["wish"])  # the job runs twice
    assert work.count() == 2


def test_releasing_is_another_person_s_decision(office, site):
    incident = act(office, report(office, site), A.QUARANTINE, office.head, reasons="Isi judi.")
    assert refused(act, office, incident, A.RELEASE, office.head, reasons="Bersih.") == [("need.another_person", "")]
    assert refused(act, office, incident, A.RELEASE, office.technician, reasons="x") == [("action.not_your_role", "")]
    act(office, incident, A.RELEASE, office.division_head, reasons="Bersih.")
    assert Site.objects.get(pk=site.pk).state == SiteState.OPEN


def test_a_quarantine_from_elsewhere_is_known_here(office, site):
    life.quarantine(site.pk, reason="Isi judi.", actor=office.division_head, at=office.later())
    incident = report(office, site)
    twice = refused(act, office, incident, A.QUARANTINE, office.technician, reasons="Lagi.")
    assert twice == [("need.may_be_quarantined", "")]
    own = refused(act, office, incident, A.RELEASE, office.division_head, reasons="Bersih.")
    assert own == [("need.another_person", "")]


def test_nobody_handles_or_sees_an_incident_about_himself(office, site):
    office.technician.full_name = "Agus Setiawan, S.Kom."
    office.technician.save()
    incident = report(office, site, actor=office.complaints_officer, about="Sdr. Agus Setiawan")
    assert refused(act, office, incident, A.QUARANTINE, office.technician, reasons="x") == (
        [("need.incident_not_concerned", "")]
    )
    assert not selectors.visible_to(office.technician, now=office.now).exists()
    assert selectors.count_to_do(office.technician, now=office.now) == 0
    run_jobs()
    assert set(told()) == {"kabid", "kadis"}


def test_whom_a_complaint_is_about_its_incident_is_about_too(office, site):
    office.technician.full_name = "Agus Setiawan, S.Kom."
    office.technician.save()
    incident = report(office, site, complaint=file(office, about="Agus Setiawan"), actor=office.complaints_officer)
    assert list(incident.concerned.all()) == [office.technician]


def test_who_has_what_to_do(office, site):
    def counts() -> list[int]:
        people = (office.technician, office.division_head, office.head, office.complaints_officer, office.applicant)
        return [selectors.count_to_do(person, now=office.now) for person in people]

    incident = report(office, site)
    assert counts() == [1, 1, 1, 0, 0]
    incident = act(office, incident, A.CONFIRM, office.head, **CONFIRMED)
    assert counts() == [1, 0, 0, 0, 0]
    other = office.person("teknis2", Role.TECHNICIAN, division=office.division)
    incident = act(office, incident, A.TAKE, other)
    assert (counts(), selectors.count_to_do(other, now=office.now)) == ([0, 0, 0, 0, 0], 1)
    assert list(selectors.to_do(other, now=office.now)) == [incident]


def test_an_opd_that_never_heard_of_it_is_not_told_that_it_is_none(office, site):
    act(office, report(office, site), A.DISMISS, office.head, reasons="Salah lihat.")
    shut = act(office, quarantined(office, site), A.RELEASE, office.head, reasons="Salah lihat.")
    act(office, shut, A.DISMISS, office.head, reasons="Salah lihat.")
    run_jobs()
    assert told()["sri"] == {f"{site.host}: Sudah diperiksa: bukan insiden keamanan."}
    assert Notice.objects.filter(recipient=office.applicant, reference__startswith="incident").count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_who_press_at_once_quarantine_it_once_and_the_other_is_told(office, site):
    incident, at, outcomes = report(office, site), office.later(), []

    def press(actor):
        try:
            services.act(
                incident.pk,
                action=A.QUARANTINE,
                actor=actor,
                data={"reasons": "Isi judi."},
                at=at,
                expected_version=incident.version,
            )
            outcomes.append("done")
        except InvalidError as error:
            outcomes.append(error.faults[0].code)
        connection.close()

    threads = [threading.Thread(target=press, args=[actor]) for actor in (office.technician, office.head)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["done", "incident.changed"]
    assert Wish.objects.filter(site=site, purpose="quarantine").count() == 1


def test_72_hours_from_the_moment_at_which_it_was_known(office, site):
    incident = confirmed(office, site, risk=Risk.LOW, personal_data=PersonalData.UNKNOWN)
    assert (duties_of(incident), incident.due_at) == ((), None)
    future = office.now + HOUR
    hit = {"personal_data": PersonalData.YES, "reasons": "Berkas cadangan terunduh."}
    late = refused(act, office, incident, A.ASSESS_DATA, office.technician, **hit, known_at=future)
    assert late == [("incident.future", "known_at")]
    known_at = office.now - 5 * HOUR
    incident = act(office, incident, A.ASSESS_DATA, office.technician, **hit, known_at=known_at)
    assert incident.due_at == known_at + 72 * HOUR
    incident = act(office, incident, A.RECORD_TOLD, office.technician, duty=Duty.SUBJECTS_NOTICE, words="Surat.")
    assert incident.due_at == known_at + 72 * HOUR
    incident = act(office, incident, A.RECORD_TOLD, office.technician, duty=Duty.AUTHORITY_NOTICE, words="Surel.")
    assert incident.due_at is None


def test_what_is_not_known_keeps_it_open(office):
    incident = recovered(office, risk=Risk.LOW, personal_data=PersonalData.UNKNOWN)
    assert refused(act, office, incident, A.CLOSE, office.head, **CLOSING) == [("need.data_known", "")]
    missing = {**CLOSING, "checklist": dict.fromkeys(list(CHECKLIST)[1:], "met")}
    incident = act(office, incident, A.ASSESS_DATA, office.technician, personal_data="no", reasons="Situs statis.")
    assert refused(act, office, incident, A.CLOSE, office.head, **missing) == [("need.closing_checklist", "checklist")]


def test_warnings_at_night_once_each_and_to_the_head_from_80_percent(office):
    incident = confirmed(office, risk=Risk.LOW, personal_data=PersonalData.YES)
    since = incident.breach_known_at
    Notice.objects.all().delete()
    for hours in (35, 36, 36, 58, 72, 80):
        for duty in duties_of(incident)[:1]:
            jobs.warn(incident, duty, now=since + hours * HOUR)
    half, most, over = (
        f"{incident.number}: {words}"
        for words in ("50% waktu terpakai", "80% waktu terpakai", "batas waktu terlampaui")
    )
    assert [(notice.recipient.username, notice.subject) for notice in Notice.objects.order_by("pk")] == [
        *[("teknis", half), ("kabid", half)],
        *[("teknis", most), ("kabid", most), ("kadis", most)],
        *[("teknis", over), ("kabid", over), ("kadis", over)],
    ]


def test_the_machine_away_stops_no_deadline(office, site):
    incident = quarantined(office, site)
    incident = act(office, incident, A.CONFIRM, office.head, **{**CONFIRMED, "vital": True})
    assert incident.due_at == incident.reported_at + 24 * HOUR
    jobs.watch(0)  # long after that by the clock of this computer
    assert {alert.level for alert in incident.alerts.all()} == {100}
    machine_answers(office)
    incident.refresh_from_db()
    assert incident.events.last().action == A.RECORD_WORK


def test_both_papers_are_numbered_and_made_once(office, site):
    life.quarantine(site.pk, reason="Isi judi.", actor=office.technician, at=office.later())
    machine_answers(office)
    incident = confirmed(office, site, personal_data=PersonalData.YES)
    incident = act(office, incident, A.WRITE_REPORT, office.technician, **PARTS)
    incident = act(office, incident, A.WRITE_NOTICE, office.technician, **BREACH)
    run_jobs()
    for event in incident.events.filter(action__in=[A.WRITE_REPORT, A.WRITE_NOTICE]):
        for effect in selectors.effects_of(event):
            jobs.carry_out(event.pk, effect.value)  # again, after a kill
    made = papers.issued(incident.number)
    assert [(paper.kind, paper.event) for paper in made] == [("incident_report", 3), ("breach_notice", 4)]
    assert len({paper.number for paper in made}) == 2
    page = pypdfium2.PdfDocument(store.get(made[0].sha256))[0].get_textpage().get_text_range()
    said = " ".join(page.split())
    for words in (
        "Deface.",
        "Situs tutup.",
        "https://dinsos.panggon.test/",
        "Laporkan Insiden. Halaman judi",
        "Kadis",
        DIGEST,
    ):
        assert words in said
    register.make_void(made[1].pk, reason="Salah jumlah", actor=office.registrar, at=office.later(), replaced=True)
    run_jobs()
    jobs.replace_paper(str(made[1].pk))
    again = Paper.objects.get(kind="breach_notice", voided_at=None)
    assert (again.case_number, again.event, again.serial) == (incident.number, 4, made[1].serial + 1)
    shown = text(visitor(office.technician).get(f"/insiden/{incident.number}/"))
    assert "batal Salah jumlah" in shown


def test_a_notice_needs_that_personal_data_were_disclosed(office):
    incident = confirmed(office)
    assert refused(act, office, incident, A.WRITE_NOTICE, office.technician, **BREACH) == [("need.data_hit", "")]


def test_evidence_is_kept_as_it_is_by_its_digest(office, site):
    incident = report(office, site)
    shell = b"<?php system($_GET['c']); ?>"
    files = [Upload("../../shell.php", shell), Upload("salinan.php", shell)]
    note = {"words": "Ditemukan di unggahan.", "kind": "finding"}
    services.act(incident.pk, action=A.NOTE, actor=office.technician, data=note, at=office.later(), files=files)
    (kept,) = Evidence.objects.all()
    assert (kept.name, kept.size_bytes, store.get(kept.sha256)) == ("shell.php", len(shell), shell)
    for files, fault in (([Upload("a", b"")], "evidence.size"), ([Upload("a", b"x")] * 21, "evidence.too_many")):
        with pytest.raises(InvalidError) as raised:
            services.act(incident.pk, action=A.NOTE, actor=office.technician, data=note, at=office.later(), files=files)
        assert [each.code for each in raised.value.faults] == [fault]


def test_the_log_of_changes_says_who_and_when_but_not_what_and_shows_tampering(office, site):
    incident = quarantined(office, site)
    rows = list(history_of(selectors.subject_of(incident)).order_by("sequence"))
    assert [(row.after["action"], row.actor) for row in rows] == [
        ("report", office.technician),
        ("quarantine", office.technician),
    ]
    assert not [row for row in rows if "judi" in f"{row.reason}{row.before}{row.after}".lower()]
    incident.events.filter(sequence=1).update(words="Tidak ada apa-apa.")
    assert selectors.not_as_recorded(incident) == [1]
    incident.events.filter(sequence=2).delete()
    assert selectors.not_as_recorded(incident) == [1, 2]


def test_what_it_says_of_people_is_erased_after_the_period_and_the_log_still_holds(office):
    incident = recovered(office, risk=Risk.LOW)
    services.act(
        incident.pk,
        action=A.CLOSE,
        actor=office.head,
        data=CLOSING,
        at=office.later(),
        files=[Upload("layar.png", b"x")],
    )
    assert services.erase_expired(now=office.now + timedelta(days=300)) == 0
    assert services.erase_expired(now=office.now + timedelta(days=4000)) == 1
    incident.refresh_from_db()
    assert (incident.subject, incident.description, incident.events.exclude(words="").count()) == ("", "", 0)
    assert (incident.number, incident.risk, Evidence.objects.count()) == ("INS-2026-0001", "low", 0)
    assert selectors.not_as_recorded(incident) == []
    assert Change.objects.filter(subject="incidents.retention:words").get().after["incidents"] == 1


def test_the_same_page_sent_twice_is_one_incident(office, site):
    page = "00000000-0000-4000-8000-000000000001"
    first, second = (
        services.report({**SEEN, "site": site}, actor=office.technician, at=office.later(), page=page, quarantine=True)
        for _ in range(2)
    )
    assert (first.pk, Incident.objects.count()) == (second.pk, 1)
    assert Wish.objects.filter(purpose="quarantine").count() == 1
