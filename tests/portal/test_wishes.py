"""The interface of the nodes, as an agent meets it."""

import threading
import time
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from passlib.hash import sha512_crypt

from panggon.core.cases.procedure import Action, State
from panggon.core.errors import InvalidError, PermanentError
from panggon.core.sites.spec_document import parse
from panggon.sites import api, machines, selectors, services, waiting
from panggon.sites.messages import report_of
from panggon.sites.models import Node, Outcome, Site, Wish
from tests.portal.agent import Agent, enrolled
from tests.portal.office import DIGEST
from tests.portal.once import made_once
from tests.waiting import until

pytestmark = pytest.mark.urls("panggon.portal.urls_nodes")
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0kPOeVhw5tpIUDlD8dkDQ9TKtAQjNmhqGHPmkdt2cs budi@laptop"
APPLIED: dict[str, Any] = {
    "outcome": "applied",
    "plan": {"changes": []},
    "digest": DIGEST,
    "evidence": [{"name": "dns.answer", "ok": True, "detail": "A"}],
    "proved_at": "2026-11-23T03:00:00+00:00",
    "problem": None,
    "reduced": ["cgroups"],
}


@pytest.fixture
@made_once
def site(office) -> Site:
    """A site in preparation, with its first plan asked for."""
    return office.bring_to(State.PREPARING).site


# -- Who may ask


def test_a_code_enrols_one_node_once(db):
    code = machines.issue_code("node-2", at=timezone.now())
    status, answer = Agent().post("enroll", {"code": code, "name": "node-2", "facts": {"sftp_port": 22}})
    node = Node.objects.get(name="node-2")
    assert (status, answer["node"], node.facts) == (200, node.pk, {"sftp_port": 22})
    assert answer["token"] not in str(node.__dict__)
    assert node.token_hash == selectors.sha256(answer["token"])
    assert Agent().post("enroll", {"code": code, "name": "node-2"}) == (403, {"error": "enrol.refused"})


@pytest.mark.parametrize("change", [{"code": "wrong"}, {"name": "node-3"}, {"code": ""}])
def test_a_wrong_code_enrols_nobody(db, change):
    code = machines.issue_code("node-2", at=timezone.now())
    status, _ = Agent().post("enroll", {"code": code, "name": "node-2"} | change)
    assert status in (400, 403)
    assert Node.objects.filter(token_hash="").count() == 1


def test_an_old_code_enrols_nobody(db):
    code = machines.issue_code("node-2", at=timezone.now(), life=-timedelta(seconds=1))
    assert Agent().post("enroll", {"code": code, "name": "node-2"}) == (403, {"error": "enrol.refused"})


@pytest.mark.parametrize("token", ["", "wrong", "0" * 64])
def test_without_a_token_there_is_nothing(site, token):
    agent = Agent(token)
    assert agent.poll() == (401, {"error": "token"})
    assert agent.post(f"wish/{site.wishes.get().pk}/report", APPLIED) == (401, {"error": "token"})
    assert agent.post("status", {"version": "1"}) == (401, {"error": "token"})


# -- Taking and reporting


def test_a_wish_is_a_spec_that_a_node_can_read(site):
    agent = enrolled()
    status, wish = agent.poll()
    assert status == 200
    assert parse(wish.pop("spec")) == site.spec
    assert wish == {"wish": site.wishes.get().pk, "mode": "plan", "approved_digest": "", "credentials": {}}
    assert Site.objects.get(pk=site.pk).node.name == "node-2"


def test_the_same_wish_is_offered_until_it_is_reported(site):
    agent = enrolled()
    first = agent.poll()
    assert agent.poll() == first
    number = first[1]["wish"]
    assert agent.post(f"wish/{number}/report", APPLIED | {"outcome": "planned", "evidence": []}) == (204, {})
    assert agent.poll() == (204, {})


def test_the_wish_of_another_node_is_not_to_be_had(site):
    mine, other = enrolled("node-2"), enrolled("node-3")
    number = mine.poll()[1]["wish"]
    assert other.poll() == (204, {})
    assert other.post(f"wish/{number}/report", APPLIED) == (404, {"error": "wish"})
    assert other.post(f"wish/{number}/progress", {"entries": []}) == (404, {"error": "wish"})
    assert Wish.objects.get(pk=number).reported_at is None


