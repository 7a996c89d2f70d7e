"""A private PostgreSQL from Debian's package: its own data, a loopback port, nothing shared with the machine's own."""

import os
import pwd
import secrets
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import psycopg

from panggon.drivers.system.patience import Patience

ROLE = DATABASE = "panggon"
SECONDS = 30


def initialise(directory: Path) -> None:
    """Make an empty instance with one database below `directory`; one that is there already stays as it is.

    initdb refuses root, so that as root everything belongs to the package's user `postgres`, who must be able to
    reach the directory.
    """
    if (directory / "data").exists():
        return
    directory.mkdir(parents=True, exist_ok=True)
    _give_away(directory)
    draft = directory / "data.new"  # renamed when it is whole, so that a kill leaves no half instance behind
    shutil.rmtree(draft, ignore_errors=True)
    _password_file(directory).write_text(secrets.token_urlsafe(24))
    _password_file(directory).chmod(0o600)
    _give_away(_password_file(directory))
    options = ["-U", ROLE, "-A", "scram-sha-256", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
    _run("initdb", "-D", str(draft), *options, f"--pwfile={_password_file(directory)}")
    _run("postgres", "--single", "-D", str(draft), "postgres", words=f"CREATE DATABASE {DATABASE}\n")
    draft.rename(directory / "data")


def start(directory: Path, port: int, *, durable: bool = True, log: Path | None = None) -> subprocess.Popen[bytes]:
    """Start the instance and wait until it answers. Without `durable` a power cut may lose it: for tests only."""
    with (log or directory / "postgres.log").open("ab") as output:
        process = subprocess.Popen(
            command(directory, port, durable=durable), stdout=output, stderr=output, cwd="/", **_identity()
        )
    _await(process, url(directory, port))
    return process


def command(directory: Path, port: int, *, durable: bool = True) -> list[str]:
    """The server in the foreground, on loopback only."""
    settings = {"port": port, "listen_addresses": "127.0.0.1", "unix_socket_directories": "", "max_connections": 100}
    if not durable:
        settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    return [_program("postgres"), "-D", str(directory / "data"), *options]


def answers(address: str) -> bool:
    """Whether the server behind this address takes connections."""
    try:
        psycopg.connect(address, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def stop(process: subprocess.Popen[bytes]) -> None:
    """End it at once, but in order: sessions are cut, what was committed is kept."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        process.wait(SECONDS)


def url(directory: Path, port: int, database: str = DATABASE) -> str:
    """What DATABASE_URL wants."""
    return f"postgresql://{ROLE}:{_password_file(directory).read_text()}@127.0.0.1:{port}/{database}"


def _await(process: subprocess.Popen[bytes], address: str) -> None:
    patience = Patience(SECONDS)
    while not answers(address):
        if process.poll() is not None or patience.is_over():
            stop(process)
            raise RuntimeError("PostgreSQL does not answer; see its log")
        time.sleep(0.05)


def _run(name: str, *arguments: str, words: str = "") -> None:
    done = subprocess.run(
        [_program(name), *arguments], input=words, check=False, capture_output=True, text=True, cwd="/", **_identity()
    )
    if done.returncode:
        raise RuntimeError(f"{name}: {done.stderr.strip()}")


def _program(name: str) -> str:
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3]))
    elsewhere = shutil.which(name)  # other systems than Debian
    if not found and not elsewhere:
        raise FileNotFoundError(f"{name}: the Debian package postgresql is not installed")
    return str(found[-1]) if found else str(elsewhere)


def _password_file(directory: Path) -> Path:
    return directory / "password"


def _identity() -> dict[str, Any]:
    return {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}


def _give_away(path: Path) -> None:
    if os.geteuid() == 0:
        owner = pwd.getpwnam("postgres")
        os.chown(path, owner.pw_uid, owner.pw_gid)
