"""One form for each group of settings. Its `value()` is the group as the person wants it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from panggon.office.forms.base import GroupForm
from panggon.office.forms.contacts import ContactsForm
from panggon.office.forms.documents import ComponentsForm, PledgeForm, SopForm
from panggon.office.forms.naming import NamingForm
from panggon.office.forms.rules import (
    ComplaintsForm,
    DeliveryForm,
    MailForm,
    ProgramsForm,
    RetentionForm,
    SigningForm,
)
from panggon.office.forms.standard import LetterheadForm, StandardForm
from panggon.office.values import Group

__all__ = ["FORMS", "GroupForm", "LetterheadForm", "form_with", "initial_of"]

FORMS: Mapping[Group, type[GroupForm]] = MappingProxyType(
    {
        Group.STANDARD: StandardForm,
        Group.COMPONENTS: ComponentsForm,
        Group.CONTACTS: ContactsForm,
        Group.NAMING: NamingForm,
        Group.DELIVERY: DeliveryForm,
        Group.SIGNING: SigningForm,
        Group.MAIL: MailForm,
        Group.PROGRAMS: ProgramsForm,
        Group.COMPLAINTS: ComplaintsForm,
        Group.SOP: SopForm,
        Group.COMPLAINT_SOP: SopForm,
        Group.PLEDGE: PledgeForm,
        Group.RETENTION: RetentionForm,
    }
)


def form_with(form_class: type[GroupForm], value: Any, answers: Mapping[str, Any], *, version: int = 0) -> GroupForm:
    """The group's form as if somebody had filled `answers` in, and left the rest as it is in `value`."""
    initial = initial_of(value, version=version)
    shown = form_class(initial=initial)
    data = {name: shown[name].value() for name in shown.fields} | dict(answers)
    data = {name: "\n".join(part) if _is_lines(part) else part for name, part in data.items() if part not in ("", None)}
    return form_class({**data, **_rows(data.pop("rows", ()))}, initial=initial)


def _is_lines(part: Any) -> bool:
    return isinstance(part, list | tuple) and all(isinstance(line, str) for line in part)


def _rows(contacts: Any) -> dict[str, Any]:
    """Contacts as a browser sends the rows of their page."""
    data = dict.fromkeys(("rows-INITIAL_FORMS", "rows-TOTAL_FORMS"), str(len(contacts)))
    for number, contact in enumerate(contacts):
        data |= {f"rows-{number}-{name}": words for name, words in contact.items()}
    return data


def initial_of(value: Any, *, version: int) -> dict[str, Any]:
    """What a group's form shows first."""
    return {name: getattr(value, name) for name in value.__dataclass_fields__} | {"version": version}
