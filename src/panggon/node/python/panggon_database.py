"""Copies of a site's own database, inside the site's sandbox and with nothing but the site's own rights.

`python3 /panggon/panggon_database.py dump|load|restore STAMP [FILE]`. What a file that is loaded may say is no danger:
the programs that read it see no more of the machine than the site itself does. Started by the node's `databases`; its
last line is `{"ok", "words", "file"}` for people.
"""

import contextlib
import gzip
import itertools
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any, cast

import panggon_complaints

HOME = Path(os.environ["PANGGON_HOME"]) / "private"
FOLDER = HOME / "database"
BEFORE = "sebelum-muat.sql.gz"
TAKEN = "sedang-dimuat"  # with the endings of the file that is being loaded
MARK = ".sedang-memuat"  # while the content is being replaced: until it is gone, only BEFORE is whole
RESULT = "hasil.txt"
RESULT_LINES = 40
POSTGRESQL = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parts[-2]))
# How a file of mysqldump, mariadb-dump or pg_dump begins, and the line at its end where it is whole. Nothing else tells
# of one that was cut between two statements, and psql takes the end of a file even for the end of a table's rows.
MYSQL_DUMP, MARIADB_DUMP, POSTGRESQL_DUMP = b"-- MySQL dump ", b"-- MariaDB dump ", b"-- PostgreSQL database dump\n"
COMPLETE = (
    (MYSQL_DUMP, b"\n-- Dump completed"),
    (MARIADB_DUMP, b"\n-- Dump completed"),
    (POSTGRESQL_DUMP, b"\n-- PostgreSQL database dump complete"),
)
EDGE = 4096  # bytes of the beginning that are looked at; each word of above is shorter
# A copy that has had nothing to write for so long may wait for a table that the site has locked; others wait for it.
SILENT_SECONDS = 30.0
LOCK_SECONDS = 60  # so long a load waits for one
# The words that drop everything which the user owns, one a line.
MARIADB_CONTENT = """
SELECT CONCAT('DROP ', IF(table_type = 'VIEW', 'VIEW', IF(table_type = 'SEQUENCE', 'SEQUENCE', 'TABLE')),
  ' IF EXISTS `', REPLACE(table_name, '`', '``'), '`;') FROM information_schema.tables WHERE table_schema = DATABASE();
SELECT CONCAT('DROP ', routine_type, ' IF EXISTS `', REPLACE(routine_name, '`', '``'), '`;')
  FROM information_schema.routines WHERE routine_schema = DATABASE();
SELECT CONCAT('DROP EVENT IF EXISTS `', REPLACE(event_name, '`', '``'), '`;')
  FROM information_schema.events WHERE event_schema = DATABASE();
"""
# Whether anything of the user waits for a lock.
MARIADB_WAITS = "SELECT COUNT(*) FROM information_schema.processlist WHERE state LIKE 'Waiting for%lock%';"
POSTGRESQL_WAITS = """
SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database
  WHERE NOT l.granted AND d.datname = current_database();
"""
POSTGRESQL_CONTENT = """
SELECT format('DROP SCHEMA %I CASCADE;', nspname) FROM pg_namespace
  WHERE nspowner = (SELECT oid FROM pg_roles WHERE rolname = session_user);
SELECT format('SELECT lo_unlink(%s);', oid) FROM pg_largeobject_metadata
  WHERE lomowner = (SELECT oid FROM pg_roles WHERE rolname = session_user);
"""


class FailedError(Exception):
    """One sentence for people."""


