"""What each action takes in through the API, and reading it from a form of text fields and files."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.db import models
from django.http import HttpRequest
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from panggon.cases.acting.desk import STAMPED
from panggon.cases.acting.inputs import COLUMNS, FIELDS, FILES
from panggon.cases.content.checklist import ITEMS
from panggon.core.cases.needs import CONDITIONS
from panggon.core.cases.procedure import Action, Need, Role
from panggon.core.errors import Fault, InvalidError
from panggon.core.schedule.desk import FIELD as STAMP
from panggon.people import selectors as people
from panggon.portal.api.schemas import Asked, Choice, Input
from panggon.sites import selectors as sites

WORDS_MOST = 2000
LISTS = frozenset({"checklist"})
REASON = "reason_"  # before the name of an item of the check that is not met
REQUESTS = frozenset({Action.SAVE_DRAFT, Action.SUBMIT, Action.RESUBMIT})
ROWS: Mapping[str, Callable[[datetime], Any]] = {
    "agency": lambda _now: people.agencies(),
    "division": lambda now: people.divisions(now=now),
    "technician": lambda _now: people.technicians(),
    "plan": lambda _now: sites.offered_plans(),
}
KINDS: tuple[tuple[type[models.Field], str], ...] = (
    (models.BooleanField, "boolean"),
    (models.DateTimeField, "moment"),
    (models.DateField, "date"),
    (models.IntegerField, "integer"),
)
EXTRA: Mapping[Action, tuple[str, ...]] = {
    Action.COMPLETE: ("checklist",),
    Action.RETURN_TO_APPLICANT: tuple(f"{REASON}{item}" for item in ITEMS),
    Action.PREPARE: ("shown_digest",),
    Action.REFUSE: ("refusal_letter",),
}


def names_of(action: Action, *, asks: tuple[Need, ...], role: Role) -> tuple[str, ...]:
    """The inputs of an action, for somebody in this role."""
    own = [name for name in FIELDS.get(action, ()) if _is_plain(name) and (name != "agency" or role is Role.REGISTRAR)]
    files = [*(["letter"] if action in REQUESTS else []), *(["signed_sheet"] if Need.SIGNED_SHEET in asks else [])]
    desk = [STAMP, "stamp_reason"] if role is Role.REGISTRAR and action in STAMPED else []
    words = "reasons" if Need.REASONS in asks else "note"
    return (*own, *EXTRA.get(action, ()), *files, *desk, *([] if action in REQUESTS else [words]))


def described(name: str, case: Any, value: Any, *, now: datetime) -> Input:
    """An input as programs have to know it; `value` is what the case says now."""
    column = COLUMNS.get(name)
    return Input(
        name=name,
        kind=_kind(name, column),
        most=_most(name, column),
        choices=_choices(name, column, case, now),
        value=value if isinstance(value, str | int | bool | None) else str(value),
    )


def asked(need: Need, words: str) -> Asked:
    return Asked(need=need, field=CONDITIONS[need].field, detail=words)


def read(request: HttpRequest, names: tuple[str, ...], *, now: datetime) -> dict[str, Any]:
    """What was sent of these inputs, as the services take it. Raises `InvalidError` with every fault of shape."""
    data: dict[str, Any] = {}
    faults = [Fault("letter.too_large", name) for name in getattr(request, "too_large", ())]
    for name in names:
        if name in FILES:
            if name in request.FILES:
                data[name] = request.FILES[name].read()
        elif name in request.POST:
            try:
                data[name] = _value(name, request.POST.getlist(name), now)
            except InvalidError as error:
                faults += error.faults
    unknown = (request.POST.keys() | request.FILES.keys()) - {*names, "expected_version"}
    faults += [_fault(name, _("Isian ini tidak dikenal pada langkah ini.")) for name in sorted(unknown)]
    if faults:
        raise InvalidError(tuple(faults))
    missing = {name.removeprefix(REASON): data.pop(name) for name in [*data] if name.startswith(REASON)}
    return {**data, "missing": missing} if missing else data


def absent(name: str) -> Fault:
    return _fault(name, _("Wajib diisi."))


# ------------------------------------------------------------------------------------------------------------------


def _value(name: str, sent: list[str], now: datetime) -> Any:
    """Raises `InvalidError` `field.invalid`."""
    if any("\0" in part for part in sent):
        raise InvalidError((_fault(name, _("Karakter nol tidak dapat diterima.")),))
    if name in LISTS:
        return _known(name, [part for part in sent if part])
    last = sent[-1].strip()
    if name in ROWS:
        return _row(name, last, now)
    if name == STAMP:
        return _moment(name, last)
    if name not in COLUMNS and len(last) > WORDS_MOST:
        raise InvalidError((_fault(name, _("Paling banyak %(most)s karakter.") % {"most": WORDS_MOST}),))
    return {"true": "True", "false": "False"}.get(last, last) if _is_boolean(name) else last


def _known(name: str, sent: list[str]) -> list[str]:
    if set(sent) - set(ITEMS):
        raise InvalidError((_fault(name, _("Butir ini tidak dikenal.")),))
    return sent


def _row(name: str, sent: str, now: datetime) -> Any:
    if not sent:
        return None
    found = ROWS[name](now).filter(pk=sent).first() if sent.isascii() and sent.isdigit() and len(sent) < 10 else None
    if found is None:
        raise InvalidError((_fault(name, _("Pilihan ini tidak ada.")),))
    return found


def _moment(name: str, sent: str) -> Any:
    try:
        moment = parse_datetime(sent)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise InvalidError((_fault(name, _("Tulis tanggal dan jam dengan zona waktu, menurut ISO 8601.")),))
    return moment


def _fault(name: str, words: str) -> Fault:
    return Fault("field.invalid", name, {"words": (words,)})


def _is_plain(name: str) -> bool:
    """Not what the pages keep beside the request for themselves."""
    return not isinstance(COLUMNS[name], models.JSONField)


def _is_boolean(name: str) -> bool:
    return isinstance(COLUMNS.get(name), models.BooleanField)


def _kind(name: str, column: Any) -> str:
    if name in FILES:
        return "file"
    if name in LISTS:
        return "choices"
    if name in ROWS or (column is not None and column.choices):
        return "choice"
    if name == STAMP:
        return "moment"
    return next((kind for field, kind in KINDS if isinstance(column, field)), "text")


def _most(name: str, column: Any) -> int | None:
    if column is not None:
        return column.max_length
    return None if _kind(name, column) != "text" else WORDS_MOST


def _choices(name: str, column: Any, case: Any, now: datetime) -> list[Choice]:
    if name in LISTS:
        pairs: Any = ITEMS.items()
    elif name in ("division", "plan"):
        pairs = [(row.pk, row) for row in ROWS[name](now)]
    elif name == "technician" and case.division:
        pairs = [(row.pk, row) for row in people.technicians_of(case.division)]
    else:
        pairs = (column.choices or ()) if column is not None else ()
    return [Choice(value=str(value), label=str(words)) for value, words in pairs]