@pytest.mark.parametrize("wrong", [timedelta(days=-400), timedelta(days=400)], ids=["behind", "ahead"])
def test_the_clock_of_a_machine_makes_no_evidence_older_or_newer(site, wrong):
    agent, before = enrolled(), timezone.now()
    number = agent.poll()[1]["wish"]
    told = APPLIED | {"proved_at": (timezone.now() + wrong).isoformat()}
    assert agent.post(f"wish/{number}/report", told) == (204, {})
    assert before <= Wish.objects.get(pk=number).proved_at <= timezone.now()


def test_a_wish_that_was_not_taken_cannot_be_reported(site):
    agent = enrolled()
    site.node = Node.objects.get(name="node-2")
    site.save()
    assert agent.post(f"wish/{site.wishes.get().pk}/report", APPLIED) == (404, {"error": "wish"})


def test_the_first_report_counts(site):
    agent = enrolled()
    number = agent.poll()[1]["wish"]
    problem = {"code": "plan.stale", "detail": "berubah"}
    assert agent.post(f"wish/{number}/report", APPLIED | {"outcome": "stale", "problem": problem}) == (204, {})
    assert agent.post(f"wish/{number}/report", APPLIED) == (204, {})
    wish = Wish.objects.get(pk=number)
    assert (wish.outcome, wish.problem_code, wish.problem, wish.reduced) == (
        "stale",
        "plan.stale",
        "berubah",
        ["cgroups"],
    )


def test_progress_is_kept_once(site):
    agent = enrolled()
    number = agent.poll()[1]["wish"]
    entries = [{"sequence": n, "phase": "writing", "key": "user:s900001", "step": n, "steps": 2} for n in (1, 2)]
    for _ in range(2):
        assert agent.post(f"wish/{number}/progress", {"entries": entries}) == (204, {})
    rows = selectors.progress_of(Wish.objects.get(pk=number))
    assert [(row.sequence, row.phase, row.key, row.step, row.steps) for row in rows] == [
        (1, "writing", "user:s900001", 1, 2),
        (2, "writing", "user:s900001", 2, 2),
    ]


def test_status_is_kept(db):
    agent = enrolled()
    assert agent.post("status", {"version": "0.1.0", "reduced": ["cgroups"], "sites": 1, "drift": ["s1: x"]}) == (
        204,
        {},
    )
    node = Node.objects.get(name="node-2")
    assert (node.version, node.reduced, node.drift) == ("0.1.0", ["cgroups"], ["s1: x"])


def test_a_machine_that_knows_less_than_it_reported_is_seen(site):
    agent = enrolled()
    wish = agent.poll()[1]
    agent.post(f"wish/{wish['wish']}/report", APPLIED)

    def behind(**told):
        assert agent.post("status", {"version": "1", **told}) == (204, {})
        return Site.objects.get(pk=site.pk).behind_since is not None

    generation = wish["spec"]["generation"]
    assert behind(generations={}), "it is not there any more"
    assert behind(), "an older agent does not tell"
    assert not behind(generations={site.identifier: generation, "s800001": 1})
    assert behind(generations={site.identifier: generation - 1})
    assert not behind(generations={site.identifier: generation + 1}), "a report is still on its way"


@pytest.mark.parametrize("told", [[], {"1": 1}, {"s900001": -1}, {"s900001": "1"}, {"s900001": True}])
def test_generations_that_make_no_sense_are_refused(db, told):
    assert enrolled().post("status", {"version": "1", "generations": told or "x"})[0] == 400


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"outcome": "done"}, "outcome"),
        ({"outcome": ["applied"]}, "outcome"),
        ({"outcome": "stale"}, "problem"),
        ({"problem": {"code": "x"}}, "problem"),
        ({"evidence": [{"name": "x", "ok": "yes"}]}, "evidence"),
        ({"evidence": "all fine"}, "evidence"),
        ({"proved_at": "yesterday"}, "proved_at"),
        ({"plan": []}, "plan"),
        ({"digest": "d" * 65}, "digest"),
        ({"reduced": [1]}, "reduced"),
    ],
)
def test_a_report_that_makes_no_sense_changes_nothing(site, change, field):
    agent = enrolled()
    number = agent.poll()[1]["wish"]
    assert agent.post(f"wish/{number}/report", APPLIED | change) == (400, {"error": "invalid", "fields": [field]})
    assert Wish.objects.get(pk=number).reported_at is None


