"""What becomes of an e-mail to the address for complaints, decided from its values alone.

Sources: RFC 3834 (automatic answers: to whom never one), RFC 3464 (delivery status), RFC 5322 (threads), RFC 8601
(what the own mail server found out about a sender), RFC 2919 (lists).
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Outcome(StrEnum):
    COMPLAINT = "complaint"
    ADDITION = "addition"  # the complainant says more about a complaint
    BOUNCE = "bounce"  # what was written to a complainant did not arrive
    HELD = "held"  # kept for a person, who takes or discards it
    NOTHING = "nothing"  # kept in the list, and nothing follows


class Reason(StrEnum):
    """Why a mail is held, or why nothing follows from it."""

    AUTOMATIC = "automatic"
    LIST = "list"
    NO_SENDER = "no_sender"
    BEYOND_ASCII = "beyond_ascii"  # from an address of other letters (RFC 6531), which cannot be answered
    CHECK_FAILED = "check_failed"  # the own mail server says that it is not from whom it says
    OTHER_SENDER = "other_sender"  # in the thread of somebody else's complaint
    UNPROVEN = "unproven"  # names a complaint, but does not show that its writer had our mail
    OVER = "over"  # the complaint is closed
    EMPTY = "empty"
    FLOOD = "flood"
    UNREADABLE = "unreadable"
    REFUSED = "refused"  # the rules of complaints refused it
    OURS = "ours"
    TWICE = "twice"
    REPORT = "report"  # about a mail that is not ours, or that is only late


class Check(StrEnum):
    """What the own mail server found out about the sender."""

    PASSED = "passed"
    FAILED = "failed"
    NONE = ""


@dataclass(frozen=True, slots=True)
class Report:
    """Of a mail server, about a mail that it could not deliver; `about` are the ids in the mail that came back."""

    failed: bool
    words: str = ""
    about: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Letter:
    """What the rules look at. Ids of mails are without their brackets; addresses are in small letters.

    `return_path` is None when the mail server wrote none; empty is RFC 5321's null path. `about` are the ids of the
    mails that it answers, `to` all whom it names as receivers. `found` is what the own server says, in its words.
    """

    sender: str = ""
    beyond_ascii: bool = False  # there is a sender, to whom the portal cannot write
    name: str = ""
    subject: str = ""
    message_id: str = ""
    about: tuple[str, ...] = ()
    to: tuple[str, ...] = ()
    return_path: str | None = None
    auto_submitted: str = ""
    precedence: str = ""
    auto_reply: bool = False  # marked as an automatic answer in a way of its own
    of_a_list: bool = False
    unanswerable: bool = False  # asks for no automatic answer (X-Auto-Response-Suppress)
    report: Report | None = None
    check: Check = Check.NONE
    found: str = ""
    text: str = ""
    has_files: bool = False


@dataclass(frozen=True, slots=True)
class Thread:
    """The complaint that a mail names. `proven`: it shows what only who got our mail can know."""

    address: str
    proven: bool
    over: bool


@dataclass(frozen=True, slots=True)
class Judgement:
    """`answer`: an automatic answer may be given, if the brakes let one through."""

    outcome: Outcome
    reason: Reason | None = None
    answer: bool = False


NUMBER = re.compile(r"\bPGD-\d{4}-\d{4,9}\b", re.IGNORECASE)
THREAD = re.compile(r"\bcomplaint-(PGD-\d{4}-\d{4,9})-([0-9a-f]{20})\b", re.IGNORECASE)
RETURNED = frozenset({"bulk", "junk", "list"})  # Precedence: none of these wants an answer
ANSWER_EVERY = timedelta(hours=24)  # one automatic answer to an address in this time (RFC 3834, 2)
DMARC = "dmarc"
# How long mail may not be fetched until people are told: what mends itself, and what a person has to mend.
PATIENCE = {True: timedelta(hours=1), False: timedelta(minutes=10)}


def judge(letter: Letter, *, ours: Collection[str], thread: Thread | None, twice: bool) -> Judgement:
    """`ours` are the addresses that we write from; `twice`: the same mail was fetched before."""
    if twice:
        return Judgement(Outcome.NOTHING, Reason.TWICE)
    if letter.sender in ours or THREAD.match(letter.message_id):
        return Judgement(Outcome.NOTHING, Reason.OURS)
    if letter.report is not None:
        came_back = letter.report.failed and thread is not None and thread.proven
        return Judgement(Outcome.BOUNCE) if came_back else Judgement(Outcome.NOTHING, Reason.REPORT)
    if is_automatic(letter):
        known = thread is not None and thread.proven
        return Judgement(Outcome.NOTHING if known else Outcome.HELD, Reason.AUTOMATIC)
    if letter.of_a_list or letter.precedence in RETURNED:
        return Judgement(Outcome.HELD, Reason.LIST)
    if not letter.sender and not letter.beyond_ascii:
        return Judgement(Outcome.HELD, Reason.NO_SENDER)
    if letter.check is Check.FAILED:
        return Judgement(Outcome.HELD, Reason.CHECK_FAILED)
    if letter.beyond_ascii:
        return Judgement(Outcome.HELD, Reason.BEYOND_ASCII)
    if not (letter.text or letter.has_files or letter.subject):
        return Judgement(Outcome.HELD, Reason.EMPTY)
    return _of_a_thread(letter, thread) if thread else Judgement(Outcome.COMPLAINT, answer=not letter.unanswerable)


def is_automatic(letter: Letter) -> bool:
    """Whether a machine wrote it by itself (RFC 3834, 5), or an older program says so in its own way."""
    marked = letter.auto_submitted not in ("", "no")
    return marked or letter.auto_reply or letter.return_path == "" or letter.precedence == "auto_reply"


def may_answer(last: datetime | None, *, now: datetime) -> bool:
    """Whether an automatic answer may go to an address that got the last one then."""
    return last is None or now - last >= ANSWER_EVERY


def check_of(results: str, *, sender: str) -> Check:
    """What the words after the server's own name in Authentication-Results say of the sender (RFC 8601, 2.2).

    DMARC decides where the server applies it; else a signature or SPF of the sender's own domain is enough.
    """
    verdicts = {name: (verdict, rest) for name, verdict, rest in _verdicts(results)}
    if DMARC in verdicts and verdicts[DMARC][0] in ("pass", "fail"):
        return Check.PASSED if verdicts[DMARC][0] == "pass" else Check.FAILED
    domain = sender.rpartition("@")[2]
    aligned = (
        bool(domain) and verdict == "pass" and _is_within(domain, _value(rest, key))
        for name, key in (("dkim", "header.d"), ("spf", "smtp.mailfrom"))
        for found, verdict, rest in _verdicts(results)
        if found == name
    )
    return Check.PASSED if any(aligned) else Check.NONE


def patience_is_over(since: datetime, *, temporary: bool, now: datetime) -> bool:
    """Whether people have to be told that no mail has been fetched since then."""
    return now - since >= PATIENCE[temporary]


# ------------------------------------------------------------------------------------------------------------------


def _of_a_thread(letter: Letter, thread: Thread) -> Judgement:
    """Only who had our mail and writes from the complainant's address is the complainant."""
    if letter.sender != thread.address.lower():
        return Judgement(Outcome.HELD, Reason.OTHER_SENDER)
    if not thread.proven and letter.check is not Check.PASSED:
        return Judgement(Outcome.HELD, Reason.UNPROVEN)
    return Judgement(Outcome.HELD, Reason.OVER) if thread.over else Judgement(Outcome.ADDITION)


def _verdicts(results: str) -> list[tuple[str, str, str]]:
    parts = (
        re.fullmatch(r"\s*([a-z0-9-]+)\s*=\s*([a-z]+)\b(.*)", part, re.DOTALL) for part in results.lower().split(";")
    )
    return [(found[1], found[2], found[3]) for found in parts if found]


def _value(words: str, key: str) -> str:
    found = re.search(rf"\b{re.escape(key)}=\"?([^\s\"]+)", words)
    return found[1].rpartition("@")[2] if found else ""


def _is_within(domain: str, other: str) -> bool:
    """Whether one is the other, or a part of it (relaxed alignment, RFC 7489, 3.1)."""
    return bool(other) and (domain == other or domain.endswith(f".{other}") or other.endswith(f".{domain}"))
