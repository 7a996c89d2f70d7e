"""The only writer of mails that came in: keep each once, and let what the rules decide follow from it."""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Max

from panggon.audit.services import record
from panggon.complaints import selectors, services, threads
from panggon.complaints.files import MOST_FILES, media_type_of
from panggon.complaints.mail_reading import Enclosure, open_mail
from panggon.complaints.mailbox import Fetched
from panggon.complaints.models import Complaint, IncomingMail, Mailbox
from panggon.complaints.services import Upload
from panggon.core.complaints.incoming_mail import (
    Judgement,
    Letter,
    Outcome,
    Reason,
    judge,
    may_answer,
    patience_is_over,
)
from panggon.core.complaints.mail_text import split_quoted
from panggon.core.complaints.procedure import names
from panggon.core.complaints.vocabulary import ComplaintAction as Action
from panggon.core.complaints.vocabulary import Source
from panggon.core.errors import Fault, InvalidError, PanggonError, PermanentError
from panggon.core.people.brakes import MAIL_OF_ALL, MAIL_OF_ONE, MAIL_OF_THREAD
from panggon.office.selectors import office
from panggon.outbox import defer
from panggon.papers import store
from panggon.people import selectors as people
from panggon.people.models import User
from panggon.signin.services import count_failure

TRIES_MOST = 3  # of reading a mail; one that ends the worker each time is left to a person
NO_SUBJECT, NO_WORDS = "(tanpa judul)", "(tanpa isi)"
NEVER_ANSWERED = (Reason.AUTOMATIC, Reason.LIST)
TAKEN = (Outcome.COMPLAINT, Outcome.ADDITION)
State = IncomingMail.State
LookedAt = tuple[Enclosure, Fault | None]  # a file, and why it may not be attached


def mailbox(address: str) -> Mailbox:
    return Mailbox.objects.get_or_create(address=address)[0]


@transaction.atomic
def keep(box: Mailbox, fetched: Fetched, *, uid_validity: int, at: datetime) -> None:
    """Keep a mail as it came, and have it read. Kept again, it is the same one."""
    values = {
        "digest": hashlib.sha256(fetched.data).hexdigest(),
        "file_sha256": store.put(fetched.data),
        "size_bytes": fetched.size_bytes,
        "is_whole": fetched.is_whole,
        "fetched_at": at,
    }
    IncomingMail.objects.get_or_create(mailbox=box, uid_validity=uid_validity, uid=fetched.uid, defaults=values)
    defer("complaints.read_mails", lock="complaints.read_mails", once="complaints.read_mails")


def mark(mails: Iterable[IncomingMail], *, at: datetime) -> None:
    """They are marked on the server."""
    IncomingMail.objects.filter(pk__in=[mail.pk for mail in mails]).update(marked_at=at)


def note_read(box: Mailbox, *, uid_validity: int, last_uid: int, at: datetime) -> None:
    """It was read to its end: all up to this mail is kept."""
    box.uid_validity, box.last_uid, box.fetched_at = uid_validity, last_uid, at
    box.problem, box.failing_since, box.told_at = "", None, None
    box.save()


@transaction.atomic
def note_failure(box: Mailbox, error: PanggonError, *, at: datetime) -> None:
    """When it has lasted, people are told, once."""
    box.problem, box.failing_since = error.code, box.failing_since or at
    if box.told_at is None and patience_is_over(box.failing_since, temporary=error.temporary, now=at):
        box.told_at = at
        defer("complaints.tell_of_mailbox", mailbox=box.pk)
    box.save()


def read(mail_id: int, *, at: datetime) -> None:
    """Read one mail that waits, and do what follows from it, all of it or nothing. Read again, nothing happens."""
    mail = _begin(mail_id)
    if mail is None:
        return
    try:
        if mail.tries > TRIES_MOST:
            raise PermanentError("mail.unreadable")
        letter, files = _opened(mail)
    except PermanentError:
        _settle(mail.pk, Letter(), [], Judgement(Outcome.HELD, Reason.UNREADABLE), at=at)
    else:
        _settle(mail.pk, letter, files, None, at=at)


