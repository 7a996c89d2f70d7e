"""An act is done with all that follows from it, or not at all; of two at once one is done."""

import threading

import pytest
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob

from panggon.cases import jobs, services
from panggon.cases.acting import effects
from panggon.cases.models import Case, Event
from panggon.core.cases.procedure import Action, Effect, Role, State
from panggon.core.errors import InvalidError
from panggon.papers.models import Counter
from panggon.sites.models import Wish
from tests.portal.office import ALL_MET, refused


def test_every_effect_of_the_procedure_is_carried_out():
    rows = {*effects.WISHES, *effects.AT_ONCE}
    assert rows | {*effects.PAPERS, *effects.JOBS} | effects.NOTICES == set(Effect)
    assert set(jobs.RECIPIENTS) == effects.NOTICES


def test_a_failing_effect_leaves_nothing(office, monkeypatch):
    case = office.bring_to(State.VERIFYING)
    before = (case.version, case.head, ProcrastinateJob.objects.count(), Wish.objects.count())

    def broken(*_arguments):
        raise RuntimeError("the last effect fails")

    last = {**effects.WISHES, Effect.WISH_PLAN: broken}
    monkeypatch.setattr(effects, "WISHES", last)
    with pytest.raises(RuntimeError):
        office.act(case, Action.COMPLETE, office.technician, checklist=ALL_MET)
    case = Case.objects.get(pk=case.pk)
    assert (case.version, case.head, ProcrastinateJob.objects.count(), Wish.objects.count()) == before
    assert (case.state, case.checklist.count()) == (State.VERIFYING, 0)


def test_a_refused_receipt_uses_no_agenda_number_up(office):
    case = office.bring_to(State.SUBMITTED)
    assert refused(office.act, case, Action.RECEIVE, office.head) == [("action.not_your_role", "")]
    assert not Counter.objects.filter(register="agenda").exists()
    assert office.act(case, Action.RECEIVE, office.registrar).agenda_number == "0001/2026"


def test_event_and_jobs_are_written_together(office):
    case = office.bring_to(State.SUBMITTED)
    office.act(case, Action.RECEIVE, office.registrar)
    event = case.events.last()
    wanted = ProcrastinateJob.objects.filter(args__event=event.pk).order_by("id")
    assert [(job.task_name, job.args, job.lock) for job in wanted] == [
        ("cases.make_paper", {"event": event.pk, "kind": "receipt"}, f"case-{case.pk}"),
        ("cases.notify", {"event": event.pk, "whom": "notify_applicant"}, None),
        ("cases.notify", {"event": event.pk, "whom": "notify_next"}, None),
        ("cases.publish", {"event": event.pk}, None),
    ]


@pytest.mark.django_db(transaction=True)
def test_two_officials_at_once_one_wins_and_the_other_is_told(office):
    case = office.bring_to(State.SUBMITTED)
    colleague = office.person("tu2", Role.REGISTRAR)
    at = office.later()
    start, outcomes = threading.Barrier(2), []

    def receive(actor):
        try:
            start.wait()
            services.act(case.pk, action=Action.RECEIVE, actor=actor, data={}, at=at, expected_version=case.version)
            outcomes.append((actor, None))
        except InvalidError as error:
            outcomes.append((actor, error.faults))
        finally:
            connection.close()

    threads = [threading.Thread(target=receive, args=(actor,)) for actor in (office.registrar, colleague)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ((winner, _),) = [row for row in outcomes if row[1] is None]
    ((_, (fault,)),) = [row for row in outcomes if row[1] is not None]
    assert (fault.code, fault.facts) == ("case.changed", {"action": "receive", "actor": winner.full_name, "at": at})
    assert Event.objects.filter(case=case, action="receive").count() == 1
    assert Case.objects.get(pk=case.pk).agenda_number == "0001/2026"
