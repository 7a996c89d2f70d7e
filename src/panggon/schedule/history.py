"""Changes of the calendar in words, as entries of `panggon/history.html`."""

from datetime import date, datetime
from typing import Any

from django.apps import apps
from django.db.models import DateField, DateTimeField, Field
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from panggon.audit.history import MOST, Difference, Entry
from panggon.audit.models import Change
from panggon.audit.selectors import history_of
from panggon.schedule.models import Closing, Holiday, OfficeHours, ReminderRule, StepShare, Year
from panggon.schedule.words import sessions_words, shown

WORDS = {
    Holiday: gettext_lazy("Hari libur"),
    OfficeHours: gettext_lazy("Jam kerja"),
    Closing: gettext_lazy("Penutupan"),
    Year: gettext_lazy("Tahun"),
    StepShare: gettext_lazy("Bagian waktu langkah"),
    ReminderRule: gettext_lazy("Pengingat"),
}
CALENDAR = tuple(f"schedule.{model._meta.model_name}:" for model in (Holiday, OfficeHours, Closing, Year))  # noqa: SLF001 (Django documents it)


def history(*subjects: str, most: int = MOST) -> list[Entry]:
    """The newest changes of these rows, or with a subject that ends with ":" of all of a kind: one query."""
    return [_entry(change) for change in history_of(*subjects)[:most]]


# ------------------------------------------------------------------------------------------------------------------


def _entry(change: Change) -> Entry:
    kind, _separator, key = change.subject.removeprefix("schedule.").partition(":")
    model = apps.get_model("schedule", kind)
    before, after = change.before or {}, change.after or {}
    names = [field.name for field in model._meta.concrete_fields if before.get(field.name) != after.get(field.name)]  # noqa: SLF001
    return Entry(
        who=change.actor.full_name if change.actor else None,
        at=change.at,
        of=f"{WORDS[model]} {_named(model, key, after or before)}",
        reason=change.reason,
        differences=tuple(_difference(model._meta.get_field(name), before, after) for name in names),  # noqa: SLF001
        erased=not change.salt,
    )


def _named(model: Any, key: str, values: dict[str, Any]) -> str:
    if model is Holiday:
        return shown(date.fromisoformat(key))
    return f"“{values['name' if model is OfficeHours else 'reason']}”" if model in (OfficeHours, Closing) else key


def _difference(field: Field, before: dict[str, Any], after: dict[str, Any]) -> Difference:
    words = str(field.verbose_name).capitalize()
    return Difference(words, _value(field, before.get(field.name)), _value(field, after.get(field.name)))


def _value(field: Field, value: Any) -> str:
    if value in (None, ""):
        return ""
    if isinstance(field, DateTimeField):
        return shown(datetime.fromisoformat(value))
    if isinstance(field, DateField):
        return shown(date.fromisoformat(value))
    if field.name == "week":
        return " · ".join(sessions_words(day) or _("tutup") for day in value)
    return str(dict(field.flatchoices).get(value, shown(value)))
