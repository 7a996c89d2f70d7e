"""Who comes in over SFTP: a site's authorised keys, and the proof by the real client."""

import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from panggon.core.errors import PermanentError
from panggon.core.node.planning.desired import ALIVE, CLOSED, lets_in
from panggon.core.node.planning.driver import Check
from panggon.core.node.planning.resources import Attributes, Key, Observation, Standing, absent, ours, partial, strange
from panggon.core.sites.spec import SiteSpec
from panggon.drivers.file_systems import storage
from panggon.drivers.ssh.sftp_client import KEYS_A_LOGIN, Client, Verdict
from panggon.drivers.system import files, turns
from panggon.drivers.system.owner import end_logins, uid_of

PROBE_SECONDS = 60
EXPIRY, EXPIRES = "%Y%m%d%H%M%SZ", re.compile(r'restrict,expiry-time="([0-9]{14}Z)" ')


@dataclass(frozen=True, slots=True)
class Settings:
    """`server` is the command line of a server for one login, with the configuration of the one that listens on `port`.
    `host_key` is the server's public key file; `etc` holds `keys/` and `probe-keys/`. A site's uid is `uid_base` + its
    number; `sites` holds their directories.
    """

    server: Sequence[str]
    port: int
    host_key: Path
    etc: Path
    uid_base: int
    sites: Path


@dataclass(frozen=True, slots=True)
class AccessDriver:
    """Attribute: `keys`, the owner's public keys as "type base64"; none while the site is not open."""

    settings: Settings
    owned: frozenset[Key] = frozenset()  # on record as the site's: what is strange there is damaged

    def read(self, key: Key) -> Observation:
        path = self._path(key)
        content = b"" if path.is_symlink() else files.read(path)
        if content is None:
            return absent(key)
        head, *keys = content.decode(errors="replace").splitlines() or ("",)
        if head != _head(key.name):
            return strange(key, f"{path} isinya lain", owned=self.owned)
        if self._has_back_door(key):
            return partial(key, f"{self._probe_keys(key)} memuat kunci tambahan")
        if wrong := files.fault(path):
            return partial(key, wrong)
        return ours(key, keys=tuple(keys))

    def write(self, key: Key, after: Attributes | None) -> None:
        path = self._path(key)
        seen = self.read(key)
        if seen.standing is Standing.FOREIGN:
            raise PermanentError("access.foreign", seen.detail)
        files.directory(path.parent)
        files.sweep(path)
        keys = _keys(after)
        if after is None:
            files.remove(path)
        else:
            files.write(path, "".join(f"{line}\n" for line in (_head(key.name), *keys)))
        if self._has_back_door(key):
            files.remove(self._probe_keys(key))
        former = _keys(seen.attributes)
        # What stands there already, a run may have written that was killed before it ended any session.
        if seen.standing is Standing.PARTIAL or former == keys or not set(former) <= set(keys):
            end_logins(uid_of(key.name, base=self.settings.uid_base))

    def probe(self, key: Key, *, spec: SiteSpec) -> tuple[Check, ...]:
        """By the real client; of a door that is shut by what the server reads at a login, because nobody on the network
        can hinder that proof.
        """
        if spec.state in CLOSED and not lets_in(spec):
            return (self._locked(key),)
        with self._at_turn(key) as (folder, let_in):
            client = Client(self.settings.server, self.settings.port, self.settings.host_key, key.name, folder)
            client.prepare()
            keys = [client.new_key("stranger"), *spec.access.ssh_keys]
            let_in(client.new_key("probe"))
            inside, first = client.visit(
                keys[:KEYS_A_LOGIN],
                bringing=spec.state in ALIVE,
                is_full=lambda: storage.is_full(self.settings.sites / key.name),
            )
            stranger, *owner = [*first, *client.ask(keys[KEYS_A_LOGIN:])]
        return (*inside, _stranger(stranger), self._owner(key, owner, spec))

    def _locked(self, key: Key) -> Check:
        found = [folder for folder in ("keys", "probe-keys") if _any_key(self.settings.etc / folder / key.name)]
        words = f"masih ada kunci: {', '.join(found)}" if found else "tidak ada kunci yang membuka pintu"
        return Check("sftp.locked", not found, words)

    def _owner(self, key: Key, verdicts: list[Verdict], spec: SiteSpec) -> Check:
        """Whether the server takes exactly the keys that it should."""
        if Verdict.SILENT in verdicts:
            return Check("sftp.owner", ok=False, detail="server SFTP tidak menjawab")
        accepted, known = verdicts.count(Verdict.ACCEPTED), len(verdicts)
        if lets_in(spec):
            return Check("sftp.owner", accepted == known, f"{accepted} dari {known} kunci pemilik diterima")
        installed = (self.read(key).attributes or {}).get("keys")
        locked = not accepted and not installed
        return Check("sftp.locked", locked, "terkunci bagi pemilik" if locked else "kunci pemilik masih diterima")

    @contextmanager
    def _at_turn(self, key: Key) -> Iterator[tuple[Path, Callable[[str], None]]]:
        """A folder for the client, and what lets this public key in until the end. One proof of a site goes on at a
        time: another one's key would take the place of its own.
        """
        files.directory(self._probe_keys(key).parent)
        with (
            turns.taken(self._probe_keys(key)) as descriptor,
            files.translated(),
            tempfile.TemporaryDirectory(prefix=_prefix(key.name)) as folder,
        ):
            yield Path(folder), lambda public: turns.fill(descriptor, _line(public))

    def _has_back_door(self, key: Key) -> bool:
        """Whether a key lies among those of the proofs that outlives one."""
        lines = (files.read(self._probe_keys(key)) or b"").decode(errors="replace").splitlines()
        latest = time.strftime(EXPIRY, time.gmtime(time.time() + PROBE_SECONDS))
        return any((found := EXPIRES.match(line)) is None or found[1] > latest for line in lines)

    def _probe_keys(self, key: Key) -> Path:
        return self.settings.etc / "probe-keys" / key.name

    def _path(self, key: Key) -> Path:
        uid_of(key.name, base=0)
        return self.settings.etc / "keys" / key.name


