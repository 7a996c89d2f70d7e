"""What keeps sites apart on this machine, and what of it cannot be had: each is tried, none is assumed."""

import contextlib
import functools
import json
import socket
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from panggon.core.errors import PermanentError
from panggon.drivers.file_systems import storage
from panggon.drivers.system import shell
from panggon.node import layout, sockets
from panggon.node.servers import nginx
from panggon.node.settings.config import NodeConfig
from panggon.node.sockets import Protection
from panggon.node.sockets.shields.walls import Shield
from panggon.node.supervision import units

HOLDER_SECONDS = 10
TRIAL_SECONDS = 120
IN_A_UNIT = ("systemd-run", "--quiet", "--pipe", "--wait", "--collect", "--property=Delegate=yes")
# Names of protections: the limits of a site's space and of its number of files.
DISK, FILES = "disk", "files"
UNCOUNTED = "jumlah berkas hanya dihitung pengawas; bila ruang dibatasi, tiap berkas memakai sebagian"


def protections(config: NodeConfig) -> tuple[Protection, ...]:
    if config.simulate:
        return (Protection("simulation", active=False, reason="mesin ini hanya simulasi; tidak ada yang nyata"),)
    return (*_of_sandboxes(config), *_of_nginx(), *_of_storage(config.paths.root))


def reduced(config: NodeConfig) -> tuple[str, ...]:
    """What cannot be had here, with the reason, for portal and people."""
    return tuple(f"{each.name}: {each.reason}" for each in protections(config) if not each.active)


def demand(config: NodeConfig) -> None:
    """Raises PermanentError `node.unprotected` where the settings require what this machine cannot give.

    Limits of storage are not demanded: few file systems keep them, and what they cannot keep is watched.
    """
    missing = tuple(each for each in reduced(config) if each.partition(":")[0] not in (DISK, FILES))
    if config.protections.require_all and missing and not config.simulate:
        why = "; ".join(missing)
        raise PermanentError("node.unprotected", f"perlindungan ini tidak dapat diberikan di mesin ini: {why}")


def sandboxed(config: NodeConfig) -> bool:
    return config.simulate or any(each.name == Shield.SANDBOX and each.active for each in _of_sandboxes(config))


def bounds_storage(config: NodeConfig) -> bool:
    """Whether the file system of the sites keeps limits of space."""
    return not config.simulate and any(each.name == DISK and each.active for each in _of_storage(config.paths.root))


def own_mounts() -> bool:
    """Whether nginx can have the sites mounted without links."""
    return all(each.active for each in _of_nginx())


def ask_holder(config: NodeConfig) -> Mapping[str, Any] | None:
    """What the holder of the sockets says of itself; None while it does not answer."""
    with contextlib.suppress(OSError, ValueError), socket.socket(socket.AF_UNIX) as client:
        client.settimeout(HOLDER_SECONDS)
        client.connect(str(layout.socket_settings(config).control))
        client.sendall(b'{"do": "about"}\n')
        with client.makefile("rb") as answer:
            document = json.loads(answer.readline())
        if document["ok"]:
            return dict(document)
    return None


@functools.cache
def _of_sandboxes(config: NodeConfig) -> tuple[Protection, ...]:
    """As the running holder found them: what it does counts. While none runs they are tried, where systemd runs in a
    unit that may make control groups as the holder's may: whoever asks is in a unit of somebody else's.
    """
    uid_base = layout.socket_settings(config).uid_base
    if answer := ask_holder(config):
        return _read(answer["protections"])
    if not units.installed():
        return sockets.protections(uid_base)
    trial = (sys.executable, "-m", "panggon.node.sockets.shields.trial", str(uid_base))
    done = shell.run([*IN_A_UNIT, *trial], seconds=TRIAL_SECONDS)
    if done.code:
        return tuple(Protection(shield, active=False, reason=done.errors.strip()) for shield in Shield)
    return _read(json.loads(done.output))


def _read(rows: Iterable[Mapping[str, Any]]) -> tuple[Protection, ...]:
    return tuple(Protection(row["name"], row["active"], row["reason"]) for row in rows)


@functools.cache
def _of_storage(root: Path) -> tuple[Protection, ...]:
    reason = storage.unbounded(root)
    uncounted = UNCOUNTED if reason or storage.uncounted(root) else ""
    return (Protection(DISK, not reason, reason), Protection(FILES, not uncounted, uncounted))


@functools.cache
def _of_nginx() -> tuple[Protection, ...]:
    return nginx.protections()
