"""How the hosting machines are, for the page that answers it in one look: only what they told, and when."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from panggon.core.errors import InvalidError
from panggon.core.node import health
from panggon.core.node.health import Health, Room, Server
from panggon.core.room import is_short
from panggon.core.sites.spec import SITE_ID
from panggon.sites import selectors
from panggon.sites.models import Node
from panggon.sites.words import PROTECTIONS, SERVERS, protection_words

# It tells every five minutes, later where a wish takes long.
UNTOLD = timedelta(minutes=30)
CERTIFICATE = "sertifikat"


@dataclass(frozen=True, slots=True)
class Connection:
    look: str
    mark: str
    words: Any


TROUBLED = Connection("warning", "alert-triangle", _("perlu diperhatikan"))


@dataclass(frozen=True, slots=True)
class Shown:
    """One machine. `concerns` are sentences about what will fail unless somebody acts; `of_sites` are full sites:
    number, host name where the portal knows it, and sentence. `stopped` are servers that do not run. `health` is None
    where nothing is known of it.
    """

    node: Node
    connection: Connection
    silent: bool
    untold: bool
    stopped: tuple[str, ...]
    concerns: tuple[str, ...]
    certificates: tuple[str, ...]
    of_sites: tuple[tuple[str, str, str], ...]
    protections: tuple[tuple[str, str], ...]
    health: Health | None

    @property
    def to_do(self) -> bool:
        """Whether somebody should act at the machine."""
        return bool(self.stopped or self.concerns or self.certificates or self.node.drift)

    @property
    def in_trouble(self) -> bool:
        return self.silent or self.untold or self.to_do or bool(self.of_sites)

    @property
    def look(self) -> Connection:
        """Of the whole machine: one that answers may be in trouble all the same."""
        return TROUBLED if self.in_trouble and not self.silent else self.connection

    @property
    def servers(self) -> list[tuple[Any, Server]]:
        return [(_name(each.name), each) for each in self.health.servers] if self.health else []

    @property
    def disks(self) -> list[tuple[Room, bool]]:
        """Each with whether it has too little room."""
        rooms = self.health.disks if self.health else ()
        return [(each, is_short(free_bytes=each.free_bytes, total_bytes=each.total_bytes)) for each in rooms]


def shown(node: Node, *, now: datetime, hosts: Mapping[str, str] = MappingProxyType({})) -> Shown:
    """`hosts` are names of sites by number."""
    known = _known(node)
    lines = dict[str, list[str]](sites=[], protections=[], certificates=[], others=[])
    for line in node.reduced:
        lines[_kind(line)].append(line)
    return Shown(
        node=node,
        connection=connection(node, now=now),
        silent=is_silent(node, now=now),
        untold=node.told_at is not None and now - node.told_at > UNTOLD,
        stopped=tuple(str(_name(each.name)) for each in known.servers if not each.running) if known else (),
        concerns=tuple(lines["others"]),
        certificates=tuple(line.partition(": ")[2] for line in lines["certificates"]),
        of_sites=tuple((site, hosts.get(site, ""), words) for site, words in map(_parted, lines["sites"])),
        protections=tuple(map(protection_words, lines["protections"])),
        health=known,
    )


def connection(node: Node, *, now: datetime) -> Connection:
    if node.retired_at:
        return Connection("", "player-pause", _("dipensiunkan"))
    if node.enrolled_at is None:
        return Connection("", "clock", _("belum mendaftar"))
    if is_silent(node, now=now):
        return Connection("negative", "alert-triangle", _("tidak terdengar"))
    return Connection("positive", "check", _("terhubung"))


def is_silent(node: Node, *, now: datetime) -> bool:
    """One that was heard of, and is no more."""
    gone = node.seen_at is not None and now - node.seen_at > settings.PANGGON_NODE_SILENCE
    return gone and node.retired_at is None


def count_in_trouble(*, now: datetime) -> int:
    return sum(shown(node, now=now).in_trouble for node in selectors.enrolled_nodes())


# ------------------------------------------------------------------------------------------------------------------


def _known(node: Node) -> Health | None:
    """What was stored by a version of the portal that took other shapes counts as not told."""
    try:
        return health.parse(node.health) if node.health is not None else None
    except InvalidError:
        return None


def _kind(line: str) -> str:
    name, separator, _rest = line.partition(": ")
    if separator and SITE_ID.fullmatch(name):
        return "sites"
    if separator and name == CERTIFICATE:
        return "certificates"
    return "protections" if separator and name in PROTECTIONS else "others"


def _parted(line: str) -> tuple[str, str]:
    site, _separator, words = line.partition(": ")
    return site, words


def _name(server: str) -> Any:
    return SERVERS.get(server, server)