def take(mail: IncomingMail, *, into_complaint: bool, actor: User, at: datetime) -> Complaint:
    """What a person decides about a mail that is held: it is a complaint, or more about the one that it names.

    Raises `InvalidError` `mail.decided` when it is not held any more, `mail.unreadable`, and what `services.file` and
    `act` raise.
    """
    try:
        letter, files = _opened(mail)
    except PermanentError as error:
        raise InvalidError((Fault("mail.unreadable"),)) from error
    with transaction.atomic():
        kept = _held(mail.pk)
        outcome = Outcome.ADDITION if into_complaint and kept.complaint else Outcome.COMPLAINT
        answer = kept.reason not in NEVER_ANSWERED and not letter.unanswerable
        complaint = _carry_out(kept, letter, files, Judgement(outcome, answer=answer), at=at)
        _decide(kept, State.DONE, outcome, actor=actor, at=at)
    return complaint


@transaction.atomic
def discard(mail: IncomingMail, *, actor: User, at: datetime) -> None:
    """Raises `InvalidError` `mail.decided` when it is not held any more."""
    _decide(_held(mail.pk), State.DISCARDED, Outcome.NOTHING, actor=actor, at=at)


# -- Reading -------------------------------------------------------------------------------------------------------


@transaction.atomic
def _begin(mail_id: int) -> IncomingMail | None:
    """Counted before it is tried, so that a mail which ends the worker is not tried for ever."""
    mail = IncomingMail.objects.select_for_update().get(pk=mail_id)
    if mail.state != State.WAITING:
        return None
    mail.tries += 1
    mail.save(update_fields=["tries"])
    return mail


def _opened(mail: IncomingMail) -> tuple[Letter, list[LookedAt]]:
    """What the mail says, and its files, each looked into: before the transaction of the act, for it may take long."""
    opened = open_mail(store.get(mail.file_sha256), is_whole=mail.is_whole, authserv=settings.PANGGON_IMAP_AUTHSERV)
    return opened.letter, [(enclosure, _fault_of(enclosure)) for enclosure in opened.enclosures]


def _fault_of(enclosure: Enclosure) -> Fault | None:
    if enclosure.data is None:
        return Fault("attachment.cut_off")
    try:
        media_type_of(enclosure.data)
    except InvalidError as error:
        return error.faults[0]
    return None


@transaction.atomic
def _settle(mail_id: int, letter: Letter, files: list[LookedAt], judgement: Judgement | None, *, at: datetime) -> None:
    """`judgement` None: the rules are asked."""
    mail = IncomingMail.objects.select_for_update().get(pk=mail_id)
    if mail.state != State.WAITING:
        return
    mail.complaint, thread = threads.find(letter) or (None, None)
    _describe(mail, letter)
    judgement = judgement or judge(letter, ours=_our_addresses(), thread=thread, twice=selectors.is_known(mail))
    judgement = _braked(judgement, mail, at=at)
    if judgement.outcome in TAKEN:
        try:
            with transaction.atomic():
                _carry_out(mail, letter, files, judgement, at=at)
        except InvalidError:
            judgement = Judgement(Outcome.HELD, Reason.REFUSED)
            mail.answered_at = None
    _finish(mail, letter, judgement, at=at)


def _describe(mail: IncomingMail, letter: Letter) -> None:
    mail.message_id, mail.sender, mail.name = letter.message_id, letter.sender[:254], letter.name
    mail.subject, mail.check_result, mail.check_words = letter.subject, letter.check.value, letter.found


def _finish(mail: IncomingMail, letter: Letter, judgement: Judgement, *, at: datetime) -> None:
    """What a person may still need is kept: the whole mail where it is held, the words of a mail server."""
    mail.outcome, mail.reason = judgement.outcome, judgement.reason or ""
    held = judgement.outcome is Outcome.HELD
    mail.state = State.HELD if held else State.DONE
    mail.words = letter.text if held else letter.report.words if letter.report else ""
    mail.file_sha256 = mail.file_sha256 if held else ""
    mail.save()
    if held:
        # Who is complained about decides nothing about the mail.
        said = f"{letter.subject} {letter.text}"
        mail.concerned.set(person for person in people.people_of_the_dinas() if names(said, person.full_name))
    if mail.complaint and judgement.outcome is Outcome.BOUNCE:
        services.not_reached(mail.complaint, at=at)
    if mail.complaint and judgement.outcome in (Outcome.HELD, Outcome.BOUNCE):
        defer("complaints.tell_of_mail", mail=mail.pk)
    elif held:
        defer("complaints.tell_of_held", once="complaints.tell_of_held")


