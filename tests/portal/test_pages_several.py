"""Stale tabs, buttons pressed twice, forms sent again."""

import pytest
from django.contrib.messages import get_messages

from panggon.cases.slugs import SLUGS
from panggon.core.cases.procedure import ACTION_LABELS, TABLE, Action, Role, State
from panggon.sites.models import Outcome
from tests.papers.pki import PASSPHRASE
from tests.portal.office import DIGEST
from tests.portal.signers import sign_locally
from tests.portal.visitor import at, checked, letter, text

pytestmark = pytest.mark.usefixtures("office_time")


def test_a_stale_tab_says_what_the_other_did_and_changes_nothing(office):
    case = office.bring_to(State.RECEIVED)
    values = {"division": office.division_head.role_assignments.get().division_id, "instruction": "Pantau"}
    stale = at(office, "head").post(f"/permohonan/{case.number}/terbitkan-disposisi/", {"version": 1, **values})
    assert "sudah berubah" in text(stale)
    assert "Tu melakukan “Terima Surat”" in text(stale)
    case.refresh_from_db()
    assert case.state == State.RECEIVED
    assert stale.context["form"]["instruction"].value() == ["Pantau"]


def test_a_stale_tab_of_a_step_that_is_over_leads_back_with_a_reason(office):
    case = office.bring_to(State.VERIFYING)
    office.act(case, Action.RETURN_TO_APPLICANT, office.technician, reasons="Surat belum bertanggal")
    client = at(office, "technician")
    answer = client.post(f"/permohonan/{case.number}/nyatakan-lengkap/", {"version": case.version}, follow=True)
    assert "Teknis sudah melakukan “Kembalikan untuk Dilengkapi”" in text(answer)


RECEIPT = {"letter_source": "letter", "letter_date": "2026-11-20"}
DISPOSITION = {"instruction": "Pantau", "nature": "Biasa"}
REASONS = {"reasons": "Mohon diperbaiki."}


def every_button(office):
    """Each button that people press in a case, in an order in which it can be pressed: who, what, with what; and
    afterwards what machines and workers do.
    """
    colleague = office.person("rekan", Role.TECHNICIAN, division=office.division)
    disposed, assigned = {**DISPOSITION, "division": office.division.pk}, {"technician": office.technician.pk}
    asked = ("division_head", Action.REQUEST_APPROVAL, {}, office.papers)
    return (
        ("applicant", Action.SUBMIT, {}),
        ("registrar", Action.RECEIVE, RECEIPT),
        ("head", Action.DISPOSE, disposed),
        ("division_head", Action.ASSIGN, {"technician": colleague.pk}),
        ("division_head", Action.REASSIGN, {**assigned, **REASONS}),
        ("technician", Action.RETURN_TO_APPLICANT, checked(contact="Nomor HP")),
        ("applicant", Action.RESUBMIT, {}),
        ("technician", Action.COMPLETE, checked(), node(office, Outcome.REFUSED, "dns.foreign")),
        ("technician", Action.RETRY, {}, node(office, Outcome.PLANNED)),
        ("technician", Action.PREPARE, {"shown_digest": DIGEST}, node(office, Outcome.APPLIED)),
        ("technician", Action.REPORT, {}),
        asked,
        ("head", Action.SEND_BACK, REASONS),
        asked,
        ("head", Action.APPROVE, {"passphrase": PASSPHRASE}, office.papers, node(office, Outcome.APPLIED)),
        ("registrar", Action.DELIVER, {}),
        ("applicant", Action.REPORT_NO_ACCESS, REASONS, node(office, Outcome.VERIFIED)),
        ("technician", Action.REPORT_FIXED, {}),
        ("applicant", Action.CONFIRM, {}),
    )


