"""What nodes send, checked and turned into values. A node is trusted with its site, not with the database."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from panggon.core.errors import Fault, InvalidError
from panggon.core.node import health
from panggon.core.node.health import Health
from panggon.core.node.logs.logins import Ending, Way
from panggon.core.sites.spec import SITE_ID
from panggon.sites.availability import Visit
from panggon.sites.models import Outcome
from panggon.sites.reports import Report

ENTRIES_MOST = 1000
PHASES = frozenset({"observing", "writing", "written", "probing", "probed", "undoing", "undone"})
ADDRESS_MOST, KEY_MOST = 45, 60  # of an IPv6 address, of a key's fingerprint
STATUS = re.compile("[1-5][0-9]{2}")
STEPS_MOST = 1_000_000
INTEGER_MOST = 2**31 - 1  # of the database
FACT_MOST = 253  # characters; a host name has no more
NO_TEXT = re.compile("[\ud800-\udfff]")


def report_of(message: Mapping[str, Any]) -> Report:
    """Raises `InvalidError` naming the field."""
    outcome = _choice(message, "outcome", [outcome.value for outcome in Outcome])
    problem = message.get("problem") or {}
    if not isinstance(problem, Mapping) or bool(problem) != (outcome in PROBLEMATIC):
        raise invalid("problem")
    return Report(
        outcome=Outcome(outcome),
        plan=_object_or_none(message, "plan"),
        digest=_text(message, "digest", 64),
        evidence=tuple(_check(row) for row in _rows(message, "evidence")),
        proved_at=_moment_or_none(message, "proved_at"),
        problem_code=_text(problem, "code", 80),
        problem=_text(problem, "detail", 4000),
        reduced=texts(message, "reduced"),
        seen=_seen(message),
    )


def logins_of(message: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    """Who came in first, by site."""
    return {_site(row): _login(row) for row in _rows(message, "logins")}


def visits_of(message: Mapping[str, Any]) -> tuple[Visit, ...]:
    """How sites answered."""
    return tuple(_visit(row) for row in _rows(message, "visits"))


def progress_of(message: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    return tuple(_entry(row) for row in _rows(message, "entries"))


def facts_of(message: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a machine tells of itself when it enrols; what the access document prints is looked at."""
    facts = message.get("facts") or {}
    if not isinstance(facts, Mapping):
        raise invalid("facts")
    for name in ("sftp_port", "https_port"):
        port = facts.get(name)
        if port is not None and (not isinstance(port, int) or isinstance(port, bool) or not 0 < port < 65536):
            raise invalid(f"facts.{name}")
    for name in ("sftp_host", "sftp_fingerprint"):
        if not isinstance(facts.get(name, ""), str) or len(facts.get(name, "")) > FACT_MOST:
            raise invalid(f"facts.{name}")
    return facts


def can_be_kept(message: object) -> bool:
    """PostgreSQL keeps no NUL in text, and UTF-8 no half of a pair of surrogates. Not by recursion: depth is theirs."""
    waiting = [message]
    while waiting:
        value = waiting.pop()
        if isinstance(value, Mapping):
            waiting += [*value.keys(), *value.values()]
        elif isinstance(value, list):
            waiting += value
        elif isinstance(value, str) and ("\0" in value or NO_TEXT.search(value)):
            return False
    return True


def generations_of(message: Mapping[str, Any]) -> Mapping[int, int] | None:
    """What was applied last of each site, by its number; None from a machine that does not tell."""
    told = _object_or_none(message, "generations")
    if told is None:
        return None
    if not all(SITE_ID.fullmatch(site) for site in told):
        raise invalid("generations")
    return {int(site[1:]): _count(told, site, most=INTEGER_MOST) for site in told}


def health_of(message: Mapping[str, Any]) -> Health | None:
    """How the machine is; None from one that does not tell."""
    told = message.get("health")
    return None if told is None else health.parse(told)


def texts(message: Mapping[str, Any], name: str) -> tuple[str, ...]:
    values = message.get(name) or []
    if not isinstance(values, list) or len(values) > ENTRIES_MOST or not all(isinstance(v, str) for v in values):
        raise invalid(name)
    return tuple(values)


