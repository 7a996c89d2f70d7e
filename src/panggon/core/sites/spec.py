"""The site spec: everything that the portal may ask of a hosting machine, and nothing more.

Its JSON form is `core.sites.spec_document`.
"""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from panggon.core.sites import outgoing
from panggon.core.sites import tasks as site_tasks
from panggon.core.sites.kinds import Interface, Profile, Proxy, PythonApplication, Redirect, SiteKind
from panggon.core.sites.limits import LIMITS, PHP_LIMITS, USUAL_LIMITS, USUAL_PHP, Limits, PhpLimits
from panggon.core.sites.tasks import Runner, Task

__all__ = [
    "Access",
    "Engine",
    "Interface",
    "Limits",
    "PhpLimits",
    "Profile",
    "Proxy",
    "PythonApplication",
    "Redirect",
    "Runner",
    "SiteKind",
    "SiteSpec",
    "SiteState",
    "Task",
    "bare_keys",
]

SITE_ID = re.compile(r"s[0-9]{6}")
SITES_MOST = 999_999  # by their numbers, which begin with 1
PHP_VERSION = re.compile(r"[78]\.[0-9]")
USUAL_PHP_VERSION = "8.2"
FINGERPRINT = re.compile(r"[A-Za-z0-9:+/=._-]{0,128}")
# RFC 1123 section 2.1 and RFC 1035 section 2.3.4, in lower case; at least two labels, none of them punycode, and the
# last one not a number (it would read as an address).
HOST = re.compile(
    r"(?=.{1,253}\Z)(?:(?!xn--)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?!xn--)[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?"
)
# Of a site's name: before it stands `_acme-challenge.` (RFC 8555 section 8.4), and that is a name too.
HOST_MOST = 253 - len("_acme-challenge.")
SSH_KEY_TYPES = (
    "ssh-ed25519",
    "ssh-rsa",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "sk-ssh-ed25519@openssh.com",
    "sk-ecdsa-sha2-nistp256@openssh.com",
)
SSH_KEYS_MOST = 20
HOSTS_MOST = 20
# A sentence for people: no control characters, among them line ends and marks that turn the direction of writing.
NOTICE = re.compile(r"[^\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]{0,300}")
BOUNDS: Mapping[str, tuple[int, int]] = {
    "generation": (1, 2_147_483_647),
    "database_key": (0, 2_147_483_647),
    "hsts_seconds": (0, 63_072_000),
    **{name: (limit.least, limit.most) for name, limit in LIMITS.items()},
    **{f"php.{name}": (limit.least, limit.most) for name, limit in PHP_LIMITS.items()},
    **site_tasks.BOUNDS,
}


class SiteState(StrEnum):
    """How far a site is open to the world (DESIGN: prepared, not open)."""

    PREPARED = "prepared"  # name, certificate and server exist and are proven; visitors see "sedang disiapkan"
    OPEN = "open"  # the site answers, its owner may come in
    SUSPENDED = "suspended"  # visitors read why; nothing of the site runs, its owner may come in and mend it
    QUARANTINED = "quarantined"  # visitors read that it is closed; nothing runs, nobody comes in, all is kept as it is
    PARKED = "parked"  # everything kept, nothing served, nobody let in, the names retired
    PURGED = "purged"  # nothing is left; there is no way back


class Engine(StrEnum):
    MARIADB = "mariadb"
    POSTGRESQL = "postgresql"


@dataclass(frozen=True, slots=True)
class Access:
    """Who may come in over SFTP once the site is open. The password's hash is not here: only its fingerprint."""

    ssh_keys: tuple[str, ...] = ()
    password_fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class SiteSpec:
    """One site as wished. `generation` grows with each wish, so that a proof can tell which one answered.

    `notice` tells the visitors of a suspended site why. `former_hosts` are names that it had: they lead to `host`.
    `retired_hosts` are names that it gave up: nothing of them is to be left.
    `python`, `redirect` and `proxy` are there for a site of that kind, `environment` is for programs of the
    site: names and values, sorted. Another `database_key` than before: the machine makes a new password for the
    database, and programs that remember the old one stop working.
    """

    site: str
    host: str
    state: SiteState
    generation: int
    kind: SiteKind = SiteKind.PHP
    php_version: str = USUAL_PHP_VERSION
    profile: Profile = Profile.PLAIN
    database: Engine | None = None
    limits: Limits = USUAL_LIMITS
    access: Access = Access()
    tasks: tuple[Task, ...] = ()
    hsts_seconds: int = 0
    sends_mail: bool = False
    outgoing: str = outgoing.NONE
    notice: str = ""
    former_hosts: tuple[str, ...] = ()
    retired_hosts: tuple[str, ...] = ()
    php: PhpLimits = USUAL_PHP
    python: PythonApplication | None = None
    redirect: Redirect | None = None
    proxy: Proxy | None = None
    environment: tuple[tuple[str, str], ...] = ()
    database_key: int = 0

    @property
    def hosts(self) -> tuple[str, ...]:
        """Every name that the wish speaks of, the site's own first."""
        return (self.host, *self.former_hosts, *self.retired_hosts)


def _key_body(key_type: str) -> str:
    """The pattern of a key's base64 text. RFC 4253 section 6.6: the blob repeats the type, so its beginning is fixed
    and a text pasted behind the wrong type is seen.
    """
    name = len(key_type).to_bytes(4, "big") + key_type.encode()
    beginning = base64.b64encode(name[: len(name) // 3 * 3]).decode()
    return re.escape(key_type).replace(r"\-", "-") + " " + re.escape(beginning) + "[A-Za-z0-9+/]{20,1400}={0,2}"


# Options (`command=…`) and control characters have no place here; a comment may follow and is not kept.
SSH_KEY = re.compile(f"({'|'.join(map(_key_body, SSH_KEY_TYPES))})(?: [^\\x00-\\x1f\\x7f]{{0,255}})?")


def bare_keys(keys: tuple[str, ...]) -> tuple[str, ...]:
    """Public keys as "type base64", without comments (they name people), each once."""
    return tuple(dict.fromkeys(" ".join(key.split()[:2]) for key in keys))
