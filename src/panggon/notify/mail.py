"""How an e-mail looks, and what the mail server's answer means. RFC 5322 (threads), 3834, 2919, 8058."""

import smtplib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils.translation import override

from panggon.core.errors import PermanentError, TemporaryError
from panggon.office.selectors import office

PERMANENT = 500  # RFC 5321, 4.2.1: an answer of 5xx will be the same again


@dataclass(frozen=True, slots=True)
class Mail:
    """`name` is this mail's own: sent twice, it has the same Message-ID. Mails of one `thread` stand together.

    `template` names the two bodies `notify/mail/<template>.txt` and `.html`. `unsubscribe` is the address that a mail
    program may call to end it with one press. `sender` empty is the department's usual one. It belongs to the mails
    whose ids are `follows`, the last of which it answers; `is_answer`: a machine does, at once (RFC 3834, 5).
    """

    to: str
    subject: str
    template: str
    name: str
    thread: str
    language: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    unsubscribe: str = ""
    sender: str = ""
    follows: tuple[str, ...] = ()
    is_answer: bool = False


def send(mail: Mail) -> None:
    """Hand it to the mail server.

    `PermanentError` `mail.refused` when the server will never take this mail; `TemporaryError` `mail.not_sent` else.
    """
    try:
        compose(mail).send()
    except smtplib.SMTPRecipientsRefused as refused:
        raise _error(*next(iter(refused.recipients.values()))) from refused
    except (smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as refused:
        raise _error(refused.smtp_code, refused.smtp_error) from refused
    except (smtplib.SMTPException, OSError) as error:
        raise TemporaryError("mail.not_sent", str(error)) from error


def compose(mail: Mail) -> EmailMultiAlternatives:
    now = office()
    facts = {"subject": mail.subject, "office": now.letterhead, **mail.facts}
    with override(mail.language):
        text, html = (render_to_string(f"notify/mail/{mail.template}.{kind}", facts) for kind in ("txt", "html"))
    message = EmailMultiAlternatives(mail.subject, text, mail.sender or now.sender, [mail.to], headers=_headers(mail))
    message.attach_alternative(html, "text/html")
    return message


def link(path: str) -> str:
    """The address of one of the portal's pages, for people who are not at it."""
    return f"{settings.PANGGON_BASE_URL}{path}"


def _headers(mail: Mail) -> dict[str, str]:
    host = urlsplit(settings.PANGGON_BASE_URL).hostname
    before = [f"<{mail.thread}@{host}>"] if mail.thread != mail.name else []  # else it begins the thread
    before += [f"<{followed}>" for followed in mail.follows]
    headers = {
        "Message-ID": f"<{mail.name}@{host}>",
        "Auto-Submitted": "auto-replied" if mail.is_answer else "auto-generated",
        "List-Id": f"Pelayanan Hosting <permohonan.{host}>",
    }
    if before:
        headers |= {"In-Reply-To": before[-1], "References": " ".join(before)}
    if mail.unsubscribe:
        headers |= {"List-Unsubscribe": f"<{mail.unsubscribe}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    return headers


def _error(code: int, words: bytes | str) -> PermanentError | TemporaryError:
    said = f"{code} {words.decode(errors='replace') if isinstance(words, bytes) else words}"
    return PermanentError("mail.refused", said) if code >= PERMANENT else TemporaryError("mail.not_sent", said)