class MariaDb:
    called = "MariaDB"
    waits = MARIADB_WAITS
    begins = (MYSQL_DUMP, MARIADB_DUMP, b"-- phpMyAdmin SQL Dump\n")

    def __init__(self, access: Mapping[str, str]) -> None:
        self.environment = {"MYSQL_PWD": access["password"]}
        login = (f"--socket={access['socket']}", f"--user={access['user']}", "--default-character-set=utf8mb4")
        name = access["database"]
        # --force stays out: the first error ends it. What is written is for the same user, whoever loads it.
        self.reading = ("mariadb", "--no-defaults", *login, "--batch", "--skip-column-names", "--raw", name)
        self.loading = ("mariadb", "--no-defaults", *login, "--batch", "--max-allowed-packet=256M", name)
        options = ("--single-transaction", "--quick", "--skip-lock-tables", "--no-tablespaces", "--routines")
        self.dumping = ("mariadb-dump", "--no-defaults", *login, *options, "--max-allowed-packet=256M", name)

    def emptying(self) -> str:
        drops = said(self.reading, MARIADB_CONTENT, self.environment)
        settings = f"SET lock_wait_timeout = {LOCK_SECONDS};\nSET FOREIGN_KEY_CHECKS = 0;\n"
        return f"{settings}{drops}SET FOREIGN_KEY_CHECKS = 1;\n"


class PostgreSql:
    called = "PostgreSQL"
    waits = POSTGRESQL_WAITS
    begins = (POSTGRESQL_DUMP,)

    def __init__(self, access: Mapping[str, str]) -> None:
        names = {"PGHOST": "host", "PGUSER": "user", "PGDATABASE": "database", "PGPASSWORD": "password"}
        self.environment = {
            **{variable: access[name] for variable, name in names.items()},
            "PGOPTIONS": "-c statement_timeout=0 -c idle_in_transaction_session_timeout=0 -c client_min_messages=error "
            f"-c lock_timeout={LOCK_SECONDS}s",
        }
        programs = postgresql_programs(self.environment)
        quiet = ("--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1")
        self.reading = (str(programs / "psql"), *quiet, "--tuples-only", "--no-align")
        self.loading = (str(programs / "psql"), *quiet, "--single-transaction", "--file=-")
        options = ("--no-owner", "--no-privileges", "--no-subscriptions", "--no-publications")
        self.dumping = (str(programs / "pg_dump"), *options)

    def emptying(self) -> str:
        return said(self.reading, POSTGRESQL_CONTENT, self.environment) + "CREATE SCHEMA public;\n"


Engine = MariaDb | PostgreSql


def engine() -> Engine:
    try:
        pairs = (line.split(" = ", 1) for line in (HOME / "database.ini").read_text().splitlines() if " = " in line)
        access = {name: value.strip('"') for name, value in pairs}
        return PostgreSql(access) if access.get("engine") == "postgresql" else MariaDb(access)
    except (OSError, KeyError, ValueError, IndexError) as error:
        raise FailedError("berkas private/database.ini tidak ada atau rusak; minta petugas memulihkannya") from error


