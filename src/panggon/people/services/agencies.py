"""Agencies (OPD) and divisions of the dinas."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from panggon.audit.services import record
from panggon.core.errors import Fault, InvalidError
from panggon.core.naming import label_faults
from panggon.people.models import Agency, Division, User

FIELDS = ("name", "short_name", "is_network_user", "labels")


@transaction.atomic
def save_agency(agency: Agency, values: Mapping[str, Any], *, actor: User, at: datetime) -> Agency:
    """Makes or changes an OPD. Raises `InvalidError` with every fault: `agency.…`, and what is wrong with a label."""
    before = _values(agency) if agency.pk else None
    faults = (*_taken(agency, values), *_label_faults(agency, values["labels"]))
    if faults:
        raise InvalidError(faults)
    for name in FIELDS:
        setattr(agency, name, values[name])
    agency.save()
    record(agency_subject(agency), before=before, after=_values(agency), actor=actor, at=at)
    return agency


@transaction.atomic
def save_division(division: Division, *, name: str, actor: User, at: datetime) -> Division:
    """Makes or renames a division. Raises `InvalidError` `division.name_taken`."""
    before = {"name": Division.objects.get(pk=division.pk).name} if division.pk else None
    if Division.objects.filter(name__iexact=name).exclude(pk=division.pk).exists():
        raise InvalidError((Fault("division.name_taken", "name"),))
    division.name = name
    division.save()
    record(f"people.division:{division.pk}", before=before, after={"name": name}, actor=actor, at=at)
    return division


def agency_subject(agency: Agency) -> str:
    """The name of an OPD in the log of changes; its invitations are told there as well."""
    return f"people.agency:{agency.pk}"


# ------------------------------------------------------------------------------------------------------------------


def _values(agency: Agency) -> dict[str, Any]:
    return {name: getattr(agency, name) for name in FIELDS}


def _taken(agency: Agency, values: Mapping[str, Any]) -> list[Fault]:
    others = Agency.objects.exclude(pk=agency.pk)
    return [
        Fault(f"agency.{name}_taken", name)
        for name in ("name", "short_name")
        if others.filter(**{f"{name}__iexact": values[name]}).exists()
    ]


def _label_faults(agency: Agency, labels: list[str]) -> list[Fault]:
    wrong = [Fault("agency.label_cannot_be", "labels", {"label": label}) for label in labels if label_faults(label)]
    held = Agency.objects.exclude(pk=agency.pk)
    taken = [
        Fault("agency.label_of_another", "labels", {"label": label, "agency": other.short_name})
        for label in labels
        for other in held.filter(labels__contains=label)
    ]
    return [*wrong, *taken]
