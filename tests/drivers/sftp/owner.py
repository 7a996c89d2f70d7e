"""What the owner of a site does from the own computer."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from passlib.hash import sha512_crypt

from panggon.core.sites.spec import Access, SiteSpec, SiteState
from panggon.drivers import sftp, user
from panggon.drivers.system import processes

PASSWORD = "kata sandi pemilik 2026"
HASH = sha512_crypt.using(rounds=5000).hash(PASSWORD)
PRINT = user.fingerprint(HASH)


def spec(site: str, state: SiteState, *keys: str) -> SiteSpec:
    return SiteSpec(site, "a.example", state, 1, access=Access(keys))


def visit(
    settings: sftp.Settings,
    login: str,
    commands: str,
    *,
    options: tuple[str, ...],
    folder: Path,
    program: str = "sftp",
    flags: tuple[str, ...] = (),
) -> subprocess.CompletedProcess[str]:
    """As the owner would, with a client of their own."""
    argv, environment = client(settings, login, program=program, options=options, folder=folder)
    argv += [*flags, f"{login}@127.0.0.1", *([commands] if program == "ssh" and commands else [])]
    return subprocess.run(argv, input=commands, env=environment, capture_output=True, text=True, timeout=60, cwd=folder)


@contextmanager
def session(
    settings: sftp.Settings, login: str, *, options: tuple[str, ...], folder: Path
) -> Iterator["subprocess.Popen[str]"]:
    """A client that stays, as people's do."""
    argv, environment = client(settings, login, program="sftp", options=options, folder=folder)
    argv.append(f"{login}@127.0.0.1")
    pipe, nothing = subprocess.PIPE, subprocess.DEVNULL
    with subprocess.Popen(
        argv, env=environment, text=True, cwd=folder, stdin=pipe, stdout=pipe, stderr=nothing
    ) as process:
        yield process
        process.kill()


def lists(process: "subprocess.Popen[str]", name: str) -> bool:
    """Whether a session that is open shows this name; it is waited for as long as the session lasts."""
    assert process.stdin
    assert process.stdout
    process.stdin.write("ls\n")
    process.stdin.flush()
    return any(name in line for line in process.stdout)


def served(uid: int) -> list[str]:
    """The server's processes that work for this user now; not one that ended and that nobody has waited for yet."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # ended meanwhile
            own = process.stat().st_uid == uid and (process / "comm").read_text().startswith("sshd")
            if own and processes.start_time(int(process.name)):
                found.append(process.name)
    return found


def client(
    settings: sftp.Settings, login: str, *, program: str, options: tuple[str, ...], folder: Path
) -> tuple[list[str], dict[str, str]]:
    """The beginning of the command line, and the environment; a password is typed by a program."""
    askpass = folder / "askpass"
    askpass.write_text(f"#!/bin/sh\necho '{PASSWORD}'\n")
    askpass.chmod(0o700)
    usual = ("StrictHostKeyChecking=no", f"UserKnownHostsFile={folder}/known", "NumberOfPasswordPrompts=1")
    argv = [program, "-F", "none", "-P" if program == "sftp" else "-p", str(settings.port)]
    for option in (*usual, *options):
        argv += ["-o", option]
    return argv, {"PATH": "/usr/bin:/bin", "SSH_ASKPASS": str(askpass), "SSH_ASKPASS_REQUIRE": "force"}


def by_key(path: Path) -> tuple[str, ...]:
    return (f"IdentityFile={path}", "IdentitiesOnly=yes", "PreferredAuthentications=publickey")


BY_PASSWORD = ("PreferredAuthentications=password", "PubkeyAuthentication=no")
