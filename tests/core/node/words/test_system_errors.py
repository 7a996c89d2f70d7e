"""Errors of systems in Indonesian: what people meet, and nothing that they do not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panggon.core.node.words.system_errors import in_indonesian

LOCAL = 'connection to server on socket "/run/panggon/postgresql/.s.PGSQL.5432" failed: '
SAID = {
    "/run/x.sock: [Errno 111] Connection refused": "/run/x.sock: tidak ada yang menjawab di sana (galat 111)",
    "[Errno 28] No space left on device: '/a' -> '/b'": "tidak ada ruang lagi di disk (galat 28): '/a' -> '/b'",
    "portal.example: [Errno -2] Name or service not known": "portal.example: nama itu tidak dikenal (galat -2)",
    "dinsos.example/: timed out": "dinsos.example/: tidak menjawab pada waktunya",
    "127.0.0.1#53: The DNS operation timed out.": "127.0.0.1#53: tidak menjawab pada waktunya",
    "connection timeout expired": "tidak menjawab pada waktunya",
    "All connection attempts failed": "tidak ada yang menjawab di sana",
    "(4151, 'Access denied, this account is locked')": "akunnya terkunci (MariaDB 4151)",
    "(1045, \"Access denied for user 's900001'@'localhost' (using password: YES)\")": (
        "nama pengguna atau kata sandinya ditolak (MariaDB 1045)"
    ),
    "(2003, \"Can't connect to MySQL server on 'localhost' ([Errno 111] Connection refused)\")": (
        "servernya tidak menjawab (MariaDB 2003)"
    ),
    f'connection failed: {LOCAL}FATAL:  password authentication failed for user "s900001"': (
        "kata sandi pengguna s900001 ditolak (PostgreSQL)"
    ),
    f'connection failed: {LOCAL}FATAL:  role "s900001" is not permitted to log in': (
        "akun s900001 terkunci (PostgreSQL)"
    ),
    f"connection failed: {LOCAL}No such file or directory\n\tIs the server running locally?": (
        "servernya tidak menjawab (PostgreSQL)"
    ),
}
KEPT = (
    "",
    "[Errno 999] Something new",
    "(1064, 'You have an error in your SQL syntax')",
    "(12, 'x')",
    "Permission denied",  # a site's own words
    "it timed out there",
    f"connection failed: {LOCAL}FATAL:  something new",
)


@pytest.mark.parametrize(("said", "words"), SAID.items())
def test_what_people_meet_is_in_indonesian(said: str, words: str) -> None:
    assert in_indonesian(said) == words
    assert in_indonesian(f"basis data s900001: {said}") == f"basis data s900001: {words}"
    assert in_indonesian(words) == words


@pytest.mark.parametrize("said", KEPT)
def test_what_is_not_known_stays(said: str) -> None:
    assert in_indonesian(said) == said


@given(st.text())
def test_any_text_may_be_said(said: str) -> None:
    assert in_indonesian(in_indonesian(said)) == in_indonesian(said)
