"""The agent's side of the wish interface (docs/architecture.md, "The wish interface")."""

import ipaddress
import random
import socket
import ssl
import time
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from panggon.core.errors import PermanentError, TemporaryError
from panggon.core.node import health as healths
from panggon.core.node.health import Health
from panggon.core.node.planning.driver import Check
from panggon.core.node.planning.journal import Problem
from panggon.core.node.words.system_errors import in_indonesian
from panggon.drivers.system import deadline

POLL_SECONDS = 25
SECONDS = 15
# What the portal takes (its `sites/messages.py`); longer words would make it refuse the whole report.
NAME_MOST, CODE_MOST, DETAIL_MOST = 80, 80, 4000
# The longest spec takes a tenth of it. A portal that was broken into could answer without end, and fill the memory.
ANSWER_MOST = 1_048_576
# More connections than the agent has to its portal at any time.
LINES_MOST = 16
# With these the portal's answer has a new connection, or that is wrapped in TLS (httpcore's trace of a request).
CONNECTED = ("connection.connect_tcp.complete", "connection.start_tls.complete")
LINE_MOST = 500  # characters of a status: hundreds of lines have to go into the 1 MiB of a message


class Mode(StrEnum):
    PLAN = "plan"
    APPLY = "apply"
    VERIFY = "verify"
    LOOK = "look"


class Ending(StrEnum):
    """How a wish ended, in the words of the interface."""

    PLANNED = "planned"
    APPLIED = "applied"
    VERIFIED = "verified"
    UNPROVEN = "unproven"
    STALE = "stale"
    REFUSED = "refused"
    RESTORED = "restored"
    CLOSING = "closing"


@dataclass(frozen=True, slots=True)
class Wish:
    """`spec` is as it came, not yet judged. `credentials` (password hashes by fingerprint) live in memory only."""

    number: int
    mode: Mode
    spec: Any
    approved_digest: str
    credentials: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Report:
    ending: Ending
    plan: Mapping[str, Any] | None = None
    digest: str = ""
    evidence: tuple[Check, ...] = ()
    proved_at: datetime | None = None
    problem: Problem | None = None
    seen: Mapping[str, Any] | None = None


class Pauses:
    """Growing pauses after failures, in seconds; each is drawn from the upper half, so that nodes do not ask in step
    when their portal comes back.
    """

    def __init__(self, *, first: float = 1.0, longest: float = 60.0) -> None:
        self._first = self._next = first
        self._longest = longest

    def next(self) -> float:
        pause, self._next = self._next, min(self._next * 2, self._longest)
        return pause * random.uniform(0.5, 1.0)  # noqa: S311 -- no secret

    def reset(self) -> None:
        self._next = self._first


