"""Talking to an e-signature gateway: TLS always verified, answers bounded in size and time, nothing of them kept."""

import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import httpx

from panggon.core.errors import PermanentError, TemporaryError

ANSWER_MOST = 64 * 1024 * 1024  # bytes: a document of 20 MiB, as base64 in JSON
CONNECT_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Gateway:
    """Where the gateway is, as whom the portal talks to it, and how long an answer may take in all.

    `authority` is a PEM file of the authority that the gateway's certificate comes from; empty: those of the system.
    `is_plain`: what goes there is no secret and what comes back is signed, so that plain HTTP does (RFC 3161).
    """

    address: str
    user: str = ""
    password: str = field(default="", repr=False)
    authority: str = ""
    seconds: float = 120
    is_plain: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: httpx.Headers
    body: bytes

    def json(self) -> Any:
        """Raises PermanentError `signing.garbage`."""
        try:
            return httpx.Response(200, content=self.body).json()
        except ValueError as error:
            raise PermanentError("signing.garbage") from error


class BrokenOffError(Exception):
    """The answer began and did not end; its first argument are the headers that came."""


def call(gateway: Gateway, method: str, path: str, **request: Any) -> Answer:
    """One request. Raises `TemporaryError` or `PermanentError` `signing.…`, and `BrokenOffError`."""
    if not gateway.is_plain and not gateway.address.startswith("https://"):
        raise PermanentError("signing.no_gateway")
    ends = time.monotonic() + gateway.seconds
    with _told(), _client(gateway) as client, client.stream(method, path, **request) as response:
        try:
            body = _body(response, ends=ends)
        except (httpx.TransportError, TimeoutError) as error:
            if response.status_code != HTTPStatus.OK:
                raise
            raise BrokenOffError(response.headers) from error
        return _judged(Answer(response.status_code, response.headers, body))


# ------------------------------------------------------------------------------------------------------------------


def _client(gateway: Gateway) -> httpx.Client:
    trusted = ssl.create_default_context(cafile=gateway.authority or None)
    return httpx.Client(
        base_url=gateway.address,
        auth=httpx.BasicAuth(gateway.user, gateway.password) if gateway.user else None,
        verify=trusted,
        timeout=httpx.Timeout(gateway.seconds, connect=min(CONNECT_SECONDS, gateway.seconds)),
        trust_env=False,  # no proxy may read a passphrase
        follow_redirects=False,  # and no other host may be sent one
    )


@contextmanager
def _told() -> Iterator[None]:
    """What can go wrong on the line, as errors with a code; their words carry nothing of the request."""
    try:
        yield
    except (httpx.ReadTimeout, httpx.WriteTimeout, TimeoutError) as error:
        raise TemporaryError("signing.timeout") from error
    except httpx.ConnectError as error:
        raise (
            PermanentError("signing.tls") if _is_distrust(error) else TemporaryError("signing.unreachable")
        ) from error
    except (httpx.ConnectTimeout, httpx.NetworkError) as error:
        raise TemporaryError("signing.unreachable") from error
    except (httpx.RemoteProtocolError, httpx.DecodingError) as error:
        raise TemporaryError("signing.broken_off") from error
    except (httpx.InvalidURL, httpx.UnsupportedProtocol, OSError) as error:
        raise PermanentError("signing.no_gateway") from error


def _is_distrust(error: BaseException | None) -> bool:
    """Whether the line was refused because of the certificate at its other end."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False


def _body(response: httpx.Response, *, ends: float) -> bytes:
    parts, size = [], 0
    for part in response.iter_bytes():
        size += len(part)
        if size > ANSWER_MOST:
            raise PermanentError("signing.too_large")
        if time.monotonic() > ends:
            raise TimeoutError
        parts.append(part)
    return b"".join(parts)


def _judged(answer: Answer) -> Answer:
    """A refusal of the portal itself is no refusal of the person."""
    if answer.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        raise PermanentError("signing.credentials")
    if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR and not answer.body.lstrip().startswith(b"{"):
        raise TemporaryError("signing.gateway")
    if HTTPStatus.MULTIPLE_CHOICES <= answer.status < HTTPStatus.BAD_REQUEST:
        raise PermanentError("signing.garbage")
    return answer