@pytest.mark.parametrize("words", ["a\\u0000b", "\\\\u0000", "\\ud800 in words"])
def test_words_about_odd_characters_are_only_words(site, words):
    agent = enrolled()
    number = agent.poll()[1]["wish"]
    check = {"name": "php.answer", "ok": True, "detail": words}
    assert agent.post(f"wish/{number}/report", APPLIED | {"evidence": [check]})[0] == 204
    assert Wish.objects.get(pk=number).evidence[0]["detail"] == words


@pytest.mark.parametrize("body", ['{"outcome": "applied", "plan": {"a": ["\\ud800"]}}', '{"plan": {"\\u0000": 1}}'])
def test_what_the_database_cannot_keep_is_refused(site, body):
    agent = enrolled()
    agent.client.raise_request_exception = False
    number = agent.poll()[1]["wish"]
    assert agent.post(f"wish/{number}/report", body)[0] == 400


@pytest.mark.parametrize(
    ("fact", "value"),
    [
        ("https_port", True),
        ("sftp_port", "22; rm"),
        ("sftp_port", 0),
        ("sftp_host", 5),
        ("sftp_host", "h" * 300),
        ("sftp_fingerprint", []),
    ],
)
def test_a_machine_tells_sensible_facts_of_itself(db, fact, value):
    code = machines.issue_code("node-2", at=timezone.now())
    answer = Agent().post("enroll", {"code": code, "name": "node-2", "facts": {fact: value}})
    assert answer == (400, {"error": "invalid", "fields": [f"facts.{fact}"]})


@pytest.mark.parametrize("body", ["", "[]", "{", "[" * 5000, '{"outcome": "a\\u0000"}', '"x"'])
def test_a_body_that_is_no_object_is_refused(site, body):
    agent = enrolled()
    number = agent.poll()[1]["wish"]
    assert agent.post(f"wish/{number}/report", body)[0] == 400


def test_a_body_that_is_too_large_is_refused(site):
    agent = enrolled()
    number = agent.poll()[1]["wish"]
    large = APPLIED | {"plan": {"x": "x" * 1024 * 1024}}
    assert agent.post(f"wish/{number}/report", large) == (413, {"error": "too_large"})


def test_only_the_right_method_is_answered(site):
    agent = enrolled()
    assert agent.client.post("/api/node/wish").status_code == 405
    assert agent.client.get("/api/node/status").status_code == 405


@pytest.mark.django_db(transaction=True)
def test_a_waiting_poll_is_told_of_a_wish_and_does_not_look_for_it(office, monkeypatch):
    for module, longest in ((api, "WAIT_MOST"), (waiting, "LOOK_AGAIN")):
        monkeypatch.setattr(module, longest, 10**6)
    case = office.bring_to(State.VERIFYING)
    agent, answers = enrolled(), []

    def wait():
        try:
            answers.append(agent.poll(wait=10**6))
        finally:
            connection.close()

    poll = threading.Thread(target=wait, daemon=True)
    poll.start()
    time.sleep(0.5)
    office.act(case, Action.COMPLETE, office.technician, checklist=["letter", "agency", "name", "contact"])
    ((status, wish),) = until(lambda: answers, "the poll was not told")
    poll.join()
    assert (status, wish["mode"]) == (200, "plan")


@pytest.mark.django_db(transaction=True)
def test_a_poll_without_a_wish_ends_in_time(office):
    begun = time.monotonic()
    assert enrolled().poll(wait=1) == (204, {})
    assert time.monotonic() - begun > 0.9


# -- Access


