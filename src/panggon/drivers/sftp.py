"""Who comes in over SFTP: a site's authorised keys, and the proof by the real client."""

import os
import re
import shlex
import shutil
import socket
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from panggon.core.desired import ALIVE, CLOSED, lets_in
from panggon.core.driver import Check
from panggon.core.errors import PermanentError
from panggon.core.resources import Attributes, Key, Observation, Standing, absent, foreign, ours, partial
from panggon.core.spec import SiteSpec
from panggon.drivers import files, knocking, shell, turns
from panggon.drivers.owner import end_logins, uid_of

SHOWN = frozenset({"public", "private", "tmp", "logs"})
PROBE_SECONDS = 60
EXPIRY, EXPIRES = "%Y%m%d%H%M%SZ", re.compile(r'restrict,expiry-time="([0-9]{14}Z)" ')
# Root's note in the jail of a site that stores too much: OpenSSH lets nobody bring anything there.
NOTE, FULL = "/logs/PENUH.txt", "penuh: unggahan ditolak sampai ada yang dihapus"
# OpenSSH's server ends a connection after six keys that do not fit (sshd_config(5), MaxAuthTries).
KEYS_A_LOGIN = 5
# A second. The file that is taken back lies in the site owner's hands meanwhile: it must not fill root's disk.
PROBE_KILOBITS = 8000
# Tried first. What the client would choose (sntrup761) takes it 90 ms, and this connection never leaves the machine.
KEY_EXCHANGE = "^curve25519-sha256"
HOST = "panggon"  # by which the client of a proof knows the server


@dataclass(frozen=True, slots=True)
class Settings:
    """`server` is the command line of a server for one login, with the configuration of the one that listens on `port`.
    `host_key` is the server's public key file; `etc` holds `keys/` and `probe-keys/`. A site's uid is `uid_base` + its
    number.
    """

    server: Sequence[str]
    port: int
    host_key: Path
    etc: Path
    uid_base: int


@dataclass(frozen=True, slots=True)
class AccessDriver:
    """Attribute: `keys`, the owner's public keys as "type base64"; none while the site is not open."""

    settings: Settings

    def read(self, key: Key) -> Observation:
        content = files.read(self._path(key))
        if content is None:
            return absent(key)
        head, *keys = content.decode(errors="replace").splitlines() or ("",)
        if head != _head(key.name):
            return foreign(key, f"{self._path(key)}")
        if not files.stands(self._path(key)) or self._has_back_door(key):
            return partial(key)
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
        if seen.standing is Standing.PARTIAL or not set(_keys(seen.attributes)) <= set(keys):
            end_logins(uid_of(key.name, base=self.settings.uid_base))

    def probe(self, key: Key, *, spec: SiteSpec) -> tuple[Check, ...]:
        """By the real client; of a door that is shut by what the server reads at a login, because nobody on the network
        can hinder that proof.
        """
        if spec.state in CLOSED and not lets_in(spec):
            return (self._locked(key),)
        with self._at_turn(key) as (folder, let_in):
            client = _Client(self.settings, key.name, folder)
            client.prepare()
            keys = [client.new_key("stranger"), *spec.access.ssh_keys]
            let_in(client.new_key("probe"))
            inside, first = client.visit(keys[:KEYS_A_LOGIN], bringing=spec.state in ALIVE)
            stranger, *owner = [*first, *client.ask(keys[KEYS_A_LOGIN:])]
        return (*inside, _stranger(stranger), self._owner(key, owner, spec))

    def _locked(self, key: Key) -> Check:
        found = [folder for folder in ("keys", "probe-keys") if _any_key(self.settings.etc / folder / key.name)]
        words = f"masih ada kunci: {', '.join(found)}" if found else "tidak ada kunci yang membuka pintu"
        return Check("sftp.locked", not found, words)

    def _owner(self, key: Key, verdicts: "list[_Verdict]", spec: SiteSpec) -> Check:
        """Whether the server takes exactly the keys that it should."""
        if _Verdict.SILENT in verdicts:
            return Check("sftp.owner", ok=False, detail="server SFTP tidak menjawab")
        accepted, known = verdicts.count(_Verdict.ACCEPTED), len(verdicts)
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


