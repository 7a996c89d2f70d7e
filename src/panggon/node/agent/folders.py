"""The folders that all sites share: whoever may write into one of them may take any name, key or certificate."""

from collections.abc import Iterator
from pathlib import Path

from panggon.drivers.system import files
from panggon.drivers.system.owner import group_id
from panggon.node import layout
from panggon.node.settings.config import NodeConfig


def faults(config: NodeConfig) -> tuple[str, ...]:
    """A sentence for each that is not as `panggon-node init` makes it; of one that is not there none. Raises the errors
    of `files.fault`.
    """
    if config.simulate:
        return ()
    found = (files.fault(path, mode=mode, gid=gid) for path, mode, gid in _made(config) if path.exists())
    return tuple(f"folder {wrong}; panggon-node init memperbaikinya." for wrong in found if wrong)


def _made(config: NodeConfig) -> Iterator[tuple[Path, int, int]]:
    """Each with its mode and group."""
    root, etc = config.paths.root, config.paths.etc
    web = group_id(layout.WEB_GROUP)
    for path in (root, root / "sites", root / "live", etc / "keys", etc / "probe-keys", config.paths.userdb):
        yield path, 0o755, 0
    for path in (root / "tls", root / "run"):
        yield path, 0o750, web
    yield layout.task_settings(config).folder, 0o700, 0
