"""The tree of a site: made whole beside its place and renamed into it, removed by a rename away."""

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from panggon.core.errors import PanggonError, PermanentError
from panggon.core.node.desired import ALIVE
from panggon.core.node.driver import Check
from panggon.core.node.resources import Attributes, Key, Observation, Standing, absent, foreign, ours, partial, strange
from panggon.core.sites.spec import SiteSpec
from panggon.drivers import files, hidden, storage
from panggon.drivers.owner import group_id, uid_of

MARK = ".panggon"


@dataclass(frozen=True, slots=True)
class Settings:
    """`root` and all above it belong to root alone (sshd asks it of a jail); `web_group` is nginx's group."""

    root: Path
    uid_base: int
    web_group: str = "www-data"


@dataclass(frozen=True, slots=True)
class _Folder:
    """One directory of the tree. Its owner may change the mode of their own; root's stay as they are."""

    name: str
    uid: int
    gid: int
    mode: int

    def holds(self, seen: os.stat_result) -> bool:
        """Whether it is as it was made, as far as that is not in its owner's hands."""
        if self.uid:
            return seen.st_uid == self.uid
        return (seen.st_uid, seen.st_gid, stat.S_IMODE(seen.st_mode)) == (self.uid, self.gid, self.mode)

    def is_hindered(self, place: Path) -> bool:
        """Whether a person has put something `hidden` on it. Lists on their own the site's programs may have made."""
        with files.translated():
            return hidden.is_on(place / self.name, lists=not self.uid)

    def fault(self, place: Path, *, alive: bool) -> str:
        """What is wrong with it, and how it was made; "" if nothing. While a site is closed, the modes of what is its
        owner's do not count: nobody may keep a site open by them.
        """
        found = place.lstat()
        mode = stat.S_IMODE(found.st_mode)
        usable = (mode & 0o750) == self.mode & 0o750 and not mode & 0o002 if self.uid else mode == self.mode
        if (found.st_uid, found.st_gid) == (self.uid, self.gid) and (usable or (self.uid and not alive)):
            return ""
        made = f"{self.uid}:{self.gid} {self.mode:04o}"
        return f"/{self.name}: {found.st_uid}:{found.st_gid} {mode:04o}, seharusnya {made}"


@dataclass(frozen=True, slots=True)
class DirectoryDriver:
    """Attribute: `uid`, whose the tree is. Contents are the owner's and never read."""

    settings: Settings
    owned: frozenset[Key] = frozenset()  # on record as the site's: what is strange there is damaged

    def read(self, key: Key) -> Observation:
        place, uid = self._place(key), self._uid(key)
        if not place.is_symlink() and not place.exists():
            return absent(key)
        # Nothing is mended through a link, nor put in the place of a file.
        places = [place / folder.name for folder in self._folders(uid)]
        if other := next((path for path in places if os.path.lexists(path) and not _seen(path)), None):
            return foreign(key, f"{other} bukan direktori")
        if not _marked(place, key.name):
            return strange(key, f"{place} tanpa tanda {key.name}", owned=self.owned)
        found = [(folder, _seen(place / folder.name)) for folder in self._folders(uid)]
        if any(seen and folder.uid and seen.st_uid != uid for folder, seen in found):
            return strange(key, f"isi {place} milik pengguna lain", owned=self.owned)
        whole = all(seen and folder.holds(seen) and not folder.is_hindered(place) for folder, seen in found)
        return ours(key, uid=uid) if whole and files.stands(place / MARK) else partial(key)

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
        place, uid, alive = self._place(key), self._uid(key), spec.state in ALIVE
        try:
            faults = [folder.fault(place / folder.name, alive=alive) for folder in self._folders(uid)]
        except OSError as error:
            return (Check("directory.owners", ok=False, detail=str(error)),)
        wrong = ", ".join(filter(None, faults))
        return (Check("directory.owners", not wrong, wrong or f"{place} milik UID {uid}, tertutup bagi yang lain"),)

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
            _Folder("public", uid, web, 0o2750),
            _Folder("private", uid, uid, 0o700),
            _Folder("tmp", uid, uid, 0o700),
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
