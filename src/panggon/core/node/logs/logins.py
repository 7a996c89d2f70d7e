"""Who tried to come in over SFTP, as the server's own log says it. Pure: lines in, values out.

The form of the lines is OpenSSH's (`auth_log` in auth.c, LogLevel VERBOSE; `-e` puts nothing before them). A user name
is a visitor's word and may hold such a line itself ("Invalid user Accepted password for …"). So a line counts from its
beginning only, there only about a site's own name, and nothing behind the port but a key's fingerprint. That a message
is one line, whatever it holds, is the work of `node.supervision.said`.
"""

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

KEPT, KEPT_FOR = 20, timedelta(days=7)

_AUTH = re.compile(
    r"(?P<word>Accepted|Failed) (?P<way>password|publickey) for (?P<site>s[0-9]{6}) "
    r"from (?P<address>[0-9a-fA-F.:]{2,45}) port (?P<port>[0-9]{1,5}) ssh2(?:: \S+ (?P<key>SHA256:[A-Za-z0-9+/]{43}))?"
)
_GAVE_UP = re.compile(
    r"(?:Connection (?:closed|reset) by authenticating user|Disconnecting authenticating user) (?P<site>s[0-9]{6}) "
    r"(?P<address>[0-9a-fA-F.:]{2,45}) port (?P<port>[0-9]{1,5})"
)


class Ending(StrEnum):
    ACCEPTED = "accepted"
    REFUSED = "refused"
    GAVE_UP = "gave_up"  # the connection ended before anything was accepted


class Way(StrEnum):
    PASSWORD = "password"  # noqa: S105 (a name)
    KEY = "publickey"
    NONE = ""


@dataclass(frozen=True, slots=True)
class Login:
    """One try. `at` is ISO 8601; `key` the fingerprint of the key that was shown, "" for a password."""

    at: str
    ending: Ending
    way: Way
    address: str
    port: int
    key: str = ""


def login_of(line: str, *, at: datetime) -> tuple[str, Login] | None:
    """Site and try that a line tells of; None for every other line."""
    found = _AUTH.match(line)
    if found:
        ending = Ending.ACCEPTED if found["word"] == "Accepted" else Ending.REFUSED
        way, key = Way(found["way"]), found["key"] or ""
    else:
        found = _GAVE_UP.match(line)
        ending, way, key = Ending.GAVE_UP, Way.NONE, ""
    if found is None:
        return None
    return found["site"], Login(at.isoformat(), ending, way, found["address"], int(found["port"]), key)


@dataclass(frozen=True, slots=True)
class Logins:
    """Of one site: the first that came in, and the last tries, the oldest first."""

    first: Login | None = None
    tries: tuple[Login, ...] = ()

    def after(self, new: Iterable[Login], *, now: datetime) -> "Logins":
        """With these tries added; one that is known already is not counted again."""
        first, tries = self.first, list(self.tries)
        for login in new:
            if any(_same(login, known) for known in tries):
                continue
            tries.append(login)
            if first is None and login.ending is Ending.ACCEPTED:
                first = login
        oldest = (now - KEPT_FOR).isoformat()
        return Logins(first, tuple(login for login in tries if login.at >= oldest)[-KEPT:])


def dump(logins: Logins) -> dict[str, Any]:
    return asdict(logins)


def load(document: dict[str, Any]) -> Logins:
    """Raises KeyError, TypeError or ValueError for what `dump` did not make."""
    first = document["first"]
    return Logins(_login(first) if first else None, tuple(map(_login, document["tries"])))


def _login(members: dict[str, Any]) -> Login:
    return Login(**{**members, "ending": Ending(members["ending"]), "way": Way(members["way"])})


def _same(one: Login, other: Login) -> bool:
    """One connection shows each key once; the moment is the reader's, not the server's."""
    told = ("ending", "way", "address", "port", "key")
    return all(getattr(one, name) == getattr(other, name) for name in told)
