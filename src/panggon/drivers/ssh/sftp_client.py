"""OpenSSH's own client, as a proof uses it: it logs in, looks around, and asks which keys the server would take."""

import re
import shlex
import socket
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from panggon.core.node.planning.driver import Check
from panggon.drivers.ssh import knocking
from panggon.drivers.system import files, shell

SHOWN = frozenset({"public", "private", "tmp", "logs"})
# Root's note in the jail of a site that stores too much: OpenSSH lets nobody bring anything there. Where the file
# system bounds the site there is none: that itself refuses what is brought.
NOTE, FULL = "/logs/PENUH.txt", "penuh: unggahan ditolak sampai ada yang dihapus"
# OpenSSH's server ends a connection after six keys that do not fit (sshd_config(5), MaxAuthTries).
KEYS_A_LOGIN = 5
# A second. The file that is taken back lies in the site owner's hands meanwhile: it must not fill root's disk.
PROBE_KILOBITS = 8000
# Tried first. What the client would choose (sntrup761) takes it 90 ms, and this connection never leaves the machine.
KEY_EXCHANGE = "^curve25519-sha256"
# How the lines begin in which `sftp -v` says no fault, and one that goes on over several: the server's command line.
NOTES = ("debug1:", "OpenSSH_", "no such identity:", "Authenticated to ", "Transferred: ", "Bytes per second: ")
STARTING = re.compile(r"^debug1: Executing proxy command:.*?(?=^debug1:|\Z)", re.MULTILINE | re.DOTALL)
HOST = "panggon"  # by which the client of a proof knows the server