def _braked(judgement: Judgement, mail: IncomingMail, *, at: datetime) -> Judgement:
    """A flood waits for a person."""
    guesses = {
        Outcome.COMPLAINT: ((MAIL_OF_ONE, mail.sender), (MAIL_OF_ALL, "")),
        Outcome.ADDITION: ((MAIL_OF_THREAD, str(mail.complaint)),),
    }.get(judgement.outcome)
    held = guesses and count_failure(guesses, at=at)
    return Judgement(Outcome.HELD, Reason.FLOOD) if held else judgement


def _our_addresses() -> set[str]:
    return {settings.PANGGON_IMAP_ADDRESS.lower(), office().sender.lower()} - {""}


# -- What follows --------------------------------------------------------------------------------------------------


def _carry_out(
    mail: IncomingMail, letter: Letter, files: list[LookedAt], judgement: Judgement, *, at: datetime
) -> Complaint:
    """Add it to the complaint that it belongs to, or file it as one, which it belongs to from then on."""
    if judgement.outcome is Outcome.ADDITION and mail.complaint is not None:
        taken, refused = _sorted(files, room=MOST_FILES - mail.complaint.attachments.count())
        said, quoted = split_quoted(letter.text)
        data = {"words": said or NO_WORDS, "quoted": quoted, "refused": refused}
        return services.act(mail.complaint.pk, action=Action.ADD, actor=None, data=data, at=at, files=taken)
    taken, refused = _sorted(files, room=MOST_FILES)
    answered = judgement.answer and bool(letter.sender) and may_answer(_last_answer(letter.sender), now=at)
    filed: dict[str, Any] = {
        "source": Source.EMAIL,
        "subject": letter.subject or NO_SUBJECT,
        "words": letter.text or NO_WORDS,
        "name": letter.name,
        "email": letter.sender,
        "refused": refused,
        "unanswered": not answered,
    }
    mail.complaint = services.file(filed, actor=None, at=at, files=taken)
    mail.answered_at = at if answered else None
    mail.save(update_fields=["complaint", "answered_at"])
    return mail.complaint


def _sorted(files: list[LookedAt], *, room: int) -> tuple[list[Upload], list[dict[str, Any]]]:
    """What is attached, and what is not, with why."""
    taken: list[Upload] = []
    refused: list[dict[str, Any]] = []
    for enclosure, fault in files:
        if fault is None and len(taken) >= room:
            fault = Fault("attachment.too_many", facts={"most": MOST_FILES})  # noqa: PLW2901 (said of this one)
        if fault is None and enclosure.data is not None:
            taken.append(Upload(enclosure.name, enclosure.data))
        elif fault is not None:
            refused.append({"name": enclosure.name, "code": fault.code, "facts": dict(fault.facts)})
    return taken, refused


def _last_answer(sender: str) -> datetime | None:
    last: datetime | None = IncomingMail.objects.filter(sender=sender).aggregate(last=Max("answered_at"))["last"]
    return last


# -- What a person decides -----------------------------------------------------------------------------------------


def _held(mail_id: int) -> IncomingMail:
    mail = IncomingMail.objects.select_for_update().get(pk=mail_id)
    if mail.state != State.HELD:
        raise InvalidError((Fault("mail.decided"),))
    return mail


def _decide(mail: IncomingMail, state: str, outcome: Outcome, *, actor: User, at: datetime) -> None:
    before = {"state": mail.state}
    mail.state, mail.outcome = state, outcome
    mail.words, mail.file_sha256 = "", ""
    mail.save()
    after = {"state": state, "complaint": mail.complaint.number if mail.complaint else ""}
    record(f"complaints.mail:{mail.pk}", before=before, after=after, actor=actor, at=at)
