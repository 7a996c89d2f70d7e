"""Every state, action and role of a site's life against what is allowed, written down by hand."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any, TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panggon.core.cases.vocabulary import Role
from panggon.core.sites.life import (
    APPROVALS,
    AT_ONCE,
    SITE_ACTION_LABELS,
    SITE_NEEDS,
    SITE_STATE_LABELS,
    TABLE,
    SiteAction,
    SiteFacts,
    SiteNeed,
    approval_faults,
    purge_from,
)
from panggon.core.sites.spec import SiteState
from panggon.core.state_machine import Decision

A: TypeAlias = SiteAction
S: TypeAlias = SiteState
TECHNICIAN, BIDANG, HEAD, SYSTEM = Role.TECHNICIAN, Role.DIVISION_HEAD, Role.HEAD, Role.SYSTEM
ASKING, ALL, DECIDING = {TECHNICIAN, BIDANG}, {TECHNICIAN, BIDANG, HEAD}, {BIDANG, HEAD}
KEPT = (A.RENAME, A.CHANGE_PLAN, A.CHANGE_PHP, A.CHANGE_SETTINGS, A.RESTORE)
# action, from, to, who may ask
LEGAL = [
    (A.OPEN, S.PREPARED, S.OPEN, {SYSTEM}),
    (A.DEACTIVATE, S.PREPARED, S.PARKED, {SYSTEM}),
    (A.SUSPEND, S.OPEN, S.SUSPENDED, ASKING),
    (A.SUSPEND, S.QUARANTINED, S.SUSPENDED, ASKING),
    (A.RESUME, S.SUSPENDED, S.OPEN, ASKING),
    (A.RESUME, S.PARKED, S.OPEN, ASKING),
    (A.QUARANTINE, S.OPEN, S.QUARANTINED, ALL),
    (A.QUARANTINE, S.SUSPENDED, S.QUARANTINED, ALL),
    (A.RELEASE, S.QUARANTINED, S.OPEN, DECIDING),
    *((action, state, state, ASKING) for action in KEPT for state in (S.OPEN, S.SUSPENDED)),
    (A.RESTORE, S.QUARANTINED, S.QUARANTINED, ASKING),
    *((A.DEACTIVATE, state, S.PARKED, ASKING) for state in (S.OPEN, S.SUSPENDED, S.QUARANTINED)),
    (A.PURGE, S.PARKED, S.PURGED, ASKING),
]
GOOD = SiteFacts(
    case_over=True,
    unchanged=True,
    reason="Halaman judi ditemukan.",
    notice="Situs ini sedang diperbaiki.",
    letter=True,
    name_free=True,
    drifted=True,
    typed_name="dinsos.pekalongankota.go.id",
    host="dinsos.pekalongankota.go.id",
    parked_for=timedelta(days=30),
    people=frozenset({"2"}),
    quarantined_by="1",
    asked_by="1",
    plan_digest="d",
    shown_digest="d",
    is_next=True,
)


@pytest.mark.parametrize(("state", "action", "role"), list(product(S, A, Role)))
def test_every_state_action_and_role(state: S, action: A, role: Role) -> None:
    rows = [row for row in LEGAL if row[:2] == (action, state)]
    answer = TABLE.decide(state, action, roles={role}, facts=GOOD)
    if not rows:
        assert [fault.code for fault in answer.faults] == ["action.not_from_this_state"]
    elif role not in rows[0][3]:
        assert [fault.code for fault in answer.faults] == ["action.not_your_role"]
    else:
        assert isinstance(answer, Decision)
        assert (answer.target, answer.role) == (rows[0][2], role)


def refused(state: S, action: A, **changes: Any) -> list[str]:
    answer = TABLE.decide(state, action, roles={TECHNICIAN}, facts=replace(GOOD, **changes))
    return [] if isinstance(answer, Decision) else [fault.code for fault in answer.faults]


@pytest.mark.parametrize(("action", "state", "who"), [(*row[:2], row[3]) for row in LEGAL])
def test_what_a_case_has_in_hand_is_only_put_in_quarantine(action: A, state: S, who: set[Role]) -> None:
    if TECHNICIAN in who:
        expected = [] if action is A.QUARANTINE else ["need.case_over"]
        assert refused(state, action, case_over=False) == expected
        assert refused(state, action, unchanged=False) == ([] if action is A.QUARANTINE else ["need.unchanged"])
        assert refused(state, action, reason=" ") == ["need.site_reason"]


def test_what_each_action_needs_besides() -> None:
    assert refused(S.OPEN, A.SUSPEND, notice="\n") == ["need.notice"]
    assert refused(S.OPEN, A.DEACTIVATE, letter=False) == ["need.opd_letter"]
    assert refused(S.PARKED, A.RESUME, name_free=False) == ["need.name_free"]
    assert refused(S.SUSPENDED, A.RESUME, name_free=False) == []
    assert refused(S.OPEN, A.RESTORE, drifted=False) == ["need.drift"]
    assert refused(S.PARKED, A.PURGE, typed_name="dinsos") == ["need.typed_name"]
    assert refused(S.PARKED, A.PURGE, parked_for=timedelta(days=30) - timedelta(seconds=1)) == ["need.waited"]
    assert refused(S.PARKED, A.PURGE, parked_for=None) == ["need.waited"]


@pytest.mark.parametrize(("action", "role"), list(product(set(A) - AT_ONCE, Role)))
def test_who_approves(action: A, role: Role) -> None:
    who = ALL if action is A.RESTORE else DECIDING
    codes = [fault.code for fault in approval_faults(action, roles={role}, facts=GOOD)]
    assert codes == ([] if role in who else ["action.not_your_role"])


@pytest.mark.parametrize("action", sorted(set(A) - AT_ONCE))
def test_who_asked_does_not_approve(action: A) -> None:
    own = replace(GOOD, people=frozenset({"1", "2"}))
    codes = [fault.code for fault in approval_faults(action, roles={BIDANG}, facts=own)]
    assert codes == ([] if action is A.RESTORE else ["need.another_person"])
    assert APPROVALS[action].four_eyes is (action is not A.RESTORE)


@pytest.mark.parametrize("role", DECIDING)
def test_who_had_it_quarantined_does_not_release_it(role: Role) -> None:
    own = replace(GOOD, people=frozenset({"1", "2"}))
    answer = TABLE.decide(S.QUARANTINED, A.RELEASE, roles={role}, facts=own)
    assert [fault.code for fault in answer.faults] == ["need.not_who_quarantined"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"plan_digest": "", "shown_digest": ""}, "need.node_plan"),
        ({"shown_digest": "older"}, "need.node_plan_shown"),
        ({"is_next": False}, "need.is_next"),
        ({"wish_running": True}, "need.node_free"),
    ],
)
def test_nothing_runs_but_the_plan_that_was_seen(changes: dict[str, Any], code: str) -> None:
    for action in APPROVALS:
        assert [f.code for f in approval_faults(action, roles={HEAD}, facts=replace(GOOD, **changes))] == [code]


def test_a_purge_is_approved_with_the_name_and_the_waiting_time() -> None:
    hasty = replace(GOOD, typed_name="", parked_for=timedelta(days=29))
    codes = [fault.code for fault in approval_faults(A.PURGE, roles={HEAD}, facts=hasty)]
    assert codes == ["need.waited", "need.typed_name"]
    parked = datetime(2026, 11, 1, tzinfo=UTC)
    assert purge_from(parked, purge_after=timedelta(days=30)) == datetime(2026, 12, 1, tzinfo=UTC)


@given(st.lists(st.sampled_from([row for row in TABLE.rows if SYSTEM not in row.roles]), max_size=12))
def test_nothing_leads_out_of_a_purge_and_only_parking_leads_there(rows: list) -> None:
    state = S.OPEN
    for row in rows:
        if state in row.sources:
            assert row.target is not S.PURGED or state is S.PARKED
            state = row.target
    assert not any(S.PURGED in row.sources for row in TABLE.rows)


def test_unknown_facts_let_nobody_act() -> None:
    for action, state, _, who in LEGAL:
        for role in who - {SYSTEM}:
            assert not isinstance(TABLE.decide(state, action, roles={role}, facts=SiteFacts()), Decision)
            if action in APPROVALS:
                assert approval_faults(action, roles={HEAD}, facts=SiteFacts())


def test_everything_has_its_words() -> None:
    assert (set(SITE_ACTION_LABELS), set(SITE_STATE_LABELS), set(SITE_NEEDS)) == (set(A), set(S), set(SiteNeed))
    assert set(APPROVALS) | AT_ONCE == set(A)
