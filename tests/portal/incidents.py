"""Incidents on their way, for the tests."""

from typing import Any

from procrastinate.contrib.django.models import ProcrastinateJob

from panggon.core.incidents.vocabulary import CHECKLIST, IncidentAction, PersonalData, Risk
from panggon.incidents import jobs, services
from panggon.incidents.models import Incident
from panggon.people.models import User
from panggon.sites.models import Outcome, Site, Wish
from tests.portal.office import Office

A = IncidentAction
SEEN = {"subject": "Judi daring", "words": "Halaman judi pada /slot sejak tadi malam."}
CONFIRMED = {"risk": Risk.HIGH, "personal_data": PersonalData.NO, "reasons": "Isi asing terbukti."}
CLOSING = {"checklist": dict.fromkeys(CHECKLIST, "met"), "lessons": "Pembaruan dipasang tiap minggu."}


def report(office: Office, site: Site | None = None, *, actor: User | None = None, **changes: Any) -> Incident:
    data = {**SEEN, "site": site, **changes}
    return services.report(data, actor=actor or office.technician, at=office.later())


def act(office: Office, incident: Incident, action: A, actor: User | None, **data: Any) -> Incident:
    return services.act(incident.pk, action=action, actor=actor, data=data, at=office.later())


def quarantined(office: Office, site: Site, **changes: Any) -> Incident:
    """Reported and, by the technician, closed at once; the machine has not answered."""
    return act(office, report(office, site, **changes), A.QUARANTINE, office.technician, reasons="Isi judi daring.")


def machine_answers(office: Office, outcome: Outcome = Outcome.APPLIED, **more: Any) -> Wish:
    wish = office.node_reports(outcome, **more)
    run_jobs()
    return wish


def confirmed(office: Office, site: Site | None = None, **changes: Any) -> Incident:
    incident = report(office, site)
    return act(office, incident, A.CONFIRM, office.division_head, **{**CONFIRMED, **changes})


def recovered(office: Office, site: Site | None = None, **changes: Any) -> Incident:
    incident = confirmed(office, site, **changes)
    incident = act(office, incident, A.CONTAIN, office.technician, words="Halaman dihapus.")
    return act(office, incident, A.RECOVER, office.technician, words="Aplikasi diperbarui.")


def run_jobs() -> None:
    """What the worker would do with what incidents have deferred so far."""
    tasks = {f"incidents.{job.__name__}": job for job in (jobs.carry_out, jobs.site_reported, jobs.replace_paper)}
    while waiting := list(ProcrastinateJob.objects.filter(task_name__in=tasks, status="todo").order_by("id")):
        for job in waiting:
            tasks[job.task_name](**job.args)
        ProcrastinateJob.objects.filter(pk__in=[job.pk for job in waiting]).update(status="succeeded")
