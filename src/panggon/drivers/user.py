"""Unix users as one-file userdb records (https://systemd.io/USER_RECORD), which libnss-systemd reads.

Six entries a user in `<userdb>`: the group's record is made first and removed last, so it is the mark of ownership of
a half-made user; the user's own record is made last and removed first, so the user appears and vanishes at once.
"""

import grp
import hashlib
import json
import pwd
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from panggon.core.errors import PermanentError
from panggon.core.node.planning.desired import password_of
from panggon.core.node.planning.driver import Check
from panggon.core.node.planning.resources import (
    Attributes,
    Key,
    Observation,
    Standing,
    absent,
    canonical,
    foreign,
    ours,
    partial,
    strange,
)
from panggon.core.sites.spec import SITE_ID, SiteSpec
from panggon.drivers.system import files, shell
from panggon.drivers.system.owner import end_logins, uid_of

# Not "!": sshd without PAM takes an account whose hash begins with "!" as locked, for keys too.
NO_PASSWORD = "*"  # noqa: S105
# What the portal makes (sha512crypt of crypt(5)). Each try of a password costs this machine what its hash says: others
# may ask for gigabytes of memory, or years.
HASH = re.compile(r"\$6\$(?:rounds=[1-9][0-9]{3,5}\$)?[A-Za-z0-9./]{1,16}\$[A-Za-z0-9./]{86}")
SHELL = "/usr/sbin/nologin"
SECRET = 0o600
ETC = Path("/etc")
GROUPS = ETC / "group"
# Where libnss-systemd looks as well (nss-systemd(8)).
OTHER_RECORDS = tuple(map(Path, ("/run/userdb", "/run/host/userdb", "/usr/local/lib/userdb", "/usr/lib/userdb")))


@dataclass(frozen=True, slots=True)
class Settings:
    """`userdb` is `/etc/userdb` wherever libnss-systemd is to see the records."""

    userdb: Path
    uid_base: int


