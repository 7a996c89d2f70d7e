"""The portal's database as its programs find it: whether it is there and of this version, and else why not."""

from typing import TypeGuard

from django.db import InterfaceError, OperationalError, connection

from panggon.command_line import Refused

UNFIT = "Basis data belum sesuai dengan versi ini. Jalankan `panggon migrate` dahulu."
# What libpq says of a connection that it could not make, and what that means; the first that fits.
CAUSES = (
    (
        ("Connection refused", "No such file or directory"),
        "tidak ada yang menjawab di alamat itu. Jalankan PostgreSQL, atau perbaiki DATABASE_URL.",
    ),
    (
        ("password authentication failed", "authentication failed", "no pg_hba.conf entry", "no password supplied"),
        "nama pengguna atau kata sandinya ditolak. Perbaiki DATABASE_URL.",
    ),
    (("does not exist",), "pengguna atau basis data itu tidak ada di sana. Buat dahulu, atau perbaiki DATABASE_URL."),
    (("translate host name", "resolve host"), "nama servernya tidak dikenal. Perbaiki DATABASE_URL."),
    (("timeout", "timed out", "No route to host"), "servernya tidak menjawab. Periksa jaringan dan firewall."),
    (("too many",), "semua sambungannya terpakai. Naikkan max_connections di PostgreSQL."),
    (("starting up", "shutting down", "recovery mode"), "PostgreSQL sedang dimulai atau dihentikan. Coba lagi nanti."),
    (("closed", "terminating", "lost"), "sambungannya terputus. Periksa apakah PostgreSQL berjalan."),
)


def why_away(error: BaseException) -> str:
    """What this error of a connection means, in a sentence; its own first line where that is not known."""
    said = str(error).strip()
    known = (words for signs, words in CAUSES if any(sign in said for sign in signs))
    return f"Basis data (DATABASE_URL) tidak dapat dihubungi: {next(known, said.partition(chr(10))[0])}"


def demand() -> None:
    """Raises `OperationalError` where no database answers, `Refused` for one that this version has not brought up to
    itself: no page of it would work.
    """
    from django.db.migrations.executor import MigrationExecutor  # noqa: PLC0415 (most commands do without)

    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise Refused(UNFIT, 1)
    connection.close()


def is_away(error: BaseException | None) -> TypeGuard[OperationalError | InterfaceError]:
    """Whether this error means that there is no database to work with for now."""
    return isinstance(error, OperationalError | InterfaceError)
