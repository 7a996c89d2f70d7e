"""The mailbox into which people write their complaints, over IMAP (RFC 9051) and never without TLS.

Nothing is deleted there. A mail is fetched without being marked, and marked as seen once it is kept for good.
"""

import ssl
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.conf import settings
from imapclient import IMAPClient
from imapclient.exceptions import CapabilityError, IMAPClientAbortError, IMAPClientError, LoginError

from panggon.core.errors import PermanentError, TemporaryError

SECONDS = 20  # of silence, after which the server counts as away
FETCH_MOST = 32 * 1024 * 1024  # bytes of one mail; what is larger comes without its end
BODY = b"BODY[]<0>"


@dataclass(frozen=True, slots=True)
class Account:
    host: str
    port: int
    security: str  # `tls` or `starttls`
    ca: str  # authority (PEM) of the server's certificate; empty: the system's
    user: str
    password: str = field(repr=False)
    folder: str

    def __str__(self) -> str:
        return f"{self.user} {self.host} {self.folder}"


@dataclass(frozen=True, slots=True)
class Fetched:
    """`data` is the beginning of the mail, as far as it was fetched; `size_bytes` what the server says of it, some of
    which only guess.
    """

    uid: int
    data: bytes
    size_bytes: int

    @property
    def is_whole(self) -> bool:
        return len(self.data) < FETCH_MOST


def account() -> Account | None:
    """None where no mailbox is set up."""
    if not settings.PANGGON_IMAP_HOST:
        return None
    return Account(
        host=settings.PANGGON_IMAP_HOST,
        port=settings.PANGGON_IMAP_PORT,
        security=settings.PANGGON_IMAP_SECURITY,
        ca=settings.PANGGON_IMAP_CA,
        user=settings.PANGGON_IMAP_USER,
        password=settings.PANGGON_IMAP_PASSWORD,
        folder=settings.PANGGON_IMAP_FOLDER,
    )


class Inbox:
    """An open folder. Every call may raise `TemporaryError` `mailbox.away` or `PermanentError` `mailbox.…`."""

    def __init__(self, client: IMAPClient, folder: str) -> None:
        self._client = client
        with _meaning("mailbox.folder"):
            answer = client.select_folder(folder)
        self.uid_validity = int(answer[b"UIDVALIDITY"])
        self.uid_next = int(answer[b"UIDNEXT"])

    def uids(self, *, after: int | None) -> list[int]:
        """Of the mails that came after this one; None: of those that nobody has seen. In their order."""
        with _meaning():
            found = self._client.search("UNSEEN" if after is None else f"UID {after + 1}:*")
        return sorted(int(uid) for uid in found if uid > (after or 0))  # `*` is the last mail, whatever its number

    def fetch(self, uid: int) -> Fetched | None:
        """None when it is not there any more."""
        with _meaning():
            answer = self._client.fetch([uid], ["RFC822.SIZE", f"BODY.PEEK[]<0.{FETCH_MOST}>"]).get(uid)
        if not answer or BODY not in answer:
            return None
        return Fetched(uid, bytes(answer[BODY] or b""), int(answer[b"RFC822.SIZE"]))

    def mark(self, uids: Collection[int]) -> None:
        """As seen."""
        with _meaning():
            self._client.add_flags(list(uids), [b"\\Seen"], silent=True)


@contextmanager
def opened(account: Account) -> Iterator[Inbox]:
    """Raises `TemporaryError` `mailbox.away`; `PermanentError` `mailbox.tls`, `mailbox.login`, `mailbox.folder`."""
    with _meaning():
        context = ssl.create_default_context(cafile=account.ca or None)
        is_tls = account.security == "tls"
        client = IMAPClient(
            account.host, account.port, ssl=is_tls, ssl_context=context if is_tls else None, timeout=SECONDS
        )
    with client:
        with _meaning("mailbox.login"):
            if not is_tls:
                client.starttls(context)
            client.login(account.user, account.password)
        yield Inbox(client, account.folder)


# ------------------------------------------------------------------------------------------------------------------


@contextmanager
def _meaning(refusal: str = "mailbox.refused") -> Iterator[None]:
    """`refusal` is what it means when the server says no; its own words are shown nowhere."""
    try:
        yield
    except (ssl.SSLError, CapabilityError) as error:
        raise PermanentError("mailbox.tls") from error
    except (IMAPClientAbortError, OSError) as error:
        raise TemporaryError("mailbox.away") from error
    except IMAPClientError as error:
        if isinstance(error, LoginError) and "[UNAVAILABLE]" in str(error):  # RFC 5530
            raise TemporaryError("mailbox.away") from error
        raise PermanentError(refusal) from error
