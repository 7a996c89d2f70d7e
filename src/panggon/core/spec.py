"""The site spec: everything that the portal may ask of a hosting machine, and nothing more.

The JSON form is versioned and documented in `docs/spec.md`; its schema is `schema/site-spec.v1.json`.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

VERSION = 1
SITE_ID = re.compile(r"s[0-9]{6}")


class SiteState(StrEnum):
    """How far a site is open to the world (DESIGN: prepared, not open)."""

    PREPARED = "prepared"  # name, certificate and server exist and are proven; visitors see "sedang disiapkan"
    OPEN = "open"  # the site answers, its owner may come in
    PARKED = "parked"  # everything kept, nothing served, nobody let in


class SiteKind(StrEnum):
    STATIC = "static"
    PHP = "php"


class Engine(StrEnum):
    MARIADB = "mariadb"


class Profile(StrEnum):
    """How a request path finds its file; a short list, because `.htaccess` is not read."""

    PLAIN = "plain"
    FRONT_CONTROLLER = "front_controller"


@dataclass(frozen=True, slots=True)
class Limits:
    memory_mebibytes: int = 256
    processes: int = 32
    upload_mebibytes: int = 64
    database_connections: int = 20


@dataclass(frozen=True, slots=True)
class Access:
    """Who may come in over SFTP once the site is open. The password's hash is not here: only its fingerprint."""

    ssh_keys: tuple[str, ...] = ()
    password_fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class SiteSpec:
    """One site as wished. `generation` grows with each wish, so that a proof can tell which one answered."""

    site: str
    host: str
    state: SiteState
    generation: int
    kind: SiteKind = SiteKind.PHP
    php_version: str = "8.2"
    profile: Profile = Profile.PLAIN
    database: Engine | None = None
    limits: Limits = Limits()
    access: Access = Access()
