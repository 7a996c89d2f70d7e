"""One HTTP request to a server of others: bounded in time and size, never to an address that is not meant to be called.

The name is resolved here, the addresses are judged, and one of those very addresses is called, so that a name cannot be
made to mean another address in between.
"""

import asyncio
import contextlib
import ipaddress
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx

from panggon.core.notify.webhook import may_be_called

SECONDS = 10.0  # for all of it
ANSWER_BYTES = 500  # of the answer that are kept


@dataclass(frozen=True, slots=True)
class Answer:
    """`status` None: there was none, and `problem` says why, as a code of `notify.words.PROBLEM_WORDS`."""

    milliseconds: int
    status: int | None = None
    problem: str = ""
    body: str = ""


class NotCalledError(Exception):
    """The address is not to be called; the code is its only argument."""


def url_fault(url: str) -> str:
    """The code of what is wrong with an endpoint's address; empty when it will do."""
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError:
        return "url.broken"
    if not host or parts.scheme not in {"http", "https"}:
        return "url.broken"
    if parts.username or parts.password or parts.fragment:
        return "url.too_much"
    return "" if parts.scheme == "https" or _is_loopback(host) else "url.not_https"


def post(url: str, body: bytes, headers: Mapping[str, str], *, allowed: tuple[str, ...]) -> Answer:
    """Never raises for what the other side does or does not do. Redirects are not followed."""
    begun = time.monotonic()
    status, problem, beginning = None, "", b""
    try:
        status, beginning = asyncio.run(_post(url, body, headers, allowed))
    except NotCalledError as refused:
        problem = str(refused)
    except (TimeoutError, httpx.TimeoutException):
        problem = "timeout"
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        problem = "tls" if _is_about_tls(error) else "connection"
    milliseconds = int((time.monotonic() - begun) * 1000)
    words = beginning.replace(b"\0", b"").decode(errors="replace")  # PostgreSQL knows no NUL
    return Answer(milliseconds, status, problem, words)


# ------------------------------------------------------------------------------------------------------------------


async def _post(url: str, body: bytes, headers: Mapping[str, str], allowed: tuple[str, ...]) -> tuple[int, bytes]:
    target = httpx.URL(url)
    async with asyncio.timeout(SECONDS):
        addresses = await _addresses(target, allowed)
        async with httpx.AsyncClient(verify=ssl.create_default_context(), trust_env=False, timeout=SECONDS) as client:
            for address in addresses[:-1]:
                with contextlib.suppress(httpx.ConnectError):
                    return await _ask(client, target, address, body, headers)
            return await _ask(client, target, addresses[-1], body, headers)


async def _addresses(target: httpx.URL, allowed: tuple[str, ...]) -> list[str]:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(target.host, target.port or 443, type=1)
    except OSError as error:
        raise NotCalledError("address.unknown") from error
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if not all(may_be_called(address, allowed=allowed) for address in addresses):
        raise NotCalledError("address.private")
    return addresses


async def _ask(
    client: httpx.AsyncClient, target: httpx.URL, address: str, body: bytes, headers: Mapping[str, str]
) -> tuple[int, bytes]:
    """Certificate and Host are of the name, the connection goes to the address."""
    request = client.build_request(
        "POST",
        target.copy_with(host=address),
        content=body,
        headers={**headers, "Host": target.netloc.decode(), "Content-Type": "application/json"},
        extensions={"sni_hostname": target.host},
    )
    response = await client.send(request, stream=True)
    try:
        beginning = b""
        async for part in response.aiter_raw():
            beginning += part
            if len(beginning) >= ANSWER_BYTES:
                break
        return response.status_code, beginning[:ANSWER_BYTES]
    finally:
        await response.aclose()


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _is_about_tls(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return True
        error = error.__cause__ or error.__context__
    return False