class Portal:
    """One node's portal. Every call raises TemporaryError `portal.down` when it cannot be reached or asked now, and
    PermanentError: `portal.token` when it does not know this node, `portal.refused` for anything else.
    """

    def __init__(
        self, url: str, *, token: str = "", ca: Path | None = None, transport: httpx.BaseTransport | None = None
    ) -> None:
        """Raises PermanentError `portal.url` for plain HTTP to other machines: others could read the token."""
        _demand_safe(url)
        self._client = httpx.Client(
            base_url=url.rstrip("/") + "/api/node/",
            # Nothing packed: a few bytes could become gigabytes.
            headers={"Accept-Encoding": "identity", **({"Authorization": f"Bearer {token}"} if token else {})},
            verify=_context(ca),
            trust_env=False,
            transport=transport,
        )
        self._lines: deque[socket.socket] = deque(maxlen=LINES_MOST)

    def enroll(self, code: str, *, name: str, facts: Mapping[str, Any]) -> tuple[int, str]:
        """Node number and token. Raises PermanentError `portal.code` when the code does not fit."""
        answer = self._ask("POST", "enroll", {"code": code, "name": name, "facts": facts})
        _demand_the_interface(answer)
        if _fields_refused(answer) == ["code"]:
            raise PermanentError(
                "portal.code", "kode tidak utuh: salin seluruhnya, seperti tercetak oleh `panggon enrol-code` di portal"
            )
        if answer.status_code == httpx.codes.FORBIDDEN:
            raise PermanentError(
                "portal.code",
                f"portal tidak menerima kode ini untuk mesin {name}: tidak tersalin utuh, sudah dipakai, kedaluwarsa, "
                "atau dibuat untuk nama lain (--name)",
            )
        members = _document(_accepted(answer))
        try:
            return int(members["node"]), str(members["token"])
        except (KeyError, TypeError, ValueError) as error:
            raise PermanentError("portal.refused", "jawaban pendaftaran tidak lengkap") from error

    def wish(self, *, seconds: int = POLL_SECONDS) -> Wish | None:
        """The next wish, waiting for one up to `seconds`."""
        answer = _accepted(self._ask("GET", f"wish?wait={seconds}", seconds=seconds + SECONDS))
        if answer.status_code == httpx.codes.NO_CONTENT:
            return None
        members = _document(answer)
        try:
            return Wish(
                number=int(members["wish"]),
                mode=Mode(members["mode"]),
                spec=members["spec"],
                approved_digest=str(members.get("approved_digest") or ""),
                credentials={str(name): str(value) for name, value in (members.get("credentials") or {}).items()},
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise PermanentError("portal.refused", "portal mengirim permintaan yang tidak dikenal") from error

    def progress(self, wish: int, entries: Iterable[Mapping[str, Any]]) -> None:
        _accepted(self._ask("POST", f"wish/{wish}/progress", {"entries": list(entries)}))

    def report(self, wish: int, report: Report, *, reduced: tuple[str, ...]) -> None:
        _accepted(self._ask("POST", f"wish/{wish}/report", _dump(report, reduced)))

    def logins(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Who came in first, a row a site."""
        _accepted(self._ask("POST", "logins", {"logins": list(rows)}))

    def visits(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Which sites answered a visit, a row a visit; one that was told before counts once."""
        _accepted(self._ask("POST", "visits", {"visits": list(rows)}))

    def status(
        self,
        *,
        version: str,
        reduced: tuple[str, ...],
        sites: int,
        drift: tuple[str, ...],
        php_versions: tuple[str, ...],
        generations: Mapping[str, int],
        health: Health | None = None,
    ) -> None:
        """`drift` holds what people changed by hand, as "site: sentence"; `generations` what was applied last. Nothing
        is said of `health` that could not be looked at.
        """
        said, differs = ([_words(line)[:LINE_MOST] for line in lines] for lines in (reduced, drift))
        known = {"version": version, "reduced": said, "sites": sites, "drift": differs}
        found = {"php_versions": list(php_versions), "generations": dict(generations)}
        looked = {"health": healths.dump(health)} if health else {}
        _accepted(self._ask("POST", "status", {**known, **found, **looked}))

    def _ask(self, method: str, path: str, body: Any = None, *, seconds: float = SECONDS) -> httpx.Response:
        """`seconds` are for the answer to begin. One that is given byte after byte, its header too, is cut off."""
        waiting = httpx.Timeout(SECONDS, read=seconds)
        try:
            with (
                deadline.kept(seconds + 3 * SECONDS, self._lines.copy),
                self._client.stream(
                    method, path, json=body, timeout=waiting, extensions={"trace": self._note}
                ) as answer,
            ):
                kind, content = answer.headers.get("content-type", ""), _read(answer)
                return httpx.Response(
                    answer.status_code, headers={"content-type": kind}, content=content, request=answer.request
                )
        except (httpx.HTTPError, TimeoutError) as error:
            raise TemporaryError(
                "portal.down", f"portal tidak terjangkau: {str(error) or type(error).__name__}"
            ) from error
        except UnicodeEncodeError as error:  # half a pair of surrogates, from a damaged file
            raise PermanentError("portal.refused", str(error)) from error

    def _note(self, event: str, known: Mapping[str, Any]) -> None:
        if event in CONNECTED:
            self._lines.append(known["return_value"].get_extra_info("socket"))


def _demand_safe(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme == "https" and parts.hostname:
        return
    if parts.scheme != "http" or not _is_loopback(parts.hostname or ""):
        raise PermanentError("portal.url", f"{url}: portal di mesin lain harus dihubungi dengan https://")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _context(ca: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca)
    except OSError as error:
        raise PermanentError("portal.ca", f"sertifikat CA {ca} tidak dapat dibaca: {error}") from error


def _read(answer: httpx.Response) -> bytes:
    """As it is on the line. Raises TemporaryError for one that is too long, or comes a byte at a time."""
    content, ends = bytearray(), time.monotonic() + SECONDS
    for part in answer.iter_raw():
        content += part
        if len(content) > ANSWER_MOST or time.monotonic() > ends:
            raise TemporaryError("portal.down", "jawaban portal terlalu panjang atau terlalu lambat")
    return bytes(content)


def _demand_the_interface(answer: httpx.Response) -> None:
    """What answers with a page of its own is the proxy, or the pages of the portal."""
    if "json" in answer.headers.get("content-type", ""):
        return
    if answer.status_code == httpx.codes.NOT_FOUND:
        raise PermanentError(
            "portal.url",
            f"{answer.url.copy_with(path='/')} bukan antarmuka mesin: di portal, proxy harus meneruskan /api/node/ "
            "ke port `panggon serve --nodes` (8081)",
        )
    if answer.status_code == httpx.codes.FORBIDDEN:
        raise PermanentError(
            "portal.url", "proxy portal menolak mesin ini: alamatnya harus diizinkan pada lokasi /api/node/"
        )


def _fields_refused(answer: httpx.Response) -> list[str]:
    return list(_document(answer).get("fields", ())) if answer.status_code == httpx.codes.BAD_REQUEST else []


def _accepted(answer: httpx.Response) -> httpx.Response:
    status = answer.status_code
    if status == httpx.codes.UNAUTHORIZED:
        raise PermanentError(
            "portal.token", "portal tidak mengenal mesin ini: daftarkan lagi dengan panggon-node enroll"
        )
    if status >= httpx.codes.INTERNAL_SERVER_ERROR or status == httpx.codes.TOO_MANY_REQUESTS:
        raise TemporaryError("portal.down", f"portal menjawab {status}")
    _demand_the_interface(answer)
    if not answer.is_success:
        raise PermanentError("portal.refused", f"portal menjawab {status}: {answer.text[:500]}")
    return answer


def _document(answer: httpx.Response) -> Mapping[str, Any]:
    """Raises TemporaryError: a page instead of JSON comes from a proxy while the portal is being started."""
    try:
        members = answer.json()
    except (ValueError, RecursionError) as error:
        raise TemporaryError("portal.down", "portal tidak menjawab dengan JSON") from error
    if not isinstance(members, Mapping):
        raise TemporaryError("portal.down", "portal tidak menjawab dengan objek JSON")
    return members


def _dump(report: Report, reduced: tuple[str, ...]) -> dict[str, Any]:
    problem = report.problem
    return {
        "outcome": report.ending.value,
        "plan": report.plan,
        "digest": report.digest,
        "evidence": [
            {"name": check.name[:NAME_MOST], "ok": check.ok, "detail": _words(check.detail)}
            for check in report.evidence
        ],
        "proved_at": report.proved_at.isoformat() if report.proved_at else None,
        "problem": {"code": problem.code[:CODE_MOST], "detail": _words(problem.detail)} if problem else None,
        "reduced": list(map(_words, reduced)),
        **({"seen": report.seen} if report.seen else {}),
    }


def _words(detail: str) -> str:
    """As people read it on the portal. Half a pair of surrogates, as a site's own page may say it, is no text: it could
    not be sent at all.
    """
    said = detail.encode(errors="replace").decode().replace("\0", "")[:DETAIL_MOST]
    return in_indonesian(said)[:DETAIL_MOST]
