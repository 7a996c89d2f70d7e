"""The tree of a site: made whole beside its place and renamed into it, removed by a rename away."""

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from panggon.core.errors import PanggonError, PermanentError
from panggon.core.node.planning.desired import ALIVE
from panggon.core.node.planning.driver import Check
from panggon.core.node.planning.resources import (
    Attributes,
    Key,
    Observation,
    Standing,
    absent,
    foreign,
    ours,
    partial,
    strange,
)
from panggon.core.sites.spec import SiteSpec, SiteState
from panggon.drivers.file_systems import mounts, storage
from panggon.drivers.system import files, hidden
from panggon.drivers.system.owner import group_id, uid_of

MARK = ".panggon"


@dataclass(frozen=True, slots=True)
class Settings:
    """`root` and all above it belong to root alone (sshd asks it of a jail); `web_group` is nginx's group."""

    root: Path
    uid_base: int
    web_group: str = "www-data"


@dataclass(frozen=True, slots=True)
class _Folder:
    """One directory of the tree; root's stay as they are made. What is the site's, its owner may set as he likes, as
    long as it serves him and shows others nothing: `open_to` are the rights that he may not give.
    """

    name: str
    uid: int
    gid: int
    mode: int
    open_to: int = 0

    def fault(self, place: Path, *, alive: bool) -> str:
        """What is wrong with it, and how it was made; "" if nothing. While a site is closed, group and mode of what is
        its owner's do not count: nobody may keep a site open by them. Raises OSError.
        """
        path = place / self.name
        seen = path.lstat()
        found, made = (seen.st_uid, seen.st_gid, stat.S_IMODE(seen.st_mode)), (self.uid, self.gid, self.mode)
        if not self._suits(*found, alive=alive):
            in_his_hands = self.uid and found[:2] == made[:2]
            way_out = f"; pemilik dapat memperbaikinya lewat SFTP: chmod {self.mode & 0o777:o} {self.name}"
            return files.other_rights(f"/{self.name}", found, wished=made) + (way_out if in_his_hands else "")
        # Lists on their own the site's programs may have made.
        more = hidden.words(path, lists=not self.uid)
        return f"/{self.name} {more}" if more else ""

    def _suits(self, uid: int, gid: int, mode: int, *, alive: bool) -> bool:
        if uid != self.uid:
            return False
        if not self.uid:
            return (gid, mode) == (self.gid, self.mode)
        needed = self.mode & 0o770
        return not alive or (gid == self.gid and mode & needed == needed and not mode & self.open_to)


@dataclass(frozen=True, slots=True)
class DirectoryDriver:
    """Attribute: `uid`, whose the tree is. Contents are the owner's and never read."""

    settings: Settings
    owned: frozenset[Key] = frozenset()  # on record as the site's: what is strange there is damaged
    state: SiteState = SiteState.OPEN  # that the site is wished in

    def read(self, key: Key) -> Observation:
        place, uid = self._place(key), self._uid(key)
        if not place.is_symlink() and not place.exists():
            return absent(key)
        # Nothing is mended through a link, nor put in the place of a file.
        places = [place / folder.name for folder in self._folders(uid)]
        if other := next((path for path in places if os.path.lexists(path) and not _seen(path)), None):
            return foreign(key, f"{other} bukan direktori")
        if over := mounts.first_under((path for path in places if path.exists()), beside=place.parent):
            return foreign(key, f"sesuatu dikaitkan (mount) di atas {over}")
        if not _marked(place, key.name):
            return strange(key, f"{place} tanpa tanda {key.name}", owned=self.owned)
        found = [(folder, _seen(place / folder.name)) for folder in self._folders(uid)]
        if any(seen and folder.uid and seen.st_uid != uid for folder, seen in found):
            return strange(key, f"isi {place} milik pengguna lain", owned=self.owned)
        if missing := next((folder.name for folder, seen in found if not seen), None):
            return partial(key, f"{place / missing} tidak ada")
        wrong = self._faults(place, uid, alive=self.state in ALIVE) or files.fault(place / MARK)
        return partial(key, wrong) if wrong else ours(key, uid=uid)

    def write(self, key: Key, after: Attributes | None) -> None:
        place, uid = self._place(key), self._uid(key)
        seen = self.read(key)
        if seen.standing is Standing.FOREIGN:
            raise PermanentError("directory.foreign", seen.detail)
        files.sweep(place)
        if after is None:
            files.remove_tree(place)
            return
        if after["uid"] != uid:
            raise PermanentError("directory.uid", f"UID {key.name} di mesin ini {uid}, bukan {after['uid']}")
        if seen.standing is Standing.ABSENT:
            self._make(place, key.name, uid)
        else:
            with files.translated():
                hidden.take_away(place)
            storage.write(place / MARK, _mark(key.name))
            self._fill(place, uid)

    def probe(self, key: Key, *, spec: SiteSpec) -> tuple[Check, ...]:
        place, uid = self._place(key), self._uid(key)
        try:
            wrong = self._faults(place, uid, alive=spec.state in ALIVE)
        except PanggonError as error:
            return (Check("directory.owners", ok=False, detail=error.detail),)
        return (Check("directory.owners", not wrong, wrong or f"{place} milik UID {uid}, tertutup bagi yang lain"),)

    def _faults(self, place: Path, uid: int, *, alive: bool) -> str:
        """In words; "" if there is none."""
        with files.translated():
            faults = [folder.fault(place, alive=alive) for folder in self._folders(uid)]
        return "; ".join(filter(None, faults))

    def _make(self, place: Path, site: str, uid: int) -> None:
        files.directory(place.parent)
        draft = files.spare(place)
        try:
            storage.make(draft, project=uid)
            files.write(draft / MARK, _mark(site))
            self._fill(draft, uid)
            with files.translated():
                draft.rename(place)
        except PanggonError:  # a full disk must not be left fuller
            files.sweep(place)
            raise

    def _fill(self, place: Path, uid: int) -> None:
        """Make what is missing, the site's directory first: where that was open to others, links may lie in it."""
        for folder in self._folders(uid):
            with files.translated():
                (place / folder.name).mkdir(exist_ok=True, mode=0o700)
                descriptor = os.open(place / folder.name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
                try:
                    hidden.take_away_from(descriptor)
                    os.fchown(descriptor, folder.uid, folder.gid)
                    os.fchmod(descriptor, folder.mode)
                finally:
                    os.close(descriptor)

    def _folders(self, uid: int) -> tuple[_Folder, ...]:
        web = group_id(self.settings.web_group)
        return (
            _top(),
            _Folder("public", uid, web, 0o2750, open_to=0o002),
            _Folder("private", uid, uid, 0o700, open_to=0o007),
            _Folder("tmp", uid, uid, 0o700, open_to=0o007),
            _Folder("logs", 0, uid, 0o750),
            _Folder("run", 0, web, 0o750),
        )

    def _place(self, key: Key) -> Path:
        return self.settings.root / "sites" / key.name

    def _uid(self, key: Key) -> int:
        return uid_of(key.name, base=self.settings.uid_base)


def _top() -> _Folder:
    return _Folder("", 0, 0, 0o755)


def _seen(path: Path) -> os.stat_result | None:
    """None for what is no directory."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return None
    return found if stat.S_ISDIR(found.st_mode) else None


def _mark(site: str) -> str:
    return f"site={site}\n"


def _marked(place: Path, site: str) -> bool:
    if not _seen(place) or not files.is_root_file(place / MARK):
        return False
    return files.read(place / MARK) == _mark(site).encode()