def fingerprint(password_hash: str) -> str:
    """What may be known of a password's hash outside the node: its SHA-256, as the portal writes it into the spec."""
    return hashlib.sha256(password_hash.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class UserDriver:
    """Attributes: `uid`, and `password`, the fingerprint of its hash ("": nobody comes in by password).

    `password_hash` finds the hash of a fingerprint among what the portal handed over.
    """

    settings: Settings
    password_hash: Callable[[str], str | None]
    owned: frozenset[Key] = frozenset()  # on record as the site's: what is strange there is damaged

    def read(self, key: Key) -> Observation:
        paths = self._paths(key)
        if not any(path.is_symlink() or path.exists() for path in paths.all):
            stranger = _known_elsewhere(key.name, paths.uid)
            return foreign(key, stranger) if stranger else absent(key)
        other = next((path for path in paths.all if not _is_ours(path, paths)), None)
        if other or not paths.group.exists():
            return strange(key, f"{other or paths.group} {'isinya lain' if other else 'tidak ada'}", owned=self.owned)
        modes = ((path, SECRET if path == paths.privileged else 0o644) for path in paths.all)
        faults = (files.fault(path, mode=mode) for path, mode in modes)
        if wrong := next(filter(None, faults), ""):
            return partial(key, wrong)
        (hashed,) = installed(paths.privileged)
        return ours(key, uid=paths.uid, password="" if hashed == NO_PASSWORD else fingerprint(hashed))

    def write(self, key: Key, after: Attributes | None) -> None:
        paths = self._paths(key)
        standing = self.read(key)
        if standing.standing is Standing.FOREIGN:
            raise PermanentError("user.foreign", standing.detail)
        for path in paths.all:
            files.sweep(path)
        if after is None:
            for path in reversed(paths.all):
                files.remove(path)
        else:
            self._make(paths, after)
        former = (standing.attributes or {}).get("password")
        changed = former and former != (after or {}).get("password")
        # What stands there already, a run may have written that was killed before it ended any session.
        written = canonical(standing.attributes) == canonical(after)
        if changed or written or standing.standing is Standing.PARTIAL:  # whatever it was before
            end_logins(paths.uid)

    def probe(self, key: Key, *, spec: SiteSpec) -> tuple[Check, ...]:
        uid = uid_of(key.name, base=self.settings.uid_base)
        shown = shell.run(["getent", "passwd", key.name]).output.strip()
        wished = f"{key.name}:x:{uid}:{uid}:{_title(key.name)}:/:{SHELL}"
        return (
            Check("user.known", shown == wished, shown or f"sistem tidak mengenal pengguna {key.name}"),
            _password_check(key.name, spec),
        )

    def _make(self, paths: "_Paths", after: Attributes) -> None:
        hashed = self._hash(str(after["password"]))
        if after["uid"] != paths.uid:
            raise PermanentError("user.uid", f"UID {paths.name} di mesin ini {paths.uid}, bukan {after['uid']}")
        files.directory(paths.user.parent)
        files.write(paths.group, _group_record(paths))
        files.link(paths.gid_link, paths.group.name)
        files.write(paths.privileged, canonical({"privileged": {"hashedPassword": [hashed]}}), mode=SECRET)
        files.link(paths.uid_privileged_link, paths.privileged.name)
        files.link(paths.uid_link, paths.user.name)
        files.write(paths.user, _user_record(paths))

    def _hash(self, wished: str) -> str:
        if not wished:
            return NO_PASSWORD
        found = self.password_hash(wished)
        if found is None or fingerprint(found) != wished:
            raise PermanentError("user.password_unknown", f"hash kata sandi {wished} tidak ada di mesin ini")
        if not HASH.fullmatch(found):
            raise PermanentError(
                "user.password_invalid", "hash kata sandi bukan sha512crypt dengan kurang dari sejuta putaran"
            )
        return found

    def _paths(self, key: Key) -> "_Paths":
        return _Paths(self.settings.userdb, key.name, uid_of(key.name, base=self.settings.uid_base))


@dataclass(frozen=True, slots=True)
class _Paths:
    folder: Path
    name: str
    uid: int

    @property
    def group(self) -> Path:
        return self.folder / f"{self.name}.group"

    @property
    def gid_link(self) -> Path:
        return self.folder / f"{self.uid}.group"

    @property
    def privileged(self) -> Path:
        return self.folder / f"{self.name}.user-privileged"

    @property
    def uid_privileged_link(self) -> Path:
        return self.folder / f"{self.uid}.user-privileged"

    @property
    def uid_link(self) -> Path:
        return self.folder / f"{self.uid}.user"

    @property
    def user(self) -> Path:
        return self.folder / f"{self.name}.user"

    @property
    def all(self) -> tuple[Path, ...]:
        """In the order in which they are made."""
        return (self.group, self.gid_link, self.privileged, self.uid_privileged_link, self.uid_link, self.user)


def _title(name: str) -> str:
    return f"Panggon {name}"


def _user_record(paths: _Paths) -> str:
    return canonical(
        {
            "userName": paths.name,
            "realName": _title(paths.name),
            "uid": paths.uid,
            "gid": paths.uid,
            "disposition": "regular",
            "homeDirectory": "/",  # as seen inside the SFTP jail
            "shell": SHELL,
        }
    )


def _group_record(paths: _Paths) -> str:
    return canonical(
        {"groupName": paths.name, "gid": paths.uid, "disposition": "regular", "description": _title(paths.name)}
    )


def _is_ours(path: Path, paths: _Paths) -> bool:
    """Nothing there, or exactly what we make there (of the password file: its form)."""
    if path in (paths.gid_link, paths.uid_privileged_link, paths.uid_link):
        if not path.is_symlink():
            return not path.exists()
        return files.read_link(path) == path.name.replace(str(paths.uid), paths.name)
    if path.is_symlink():
        return False
    if not path.exists():
        return True
    if path == paths.privileged:
        return len(installed(path)) == 1
    return files.read(path) == (_user_record if path == paths.user else _group_record)(paths).encode()


def known_besides(userdb: Path, *, uid_base: int) -> Iterator[tuple[str, str]]:
    """Users of sites of whom another file says something as well, and which: the system asks those of `ETC` before the
    records, groups make more of a user than he is, another name for his number is himself, and whoever is in his group
    reads his logs. Raises OSError.
    """
    for file in (ETC / "passwd", ETC / "shadow", ETC / "group"):
        for line in file.read_text(errors="replace").splitlines():
            name, *more = line.split(":")
            named = {name, *(more[-1].split(",") if more and file.name == "group" else ())}
            if file.name != "shadow" and len(more) > 1 and more[1].isdecimal():
                named.add(f"s{int(more[1]) - uid_base:06d}")
            yield from ((each, str(file)) for each in sorted(named) if SITE_ID.fullmatch(each))
    elsewhere = (path for folder in OTHER_RECORDS for path in folder.glob("*"))
    for path in sorted((*userdb.glob("*.membership"), *elsewhere)):
        yield from ((each, str(path)) for each in path.stem.split(":") if SITE_ID.fullmatch(each))


def installed(path: Path) -> tuple[str, ...]:
    """The hashes of passwords in a `.user-privileged` record; none in one that is damaged, or not there."""
    try:
        found = json.loads(files.read(path) or b"")["privileged"]["hashedPassword"]
    except (ValueError, LookupError, TypeError, PermanentError):
        return ()
    return tuple(found) if isinstance(found, list) and all(isinstance(each, str) for each in found) else ()


def _known_elsewhere(name: str, uid: int) -> str:
    """In which way the system knows this name or number already, without a record of ours; "" if it does not."""
    taken = f"nama {name} atau UID {uid} sudah dipakai di sistem"
    questions: tuple[Callable[[], object], ...] = (
        lambda: pwd.getpwnam(name),
        lambda: pwd.getpwuid(uid),
        lambda: grp.getgrgid(uid),
    )
    for ask in questions:
        with suppress(KeyError):
            ask()
            return taken
    # Not getgrnam(3): before it says that there is none, libnss-systemd looks through all of /etc/userdb.
    named = any(line.startswith(f"{name}:") for line in GROUPS.read_text().splitlines())
    return taken if named else ""


def _password_check(name: str, spec: SiteSpec) -> Check:
    """What login programs see in the shadow entry; a fingerprint is shown at most, never the hash."""
    wished = password_of(spec)
    entry = shell.run(["getent", "shadow", name]).output.split(":")
    hashed = entry[1] if len(entry) > 1 else ""
    if wished:
        return Check("user.password", fingerprint(hashed) == wished, f"kata sandi {fingerprint(hashed)}")
    return Check(
        "user.locked", hashed == NO_PASSWORD, "tanpa kata sandi" if hashed == NO_PASSWORD else "kata sandi terpasang"
    )
