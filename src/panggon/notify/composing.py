"""What a message says, when it is sent: no link that lets somebody in lies in the database."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.http import urlencode
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import override

from panggon.core.notify.messages import MESSAGES, MessageKind
from panggon.notify.mail import Mail, link
from panggon.notify.models import Message
from panggon.office.selectors import office
from panggon.people import selectors as people
from panggon.people.services import token_of


@dataclass(frozen=True, slots=True)
class Contents:
    kind: MessageKind
    facts: Mapping[str, str] = field(default_factory=dict)
    path: str = ""
    thread: str = ""  # messages of one thread stand together; empty: each for itself
    sender: str = ""  # empty: the department's usual one
    follows: tuple[str, ...] = ()  # ids of the mails that it belongs to
    is_answer: bool = False  # by a machine, to a mail that just came


def compose(message: Message, *, now: datetime) -> Mail | None:
    """None when there is nothing to say any more: the invitation was accepted, the account closed."""
    with override(message.language):
        contents = CONTENTS[MessageKind(message.kind)](message, now)
        if contents is None:
            return None
        wording, facts = MESSAGES[contents.kind], {"service": office().standard.service, **contents.facts}
        said = {
            "text": [said for words in wording.text if (said := _(words).format(**facts))],
            "button": wording.button and _(wording.button),
            "foot": wording.foot and _(wording.foot),
            "url": contents.path and link(contents.path),
        }
        subject = _(wording.subject).format(**facts)
    own = f"{message.reference.replace(':', '-')}-{message.made_at:%Y%m%d%H%M%S}"
    return Mail(
        message.to,
        subject,
        "message",
        name=f"{contents.thread}.{message.pk}" if contents.thread else own,
        thread=contents.thread or own,
        language=message.language,
        facts=said,
        sender=contents.sender,
        follows=contents.follows,
        is_answer=contents.is_answer,
    )


# ------------------------------------------------------------------------------------------------------------------


def _invitation(message: Message, now: datetime) -> Contents | None:
    invitation = people.open_invitation(message.facts["invitation"], now=now)
    if invitation is None:
        return None
    whom = {"whom": invitation.agency.name if invitation.agency else _("pegawai dinas")}
    if invitation.user is None and people.has_account(invitation.email):
        return Contents(MessageKind.INVITED_AGAIN, whom, reverse("account_login"))
    path = reverse("people:accept", args=[token_of(invitation)])
    return Contents(MessageKind.INVITATION, {**whom, "until": _moment(invitation.expires_at)}, path)


def _access(message: Message, now: datetime) -> Contents | None:
    """Who has no account yet makes one first, and is led on from there."""
    facts, until = message.facts, datetime.fromisoformat(message.facts["until"])
    if until <= now:
        return None
    account = people.open_invitation(facts["invitation"], now=now) if facts["invitation"] else None
    path = facts["path"]
    if account is not None:
        path = f"{reverse('people:accept', args=[token_of(account)])}?{urlencode({'next': path})}"
    told = {"name": facts["name"], "host": facts["host"], "until": _moment(until)}
    return Contents(MessageKind.ACCESS, told, path)


def _password_reset(message: Message, now: datetime) -> Contents | None:
    owner = people.open_account(message.facts["user"])
    if owner is None:
        return None
    key = {"uidb36": user_pk_to_url_str(owner), "key": default_token_generator.make_token(owner)}
    until = now + timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT)
    facts = {"name": owner.full_name, "until": _moment(until)}
    return Contents(MessageKind.PASSWORD_RESET, facts, reverse("account_reset_password_from_key", kwargs=key))


def _account_changed(message: Message, now: datetime) -> Contents | None:  # noqa: ARG001 (all are called alike)
    facts = {**message.facts, "moment": _moment(datetime.fromisoformat(message.facts["moment"]))}
    return Contents(MessageKind.ACCOUNT_CHANGED, facts, reverse("account_reset_password"))


def _survey(message: Message, now: datetime) -> Contents | None:  # noqa: ARG001 (all are called alike)
    return Contents(MessageKind.SURVEY, {"number": message.facts["number"]}, message.facts["path"])


def _complaint(message: Message, now: datetime) -> Contents | None:  # noqa: ARG001 (all are called alike)
    """Who answers it writes to where complaints come in, if that can be."""
    facts = {"refused": "", **message.facts}
    facts |= {name: _(facts[name]) for name in ("state", "next")}
    kind, follows = MessageKind(message.kind), tuple(facts.pop("follows", ()))
    return Contents(
        kind,
        facts,
        facts.pop("path"),
        thread=facts.pop("thread", f"complaint-{facts['number']}"),
        sender=settings.PANGGON_IMAP_ADDRESS,
        follows=follows,
        is_answer=kind is MessageKind.COMPLAINT_RECEIVED and bool(follows),
    )


def _seal(message: Message, now: datetime) -> Contents | None:  # noqa: ARG001 (all are called alike)
    return Contents(MessageKind.SEAL, message.facts)


CONTENTS: Mapping[MessageKind, Callable[[Message, datetime], Contents | None]] = MappingProxyType(
    {
        MessageKind.INVITATION: _invitation,
        MessageKind.ACCESS: _access,
        MessageKind.PASSWORD_RESET: _password_reset,
        MessageKind.ACCOUNT_CHANGED: _account_changed,
        MessageKind.SURVEY: _survey,
        MessageKind.COMPLAINT_RECEIVED: _complaint,
        MessageKind.COMPLAINT_MOVED: _complaint,
        MessageKind.COMPLAINT_REPLY: _complaint,
        MessageKind.SEAL: _seal,
    }
)


def _moment(moment: datetime) -> str:
    return date_format(localtime(moment), "j F Y, H.i")
