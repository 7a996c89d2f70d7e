"""The writers of the plans that the department offers."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from panggon.audit.services import record
from panggon.core.errors import Fault, InvalidError
from panggon.people.models import User
from panggon.sites.models import ALLOWANCE, Plan

FIELDS = ("name", *ALLOWANCE, "is_default", "is_offered")


def subject_of(plan: Plan) -> str:
    """Under which the log of changes keeps this plan."""
    return f"sites.plan:{plan.pk}"


@transaction.atomic
def save_plan(
    plan: Plan, values: Mapping[str, Any], *, actor: User | None, at: datetime, expected_version: int
) -> Plan:
    """Make or change a plan. Sites keep what they have until their next plan is made and approved.

    Raises `InvalidError`: `plan.changed` for a stale page, `plan.name_taken`, `plan.default_not_offered`.
    """
    stored = Plan.objects.select_for_update().filter(pk=plan.pk).first()
    if stored and stored.version != expected_version:
        raise InvalidError((Fault("plan.changed"),))
    faults = _faults(stored, values)
    if faults:
        raise InvalidError(faults)
    before = _values(stored) if stored else None
    if values["is_default"]:
        _only_default(stored, actor=actor, at=at)
    plan = stored or Plan(version=0)
    for name in FIELDS:
        setattr(plan, name, values[name])
    plan.version += 1
    plan.save()
    record(subject_of(plan), before=before, after=_values(plan), actor=actor, at=at)
    return plan


# ------------------------------------------------------------------------------------------------------------------


def _values(plan: Plan) -> dict[str, Any]:
    return {name: getattr(plan, name) for name in FIELDS}


def _faults(stored: Plan | None, values: Mapping[str, Any]) -> tuple[Fault, ...]:
    faults = []
    if Plan.objects.filter(name__iexact=values["name"]).exclude(pk=stored.pk if stored else None).exists():
        faults.append(Fault("plan.name_taken", "name"))
    if values["is_default"] and not values["is_offered"]:
        faults.append(Fault("plan.default_not_offered", "is_offered"))
    if stored and stored.is_default and not values["is_default"]:
        faults.append(Fault("plan.no_default", "is_default"))
    return tuple(faults)


def _only_default(stored: Plan | None, *, actor: User | None, at: datetime) -> None:
    """The former default plan is one no more."""
    for former in Plan.objects.select_for_update().filter(is_default=True).exclude(pk=stored.pk if stored else None):
        before = _values(former)
        former.is_default, former.version = False, former.version + 1
        former.save(update_fields=["is_default", "version"])
        record(subject_of(former), before=before, after=_values(former), actor=actor, at=at)
