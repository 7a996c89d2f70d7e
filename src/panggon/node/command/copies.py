"""Copies of a site's database on the command line: asked of their owner (`node.databases`), carried in and out here."""

import os
import re
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO

from panggon.core.errors import PermanentError
from panggon.core.sites.spec import SITE_ID
from panggon.drivers.file_systems import storage
from panggon.drivers.system import asking, files
from panggon.node import layout
from panggon.node.command import evidence
from panggon.node.databases import wishes
from panggon.node.databases.jobs import SECONDS
from panggon.node.databases.wishes import LOAD_BY_HAND
from panggon.node.settings.config import NodeConfig

MADE = re.compile(r"salinan-[0-9-]{10,20}\.sql\.gz")


@dataclass(frozen=True, slots=True)
class Said:
    """How it ended, in a sentence."""

    done: bool
    words: str


def dump(config: NodeConfig, site: str, target: Path | None) -> Said:
    """Raises PermanentError and TemporaryError `database.…`, PermanentError `disk.refused` where the file cannot be."""
    _uid(config, site)
    if target is not None:
        _demand_room_for(target)
    if not wishes.is_let_in(config.paths.root / "sites", site):
        return _of_a_closed_one(config, site, target)
    said, name = _ask(config, "dump", site)
    if said.done and target is not None:
        with _folder(config, site) as folder, files.translated():
            _carry_out(folder, name, target)
        return Said(done=True, words=f"{said.words}\nDisimpan juga sebagai {target}.")
    return said


def _of_a_closed_one(config: NodeConfig, site: str, target: Path | None) -> Said:
    if target is None:
        words = "situs ini tidak terbuka bagi pemiliknya; sebut berkas untuk salinannya dengan --to"
        raise PermanentError("database.closed", words)
    with files.translated():
        return Said(done=True, words=evidence.copy(config, site, target))


def _demand_room_for(target: Path) -> None:
    """Said before the copy is made, which takes minutes."""
    if target.is_dir():
        raise PermanentError("disk.refused", f"{target} adalah folder; sebut nama berkasnya")
    try:
        with tempfile.TemporaryFile(dir=target.parent):
            pass
    except OSError as error:
        words = f"folder {target.parent} tidak ada atau tidak dapat ditulis ({error.strerror})"
        raise PermanentError("disk.refused", words) from error


def load(config: NodeConfig, site: str, source: Path) -> Said:
    """As `dump`. The file is copied into the site's folder, where it counts as the site's own and has another name than
    the one that is told here.
    """
    uid = _uid(config, site)
    with _folder(config, site) as folder, files.translated():
        files.remove_at(folder, LOAD_BY_HAND)
        copy = os.open(LOAD_BY_HAND, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600, dir_fd=folder)
        try:
            with source.open("rb") as content, os.fdopen(copy, "wb") as file:
                storage.as_bounded(partial(_copy, content, file))
                os.fchown(copy, uid, uid)
        except OSError:
            files.remove_at(folder, LOAD_BY_HAND)
            raise
    said = _ask(config, "load", site)[0]
    return Said(said.done, said.words.replace(LOAD_BY_HAND, source.name))


def _copy(source: BinaryIO, target: BinaryIO) -> None:
    shutil.copyfileobj(source, target)
    target.flush()


def _carry_out(folder: int, name: str, target: Path) -> None:
    """Raises PermanentError `database.copy` where the site, whose folder it is, has put something else there."""
    gone = PermanentError("database.copy", f"{name!r} di folder situs itu bukan berkas salinan")
    if not MADE.fullmatch(name):
        raise gone
    with open(name, "rb", opener=partial(_opened, folder)) as content:
        if not stat.S_ISREG(os.fstat(content.fileno()).st_mode):
            raise gone
        place = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(place, "wb") as file:
            shutil.copyfileobj(content, file)


def _opened(folder: int, name: str, flags: int) -> int:
    return os.open(name, flags | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)


def _ask(config: NodeConfig, todo: str, site: str) -> tuple[Said, str]:
    _uid(config, site)
    answer = asking.ask(
        layout.databases_control(config),
        silent="database.owner",
        seconds=SECONDS + 60,
        request={"do": todo, "site": site},
    )
    return Said(answer["done"] is True, str(answer["words"])), str(answer["file"])


@contextmanager
def _folder(config: NodeConfig, site: str) -> Iterator[int]:
    uid = _uid(config, site)
    with files.opened(config.paths.root / "sites" / site / "private", uid=uid) as private, files.translated():
        descriptor = wishes.opened(private, uid)
        try:
            yield descriptor
        finally:
            os.close(descriptor)


def _uid(config: NodeConfig, site: str) -> int:
    if not SITE_ID.fullmatch(site) or not (config.paths.root / "sites" / site).is_dir():
        raise PermanentError("node.unknown_site", f"situs {site} tidak ada di mesin ini")
    return config.sites.uid_base + int(site[1:])
