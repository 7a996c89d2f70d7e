"""The one door for changes of sites after their cases: asked for, planned, approved by somebody else, carried out."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import transaction

from panggon.audit.services import record
from panggon.core.errors import Fault, InvalidError
from panggon.core.sites import spec_document as specs
from panggon.core.sites.life import TABLE, SiteAction, approval_faults
from panggon.core.sites.spec import SiteState
from panggon.outbox import defer
from panggon.papers import store
from panggon.people import selectors as people
from panggon.people.models import User
from panggon.sites import changing, life, resending
from panggon.sites import selectors as site_selectors
from panggon.sites import services as sites
from panggon.sites.models import Outcome, Purpose, Site, Wish
from panggon.upkeep import selectors
from panggon.upkeep.models import Alteration, Request
from panggon.upkeep.values import former_of, values_of

State = Alteration.State
AT_ONCE = {SiteAction.QUARANTINE: life.quarantine, SiteAction.RELEASE: life.release}


@transaction.atomic
def propose(
    site_id: int,
    *,
    action: SiteAction,
    data: Mapping[str, Any],
    actor: User,
    at: datetime,
    letter: bytes | None = None,
    request: Request | None = None,
) -> Alteration:
    """Ask for a change, and the machine for its plan. `data` has `reason` and what `values_of` takes for the action.

    Raises `InvalidError` with every fault: `action.…`, `need.…`, `label.taken`, and `spec.…` for what is no spec.
    """
    site = _locked(site_id)
    digest = store.put(letter) if letter else request.letter_sha256 if request else ""
    facts = replace(
        selectors.facts_of(site, now=at),
        reason=data.get("reason", ""),
        notice=data.get("notice", ""),
        typed_name=data.get("typed_name", ""),
        letter=bool(digest),
    )
    life.decide(site, action, actor=actor, facts=facts, at=at)
    values = values_of(site, action, data)
    if "host" in values and site_selectors.is_taken(values["host"], except_for=site):
        raise InvalidError((Fault("label.taken", "label", {"name": values["host"].split(".")[0]}),))
    change = Alteration.objects.create(
        site=site,
        action=action,
        source=site.state,
        values=values,
        former=former_of(site, values),
        reason=data["reason"].strip(),
        letter_sha256=digest,
        request=request,
        asked_by=actor,
        asked_at=at,
        plan=changing.wish_proposal(site, values, at=at),
    )
    _record(change, {"asked": action.value}, actor=actor, at=at, reason=change.reason)
    return change


@transaction.atomic
def at_once(site_id: int, *, action: SiteAction, reason: str, actor: User, at: datetime) -> Wish:
    """Quarantine or release, and tell the OPD once. Raises what `sites.life` raises."""
    wish = AT_ONCE[action](site_id, reason=reason, actor=actor, at=at)
    if wish.made_at == at:
        defer("upkeep.tell_at_once", site=site_id, action=action.value, wish=wish.pk, reason=reason)
    return wish


@transaction.atomic
def plan_again(change_id: int, *, actor: User, at: datetime) -> Alteration:
    """Ask the machine anew what the change would do now, after something else was done to the site."""
    change = _waiting(change_id)
    _refuse_others(actor, at=at)
    if _moved(change):
        raise InvalidError((Fault("change.moved"),))
    _cancel_plan(change, at=at)
    change.plan = changing.wish_proposal(change.site, change.values, at=at)
    change.save(update_fields=["plan"])
    return change


@transaction.atomic
def approve(change_id: int, *, shown_digest: str, typed_name: str = "", actor: User, at: datetime) -> Alteration:
    """Let the plan run that this person has seen. Raises `InvalidError` with what `core.sites.life` refuses."""
    change = _waiting(change_id)
    site = change.site
    _refuse(change, actor, shown_digest=shown_digest, typed_name=typed_name, at=at)
    change.former = before = former_of(site, change.values)
    change.wish = changing.wish_change(site, change.values, digest=shown_digest, at=at)
    _decide(change, State.RUNNING, actor=actor, at=at)
    after = {**change.values, "wish": change.wish.pk}
    record(life.subject_of(site), before=before, after=after, actor=actor, at=at, reason=change.reason)
    return change


@transaction.atomic
def refuse(change_id: int, *, reason: str, actor: User, at: datetime) -> Alteration:
    """Do not let it run. Raises `InvalidError` `need.site_reason`, `action.not_your_role`."""
    change = _waiting(change_id)
    if not reason.strip():
        raise InvalidError((Fault("need.site_reason", "decision"),))
    if change.asked_by_id != actor.pk:
        _refuse_others(actor, at=at)
    _cancel_plan(change, at=at)
    change.decision, change.ended_at = reason.strip(), at
    state = State.WITHDRAWN if change.asked_by_id == actor.pk else State.REFUSED
    _decide(change, state, actor=actor, at=at)
    _record(change, {"ended": state.value}, actor=actor, at=at, reason=change.decision)
    defer("upkeep.tell_asker", alteration=change.pk)
    return change


@transaction.atomic
def reported(wish_id: int, *, at: datetime) -> None:
    """What a machine has said of a plan, or of a change that it carried out. Asked again, nothing happens."""
    wish = site_selectors.wish(wish_id)
    if wish.outcome == Outcome.CLOSING:  # a change stays under way until the machine is at its end
        defer("upkeep.tell_keepers", wish=wish.pk)
        return
    if wish.purpose == Purpose.PROPOSAL:
        change = Alteration.objects.filter(plan=wish, state=State.PROPOSED).first()
        if change:
            defer("upkeep.tell_deciders", alteration=change.pk)
        return
    change = Alteration.objects.select_for_update(of=("self",)).filter(wish=wish, state=State.RUNNING).first()
    if change is None:
        if wish.purpose not in (Purpose.CHANGE, Purpose.RESEND) and not wish.succeeded:
            defer("upkeep.tell_keepers", wish=wish.pk)
        return
    site = _locked(change.site_id)
    change.state, change.ended_at = State.DONE if wish.succeeded else State.FAILED, at
    change.save(update_fields=["state", "ended_at"])
    if wish.succeeded:
        changing.let_go_of_names(site, at=at)
        _close_request(change, at=at)
        row = TABLE.row(SiteState(change.source), SiteAction(change.action))
        for effect in row.effects if row else ():
            defer("upkeep.carry_out", alteration=change.pk, effect=effect.value)
        return
    if site.generation == wish.generation:  # else something was wished since that holds these values as well
        changing.take_back(site, change.former, at=at)
        ended = {"ended": State.FAILED.value, "outcome": wish.outcome}
        _record(change, ended, actor=None, at=at, reason=wish.problem_words)
    defer("upkeep.tell_asker", alteration=change.pk)


@transaction.atomic
def repeat(site_id: int, *, actor: User, at: datetime) -> Wish | None:
    """Ask again for what failed without a plan of its own; None when nothing did, or somebody asked before."""
    failed = site_selectors.failed_aside(_locked(site_id))
    wish = sites.repeat(site_id, at=at) if failed else None
    if failed and wish:
        before = {"wish": failed.pk, "outcome": failed.outcome}
        record(life.subject_of(wish.site), before=before, after={"wish": wish.pk}, actor=actor, at=at)
    return wish


@transaction.atomic
def resend(site_id: int, *, actor: User, at: datetime) -> Wish | None:
    """Send its machine again what it had done before it came back from its backup; None when it is not behind, or
    something is asked of it already. A change that was still closing the site is carried out by this wish.
    """
    site = _locked(site_id)
    wish = resending.resend(site, at=at) if site.behind_since else None
    if wish:
        site.alterations.filter(state=State.RUNNING, wish__outcome=Outcome.CLOSING).update(wish=wish)
        record(life.subject_of(site), before={}, after={"wish": wish.pk}, actor=actor, at=at)
    return wish


def resend_all(*, actor: User, at: datetime) -> int:
    """The same of every site that is behind; how many were sent."""
    behind = list(site_selectors.behind_sites().values_list("pk", flat=True))
    return sum(resend(key, actor=actor, at=at) is not None for key in behind)


def is_stale(change: Alteration) -> bool:
    """Whether something else was wished for the site since its plan was made."""
    return specs.dump(changing.asked_for(change.site, change.values).spec) != specs.dump(specs.parse(change.plan.spec))


def approval_faults_of(change: Alteration, user: User, *, at: datetime) -> tuple[Fault, ...]:
    """Why this person may not let it run now, whatever is filled in."""
    return _faults(change, user, at=at, shown_digest=change.plan.digest, typed_name=change.site.host)


# ------------------------------------------------------------------------------------------------------------------


def _locked(site_id: int) -> Site:
    return Site.objects.select_for_update(of=("self",)).select_related("node", "agency").get(pk=site_id)


def _waiting(change_id: int) -> Alteration:
    """The change with its site, both locked. Raises `InvalidError` `change.over` when it does not wait any more."""
    change = Alteration.objects.select_for_update(of=("self",)).select_related("plan").get(pk=change_id)
    if change.state != State.PROPOSED:
        raise InvalidError((Fault("change.over"),))
    change.site = _locked(change.site_id)
    return change


def _refuse(change: Alteration, actor: User, *, shown_digest: str, typed_name: str, at: datetime) -> None:
    faults = _faults(change, actor, at=at, shown_digest=shown_digest, typed_name=typed_name)
    if faults:
        raise InvalidError(faults)


def _faults(change: Alteration, actor: User, *, at: datetime, shown_digest: str, typed_name: str) -> tuple[Fault, ...]:
    """None in the first standing of the actor in which it may run; else the words of the one that comes closest."""
    if _moved(change):
        return (Fault("change.moved"),)
    refusals = []
    for capacity in people.capacities_of(actor, now=at):
        facts = replace(
            selectors.facts_of(change.site, now=at, capacity=capacity, change=change),
            shown_digest=shown_digest,
            typed_name=typed_name,
            is_next=not is_stale(change),
        )
        faults = approval_faults(SiteAction(change.action), roles=capacity.roles, facts=facts)
        if not faults:
            return ()
        refusals.append(faults)
    return next((faults for faults in refusals if faults[0].code != life.NOT_YOURS), refusals[0])


def _moved(change: Alteration) -> bool:
    """Whether the site came into another state meanwhile: into quarantine, or through its incident out of it."""
    return change.site.state != change.source


def _refuse_others(actor: User, *, at: datetime) -> None:
    if people.roles_of(actor, now=at).isdisjoint(selectors.KEEPERS):
        raise InvalidError((Fault(life.NOT_YOURS),))


def _cancel_plan(change: Alteration, *, at: datetime) -> None:
    Wish.objects.filter(pk=change.plan_id, reported_at=None, cancelled_at=None).update(cancelled_at=at)


def _decide(change: Alteration, state: Alteration.State, *, actor: User, at: datetime) -> None:
    change.state, change.decided_by, change.decided_at = state, actor, at
    change.save()


def _close_request(change: Alteration, *, at: datetime) -> None:
    if change.request_id:
        Request.objects.filter(pk=change.request_id, answered_at=None).update(
            answered_at=at, answered_by=change.decided_by, answer=change.reason
        )


def _record(change: Alteration, after: dict[str, Any], *, actor: User | None, at: datetime, reason: str) -> None:
    record(life.subject_of(change.site), before={}, after=after, actor=actor, at=at, reason=reason)
