"""A real SMTP server on loopback, which answers as a test wants it to."""

import asyncio
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

from demo.ports import free_port

LOGIN = LoginPassword(b"panggon", b"rahasia")


@dataclass
class MailServer:
    """`answers` go to the next recipients, one each, before "250 OK"; `slow_seconds` is how long it thinks."""

    port: int = field(default_factory=free_port)
    answers: list[str] = field(default_factory=list)
    slow_seconds: float = 0
    mails: list[EmailMessage] = field(default_factory=list)
    tries: int = 0
    encrypted: set[bool] = field(default_factory=set)

    async def handle_RCPT(self, _server, session, envelope, address, _options) -> str:  # noqa: N802
        self.tries += 1
        self.encrypted.add(session.ssl is not None)
        if self.answers:
            return self.answers.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server, _session, envelope) -> str:  # noqa: N802
        await asyncio.sleep(self.slow_seconds)
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"


@contextmanager
def mail_server(*, tls: ssl.SSLContext | None = None, starttls: ssl.SSLContext | None = None) -> Iterator[MailServer]:
    """With `starttls`, mail is taken only over TLS and from who signed in as `LOGIN`."""
    server = MailServer()
    options = {"tls_context": starttls, "require_starttls": True, "auth_required": True, "authenticator": _check}
    controller = Controller(
        server, hostname="127.0.0.1", port=server.port, ssl_context=tls, **(options if starttls else {})
    )
    controller.start()
    try:
        yield server
    finally:
        controller.stop()


def _check(_server: SMTP, _session, _envelope, _mechanism, login: LoginPassword) -> AuthResult:
    return AuthResult(success=login == LOGIN, handled=False)