def test_the_hash_of_a_password_goes_to_the_node_and_is_forgotten(office):
    case = office.bring_to(State.DELIVERED)
    Node.objects.filter(name="node-1").update(token_hash=selectors.sha256("token"))
    agent = Agent("token")
    wish = services.set_access(case.site_id, ssh_keys=(KEY,), password="rahasia sekali 123", at=office.later())
    status, asked = agent.poll()
    access = asked["spec"]["access"]
    assert 500_000 < sha512_crypt.default_rounds < 1_000_000  # outside of tests (conftest.py)
    assert (status, asked["wish"], asked["mode"]) == (200, wish.pk, "apply")
    assert access["ssh_keys"] == [" ".join(KEY.split()[:2])]
    assert sha512_crypt.verify("rahasia sekali 123", asked["credentials"][access["password_fingerprint"]])
    assert agent.post(f"wish/{wish.pk}/report", APPLIED) == (204, {})
    site = Site.objects.get(pk=case.site_id)
    assert (site.password_hash, site.password_fingerprint) == ("", access["password_fingerprint"])
    later = services.set_access(site.pk, ssh_keys=(), at=office.later())
    assert agent.poll()[1]["credentials"] == {}
    assert later.spec["access"]["password_fingerprint"] == site.password_fingerprint


def test_a_failed_wish_keeps_the_hash(office):
    case = office.bring_to(State.DELIVERED)
    services.set_access(case.site_id, password="rahasia sekali 123", at=office.later())
    office.node_reports(Outcome.RESTORED, problem="disk.full")
    assert Site.objects.get(pk=case.site_id).password_hash.startswith("$6$")


def test_access_to_a_prepared_site_waits_for_its_opening(office):
    case = office.bring_to(State.AWAITING_APPROVAL)
    assert services.set_access(case.site_id, ssh_keys=(KEY,), at=office.later()) is None
    case = office.approve(case)
    assert case.site.wishes.last().spec["access"]["ssh_keys"] == [" ".join(KEY.split()[:2])]


def test_bad_keys_and_passwords_are_named_all_at_once(office):
    case = office.bring_to(State.DELIVERED)
    with pytest.raises(InvalidError) as raised:
        services.set_access(case.site_id, ssh_keys=(KEY, 'command="sh" ' + KEY), password="pendek", at=office.later())
    assert [(fault.code, fault.field) for fault in raised.value.faults] == [
        ("access.ssh_key", "ssh_keys"),
        ("access.password_short", "password"),
    ]


def test_nobody_gets_into_a_parked_site(office):
    case = office.bring_to(State.PREPARED)
    office.act(case, Action.WITHDRAW, office.applicant)
    with pytest.raises(PermanentError, match=r"access\.parked"):
        services.set_access(case.site_id, password="rahasia sekali 123", at=office.later())


def test_a_wish_made_from_an_older_look_at_the_site_takes_nothing_back(office):
    """An act of an official has read the site; meanwhile its owner sets a key; then the act wishes."""
    older = office.bring_to(State.DELIVERED).site
    access = services.set_access(older.pk, ssh_keys=(KEY,), at=office.later())
    wish = services.wish_plan(older, at=office.later())
    assert wish.generation == access.generation + 1
    assert wish.spec["access"]["ssh_keys"] == [" ".join(KEY.split()[:2])]


# -- Who came in, and what was seen


LOGIN = {"at": "2026-11-24T03:00:00+00:00", "ending": "accepted", "way": "password", "address": "192.0.2.7", "port": 1}


def test_first_logins_are_taken_and_damaged_ones_named(office):
    agent = enrolled()
    assert agent.post("logins", {"logins": [{"site": "s900001", **LOGIN}]}) == (204, {})
    for name, value in (("site", "x"), ("at", "gestern"), ("way", "telnet"), ("ending", "?"), ("address", "a" * 46)):
        status, answer = agent.post("logins", {"logins": [{"site": "s900001", **LOGIN, name: value}]})
        assert (status, answer) == (400, {"error": "invalid", "fields": [name]})
    assert Agent("x").post("logins", {"logins": []})[0] == 401


def test_what_a_look_saw_is_kept_as_far_as_it_can_be_shown(office):
    seen = {"watched": {"logins": 1}, "logins": [LOGIN], "since": LOGIN["at"], "answers": {"200": 3}}
    known = report_of({"outcome": "verified", "seen": seen}).seen
    kept = {name: LOGIN[name] for name in ("at", "ending", "way", "address")}
    assert known == {
        "watched": {"logins": True, "answers": False},
        "logins": [{**kept, "key": ""}],
        "since": LOGIN["at"],
        "answers": {"200": 3},
    }
    with pytest.raises(InvalidError):
        report_of({"outcome": "verified", "seen": {**seen, "answers": {"<b>": 3}}})
