"""Looks for what no wish asked for: names, certificates, keys, users, tasks and directories in Panggon's own form."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from panggon.core.resources import Key, Kind
from panggon.core.spec import HOST
from panggon.core.strays import Standing, strays
from panggon.drivers import files, web
from panggon.node import layout
from panggon.node.settings.config import NodeConfig
from panggon.node.sites import Sites


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
    return tuple(sorted(each.key for each in found if each.key.name not in of_sites.get(each.site, ())))


def _found(sites: Sites) -> frozenset[Standing]:
    there = () if sites.config.simulate else tuple(_standing(sites.config))
    return frozenset(strays(there, sites.named()))


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