def postgresql_programs(environment: Mapping[str, str]) -> Path:
    """Those of the server's own version: a copy that newer ones make has words which it does not know."""
    newest = POSTGRESQL[-1]
    if len(POSTGRESQL) == 1:
        return newest
    asking = (str(newest / "psql"), "--no-psqlrc", "--tuples-only", "--no-align")
    version = str(int(said(asking, "SHOW server_version_num;", environment)) // 10_000)
    return next((place for place in POSTGRESQL if place.parts[-2] == version), newest)


def said(argv: tuple[str, ...], words: str, environment: Mapping[str, str]) -> str:
    done = subprocess.run(
        argv, input=words.encode(), capture_output=True, env={**os.environ, **environment}, check=False
    )
    if done.returncode:
        raise FailedError(_why(argv, done.stderr))
    return done.stdout.decode()


def dump(name: str) -> int:
    """A copy of the database as a file of this name, whole or not at all; its size."""
    made, draft = engine(), FOLDER / f".{name}.baru"
    try:
        with (
            gzip.open(draft, "wb", compresslevel=6) as file,
            _running(made.dumping, made.environment, stdout=subprocess.PIPE) as child,
        ):
            _take(child, cast("IO[bytes]", file), made)
        draft.replace(FOLDER / name)
    finally:
        draft.unlink(missing_ok=True)
    return (FOLDER / name).stat().st_size


def _take(child: Any, file: IO[bytes], made: Engine) -> None:
    while True:
        ready, _, _ = select.select([child.stdout], [], [], SILENT_SECONDS)
        if ready and not (part := child.stdout.read1(1 << 20)):
            return
        if ready:
            file.write(part)
        elif _waits(made):
            child.kill()
            raise FailedError(panggon_complaints.LOCKED)


def _waits(made: Engine) -> bool:
    with contextlib.suppress(FailedError):  # no place for one more connection
        return int(said(made.reading, made.waits, made.environment)) > 0
    return False


def load(name: str) -> None:
    """Put the file's content in place of the database's; when it fails, what was there before comes back."""
    source = FOLDER / name
    _demand_whole(source)
    _demand_own_kind(source)
    dump(BEFORE)
    (FOLDER / MARK).write_text(name)
    _write_out(FOLDER / BEFORE, FOLDER / MARK, FOLDER)
    try:
        _replace(source)
    except FailedError as error:
        restore()
        raise FailedError(f"{error}. Isi semula sudah dikembalikan") from error
    (FOLDER / MARK).unlink()


def restore() -> None:
    """Idempotent: until it has ended, the mark stays."""
    try:
        _replace(FOLDER / BEFORE)
    except FailedError as error:
        raise FailedError(f"isi semula TIDAK dapat dikembalikan ({error}); isi itu ada di {BEFORE}") from error
    (FOLDER / MARK).unlink(missing_ok=True)


def _replace(source: Path) -> None:
    made = engine()
    emptying = made.emptying().encode()
    before = emptying.count(b"\n")
    # What the file asks the server for is for nobody, and would push out our last line.
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.DEVNULL, "bufsize": 0}
    with (
        _running(made.loading, made.environment, before=before, **pipes) as child,
        contextlib.suppress(BrokenPipeError),  # it says itself what was wrong
        _opened(source) as content,
    ):
        child.stdin.write(emptying)
        shutil.copyfileobj(content, child.stdin, 1 << 16)


def _write_out(*paths: Path) -> None:
    for path in paths:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _demand_whole(source: Path) -> None:
    try:
        with _opened(source) as content:
            first = content.read(EDGE)
            is_whole = _reaches_its_end(first, content)
    except (OSError, EOFError, zlib.error) as error:
        raise FailedError(f"{source.name} tidak dapat dibaca sampai akhir: unggahannya mungkin terputus") from error
    if not first:
        raise FailedError(f"{source.name} kosong")
    if not is_whole:
        raise FailedError(f"{source.name} tidak sampai akhir: unggahannya mungkin terputus")


def _demand_own_kind(source: Path) -> None:
    """To the other kind of server a dump without tables is nothing but remarks: loaded, it would empty the database."""
    made = engine()
    with _opened(source) as content:
        first = content.read(EDGE)
    for other in (MariaDb, PostgreSql):
        if any(words in first for words in other.begins) and not any(words in first for words in made.begins):
            raise FailedError(f"{source.name} berasal dari {other.called}, sedangkan situs ini memakai {made.called}")


def _reaches_its_end(first: bytes, content: IO[bytes]) -> bool:
    """Whether no dump that begins in it has no end. People write more behind one, of any length, and other dumps."""
    begins, ends = next((edges for edges in COMPLETE if edges[0] in first), (b"", b""))
    is_whole, last = True, b""
    for part in itertools.chain([first], iter(lambda: content.read(1 << 20), b"")):
        seen = last + part
        begun, ended = seen.rfind(begins), seen.rfind(ends)
        is_whole = ended > begun if begun != ended else is_whole
        last = seen[-EDGE:]
    return is_whole


