"""Changes of sites after their cases: one wish, one plan, one digest, one generation, and another person's approval."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob

from panggon.audit.models import Change
from panggon.core.cases.procedure import Role, State
from panggon.core.errors import InvalidError
from panggon.core.sites.life import SiteAction
from panggon.notify.models import Notice
from panggon.papers import register
from panggon.papers.models import Paper
from panggon.sites import selectors as machines
from panggon.sites import services as sites
from panggon.sites.models import Node, Outcome, Plan, Purpose, RetiredName, Site
from panggon.upkeep import jobs, requests, selectors, services
from panggon.upkeep.models import Alteration, Request
from tests.portal.office import DIGEST, LETTER, Office, refused
from tests.portal.once import made_once
from tests.portal.upkeep import REASON, approved, done, fresh, open_site, proposed, told

A = SiteAction
NOTICE = "Situs ini sedang diperbaiki sampai Jumat."


@pytest.fixture
@made_once
def site(office: Office) -> Site:
    return open_site(office)


def run(office: Office, change: Alteration, effect: str) -> None:
    jobs.carry_out(change.pk, effect)


def test_a_suspension_is_planned_approved_by_another_person_and_proven(office, site):
    change = proposed(office, site, A.SUSPEND, notice=NOTICE)
    plan = change.plan
    assert (plan.purpose, plan.spec["state"], plan.spec["notice"]) == ("proposal", "suspended", NOTICE)
    assert (plan.generation, fresh(site).generation, fresh(site).state) == (
        site.generation + 1,
        site.generation,
        "open",
    )
    own = refused(services.approve, change.pk, shown_digest=DIGEST, actor=office.technician, at=office.later())
    assert own == [("action.not_your_role", "")]
    change = approved(office, change)
    assert (change.wish.purpose, change.wish.approved_digest, change.wish.spec) == ("change", DIGEST, plan.spec)
    told(office, Outcome.APPLIED)
    change = fresh(change)
    assert (change.state, fresh(site).state, change.decided_by) == ("done", "suspended", office.division_head)
    kept = Change.objects.filter(subject=f"sites.site:{site.pk}").order_by("sequence")
    assert [each.actor for each in kept] == [office.technician, office.division_head]
    assert (kept[1].before["state"], kept[1].after["state"], kept[1].reason) == ("open", "suspended", REASON)


def test_who_proposes_as_kepala_bidang_needs_another_one(office, site):
    change = services.propose(
        site.pk,
        action=A.SUSPEND,
        data={"reason": REASON, "notice": NOTICE},
        actor=office.division_head,
        at=office.later(),
    )
    told(office, Outcome.PLANNED)
    own = refused(services.approve, change.pk, shown_digest=DIGEST, actor=office.division_head, at=office.later())
    assert own == [("need.another_person", "")]
    assert approved(office, change, actor=office.head).state == "running"


def test_only_the_plan_that_was_seen_runs(office, site):
    change = proposed(office, site, A.SUSPEND, notice=NOTICE)
    other = refused(services.approve, change.pk, shown_digest="e" * 64, actor=office.head, at=office.later())
    assert other == [("need.node_plan_shown", "shown_digest")]
    sites.set_access(site.pk, password="kata sandi yang panjang", at=office.later())
    stale = refused(services.approve, change.pk, shown_digest=DIGEST, actor=office.head, at=office.later())
    assert stale == [("need.is_next", ""), ("need.node_free", "")]
    office.node_reports(Outcome.APPLIED)
    change = services.plan_again(change.pk, actor=office.technician, at=office.later())
    told(office, Outcome.PLANNED)
    assert approved(office, change, actor=office.head).wish.generation == site.generation + 2


def test_a_quarantine_meanwhile_ends_what_was_proposed(office, site):
    change = proposed(office, site, A.CHANGE_PHP, php_version="8.4")
    services.at_once(site.pk, action=A.QUARANTINE, reason="Judi.", actor=office.technician, at=office.later())
    told(office, Outcome.APPLIED)
    moved = [("change.moved", "")]
    assert refused(services.approve, change.pk, shown_digest=DIGEST, actor=office.head, at=office.later()) == moved
    assert refused(services.plan_again, change.pk, actor=office.technician, at=office.later()) == moved
    services.refuse(change.pk, reason="Dikarantina.", actor=office.technician, at=office.later())
    assert (fresh(change).state, fresh(site).state) == ("withdrawn", "quarantined")


def test_a_site_whose_case_runs_belongs_to_the_case(office):
    site = office.bring_to(State.DELIVERED).site
    asked = {"action": A.SUSPEND, "data": {"reason": REASON, "notice": NOTICE}, "actor": office.technician}
    assert refused(services.propose, site.pk, at=office.later(), **asked) == [("need.case_over", "")]


def test_one_change_at_a_time(office, site):
    proposed(office, site, A.SUSPEND, notice=NOTICE)
    second = {"action": A.CHANGE_PHP, "data": {"reason": REASON, "php_version": "8.4"}, "actor": office.technician}
    assert refused(services.propose, site.pk, at=office.later(), **second) == [("need.unchanged", "")]


@pytest.mark.parametrize("outcome", [Outcome.RESTORED, Outcome.REFUSED, Outcome.STALE])
def test_what_failed_leaves_the_site_wished_as_it_was(office, site, outcome):
    change = approved(office, proposed(office, site, A.CHANGE_PHP, php_version="8.4"))
    assert fresh(site).php_version == "8.4"
    told(office, outcome, problem="node.bound")
    change, after = fresh(change), fresh(site)
    assert (change.state, after.php_version, after.generation) == ("failed", "8.2", site.generation + 1)
    jobs.tell_asker(change.pk)
    notices = Notice.objects.filter(reference=f"change-ended:{change.pk}")
    assert {notice.recipient for notice in notices} == {office.technician, office.division_head}
    assert {notice.text for notice in notices} == {"node.bound happened"}


def test_a_rename_keeps_the_former_name_or_lets_it_go(office, site):
    zone = machines.host_of("x").removeprefix("x.")
    done(office, site, A.RENAME, host=f"sosial.{zone}", keeps_former_name=True)
    site = fresh(site)
    assert (site.host, site.spec.former_hosts) == (f"sosial.{zone}", (f"dinsos.{zone}",))
    assert machines.is_taken(f"dinsos.{zone}")
    change = done(office, site, A.RENAME, host=f"dinsos.{zone}", keeps_former_name=False)
    assert change.wish.spec["retired_hosts"] == [f"sosial.{zone}"]
    site = fresh(site)
    assert (site.host, site.spec.former_hosts, site.spec.retired_hosts) == (f"dinsos.{zone}", (), ())
    assert RetiredName.objects.filter(host=f"sosial.{zone}").exists()


def test_a_name_of_another_site_is_refused(office, site):
    open_site(office, label="lain")
    taken = {"reason": REASON, "host": machines.host_of("lain"), "keeps_former_name": True}
    found = refused(services.propose, site.pk, action=A.RENAME, data=taken, actor=office.technician, at=office.later())
    assert found == [("label.taken", "label")]


def test_another_plan_and_other_settings_are_one_spec(office, site):
    big = Plan.objects.create(name="Besar", memory_mebibytes=1024, php_version="8.4")
    change = done(office, site, A.CHANGE_PLAN, plan=big)
    assert (change.wish.spec["limits"]["memory_mebibytes"], fresh(site).plan) == (1024, big)
    details = {"hsts_seconds": 31536000, "environment": {"APP_ENV": "production"}}
    change = done(office, fresh(site), A.CHANGE_SETTINGS, details=details, columns={"upload_mebibytes": 128})
    spec = change.wish.spec
    assert (spec["hsts_seconds"], spec["environment"], spec["limits"]["upload_mebibytes"]) == (
        31536000,
        {"APP_ENV": "production"},
        128,
    )


def test_what_is_no_spec_is_no_change(office, site):
    wrong = {"reason": REASON, "columns": {}, "details": {"environment": {"PATH": "/tmp"}}}
    found = refused(
        services.propose, site.pk, action=A.CHANGE_SETTINGS, data=wrong, actor=office.technician, at=office.later()
    )
    assert found == [("spec.variable", "environment.PATH")]
    assert not Alteration.objects.exists()


def test_drift_is_restored_by_one_person_but_only_when_found(office, site):
    asked = {"action": A.RESTORE, "data": {"reason": REASON}, "actor": office.technician}
    assert refused(services.propose, site.pk, at=office.later(), **asked) == [("need.drift", "")]
    Node.objects.update(drift=[f"{site.identifier}: nama situs x berubah.", "s000009: lain."])
    assert selectors.drift_of(fresh(site)) == ("nama situs x berubah.",)
    change = proposed(office, fresh(site), A.RESTORE)
    assert {**change.plan.spec, "generation": site.generation} == {**site.wishes.first().spec, **change.plan.spec} | {
        "generation": site.generation
    }
    assert approved(office, change, actor=office.technician).state == "running"


def test_deactivation_needs_the_letter_and_a_purge_the_waiting_time(office, site):
    without = {"action": A.DEACTIVATE, "data": {"reason": REASON}, "actor": office.technician}
    assert refused(services.propose, site.pk, at=office.later(), **without) == [("need.opd_letter", "letter")]
    done(office, site, A.DEACTIVATE, letter=LETTER)
    site = fresh(site)
    assert (site.state, site.released_at is not None, RetiredName.objects.get().host) == ("parked", True, site.host)
    purge = {"reason": REASON, "typed_name": site.host}
    asked = {"action": A.PURGE, "data": purge, "actor": office.technician}
    assert refused(services.propose, site.pk, at=office.later(), **asked) == [("need.waited", "")]
    office.now = site.released_at + timedelta(days=30)
    mistyped = {**asked, "data": {**purge, "typed_name": "dinsos"}}
    assert refused(services.propose, site.pk, at=office.later(), **mistyped) == [("need.typed_name", "typed_name")]
    change = proposed(office, site, A.PURGE, typed_name=site.host)
    untyped = refused(services.approve, change.pk, shown_digest=DIGEST, actor=office.head, at=office.later())
    assert untyped == [("need.typed_name", "typed_name")]
    approved(office, change, typed_name=site.host)
    told(office, Outcome.APPLIED)
    assert fresh(site).state == "purged"


def test_a_parked_site_comes_back_while_its_name_is_free(office, site):
    done(office, site, A.DEACTIVATE, letter=LETTER)
    done(office, fresh(site), A.RESUME)
    assert (fresh(site).state, fresh(site).released_at) == ("open", None)
    done(office, fresh(site), A.DEACTIVATE, letter=LETTER)
    office.draft(label="lain")
    sites.reserve_site(site.host, office.agency, kind="php", profile="plain", database=True, at=office.later())
    asked = {"action": A.RESUME, "data": {"reason": REASON}, "actor": office.technician}
    assert refused(services.propose, site.pk, at=office.later(), **asked) == [("need.name_free", "")]


@pytest.mark.parametrize(
    ("action", "data", "kind", "words"),
    [
        (A.SUSPEND, {"notice": NOTICE}, "suspension_notice", "Ditangguhkan"),
        (A.DEACTIVATE, {"letter": LETTER}, "deactivation_notice", "Nonaktifkan"),
    ],
)
def test_the_opd_gets_a_letter_and_a_notice(office, site, action, data, kind, words):
    change = done(office, site, action, **data)
    for _ in range(2):
        for effect in ("tell_owner", kind.replace("notice", "paper")):
            run(office, change, effect)
    paper = Paper.objects.get(kind=kind)
    assert (paper.case_number, paper.event, paper.reference) == (site.case.number, 0, f"change:{change.pk}")
    notice = Notice.objects.get(recipient=office.applicant, reference=f"change-done:{change.pk}")
    assert notice.subject.startswith(site.host)
    assert REASON in notice.text
    second = replaced(office, paper)
    third = replaced(office, second)
    assert (second.reference, third.reference) == (f"instead:{paper.pk.hex}", f"instead:{second.pk.hex}")
    assert f"{third.number}. " in Notice.objects.get(recipient=office.applicant, reference=f"paper:{third.pk}").text


def replaced(office, paper):
    register.make_void(paper.pk, reason="Salah tulis", actor=office.registrar, at=office.later(), replaced=True)
    for _ in range(2):
        jobs.replace_paper(**ProcrastinateJob.objects.filter(task_name="upkeep.replace_paper").latest("pk").args)
    return Paper.objects.get(kind=paper.kind, voided_at=None)


def test_a_reason_ends_before_the_next_sentence_begins(office, site):
    for number, reason in enumerate(("Aplikasi mengirim spam", "Aplikasi mengirim spam.")):
        jobs.tell_at_once(site.pk, "suspend", number, reason)
        told = Notice.objects.get(recipient=office.applicant, reference=f"site:{number}").text
        assert told.startswith("Aplikasi mengirim spam. Pengunjung membaca")


def test_a_quarantine_is_told_to_the_opd(office, site):
    jobs.tell_at_once(site.pk, "quarantine", 7, "Halaman judi.")
    notice = Notice.objects.get(recipient=office.applicant, reference="site:7")
    assert (notice.subject, notice.text.startswith("Halaman judi. Situs dan akses ditutup")) == (
        f"{site.host}: Karantina",
        True,
    )


def test_a_quarantine_that_failed_is_told_to_who_can_ask_again(office, site):
    services.at_once(site.pk, action=A.QUARANTINE, reason="Judi.", actor=office.technician, at=office.later())
    wish = told(office, Outcome.REFUSED, problem="node.bound")
    jobs.tell_keepers(wish.pk)
    notices = Notice.objects.filter(reference=f"wish:{wish.pk}")
    assert {notice.recipient for notice in notices} == {office.technician, office.division_head, office.head}
    assert {notice.subject for notice in notices} == {f"{site.host}: Karantina tidak berhasil"}


def test_an_opd_asks_and_a_change_made_of_it_closes_the_request(office, site):
    found = refused(
        requests.ask,
        site.pk,
        kind="deactivation",
        words="Pindah.",
        letter=None,
        actor=office.applicant,
        at=office.later(),
    )
    assert found == [("need.opd_letter", "letter")]
    asked = requests.ask(
        site.pk, kind="deactivation", words="Pindah.", letter=LETTER, actor=office.applicant, at=office.later()
    )
    jobs.tell_technicians(asked.pk)
    assert Notice.objects.get(reference=f"request:{asked.pk}").recipient == office.technician
    assert list(selectors.requests_for(office.technician, now=office.now)) == [asked]
    change = services.propose(
        site.pk,
        action=A.DEACTIVATE,
        data={"reason": "Pindah."},
        actor=office.technician,
        at=office.later(),
        request=asked,
    )
    assert change.letter_sha256 == asked.letter_sha256
    told(office, Outcome.PLANNED)
    approved(office, change)
    told(office, Outcome.APPLIED)
    assert Request.objects.get().answered_by == office.division_head


def test_a_request_is_answered_once(office, site):
    asked = requests.ask(
        site.pk, kind="change", words="Naikkan batas.", letter=None, actor=office.applicant, at=office.later()
    )
    again = requests.ask(
        site.pk, kind="change", words="Naikkan batas.", letter=None, actor=office.applicant, at=office.later()
    )
    assert again == asked
    requests.answer(asked.pk, words="Sudah cukup.", actor=office.technician, at=office.later())
    jobs.tell_answer(asked.pk)
    assert Notice.objects.get(reference=f"answer:{asked.pk}").text == "Sudah cukup."
    second = refused(requests.answer, asked.pk, words="Lain.", actor=office.technician, at=office.later())
    assert second == [("request.answered", "")]


def test_a_refused_proposal_is_over_and_told(office, site):
    change = proposed(office, site, A.SUSPEND, notice=NOTICE)
    services.refuse(change.pk, reason="Belum perlu.", actor=office.division_head, at=office.later())
    jobs.tell_asker(change.pk)
    assert (fresh(change).state, Notice.objects.get(reference=f"change-ended:{change.pk}").text) == (
        "refused",
        "Belum perlu.",
    )
    late = refused(services.approve, change.pk, shown_digest=DIGEST, actor=office.head, at=office.later())
    assert late == [("change.over", "")]
    assert fresh(site).state == "open"


def test_who_waits_for_whom(office, site):
    change = proposed(office, site, A.SUSPEND, notice=NOTICE)
    jobs.tell_deciders(change.pk)
    told_to = {notice.recipient for notice in Notice.objects.filter(reference=f"change:{change.plan_id}")}
    assert told_to == {office.head, office.division_head}
    assert list(selectors.proposals_for(office.head, now=office.now)) == [change]
    assert list(selectors.proposals_for(office.technician, now=office.now)) == []
    assert selectors.to_do(office.applicant, now=office.now) == 0


@pytest.mark.django_db(transaction=True)
def test_two_officials_at_once_let_it_run_once(office, site):
    change = proposed(office, site, A.SUSPEND, notice=NOTICE)
    at, ends = office.later(), []

    def press(actor):
        try:
            services.approve(change.pk, shown_digest=DIGEST, actor=actor, at=at)
            ends.append("approved")
        except InvalidError as error:
            ends.append(error.faults[0].code)
        connection.close()

    threads = [threading.Thread(target=press, args=[actor]) for actor in (office.head, office.division_head)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ends) == ["approved", "change.over"]
    assert site.wishes.filter(purpose=Purpose.CHANGE).count() == 1


def test_an_official_of_another_post_asks_for_nothing(office, site):
    administrator = office.person("admin", Role.ADMINISTRATOR)
    assert selectors.offers(site, administrator, now=office.later()) == []
    assert selectors.offers(site, office.head, now=office.later()) == [A.QUARANTINE]