def required_text(message: Mapping[str, Any], name: str, most: int) -> str:
    value = _text(message, name, most)
    if not value:
        raise invalid(name)
    return value


# ------------------------------------------------------------------------------------------------------------------

PROBLEMATIC = frozenset({Outcome.UNPROVEN, Outcome.STALE, Outcome.REFUSED, Outcome.RESTORED, Outcome.CLOSING})


def _check(row: Mapping[str, Any]) -> Mapping[str, Any]:
    if not isinstance(row.get("ok"), bool):
        raise invalid("evidence")
    return {"name": required_text(row, "name", 80), "ok": row["ok"], "detail": _text(row, "detail", 4000)}


def _seen(message: Mapping[str, Any]) -> Mapping[str, Any] | None:
    seen = _object_or_none(message, "seen")
    if seen is None:
        return None
    watched, answers = (_object_or_none(seen, name) or {} for name in ("watched", "answers"))
    if not all(STATUS.fullmatch(status) for status in answers):
        raise invalid("answers")
    return {
        "watched": {name: bool(watched.get(name)) for name in ("logins", "answers")},
        "logins": [_login(row) for row in _rows(seen, "logins")],
        "since": _iso(seen, "since"),
        "answers": {status: _count(answers, status) for status in answers},
    }


def _login(row: Mapping[str, Any]) -> Mapping[str, Any]:
    return {
        "at": _iso(row, "at"),
        "ending": _choice(row, "ending", [ending.value for ending in Ending]),
        "way": _choice(row, "way", [way.value for way in Way]),
        "address": _text(row, "address", ADDRESS_MOST),
        "key": _text(row, "key", KEY_MOST),
    }


def _visit(row: Mapping[str, Any]) -> Visit:
    at, stored = _moment_or_none(row, "at"), row.get("mebibytes")
    if at is None or not isinstance(row.get("answered"), bool):
        raise invalid("visits")
    mebibytes = None if stored is None else _count(row, "mebibytes", most=INTEGER_MOST)
    return Visit(int(_site(row)[1:]), at, row["answered"], mebibytes, _moment_or_none(row, "certificate_until"))


def _site(row: Mapping[str, Any]) -> str:
    site = required_text(row, "site", 7)
    if not SITE_ID.fullmatch(site):
        raise invalid("site")
    return site


def _iso(message: Mapping[str, Any], name: str) -> str:
    moment = _moment_or_none(message, name)
    if moment is None:
        raise invalid(name)
    return moment.isoformat()


def _entry(row: Mapping[str, Any]) -> Mapping[str, Any]:
    return {
        "sequence": _count(row, "sequence"),
        "phase": _choice(row, "phase", sorted(PHASES)),
        "key": _text(row, "key", 300),
        "step": _count(row, "step"),
        "steps": _count(row, "steps"),
    }


def _rows(message: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    rows = message.get(name) or []
    if not isinstance(rows, list) or len(rows) > ENTRIES_MOST or not all(isinstance(row, Mapping) for row in rows):
        raise invalid(name)
    return rows


def _text(message: Mapping[str, Any], name: str, most: int) -> str:
    value = message.get(name) or ""
    if not isinstance(value, str) or len(value) > most:
        raise invalid(name)
    return value


def _choice(message: Mapping[str, Any], name: str, choices: list[str]) -> str:
    value = message.get(name)
    if value not in choices:
        raise invalid(name)
    return str(value)


def _count(message: Mapping[str, Any], name: str, *, most: int = STEPS_MOST) -> int:
    value = message.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
        raise invalid(name)
    return value


def _object_or_none(message: Mapping[str, Any], name: str) -> Mapping[str, Any] | None:
    value = message.get(name)
    if value is not None and not isinstance(value, Mapping):
        raise invalid(name)
    return value


def _moment_or_none(message: Mapping[str, Any], name: str) -> datetime | None:
    """One that is no moment in UTC could be stored, and not be read again."""
    value = message.get(name)
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(value)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (TypeError, ValueError, OverflowError) as error:
        raise invalid(name) from error


def invalid(field: str) -> InvalidError:
    return InvalidError((Fault("message.invalid", field),))
