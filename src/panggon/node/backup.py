"""What cannot be copied file by file while it is written: the data of MariaDB, PostgreSQL and Knot.

Each server makes a copy of its own data, consistent and whole, in `<state>/backup`; all else of the machine is files
that are replaced as a whole, so that any tool may carry them away as they lie, and the copies with them.
"""

import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from panggon.core.errors import PermanentError, TemporaryError
from panggon.drivers.system import files, shell
from panggon.node import layout
from panggon.node.daemons.lock import alone
from panggon.node.servers import COPY_SECONDS, knot, mariadb, postgresql
from panggon.node.settings.config import NodeConfig

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class _Data:
    """A server's data: where it lies, whose it is, and how the running server copies it to a new directory."""

    place: Path
    user: str
    copy: Callable[[Path], None]


def make(config: NodeConfig, tell: Callable[[str], None]) -> Path:
    """Make the copies anew; the former ones go before, so that they never take room twice. Where the copies are.

    Killed anywhere, there are none, and the next call begins again. Raises TemporaryError `node.busy`, `disk.full`,
    PermanentError `shell.failed` when a server does not give its copy.
    """
    place = layout.backup(config)
    draft = place.with_name(f"{place.name}.new")
    data = _data(config)
    with alone(place.with_suffix(".lock"), "salinan sedang dibuat proses lain"):
        for former in (place, draft):
            files.sweep(former)
            files.remove_tree(former)
        _demand_room(place.parent, data, tell)
        try:
            files.directory(draft, mode=0o700)
            for name, each in data.items():
                each.copy(draft / name)
                tell(f"{name} disalin")
            files.rename(draft, place)
        finally:
            files.remove_tree(draft)
    return place


def restore(config: NodeConfig, tell: Callable[[str], None]) -> None:
    """Put the copies where the servers have their data. Killed anywhere, it can be called again.

    Raises PermanentError `node.restore` when there are no copies, or data in their place.
    """
    waiting = _waiting(config)
    if not waiting:
        raise PermanentError("node.restore", f"tidak ada salinan di {layout.backup(config)}")
    for each in waiting.values():
        if each.place.exists():
            why = f"{each.place} sudah ada; salinan hanya ditaruh di mesin yang belum mempunyai basis data"
            raise PermanentError("node.restore", why)
    for name, each in waiting.items():
        copy = layout.backup(config) / name
        # This machine's packages may have given the server's user another number than the lost one's.
        shell.check(["chown", "-R", "-h", f"{each.user}:{each.user}", str(copy)], seconds=COPY_SECONDS)
        files.rename(copy, each.place)
        tell(f"{name} ditaruh di tempatnya")
    files.remove_tree(layout.backup(config))


def demand_restored(config: NodeConfig) -> None:
    """A machine that was brought back by half must not begin with empty databases. Raises PermanentError
    `node.restore`.
    """
    for name, each in _waiting(config).items():
        if not each.place.exists():
            why = f"{each.place} tidak ada, tetapi salinannya ada: jalankan `panggon-node restore` dahulu"
            raise PermanentError("node.restore", f"{name}: {why}")


def _waiting(config: NodeConfig) -> Mapping[str, _Data]:
    """What there is a copy of."""
    return {name: each for name, each in _data(config).items() if (layout.backup(config) / name).exists()}


def _data(config: NodeConfig) -> Mapping[str, _Data]:
    """Of the servers that this machine runs."""
    of_mariadb, of_postgresql = layout.mariadb_settings(config), layout.postgresql_settings(config)
    of_knot = layout.knot_settings(config)
    known = {
        "mariadb": _Data(of_mariadb.data, mariadb.USER, lambda place: mariadb.copy(of_mariadb, place)),
        "postgresql": _Data(of_postgresql.data, postgresql.USER, lambda place: postgresql.copy(of_postgresql, place)),
        "knot": _Data(of_knot.data, knot.USER, lambda place: knot.copy(of_knot, place)),
    }
    return {name: each for name, each in known.items() if name in config.services.run}


def _demand_room(place: Path, data: Mapping[str, _Data], tell: Callable[[str], None]) -> None:
    needed = sum(_stored(each.place) for each in data.values()) // MEBIBYTE + 1
    free = shutil.disk_usage(place).free // MEBIBYTE
    words = f"salinan membutuhkan {needed} MiB di {place}, yang tersisa {free} MiB"
    if needed > free:
        raise TemporaryError("disk.full", words)
    tell(words)


def _stored(place: Path) -> int:
    """Bytes on the disk; a file that vanishes meanwhile takes none."""
    found = 0
    for folder, _, names in os.walk(place):
        for name in names:
            try:
                found += os.lstat(Path(folder) / name).st_blocks * 512
            except FileNotFoundError:
                continue
    return found
