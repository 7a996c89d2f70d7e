"""What a database server complains of, in words of the owner of a site; on real servers: `test_copies.py`."""

import importlib.util
from pathlib import Path
from typing import Any

import pytest

import panggon.node

SPEC: Any = importlib.util.spec_from_file_location(
    "panggon_complaints", Path(panggon.node.__file__).parent / "python" / "panggon_complaints.py"
)
complaints = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(complaints)

SOCKET = 'psql: error: connection to server on socket "/run/postgresql/.s.PGSQL.5432" failed: '
PSQL, CLIENT, DUMP = "psql", "mariadb", "mariadb-dump"
KNOWN = [
    (
        CLIENT,
        "ERROR 1045 (28000): Access denied for user 's000001'@'localhost' (using password: YES)",
        "kata sandi di ",
    ),
    (CLIENT, "ERROR 1049 (42000) at line 15: Unknown database 'lama'", "baris 5: berkas itu memakai basis data lain"),
    (
        CLIENT,
        "ERROR 1044 (42000) at line 11: Access denied for user 's000001'@'localhost' to database 'lama'",
        "baris 1",
    ),
    (
        CLIENT,
        "ERROR 1064 (42000) at line 12: You have an error in your SQL syntax … near 'x' at line 1",
        "baris 2: perint",
    ),
    (
        CLIENT,
        'ERROR 1030 (HY000) at line 12: Got error 122 "Disk quota exceeded" from storage engine',
        "baris 2: ruang ",
    ),
    (CLIENT, "ERROR 1226 (42000): User 's000001' has exceeded the 'max_user_connections' resource", "semua sambungan"),
    (CLIENT, "ERROR 2006 (HY000) at line 12: Server has gone away", "baris 2: server basis data sedang tidak menjawab"),
    (
        CLIENT,
        "ERROR 1153 (08S01) at line 12: Got a packet bigger than 'max_allowed_packet' bytes",
        "baris 2: satu perin",
    ),
    (
        CLIENT,
        "ERROR 1062 (23000) at line 12: Duplicate entry '1' for key 'PRIMARY'",
        "baris 2: dua baris mempunyai kunci",
    ),
    (
        CLIENT,
        "ERROR 1227 (42000) at line 12: Access denied; you need (at least one of) the SUPER …",
        "baris 2: perintah ",
    ),
    (
        CLIENT,
        "ERROR 1273 (HY000) at line 12: Unknown collation: 'utf8mb4_0900_ai_ci'",
        "baris 2: urutan abjad (collation)",
    ),
    (
        CLIENT,
        "ERROR 1366 (22007) at line 12: Incorrect string value: '\\xE9' for column",
        "baris 2: berkas itu memuat h",
    ),
    (DUMP, 'mariadb-dump: Got error: 1045: "Access denied for user" when trying to connect', "kata sandi di private/"),
    (
        DUMP,
        "mariadb-dump: Error 2013: Lost connection to server during query when dumping table `a`",
        "server basis data",
    ),
    (
        DUMP,
        "mariadb-dump: Couldn't execute 'SHOW': command denied to user 's'@'localhost' (1142)",
        "perintah itu hanya",
    ),
    (PSQL, f'{SOCKET}FATAL:  password authentication failed for user "s000001"', "kata sandi di private/database.ini"),
    (PSQL, f'{SOCKET}FATAL:  too many connections for role "s000001"', "semua sambungan sedang terpakai"),
    (PSQL, f"{SOCKET}No such file or directory", "server basis data sedang tidak menjawab"),
    (PSQL, 'psql:<stdin>:12: ERROR:  syntax error at or near "x"', "baris 2: perintah itu tidak dikenal"),
    (
        PSQL,
        'psql:<stdin>:12: ERROR:  could not extend file "base/1/2": No space left on device',
        "baris 2: ruang untuk",
    ),
    (
        PSQL,
        "psql:<stdin>:12: FATAL:  terminating connection due to administrator command",
        "baris 2: server basis data",
    ),
    (
        PSQL,
        'psql:<stdin>:12: ERROR:  duplicate key value violates unique constraint "a"',
        "baris 2: dua baris mempunyai",
    ),
    (PSQL, 'psql:<stdin>:12: ERROR:  role "admin" does not exist', "baris 2: perintah itu hanya boleh dijalankan"),
    (
        PSQL,
        "psql:<stdin>:12: ERROR:  must be owner of table a",
        "baris 2: perintah itu hanya boleh dijalankan pengurus",
    ),
    (PSQL, 'psql:<stdin>:12: ERROR:  collation "x" for encoding "UTF8" does not exist', "baris 2: urutan abjad (colla"),
    (PSQL, 'psql:<stdin>:12: ERROR:  invalid byte sequence for encoding "UTF8": 0xe9', "baris 2: berkas itu memuat hu"),
    (PSQL, 'psql:<stdin>:12: ERROR:  extension "postgis" is not available', "baris 2: ekstensi itu tidak tersedia"),
    (
        PSQL,
        'psql:<stdin>:12: ERROR:  unrecognized configuration parameter "transaction_timeout"',
        "baris 2: berkas itu ",
    ),
    (
        PSQL,
        "psql:<stdin>:12: error: invalid command \\restrict",
        "baris 2: berkas itu dibuat oleh versi yang lebih baru",
    ),
    (PSQL, "The input is a PostgreSQL custom-format dump.\nUse the pg_restore command", "buat salinannya sebagai SQL "),
]


@pytest.mark.parametrize(("program", "said", "begins"), KNOWN)
def test_what_owners_meet_is_in_indonesian_with_what_to_do_and_the_servers_words(program, said, begins):
    words = complaints.explained(f"warning: x\n{said}\nHINT: y\n", program=program, before=10)
    assert words.startswith(begins)
    assert "; " in words or "pg_dump" in words
    assert f"(kata server: {complaints.PLACE.sub('', said.splitlines()[0], count=1)})" in words


@pytest.mark.parametrize(
    ("program", "said", "words"),
    [
        (
            CLIENT,
            "ERROR 9999 (HY000) at line 12: Something new",
            "baris 2: kata server: ERROR 9999 (HY000): Something new",
        ),
        (CLIENT, "ERROR 9999 (HY000) at line 4: Something new", "kata server: ERROR 9999 (HY000): Something new"),
        (PSQL, "psql:<stdin>:12: ERROR:  something new", "baris 2: kata server: ERROR:  something new"),
        (PSQL, "", "kata server: tanpa keterangan"),
    ],
)
def test_what_is_not_known_is_quoted(program, said, words):
    assert complaints.explained(said, program=program, before=10) == words


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            OSError(122, "Disk quota exceeded"),
            "ruang situs ini habis; hapus berkas yang tidak perlu (Disk quota exceeded)",
        ),
        (OSError(999, "Something new"), "[Errno 999] Something new"),
    ],
)
def test_what_the_system_says_too(error, words):
    assert complaints.of_system(error) == words
