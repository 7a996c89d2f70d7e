"""Two people at the same moment, in real threads on PostgreSQL: one did it, the other one is told; nothing twice."""

import threading

import pytest
from django.db import connection

from panggon.cases import services
from panggon.cases.models import Case, Event
from panggon.core.cases.procedure import Action, Role, State
from panggon.tokens import services as tokens
from panggon.tokens.models import Spent
from tests.portal.office import MONDAY
from tests.portal.programs import make_token
from tests.portal.visitor import checked, letter, text, visitor

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("office_time")]


@pytest.fixture
def together(monkeypatch):
    """Lets several requests go at once, each one past its own look at the case before any of them acts."""
    act = services.act

    def run(*requests):
        start, answers = threading.Barrier(len(requests), timeout=60), [None] * len(requests)
        waited = threading.local()

        def acting(*arguments, **options):
            if not getattr(waited, "once", False):
                waited.once = True
                start.wait()
            return act(*arguments, **options)

        monkeypatch.setattr(services, "act", acting)

        def send(index):
            try:
                answers[index] = requests[index]()
            finally:
                connection.close()

        threads = [threading.Thread(target=send, args=(index,)) for index in range(len(requests))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        monkeypatch.setattr(services, "act", act)
        return answers

    return run


def press(client, case, slug, **values):
    return lambda: client.post(f"/permohonan/{case.number}/{slug}/", {"version": case.version, **values})


RECEIPT = {"letter_source": "letter", "letter_date": "2026-11-20"}


def test_of_two_registrars_one_receives_and_the_other_is_told_who_and_when(office, together):
    case = office.bring_to(State.SUBMITTED)
    clients = [visitor(office.registrar), visitor(office.person("endah", Role.REGISTRAR))]
    together(*[press(client, case, "terima-surat", **RECEIPT) for client in clients])
    event = Event.objects.get(case=case, action=Action.RECEIVE)
    loser = clients[1] if event.actor == office.registrar else clients[0]
    shown = text(loser.get(f"/permohonan/{case.number}/"))
    told = f"Langkah itu tidak diperlukan lagi: {event.actor.full_name} sudah melakukan “Terima Surat” pada 23 November"
    assert told in shown
    assert Case.objects.get(pk=case.pk).agenda_number == "0001/2026"


def test_a_decision_that_is_still_possible_is_shown_again_with_what_was_typed(office, together):
    case = office.bring_to(State.VERIFYING)
    head, technician = visitor(office.head), visitor(office.technician)
    refusal = {"reasons": "Di luar kewenangan.", "refusal_letter": letter()}
    answers = together(press(head, case, "tolak", **refusal), press(technician, case, "nyatakan-lengkap", **checked()))
    event = Event.objects.filter(case=case).last()
    assert event.sequence == case.version + 1
    if event.action == Action.COMPLETE:
        assert (answers[0].status_code, answers[0].context["form"]["reasons"].value()) == (200, "Di luar kewenangan.")
        assert "Teknis melakukan “Nyatakan Lengkap”" in text(answers[0])
    else:
        assert answers[1].headers["Location"] == f"/permohonan/{case.number}/"
        assert "Kadis sudah melakukan “Tolak”" in text(technician.get(f"/permohonan/{case.number}/"))


def test_one_button_pressed_twice_is_one_act_and_no_reproach(office, together):
    case = office.bring_to(State.PREPARED)
    client = visitor(office.technician)
    answers = together(*[press(client, case, "laporkan-ke-kepala-bidang")] * 2)
    assert [answer.headers["Location"] for answer in answers] == ["/beranda/"] * 2
    assert Event.objects.filter(case=case, action=Action.REPORT).count() == 1


def test_letters_received_at_once_get_numbers_without_a_gap(office, together):
    cases = [office.bring_to(State.SUBMITTED, label=f"surat-{number}") for number in range(5)]
    clients = [visitor(office.person(f"tu-{number}", Role.REGISTRAR)) for number in range(5)]
    together(*[press(c, case, "terima-surat", **RECEIPT) for c, case in zip(clients, cases, strict=True)])
    given = sorted(Case.objects.values_list("agenda_number", flat=True))
    assert given == [f"{number:04d}/2026" for number in range(1, 6)]


def test_a_form_that_is_sent_again_later_changes_nothing(office):
    case = office.bring_to(State.SUBMITTED)
    client = visitor(office.registrar)
    sent = press(client, case, "terima-surat", **RECEIPT)
    sent()
    office.act(Case.objects.get(pk=case.pk), Action.DISPOSE, office.head, division=office.division, instruction="x")
    before = Case.objects.get(pk=case.pk).version
    answer = sent()
    assert answer.headers["Location"] == f"/permohonan/{case.number}/"
    assert "Kadis sudah melakukan “Terbitkan Disposisi”" in text(client.get(answer.headers["Location"]))
    assert Case.objects.get(pk=case.pk).version == before


def test_requests_at_the_same_moment_are_all_counted(office, together):
    token, _ = make_token(office.registrar)
    start = threading.Barrier(8, timeout=60)

    def spend():
        start.wait()
        return [tokens.spend(token, most=20, at=MONDAY) for _ in range(5)]

    waits = [wait for answers in together(*[spend] * 8) for wait in answers]
    assert sorted(wait is None for wait in waits) == [False] * 20 + [True] * 20
    assert Spent.objects.get().requests == 40