class _Verdict(Enum):
    ACCEPTED = "accepted"
    REFUSED = "refused"
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class _Client:
    """OpenSSH's own client, without the configuration, agent and known hosts of whoever runs it."""

    settings: Settings
    site: str
    folder: Path

    def prepare(self) -> None:
        key = (files.read(self.settings.host_key) or b"").decode()
        (self.folder / "known_hosts").write_text(f"{HOST} {key}")

    def new_key(self, name: str) -> str:
        """Make a key pair; the secret half lies in the folder under this name, the public one is returned."""
        key = Ed25519PrivateKey.generate()
        form = (serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption())
        files.write(self.folder / name, key.private_bytes(*form), mode=0o600, durable=False)
        public = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
        return public.decode()

    def visit(self, keys: Sequence[str], *, bringing: bool) -> "tuple[tuple[Check, ...], list[_Verdict]]":
        """Log in with the key "probe"; look around, bring a file and take it back. Before, in the same connection, ask
        what the server would say to each of these public keys: a login takes OpenSSH longer than all that follows.

        A closed site's owner may have left no room for the file, and must not keep a site open by that: then it is not
        a proof (`bringing` is false).
        """
        (self.folder / "sent").write_text(f"panggon {self.folder.name}\n")
        place = f"/public/.{self.folder.name}"
        commands = (
            "ls -1 /",
            f"-put sent {place}",
            f"-get {place} taken",
            f"-rm {place}",
            f"-ls {place}",
            "-ls -1 /..",
            "-ls /etc",
            f"-ls {NOTE}",
        )
        names = self._offered(keys)
        way = ["sftp", "-v", "-b", "-", "-l", str(PROBE_KILOBITS), *self._options(*names, "probe")]
        with knocking.knocked(self.settings.port) as line:
            done = shell.run([*way, f"{self.site}@{HOST}"], stdin="\n".join(commands).encode(), cwd=self.folder)
            server = self._server(line)
        verdicts, errors = self._verdicts(names, done.errors), _errors(done.errors)
        if done.code:
            return (Check("sftp.login", ok=False, detail=errors or f"exit {done.code}"),), verdicts
        answers = dict(_answers(done.output))
        inside = (server or self._login(answers), self._jail(answers, errors))
        full = bool(answers.get(f"-ls {NOTE}"))
        return (*inside, self._upload(place, errors, full=full)) if bringing else inside, verdicts

    def ask(self, keys: Sequence[str]) -> "list[_Verdict]":
        """What the server would say to each of these public keys. RFC 4252 section 7: a client may ask whether a key
        would do before it signs with it, so their secret halves are not needed.
        """
        batches = [keys[first : first + KEYS_A_LOGIN] for first in range(0, len(keys), KEYS_A_LOGIN)]
        return [verdict for batch in batches for verdict in self._asked(batch)]

    def _asked(self, keys: Sequence[str]) -> "list[_Verdict]":
        names = self._offered(keys)
        return self._verdicts(names, shell.run([*self._ssh(*names), "-v"]).errors)

    def _offered(self, keys: Sequence[str]) -> list[str]:
        """Names of files that have these public keys only."""
        names = [f"asked-{number}" for number in range(len(keys))]
        for name, key in zip(names, keys, strict=True):
            (self.folder / f"{name}.pub").write_text(f"{key}\n")
        return names

    def _verdicts(self, names: Sequence[str], seen: str) -> "list[_Verdict]":
        offers = [seen.partition(f"Offering public key: {self.folder / name} ")[2] for name in names]
        return [_verdict(offer.partition("Offering public key:")[0]) for offer in offers]

    def _server(self, line: socket.socket | None) -> Check | None:
        """What is wrong with the server that owners come to; nobody on the network can hinder this proof."""
        words = "tidak ada server" if line is None else "" if knocking.is_answered(line) else "server tidak menjawab"
        return Check("sftp.login", ok=False, detail=f"{words} di port {self.settings.port}") if words else None

    def _login(self, answers: dict[str, list[str]]) -> Check:
        seen = {line.strip("/") for line in answers.get("ls -1 /", [])}
        return Check("sftp.login", seen >= SHOWN, f"masuk sebagai {self.site}, melihat {', '.join(sorted(seen))}")

    def _jail(self, answers: dict[str, list[str]], errors: str) -> Check:
        above = {line.removeprefix("/..").strip("/") for line in answers.get("-ls -1 /..", [])}
        inside = {line.strip("/") for line in answers.get("ls -1 /", [])}
        jailed = above == inside and '"/etc" not found' in errors
        return Check(
            "sftp.jail",
            jailed,
            "hanya melihat direktorinya sendiri" if jailed else "melihat direktori di luar miliknya",
        )

    def _upload(self, place: str, errors: str, *, full: bool) -> Check:
        taken = self.folder / "taken"
        same = taken.exists() and taken.read_bytes() == (self.folder / "sent").read_bytes()
        removed = f'"{place}" not found' in errors
        # Not the file's own name: papers are bound to what was seen, and another proof has to see the same.
        seen = "berkas di /public diunggah, diunduh, dihapus" if same and removed else errors.strip()
        if full and removed and not same:
            return Check("sftp.upload", "Permission denied" in errors, FULL)
        return Check("sftp.upload", same and removed, seen)

    def _ssh(self, *names: str) -> list[str]:
        return ["ssh", *self._options(*names), f"{self.site}@{HOST}"]

    def _options(self, *names: str) -> list[str]:
        options = {
            "ProxyCommand": shlex.join(self.settings.server).replace("%", "%%"),
            "IdentitiesOnly": "yes",
            "IdentityAgent": "none",
            "PreferredAuthentications": "publickey",
            "BatchMode": "yes",
            "StrictHostKeyChecking": "yes",
            "UserKnownHostsFile": str(self.folder / "known_hosts"),
            "GlobalKnownHostsFile": "/dev/null",
            "ConnectTimeout": "5",
            "KexAlgorithms": KEY_EXCHANGE,
        }
        identities = [word for name in names for word in ("-o", f"IdentityFile={self.folder / name}")]
        return [
            "-F",
            "none",
            *identities,
            *[word for name, value in options.items() for word in ("-o", f"{name}={value}")],
        ]


def _verdict(said: str) -> _Verdict:
    """What the client noted between offering a key and the next one."""
    if "Server accepts key:" in said:
        return _Verdict.ACCEPTED
    refused = "Authentications that can continue" in said or "No more authentication methods" in said
    return _Verdict.REFUSED if refused else _Verdict.SILENT


def _errors(said: str) -> str:
    """Without what the client notes on its way."""
    return "\n".join(line for line in said.splitlines() if not line.startswith(("debug1:", "OpenSSH_"))).strip()


def _stranger(verdict: _Verdict) -> Check:
    """A key that nobody put anywhere must not open the door: refused by the server, not unanswered."""
    words = {
        _Verdict.REFUSED: "kunci asing ditolak",
        _Verdict.ACCEPTED: "kunci asing diterima",
        _Verdict.SILENT: "server SFTP tidak menjawab",
    }
    return Check("sftp.stranger", verdict is _Verdict.REFUSED, words[verdict])


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


def _answers(output: str) -> Iterator[tuple[str, list[str]]]:
    """What the client printed, by the command that it repeats before each answer."""
    for part in output.split("sftp> ")[1:]:
        command, *lines = part.splitlines()
        yield command, lines