@contextlib.contextmanager
def _opened(source: Path) -> Iterator[IO[bytes]]:
    with source.open("rb") as plain:
        packed = plain.read(2) == b"\x1f\x8b"
        plain.seek(0)
        if not packed:
            yield plain
            return
        with gzip.open(plain) as content:
            yield cast("IO[bytes]", content)


@contextlib.contextmanager
def _running(argv: tuple[str, ...], environment: Mapping[str, str], *, before: int = 0, **pipes: Any) -> Iterator[Any]:
    """What it complains of goes into a file, because nobody reads a pipe meanwhile. Raises FailedError with it; so many
    lines come before those of a file that is loaded.
    """
    with tempfile.TemporaryFile() as complaints:
        with subprocess.Popen(argv, env={**os.environ, **environment}, stderr=complaints, **pipes) as child:
            yield child
        complaints.seek(0)
        if child.returncode == -signal.SIGKILL:  # by the kernel: who ends a copy ends us as well
            raise FailedError(panggon_complaints.NO_MEMORY)
        if child.returncode:
            raise FailedError(_why(argv, complaints.read(), before=before))


def _why(argv: tuple[str, ...], complaints: bytes, *, before: int = 0) -> str:
    program = Path(argv[0]).name
    return str(panggon_complaints.explained(complaints.decode(errors="replace"), program=program, before=before))


def _tell(stamp: str, words: str) -> None:
    """The newest first."""
    path = FOLDER / RESULT
    former = path.read_text(errors="replace").splitlines() if path.is_file() else []
    draft = FOLDER / f".{RESULT}.baru"
    draft.write_text("\n".join([f"{stamp}  {words}", *former[: RESULT_LINES - 1]]) + "\n")
    draft.replace(path)


def _asked(todo: str, stamp: str, name: str) -> tuple[str, str]:
    """What was done, in a sentence, and the file that people may want."""
    if todo == "restore":
        return _taken_back(), BEFORE
    if todo == "dump":
        if name:  # none where the command line asks
            with contextlib.suppress(OSError):
                _remove(FOLDER / name)
        made = f"salinan-{stamp}.sql.gz"
        return f"Salinan basis data selesai: {made} ({-(-dump(made) // 1024)} KiB).", made
    taken = FOLDER / f"{TAKEN}{''.join(Path(name).suffixes)}"
    (FOLDER / name).replace(taken)
    try:
        load(taken.name)
    except BaseException:
        taken.replace(FOLDER / f"gagal-{name}")
        raise
    taken.replace(FOLDER / f"sudah-{name}")
    return f"Isi {name} sudah dimuat. Isi sebelumnya ada di {BEFORE}.", BEFORE


def _taken_back() -> str:
    """Of a load that was cut off, perhaps while it was still reading its file or keeping the present content."""
    changed = (FOLDER / MARK).exists()
    if changed:
        restore()
    for taken in FOLDER.glob(f"{TAKEN}.sql*"):
        taken.replace(FOLDER / taken.name.replace(TAKEN, "gagal-muat"))
    words = "Isi semula sudah dikembalikan." if changed else "Isi basis data belum diubah."
    return f"Pemuatan tadi terputus. {words}"


def _remove(path: Path) -> None:
    """People make the wish as a file or as a folder, whichever is easier for them."""
    if path.is_dir() and not path.is_symlink():
        path.rmdir()
    else:
        path.unlink()


def main() -> int:
    todo, stamp, name = (*sys.argv[1:], "")[:3]
    os.umask(0o077)
    try:
        words, file = _asked(todo, stamp, name)
        ok = True
    except (FailedError, OSError) as error:
        why = panggon_complaints.of_system(error) if isinstance(error, OSError) else error
        words, file, ok = f"{'Salinan' if todo == 'dump' else 'Pemuatan'} gagal: {why}.", "", False
    with contextlib.suppress(OSError):
        _tell(stamp, words)
    sys.stdout.write(json.dumps({"ok": ok, "words": words, "file": file}) + "\n")
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
