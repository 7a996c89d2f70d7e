"""Looks for what no wish asked for: names, certificates, keys, users, tasks and directories in Panggon's own form, and
names in the zone that lead to this machine, whoever made them.
"""

import logging
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from panggon.core import zone_names
from panggon.core.errors import PanggonError, PermanentError
from panggon.core.resources import Key, Kind
from panggon.core.spec import HOST
from panggon.core.strays import Standing, strays
from panggon.drivers import files, web
from panggon.node import layout, records, wiring
from panggon.node.settings.config import NodeConfig
from panggon.node.sites import Sites

log = logging.getLogger(__name__)


def find(sites: Sites) -> tuple[Key, ...]:
    """Keep the names that lead to a site, so that they go with its next plan; of the others, which are returned, only
    people are told.
    """
    found = _found(sites)
    if found:  # a run that made or removed something meanwhile would be found by one look
        found &= _found(sites)
    of_sites: dict[str, list[str]] = {}
    known = frozenset(sites.known())
    for each in sorted(found, key=str):
        if each.key.kind is Kind.HOST and each.site in known:
            of_sites.setdefault(each.site, []).append(each.key.name)
    sites.keep_strays(of_sites)
    here = (each.key for each in found if each.key.name not in of_sites.get(each.site, ()))
    return (*sorted(here), *(Key(Kind.RECORDS, name) for name in _in_the_zone(sites)))


def unread_zone(config: NodeConfig) -> str:
    """Why the zone could not be looked through the last time; "" where it was, or nobody has looked yet."""
    return records.known(_zone_record(config), _problem, otherwise="")


def _found(sites: Sites) -> frozenset[Standing]:
    there = () if sites.config.simulate else tuple(_standing(sites.config))
    return frozenset(strays(there, sites.named()))


def _in_the_zone(sites: Sites) -> tuple[str, ...]:
    """Names that lead here, but those of sites that are wished there, and the machine's own."""
    config = sites.config
    if config.simulate:
        return ()
    try:
        leading = wiring.names_leading_here(config)
    except PermanentError as error:  # who only gives RFC 2136 need not give the whole zone
        _note_unread(config, error.detail)
        return ()
    except PanggonError as error:
        log.info("the zone cannot be looked through now: %s", error)
        return ()
    _note_unread(config, "")
    wished = (names for site, names in sites.named().items() if not sites.is_gone(site))
    return zone_names.unasked(leading, known=_own_names(config).union(*wished))


def _own_names(config: NodeConfig) -> frozenset[str]:
    name = socket.gethostname().lower()
    servers = (server for server, _address in layout.knot_settings(config).name_servers)
    return frozenset({name, f"{name}.{config.dns.zone}", *servers, *config.dns.own_names})


def _note_unread(config: NodeConfig, problem: str) -> None:
    if problem != unread_zone(config):
        records.save(_zone_record(config), {"problem": problem})


def _problem(document: Any) -> str:
    return str(document["problem"])


def _zone_record(config: NodeConfig) -> Path:
    return config.paths.state / "zone.json"


def _standing(config: NodeConfig) -> Iterator[Standing]:
    """All that is there; of sites only those whose numbers this machine takes."""
    root = config.paths.root
    for name in filter(HOST.fullmatch, _names(root / "live")):
        path = root / "live" / name
        match = web.TARGET.fullmatch(files.read_link(path) or "") if path.is_symlink() else None
        yield Standing(Key(Kind.HOST, name), match[2] if match else "")
    for name in filter(HOST.fullmatch, _names(root / "tls")):
        yield Standing(Key(Kind.CERTIFICATE, name))
    for kind, (folder, suffix) in _places(config).items():
        sites = {name.removesuffix(suffix) for name in _names(folder) if name.endswith(suffix)}
        for site in filter(config.takes, sorted(sites)):
            yield Standing(Key(kind, site))


def _places(config: NodeConfig) -> Mapping[Kind, tuple[Path, str]]:
    """Where one entry a site lies, and how its name ends."""
    return {
        Kind.DIRECTORY: (config.paths.root / "sites", ""),
        Kind.USER: (config.paths.userdb, ".user"),
        Kind.ACCESS: (config.paths.etc / "keys", ""),
        Kind.TASKS: (layout.task_settings(config).folder, ".json"),
    }


def _names(folder: Path) -> list[str]:
    try:
        return sorted(path.name for path in folder.iterdir())
    except FileNotFoundError:
        return []
