"""Looks for what no wish asked for: names, certificates, keys, users, tasks and directories in Panggon's own form, and
whoever made them, names in the zone that lead to this machine, and records by which the names of sites lead elsewhere.
"""

import ipaddress
import logging
import os
import socket
from collections.abc import Mapping, Set
from contextlib import suppress
from pathlib import Path

from panggon.core.errors import PanggonError, PermanentError
from panggon.core.node import zone_names
from panggon.core.node.planning.resources import Key, Kind
from panggon.core.node.strays import Standing, strays
from panggon.core.sites.spec import HOST
from panggon.drivers import host_link, user
from panggon.drivers.system import files
from panggon.node import layout, wiring
from panggon.node.settings.config import NodeConfig
from panggon.node.sites import Sites
from panggon.node.state import records

log = logging.getLogger(__name__)


def find(sites: Sites) -> tuple[Key, ...]:
    """Keep the names that lead to a site, so that they go with its next plan; of the others, which are returned, only
    people are told.
    """
    found = _found(sites)
    if found:  # a run that made or removed something meanwhile would be found by one look
        found &= _found(sites)
    of_sites: dict[str, list[str]] = {}
    known = frozenset(sites.recorded.known())
    for each in sorted(found, key=str):
        if each.key.kind is Kind.HOST and each.site in known:
            of_sites.setdefault(each.site, []).append(each.key.name)
    sites.keep_strays(of_sites)
    here = (each.key for each in found if each.key.name not in of_sites.get(each.site, ()))
    return (*sorted(here), *_users_besides(sites.config), *_in_the_zone(sites))


def unread_zone(config: NodeConfig) -> str:
    """Why the zone could not be looked through the last time; "" where it was, or nobody has looked yet."""
    return records.known(_zone_record(config), lambda document: str(document["problem"]), otherwise="")


def _found(sites: Sites) -> frozenset[Standing]:
    if sites.config.simulate:
        return frozenset()
    leading, standing = _leading(sites.config), _standing(sites.config)
    found = strays(leading, standing, sites.recorded.named())
    if found:  # seldom: to ask all runs takes as long as all else
        found = strays(leading, standing, _named_at_all(sites))
    return frozenset(each for each in found if _may_be_ours(sites.config, each.key))


def _named_at_all(sites: Sites) -> Mapping[str, frozenset[str]]:
    named, more = sites.recorded.named(), sites.named_under_way()
    return {**named, **{site: names | named.get(site, frozenset()) for site, names in more.items()}}


def _users_besides(config: NodeConfig) -> list[Key]:
    """What makes more, or somebody else, of sites' users; the name says where it stands."""
    if config.simulate:
        return []
    try:
        found = list(user.known_besides(config.paths.userdb, uid_base=config.sites.uid_base))
    except OSError as error:
        log.warning("users of sites cannot be looked for elsewhere: %s", error)
        return []
    return [Key(Kind.USER, f"{name} ({place})") for name, place in found if config.takes(name)]


def _in_the_zone(sites: Sites) -> tuple[Key, ...]:
    """Names that lead here, but those of sites that are wished there, and the machine's own; and of those of sites
    each with the type of a record that leads elsewhere.
    """
    config = sites.config
    if config.simulate:
        return ()
    try:
        zone = wiring.zone_of(config)
    except PermanentError as error:  # who only gives RFC 2136 need not give the whole zone
        _note_unread(config, error.detail)
        return ()
    except PanggonError as error:
        log.info("the zone cannot be looked through now: %s", error)
        return ()
    _note_unread(config, "")
    wished = frozenset[str]().union(
        *(names for site, names in sites.recorded.named().items() if not sites.recorded.is_gone(site))
    )
    elsewhere = (f"{name} {kind}" for name, kind in zone_names.leading_elsewhere(zone, wished))
    here = frozenset(str(ipaddress.ip_address(each)) for each in (*config.dns.ipv4, *config.dns.ipv6))
    found = zone_names.unasked(zone_names.leading_to(zone, here), known=_own_names(config) | wished)
    if found:
        found = zone_names.unasked(found, known=frozenset().union(*sites.named_under_way().values()))
    return tuple(Key(Kind.RECORDS, each) for each in (*found, *elsewhere))


def _own_names(config: NodeConfig) -> frozenset[str]:
    name = socket.gethostname().lower()
    servers = (server for server, _address in layout.knot_settings(config).name_servers)
    return frozenset({name, f"{name}.{config.dns.zone}", *servers, *config.dns.own_names})


def _note_unread(config: NodeConfig, problem: str) -> None:
    if problem != unread_zone(config):
        records.save(_zone_record(config), {"problem": problem})


def _zone_record(config: NodeConfig) -> Path:
    return config.paths.state / "zone.json"


def _leading(config: NodeConfig) -> Mapping[str, str]:
    """The site that each name of the web server leads to, "" where that is none."""
    found = {}
    with suppress(FileNotFoundError), os.scandir(config.paths.root / "live") as entries:
        for entry in entries:
            target = files.read_link(Path(entry.path)) if entry.is_symlink() else None
            match = host_link.TARGET.fullmatch(target or "")
            found[entry.name] = match[2] if match else ""
    return found


def _standing(config: NodeConfig) -> Mapping[Kind, Set[str]]:
    """What else is there, by the names of sites, of certificates by theirs."""
    return {
        kind: frozenset(name.removesuffix(suffix) for name in _names(folder) if name.endswith(suffix))
        for kind, (folder, suffix) in _places(config).items()
    }


def _may_be_ours(config: NodeConfig, key: Key) -> bool:
    """Of sites only those whose numbers this machine takes; no draft, nor what is being removed."""
    if key.kind in (Kind.HOST, Kind.CERTIFICATE):
        return HOST.fullmatch(key.name) is not None
    return config.takes(key.name)


def _places(config: NodeConfig) -> Mapping[Kind, tuple[Path, str]]:
    """Where one entry of each lies, and how its name ends."""
    return {
        Kind.CERTIFICATE: (config.paths.root / "tls", ""),
        Kind.DIRECTORY: (config.paths.root / "sites", ""),
        Kind.USER: (config.paths.userdb, ".user"),
        Kind.ACCESS: (config.paths.etc / "keys", ""),
        Kind.TASKS: (layout.task_settings(config).folder, ".json"),
    }


def _names(folder: Path) -> list[str]:
    with suppress(FileNotFoundError):
        return os.listdir(folder)  # noqa: PTH208 -- thousands
    return []