def aside(office):
    """And those that lead away from it: a case before it, who, what, with what."""
    fixing = office.act(
        office.bring_to(State.DELIVERED, label="a"), Action.REPORT_NO_ACCESS, office.applicant, **REASONS
    )
    office.node_reports(Outcome.VERIFIED)
    return (
        (fixing, "technician", Action.CHANGE_SPEC, {"kind": "php", "profile": "plain"}),
        (office.bring_to(State.RECEIVED, label="b"), "applicant", Action.WITHDRAW, {}),
        (office.bring_to(State.RECEIVED, label="c"), "head", Action.REFUSE, {**REASONS, "refusal_letter": letter()}),
    )


def node(office, outcome, problem=""):
    return lambda case: office.told(case, office.node_reports(outcome, problem=problem))


def press_twice(office, case, who, action, values):
    """The same form, sent twice: one act, and both answers say that it was done, without reproach."""
    client, before = at(office, who), case.version
    path = f"/permohonan/{case.number}/{SLUGS[action]}/"
    answers = [client.post(path, {"version": before, **values}) for _ in range(2)]
    assert {answer.status_code for answer in answers} == {302}, action
    assert answers[0].headers["Location"] == answers[1].headers["Location"], action
    said = [str(message) for message in get_messages(answers[1].wsgi_request)]
    assert [words.startswith(f"“{ACTION_LABELS[action].text}” sudah dilakukan.") for words in said] == [True, True], (
        said
    )
    case.refresh_from_db()
    assert (case.version, case.events.last().action) == (before + 1, action)


def test_every_button_pressed_twice_acts_once(office, office_time, settings, pki, tmp_path):
    sign_locally(office, settings, pki, tmp_path)
    case, pressed = office.draft(), []
    for who, action, values, *afterwards in every_button(office):
        press_twice(office, case, who, action, values)
        pressed.append(action)
        for after in afterwards:
            after(case)
            case.refresh_from_db()
    assert case.state == State.DONE
    for other, who, action, values in aside(office):
        press_twice(office, other, who, action, values)
        pressed.append(action)
    of_people = {row.action for row in TABLE.rows if set(row.roles) != {Role.SYSTEM}}
    assert of_people - set(pressed) == {Action.SAVE_DRAFT}, "which is tried on the pages of the request"


def test_another_choice_from_a_stale_tab_is_not_taken_for_a_second_click(office):
    """The same person chose somebody else in another tab a moment ago: which of the two is meant, is asked."""
    case = office.bring_to(State.VERIFYING)
    colleagues = [office.person(name, Role.TECHNICIAN, division=office.division) for name in ("satu", "dua")]
    client, path = at(office, "division_head"), f"/permohonan/{case.number}/ganti-petugas-teknis/"
    answers = [
        client.post(path, {"version": case.version, "technician": person.pk, **REASONS}) for person in colleagues
    ]
    assert answers[0].status_code == 302
    assert "Permohonan ini sudah berubah" in text(answers[1])
    assert answers[1].context["form"]["technician"].value() == str(colleagues[1].pk)
    case.refresh_from_db()
    assert case.technician == colleagues[0]


def test_a_form_without_a_version_is_refused(office):
    case = office.bring_to(State.PREPARED)
    answer = at(office, "technician").post(f"/permohonan/{case.number}/laporkan-ke-kepala-bidang/")
    assert answer.status_code == 422
    case.refresh_from_db()
    assert case.state == State.PREPARED


def test_whoever_comes_back_to_a_step_that_was_done_reads_who_did_it(office):
    case = office.bring_to(State.RECEIVED)
    shown = at(office, "registrar").get(f"/permohonan/{case.number}/terima-surat/", follow=True)
    words = "Langkah itu tidak diperlukan lagi: Tu sudah melakukan “Terima Surat” pada 23 November 2026, 09.03."
    assert words in text(shown)


def test_a_step_that_cannot_be_done_yet_says_why(office):
    case = office.bring_to(State.PREPARING)
    shown = at(office, "technician").get(f"/permohonan/{case.number}/siapkan/", follow=True)
    assert "Belum dapat dilakukan: Rencana penyiapan dari mesin belum ada. Mesin masih bekerja" in text(shown)
