"""One visit to a site as a stranger makes it: over HTTPS, to an address of ours, under the site's name."""

import errno
import functools
import grp
import http.client
import secrets
import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from panggon.core.errors import TemporaryError
from panggon.drivers.system import deadline, turns

PROOF_HEADER = "X-Panggon-Proof"
BODY_MOST = 1_048_576
# So many times the seconds of a door a whole visit may take: beyond that only who gives one byte after another is.
VISIT_LONGEST = 4
# Of this machine itself, which then could not ask at all.
UNABLE = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS, errno.EADDRNOTAVAIL})


@dataclass(frozen=True, slots=True)
class Door:
    """Where sites are asked for, whatever DNS says; `authorities` is a file of the certificates that are trusted."""

    address: str
    port: int
    authorities: Path
    seconds: float = 10.0


@dataclass(frozen=True, slots=True)
class Answer:
    """Header names are in lower case; of the body at most `BODY_MOST` bytes. The certificate that was shown holds until
    `certificate_until`; None where any was good enough.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    certificate_until: datetime | None


@dataclass(frozen=True, slots=True)
class Visited:
    """Whether a visitor gets what he came for, and until when the certificate that he is shown holds; None where he
    was not shown one that holds.
    """

    answered: bool
    certificate_until: datetime | None = None


def get(
    door: Door,
    host: str,
    path: str,
    *,
    name: str = "",
    headers: Mapping[str, str] | None = None,
    any_certificate: bool = False,
) -> Answer:
    """GET the path of this host, in a TLS connection for `name` (as a rule the host), whose certificate must hold
    unless `any_certificate` will do. Of a body that goes on for longer than `door.seconds` it is what has come by then.

    Raises TemporaryError `visit.failed` when there is no answer, a certificate that does not hold and one that is told
    for ever included, and `visit.unable` when this machine could not ask.
    """
    try:
        with (
            connected(door, name or host, any_certificate=any_certificate) as tls,
            deadline.kept(VISIT_LONGEST * door.seconds, lambda: (tls,)),
        ):
            until = _end_of_certificate(tls)  # the connection is closed with the last byte of its answer
            connection = http.client.HTTPSConnection(host, door.port, context=tls.context)
            connection.sock = tls
            connection.request("GET", path, headers={"Connection": "close", **(headers or {})})
            response = connection.getresponse()
            received = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, received, _body(response, door.seconds), until)
    except (OSError, http.client.HTTPException) as error:
        code = "visit.unable" if getattr(error, "errno", None) in UNABLE else "visit.failed"
        raise TemporaryError(code, f"{host}{path}: {error}") from error


def _end_of_certificate(tls: ssl.SSLSocket) -> datetime | None:
    shown = tls.getpeercert() or {}  # empty where it was not verified
    ends = shown.get("notAfter")
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(ends), UTC) if isinstance(ends, str) else None


def _body(response: http.client.HTTPResponse, seconds: float) -> bytes:
    """A site that gives one byte after another must not have who asks for longer."""
    body, ends = b"", time.monotonic() + seconds
    while len(body) < BODY_MOST and time.monotonic() < ends and (more := response.read1(BODY_MOST - len(body))):
        body += more
    return body


@contextmanager
def connected(door: Door, name: str, *, any_certificate: bool = False) -> Iterator[ssl.SSLSocket]:
    """A TLS connection for this name whose chain and name were verified, unless `any_certificate` will do. Raises
    OSError (ssl.SSLError is one).
    """
    file = door.authorities.stat()
    context = _context(door.authorities, (file.st_ino, file.st_size, file.st_mtime_ns), any_certificate)
    with (
        socket.create_connection((door.address, door.port), timeout=door.seconds) as plain,
        context.wrap_socket(plain, server_hostname=name) as tls,
    ):
        yield tls


@functools.lru_cache(maxsize=4)
def _context(authorities: Path, _written: tuple[int, ...], any_certificate: bool) -> ssl.SSLContext:
    """Made once until another file is there: to read those of the system, some 150, takes 36 ms of a processor; a wish
    is proven by several visits, and thousands of sites are visited all the time.
    """
    context = ssl.create_default_context(cafile=str(authorities))
    if any_certificate:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


@contextmanager
def token(directory: Path, site: str, *, web_group: str) -> Iterator[Mapping[str, str]]:
    """The headers that open this site's proof paths while the block runs; the token is gone after it.

    A site has one token at a time: proofs that are asked at once, in whatever process, take turns here.
    """
    word = secrets.token_urlsafe(32)
    with turns.taken(directory / site) as descriptor:
        turns.fill(descriptor, word, mode=0o640, gid=grp.getgrnam(web_group).gr_gid)
        yield {PROOF_HEADER: word}


def sweep(directory: Path, site: str) -> None:
    """Remove the token that a killed proof has left."""
    with turns.free(directory / site):
        pass