class Verdict(Enum):
    ACCEPTED = "accepted"
    REFUSED = "refused"
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class Client:
    """Without the configuration, agent and known hosts of whoever runs it. `server` is the command line of a server for
    one login, with the configuration of the one that listens on `port` and has the public key in the file `host_key`;
    `folder` is the client's own.
    """

    server: Sequence[str]
    port: int
    host_key: Path
    site: str
    folder: Path

    def prepare(self) -> None:
        key = (files.read(self.host_key) or b"").decode()
        (self.folder / "known_hosts").write_text(f"{HOST} {key}")

    def new_key(self, name: str) -> str:
        """Make a key pair; the secret half lies in the folder under this name, the public one is returned."""
        key = Ed25519PrivateKey.generate()
        form = (serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption())
        files.write(self.folder / name, key.private_bytes(*form), mode=0o600, durable=False)
        public = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
        return public.decode()

    def visit(
        self, keys: Sequence[str], *, bringing: bool, is_full: Callable[[], bool]
    ) -> tuple[tuple[Check, ...], list[Verdict]]:
        """Log in with the key "probe"; look around, bring a file and take it back. Before, in the same connection, ask
        what the server would say to each of these public keys: a login takes OpenSSH longer than all that follows.

        A closed site's owner may have left no room for the file, and must not keep a site open by that: then it is not
        a proof (`bringing` is false). `is_full`: whether the file system lets nobody bring anything, asked when it was
        not taken.
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
        with knocking.knocked(self.port) as line:
            done = shell.run([*way, f"{self.site}@{HOST}"], stdin="\n".join(commands).encode(), cwd=self.folder)
            server = self._unanswered(line)
        verdicts, errors = self._verdicts(names, done.errors), _errors(done.errors)
        if done.code:
            return (Check("sftp.login", ok=False, detail=errors or f"exit {done.code}"),), verdicts
        answers = dict(_answers(done.output))
        inside = (server or self._login(answers), self._jail(answers, errors))
        noted = bool(answers.get(f"-ls {NOTE}"))
        return (*inside, self._upload(place, errors, noted=noted, is_full=is_full)) if bringing else inside, verdicts

    def ask(self, keys: Sequence[str]) -> list[Verdict]:
        """What the server would say to each of these public keys. RFC 4252 section 7: a client may ask whether a key
        would do before it signs with it, so their secret halves are not needed.
        """
        batches = [keys[first : first + KEYS_A_LOGIN] for first in range(0, len(keys), KEYS_A_LOGIN)]
        return [verdict for batch in batches for verdict in self._asked(batch)]

    def _asked(self, keys: Sequence[str]) -> list[Verdict]:
        names = self._offered(keys)
        return self._verdicts(names, shell.run([*self._ssh(*names), "-v"]).errors)

    def _offered(self, keys: Sequence[str]) -> list[str]:
        """Names of files that have these public keys only."""
        names = [f"asked-{number}" for number in range(len(keys))]
        for name, key in zip(names, keys, strict=True):
            (self.folder / f"{name}.pub").write_text(f"{key}\n")
        return names

    def _verdicts(self, names: Sequence[str], seen: str) -> list[Verdict]:
        offers = [seen.partition(f"Offering public key: {self.folder / name} ")[2] for name in names]
        return [_verdict(offer.partition("Offering public key:")[0]) for offer in offers]

    def _unanswered(self, line: socket.socket | None) -> Check | None:
        """What is wrong with the server that owners come to; nobody on the network can hinder this proof."""
        words = "tidak ada server" if line is None else "" if knocking.is_answered(line) else "server tidak menjawab"
        return Check("sftp.login", ok=False, detail=f"{words} di port {self.port}") if words else None

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

    def _upload(self, place: str, errors: str, *, noted: bool, is_full: Callable[[], bool]) -> Check:
        taken = self.folder / "taken"
        same = taken.exists() and taken.read_bytes() == (self.folder / "sent").read_bytes()
        removed = f'"{place}" not found' in errors
        # Not the file's own name: papers are bound to what was seen, and another proof has to see the same.
        seen = "berkas di /public diunggah, diunduh, dihapus" if same and removed else errors.strip()
        if noted and removed and not same:
            return Check("sftp.upload", "Permission denied" in errors or is_full(), FULL)
        if removed and not same and is_full():
            return Check("sftp.upload", ok=True, detail=FULL)
        return Check("sftp.upload", same and removed, seen)

    def _ssh(self, *names: str) -> list[str]:
        return ["ssh", *self._options(*names), f"{self.site}@{HOST}"]

    def _options(self, *names: str) -> list[str]:
        """No time limit of the client's own: a machine too busy to start a server is asked again (`shell.slow`)."""
        options = {
            "ProxyCommand": shlex.join(self.server).replace("%", "%%"),
            "IdentitiesOnly": "yes",
            "IdentityAgent": "none",
            "PreferredAuthentications": "publickey",
            "BatchMode": "yes",
            "StrictHostKeyChecking": "yes",
            "UserKnownHostsFile": str(self.folder / "known_hosts"),
            "GlobalKnownHostsFile": "/dev/null",
            "KexAlgorithms": KEY_EXCHANGE,
        }
        identities = [word for name in names for word in ("-o", f"IdentityFile={self.folder / name}")]
        return [
            "-F",
            "none",
            *identities,
            *[word for name, value in options.items() for word in ("-o", f"{name}={value}")],
        ]


def _verdict(said: str) -> Verdict:
    """What the client noted between offering a key and the next one."""
    if "Server accepts key:" in said:
        return Verdict.ACCEPTED
    refused = "Authentications that can continue" in said or "No more authentication methods" in said
    return Verdict.REFUSED if refused else Verdict.SILENT


def _errors(said: str) -> str:
    """Without what the client notes on its way."""
    return "\n".join(line for line in STARTING.sub("", said).splitlines() if not line.startswith(NOTES)).strip()


def _answers(output: str) -> Iterator[tuple[str, list[str]]]:
    """What the client printed, by the command that it repeats before each answer."""
    for part in output.split("sftp> ")[1:]:
        command, *lines = part.splitlines()
        yield command, lines
