"""What each action takes in, and where it goes: first into the case in memory, rows beside it once all is legal."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import TextField
from django.utils.timezone import localdate

from panggon.cases.acting.numbers import hold_agenda, next_agenda_number
from panggon.cases.content import readings
from panggon.cases.content.checklist import ITEMS, reasons_in
from panggon.cases.content.request import LABELS, LETTER, PEOPLE, SITE, STORAGE_MOST_MEBIBYTES, storage_words
from panggon.cases.models import Case, ChecklistResult, Correction, DatabaseWish, File
from panggon.core.cases.procedure import Action, State
from panggon.core.errors import Fault, InvalidError
from panggon.core.naming import normalise
from panggon.core.sites.kinds import ASKED
from panggon.core.sites.spec import PHP_VERSION, SSH_KEY
from panggon.core.writing import nip_faults, phone_faults, plain_nip, text_faults, unseen_faults
from panggon.papers import store
from panggon.papers.services import inspect_letter
from panggon.people import selectors as people
from panggon.people.models import User

Data = Mapping[str, Any]
SPEC = ("kind", "profile", "database", "engine", "details")
REQUEST = ("agency", *LETTER, *SITE, "database", *PEOPLE, "machine_read")
WORDS = ("reasons", "note", "stamp_reason")
NAMES = ("label", "alternative_label")
ROWS = ("agency", "division", "technician", "plan")
CHOSEN = (*ROWS, *SPEC)
COLUMNS = {column.name: column for column in Case._meta.concrete_fields}  # noqa: SLF001 (Django documents it)
FILES = {kind.value: kind for kind in File.Kind}


def take_in(case: Case, action: Action, data: Data, *, at: datetime) -> dict[str, Any]:
    """Put the inputs of this action on the case; what the event has to keep of it.

    Raises `InvalidError` with every value that cannot be.
    """
    former = case.technician_id
    faults = (*_set(case, data, FIELDS.get(action, ())), *_words_faults(data), *_file_faults(data))
    if faults:
        raise InvalidError(faults)
    if action in ALSO:
        ALSO[action](case, data, at)
    return _exchange(case, former) if action is Action.REASSIGN else {}


def would_change(case: Case, action: Action, data: Data) -> bool:
    """Whether these inputs choose anything else than what stands on the case."""
    chosen = ((name, _plain(name, data[name])) for name in FIELDS.get(action, ()) if name in data)
    return any(value not in (None, "") and value != getattr(case, name) for name, value in chosen)


def keep(case: Case, action: Action, data: Data, *, actor: User | None, at: datetime) -> dict[str, str]:
    """Write what belongs beside the case; the digests of the files that came, for the event."""
    if actor is None:
        return {}
    if "checklist" in data or action is Action.RETURN_TO_APPLICANT:
        _keep_checklist(case, data, actor=actor, at=at)
    if action is Action.RETURN_TO_APPLICANT:
        Correction.objects.bulk_create(_corrections(case, data, at))
    if action is Action.RESUBMIT:
        case.corrections.filter(resolved_at=None).update(resolved_at=at)
    kept = {name: _keep_file(case, kind, data[name], actor, at) for name, kind in FILES.items() if data.get(name)}
    if action is Action.SAVE_DRAFT and "letter" in kept:
        readings.ask(kept["letter"], actor, at=at)
    if action in (Action.SUBMIT, Action.RESUBMIT):
        readings.forget(case)
    return kept


def value_faults(name: str, value: object) -> tuple[Fault, ...]:
    """What is wrong with one value that people write, whoever writes it; the column's own limits come later."""
    if name == "storage_mebibytes":
        return _storage_faults(value)
    if not isinstance(value, str) or name in NAMES:  # names have rules of their own, when they are asked for
        return ()
    if name == "ssh_key":
        return (Fault("person.ssh_key", name),) if value and not SSH_KEY.fullmatch(value) else ()
    if name == "php_version_wish" and value and not PHP_VERSION.fullmatch(value):
        return (Fault("text.php_version", name),)
    if name.endswith("_nip"):
        return nip_faults(plain_nip(value), field=name)
    if name.endswith("_phone"):
        return phone_faults(value, field=name)
    return text_faults(value, field=name, lines=isinstance(COLUMNS.get(name), TextField))


def words_of(data: Data) -> str:
    """What the actor wrote for people to read: the reasons, or a note; and why the desk's stamp is as it is."""
    written = (reasons_in(data) or data.get("note"), data.get("stamp_reason"))
    return "\n".join(str(words).strip() for words in written if words)


# ------------------------------------------------------------------------------------------------------------------


def _set(case: Case, data: Data, names: tuple[str, ...]) -> list[Fault]:
    faults: list[Fault] = []
    for name in names:
        if name not in data:
            continue
        value = _plain(name, data[name])
        if value in (None, "") and name in CHOSEN:
            continue  # nothing chosen: as it was
        faults += value_faults(name, value)
        try:
            setattr(case, name, value if name in ROWS else COLUMNS[name].clean(value, case))
        except ValidationError as error:
            faults.append(Fault("field.invalid", name, {"words": tuple(error.messages)}))
    return faults


def _plain(name: str, value: Any) -> Any:
    if isinstance(value, str):
        value = value.strip()
        value = plain_nip(value) if name.endswith("_nip") else value
    return normalise(value) if name in NAMES and value else value


def _draft(case: Case, data: Data, _at: datetime) -> None:
    """The wish for a database says also what the machine gets, unless its technician chooses otherwise."""
    if data.get("kind") not in (None, "", *ASKED):
        raise InvalidError((Fault("site.kind_not_asked", "kind"),))
    case.machine_read = [name for name in case.machine_read if name in LABELS]
    if data.get("database_wish"):
        case.database = case.database_wish != DatabaseWish.NONE
        case.engine = case.database_wish if case.database else case.engine