def sweep(settings: Settings, site: str, public: Path) -> None:
    """Remove what a killed proof has left: its key, its folder, its file in the site's `public`; nothing while one goes
    on.
    """
    files.directory(settings.etc / "probe-keys")
    with turns.free(settings.etc / "probe-keys" / site) as left:
        if left:
            _remove_left(settings, site, public)


def _remove_left(settings: Settings, site: str, public: Path) -> None:
    for folder in Path(tempfile.gettempdir()).glob(f"{_prefix(site)}*"):
        shutil.rmtree(folder, ignore_errors=True)
    # Whatever the owner has put in the way there stays: nothing depends on it.
    with suppress(PermanentError), files.opened(public, uid=uid_of(site, base=settings.uid_base)) as place:
        for left in [entry.name for entry in os.scandir(place) if entry.name.startswith(f".{_prefix(site)}")]:
            files.remove_at(place, left)


def _stranger(verdict: Verdict) -> Check:
    """A key that nobody put anywhere must not open the door: refused by the server, not unanswered."""
    words = {
        Verdict.REFUSED: "kunci asing ditolak",
        Verdict.ACCEPTED: "kunci asing diterima",
        Verdict.SILENT: "server SFTP tidak menjawab",
    }
    return Check("sftp.stranger", verdict is Verdict.REFUSED, words[verdict])


def _prefix(site: str) -> str:
    return f"panggon-probe-{site}-"


def _line(public: str) -> str:
    """Of the keys that are let in: good for a minute, and only at the server of a proof; worthless after a kill."""
    expiry = time.strftime(EXPIRY, time.gmtime(time.time() + PROBE_SECONDS))
    return f'restrict,expiry-time="{expiry}" {public}\n'


def _keys(attributes: Attributes | None) -> tuple[str, ...]:
    found = (attributes or {}).get("keys")
    return found if isinstance(found, tuple) else ()


def _any_key(path: Path) -> bool:
    lines = (files.read(path) or b"").decode(errors="replace").splitlines()
    return any(line.strip() and not line.startswith("#") for line in lines)


def _head(site: str) -> str:
    return f"# Panggon {site}"
