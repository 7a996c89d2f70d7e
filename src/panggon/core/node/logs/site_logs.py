"""Whose a line of the web server's shared logs is, and which files of a site's logs have to go. Lines are bytes.

Only what the server itself wrote before any word of a visitor is read: a site is told by its id, never by a host name.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

# The beginning of the log format `sites` (node/nginx/nginx.conf.template): nothing before `VISITORS` is a visitor's.
ACCESS = re.compile(rb'\{"time":"[^"]*","site":"(s[0-9]{6})","worker":([0-9]+),"connection":([0-9]+),')
VISITORS = b'"client":'
# nginx's fixed form: time, level, process and thread, number of the connection; the message comes after.
ERROR = re.compile(rb"([0-9]{4}/[0-9]{2}/[0-9]{2} [0-9:]{8}) \[[a-z]+\] ([0-9]+)#[0-9]+: \*([0-9]+) ")


class Connection(NamedTuple):
    """One visitor's connection: it has one name in its TLS handshake, so all that happens on it is of one site."""

    worker: int
    number: int


def origin(line: bytes) -> tuple[str, Connection] | None:
    """Site and connection of a line of the access log; None for requests that met no site, and for damaged lines."""
    match = ACCESS.match(line)
    return (match[1].decode(), Connection(int(match[2]), int(match[3]))) if match else None


def error_origin(line: bytes) -> tuple[Connection, datetime] | None:
    """Connection and time of a line of the error log (the server runs in UTC); None without them."""
    match = ERROR.match(line)
    if match is None:
        return None
    try:
        at = datetime.strptime(match[1].decode(), "%Y/%m/%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        return None
    return Connection(int(match[2]), int(match[3])), at


@dataclass(frozen=True, slots=True)
class Piece:
    """One file of a site's log, current or put aside; `at` is when it was last written."""

    name: str
    size: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Retention:
    """Of each log of a site: all its pieces together have at most `size` bytes, none is older than `days`."""

    size: int
    days: int

    @property
    def piece(self) -> int:
        """A fifth, so that at least four fifths of what may be kept are kept."""
        return self.size // 5


def is_full(current: Piece, retention: Retention, *, incoming: int, now: datetime) -> bool:
    """Whether the current piece is to be put aside before `incoming` bytes are added: each has one day's lines."""
    return current.size > 0 and (current.size + incoming > retention.piece or current.at.date() < now.date())


def outlived(pieces: Iterable[Piece], retention: Retention, *, now: datetime) -> tuple[Piece, ...]:
    """The pieces that have to go: too old, or, from the newest on, beyond the size that is kept."""
    kept, gone = 0, []
    for piece in sorted(pieces, key=lambda piece: (piece.at, piece.name), reverse=True):
        kept += piece.size
        if piece.at < now - timedelta(days=retention.days) or kept > retention.size:
            gone.append(piece)
    return tuple(gone)


def tail(data: bytes, most: int) -> bytes:
    """The last whole lines of `data` that have at most `most` bytes."""
    if len(data) <= most:
        return data
    cut = data.find(b"\n", len(data) - most - 1)
    return data[cut + 1 :]