def _send(case: Case, data: Data, at: datetime) -> None:
    """Whoever sends has read the whole request, and so confirmed what a machine had read."""
    _draft(case, data, at)
    case.machine_read = []


def _receive(case: Case, data: Data, at: datetime) -> None:
    """The office's own agenda number if one was given, else the next of the counter."""
    given = str(data.get("agenda_number") or "").strip()
    hold_agenda(at)
    if given and Case.objects.filter(agenda_number=given).exists():
        raise InvalidError((Fault("agenda_number.taken", "agenda_number", {"number": given}),))
    case.agenda_number = given or _free_agenda_number(at)
    case.received_at = at


def _free_agenda_number(at: datetime) -> str:
    """The counter's next that nobody has written by hand already."""
    number = next_agenda_number(at)
    while Case.objects.filter(agenda_number=number).exists():
        number = next_agenda_number(at)
    return number


def _storage_faults(value: object) -> tuple[Fault, ...]:
    if isinstance(value, int) and not 1 <= value <= STORAGE_MOST_MEBIBYTES:
        return (Fault("storage.bounds", "storage_mebibytes", {"most": storage_words(STORAGE_MOST_MEBIBYTES)}),)
    return ()


def _dispose(case: Case, data: Data, at: datetime) -> None:
    case.disposition_note = str(data.get("note") or "").strip()
    if case.disposition_due and case.disposition_due < localdate(at):
        raise InvalidError((Fault("disposition.past", "disposition_due"),))


def _assign(case: Case, _data: Data, _at: datetime) -> None:
    if case.technician is None or case.division is None:
        return
    if not people.technicians_of(case.division).filter(pk=case.technician.pk).exists():
        raise InvalidError((Fault("technician.of_another_division", "technician"),))


def _exchange(case: Case, former: int | None) -> dict[str, Any]:
    """Who was and who is the technician; the same person again is no exchange."""
    if case.technician_id == former:
        raise InvalidError((Fault("technician.same", "technician"),))
    return {"former_technician": former, "technician": case.technician_id}


def _words_faults(data: Data) -> list[Fault]:
    """Of what people write beside the case: reasons, notes."""
    missing = {f"reason_{item}": reason for item, reason in dict(data.get("missing") or {}).items()}
    written = {name: data.get(name) for name in WORDS} | missing
    return [fault for name, words in written.items() for fault in unseen_faults(str(words or ""), field=name)]


def _file_faults(data: Data) -> list[Fault]:
    faults: list[Fault] = []
    for name in FILES:
        if data.get(name):
            try:
                inspect_letter(data[name])
            except InvalidError as error:
                faults += [Fault(fault.code, name, fault.facts) for fault in error.faults]
    return faults


def _keep_file(case: Case, kind: File.Kind, content: bytes, actor: User, at: datetime) -> str:
    digest = store.put(content)
    File.objects.get_or_create(
        case=case, kind=kind, sha256=digest, defaults={"size_bytes": len(content), "added_by": actor, "added_at": at}
    )
    return digest


def _return(_case: Case, data: Data, _at: datetime) -> None:
    """What is not met has its own reason, for the OPD to read at its own field."""
    faults = [
        Fault("checklist.reason_missing", f"reason_{item}")
        for item, reason in dict(data.get("missing") or {}).items()
        if item not in ITEMS or not str(reason).strip()
    ]
    if faults:
        raise InvalidError(tuple(faults))


def _retry(case: Case, data: Data, _at: datetime) -> None:
    """Only while the site is being prepared is anything planned anew."""
    if case.state != State.PREPARING and any(name in data for name in SPEC):
        raise InvalidError((Fault("action.not_from_this_state"),))


def _corrections(case: Case, data: Data, at: datetime) -> list[Correction]:
    reasons = dict(data.get("missing") or {})
    if general := str(data.get("reasons") or "").strip():
        reasons[""] = general
    return [Correction(case=case, item=item, reason=reason, asked_at=at) for item, reason in reasons.items()]


def _keep_checklist(case: Case, data: Data, *, actor: User, at: datetime) -> None:
    missing = set(data.get("missing") or ())
    met = set(data.get("checklist") or ()) or set(ITEMS) - missing
    for item in ITEMS:
        ChecklistResult.objects.update_or_create(
            case=case, item=item, defaults={"met": item in met, "checked_by": actor, "checked_at": at}
        )


FIELDS: Mapping[Action, tuple[str, ...]] = {
    Action.SAVE_DRAFT: REQUEST,
    Action.SUBMIT: REQUEST,
    Action.RESUBMIT: REQUEST,
    Action.RECEIVE: (*LETTER, "agenda_number"),
    Action.DISPOSE: ("division", "instruction", "nature", "disposition_due"),
    Action.ASSIGN: ("technician",),
    Action.REASSIGN: ("technician",),
    Action.COMPLETE: (*SPEC, "plan"),
    Action.RETRY: SPEC,
    Action.CHANGE_SPEC: (*SPEC, "plan"),
    Action.RECALCULATE: ("due_at",),
}
ALSO: Mapping[Action, Callable[[Case, Data, datetime], None]] = {
    Action.SAVE_DRAFT: _draft,
    Action.SUBMIT: _send,
    Action.RESUBMIT: _send,
    Action.RECEIVE: _receive,
    Action.DISPOSE: _dispose,
    Action.ASSIGN: _assign,
    Action.REASSIGN: _assign,
    Action.RETRY: _retry,
    Action.RETURN_TO_APPLICANT: _return,
}
