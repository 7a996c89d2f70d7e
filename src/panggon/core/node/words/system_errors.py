"""What systems say in English of their errors, in Indonesian: those that people who run a machine meet. The number
stays, to look it up; whatever is not known here stays as it was said.
"""

import re
from collections.abc import Mapping

# strerror(3) and getaddrinfo(3) of glibc, as Python's OSError has them behind `[Errno N]`.
_OF_THE_SYSTEM: Mapping[str, str] = {
    "Address already in use": "alamatnya dipakai program lain",
    "Broken pipe": "sambungannya terputus",
    "Cannot allocate memory": "memori habis",
    "Cannot assign requested address": "alamat itu bukan milik mesin ini",
    "Connection refused": "tidak ada yang menjawab di sana",
    "Connection reset by peer": "sambungannya diputus",
    "Connection timed out": "tidak menjawab pada waktunya",
    "Device or resource busy": "sedang dipakai",
    "Disk quota exceeded": "batas penyimpanan terlampaui",
    "File exists": "sudah ada",
    "Input/output error": "disknya tidak dapat dibaca atau ditulis",
    "Is a directory": "berupa folder",
    "Name or service not known": "nama itu tidak dikenal",
    "Network is unreachable": "tidak ada jalan ke jaringan itu",
    "No address associated with hostname": "nama itu tidak mempunyai alamat",
    "No route to host": "tidak ada jalan ke mesin itu",
    "No space left on device": "tidak ada ruang lagi di disk",
    "No such file or directory": "tidak ada",
    "Not a directory": "bukan folder",
    "Operation not permitted": "tidak diizinkan",
    "Permission denied": "tidak diizinkan",
    "Read-only file system": "disknya hanya dapat dibaca",
    "Temporary failure in name resolution": "nama itu tidak dapat ditanyakan ke DNS sekarang",
    "Too many open files": "terlalu banyak berkas terbuka",
    "Transport endpoint is not connected": "sambungannya terputus",
}
_ERRNO = re.compile(rf"\[Errno (-?\d+)\] ({'|'.join(map(re.escape, _OF_THE_SYSTEM))})")

# Said by libraries without a number, at the end of what they say.
_OF_LIBRARIES: Mapping[str, str] = {
    "All connection attempts failed": "tidak ada yang menjawab di sana",
    "The DNS operation timed out.": "tidak menjawab pada waktunya",
    "The read operation timed out": "tidak menjawab pada waktunya",
    "connection timeout expired": "tidak menjawab pada waktunya",
    "timed out": "tidak menjawab pada waktunya",
}
_ENDING = re.compile(rf"(^|: )({'|'.join(map(re.escape, _OF_LIBRARIES))})$")

# https://mariadb.com/docs/server/reference/error-codes, as PyMySQL shows them: `(1045, "Access denied …")`.
_OF_MARIADB: Mapping[int, str] = {
    1040: "semua sambungannya terpakai",
    1044: "pengguna itu tidak berhak atas basis data itu",
    1045: "nama pengguna atau kata sandinya ditolak",
    1049: "basis data itu tidak ada",
    1053: "servernya sedang berhenti",
    1203: "batas sambungan pengguna itu tercapai",
    1205: "menunggu pekerjaan lain terlalu lama",
    1213: "berbenturan dengan pekerjaan lain",
    1226: "batas pengguna itu tercapai",
    1698: "pengguna itu ditolak",
    1820: "kata sandinya kedaluwarsa",
    1862: "kata sandinya kedaluwarsa",
    2002: "servernya tidak menjawab",
    2003: "servernya tidak menjawab",
    2006: "sambungannya terputus",
    2013: "sambungannya terputus",
    4151: "akunnya terkunci",
}
_NUMBERED = re.compile(r"""\((\d{4}), (?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')\)""")

# libpq: where it could not connect, and what the server or the system said to it.
_CONNECTING = re.compile(
    r"connection (?:failed|is bad): (?:connection to server [^\n]*? failed: )?(?:FATAL: +)?([^\n]+)(?:\n.*)?", re.DOTALL
)
_OF_POSTGRESQL: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(said), words)
    for said, words in (
        (r'password authentication failed for user "(\w+)"', r"kata sandi pengguna \1 ditolak"),
        (r'role "(\w+)" is not permitted to log in', r"akun \1 terkunci"),
        (r'(?:role|database) "(\w+)" does not exist', r"\1 tidak ada di sana"),
        (r'too many connections for (?:role|database) "(\w+)"', r"batas sambungan \1 tercapai"),
        (r"no pg_hba\.conf entry .*", "tidak diizinkan masuk dari sini"),
        (r"the database system is starting up", "servernya sedang dimulai"),
        (r"the database system is shutting down", "servernya sedang berhenti"),
        (r"(?:Connection refused|No such file or directory)", "servernya tidak menjawab"),
        (r"(?:connection )?timeout expired", "servernya tidak menjawab pada waktunya"),
    )
)


def in_indonesian(said: str) -> str:
    """What was said, with its known parts in Indonesian; twice gives the same as once."""
    said = _CONNECTING.sub(_connecting, said)
    said = _NUMBERED.sub(_numbered, said)
    said = _ERRNO.sub(lambda found: f"{_OF_THE_SYSTEM[found[2]]} (galat {found[1]})", said)
    return _ENDING.sub(lambda found: f"{found[1]}{_OF_LIBRARIES[found[2]]}", said)


def _numbered(found: re.Match[str]) -> str:
    words = _OF_MARIADB.get(int(found[1]))
    return f"{words} (MariaDB {found[1]})" if words else found[0]


def _connecting(found: re.Match[str]) -> str:
    known = (pattern.sub(words, found[1]) for pattern, words in _OF_POSTGRESQL if pattern.fullmatch(found[1]))
    return next((f"{words} (PostgreSQL)" for words in known), found[0])
