"""What the programs of a database server complain of when a copy is made or loaded, for the owner of the site: in
Indonesian, with what he can do. The server's own words follow, because others can look those up.

It stands beside `panggon_database.py` in the sandbox, where nothing of Panggon can be imported.
"""

import errno
import re
from collections.abc import Mapping

OTHER_COPY = "pastikan berkas ini salinan SQL dari {} dan terunggah utuh"
LATER = "coba lagi beberapa menit lagi"
ASK = "hubungi petugas"
NO_MEMORY = f"memori situs habis: di dalamnya ada satu baris atau perintah yang terlalu besar; {ASK}"
LOCKED = f"sebuah program situs ini mengunci tabelnya dan tidak melepasnya; hentikan program itu, atau {LATER}"
NO_ROOM = f"ruang untuk basis data habis; {ASK}"
NEW_PASSWORD = "kata sandi di private/database.ini ditolak; minta kata sandi baru kepada petugas"  # noqa: S105
NOT_YOURS = "perintah itu hanya boleh dijalankan pengurus server; "
DEFINER = f"{NOT_YOURS}hapus DEFINER=… dan perintah SET GLOBAL atau GRANT dari berkas itu, lalu muat lagi"
OWN_DATABASE = "berkas itu memakai basis data lain; hapus baris CREATE DATABASE dan USE dari berkas itu, lalu muat lagi"
OWNERS = f"{NOT_YOURS}buat salinannya dengan pg_dump --no-owner --no-privileges"
NEWER = "berkas itu dibuat oleh versi yang lebih baru; hapus baris itu, lalu muat lagi"
TWICE = "dua baris mempunyai kunci yang sama; perbaiki isinya di tempat asal, lalu buat salinan baru"
UNTRUE = "isinya melanggar aturan tabelnya sendiri; perbaiki di tempat asal, lalu buat salinan baru"
TOO_LONG = (
    "ada isi yang lebih panjang daripada kolomnya; perbaiki lebar kolomnya di tempat asal, lalu buat salinan baru"
)
MISSING = "berkas itu menyebut tabel, kolom atau fungsi yang tidak ada; buat salinan yang lengkap di tempat asal"
ALREADY = "berkas itu membuat sesuatu dua kali; buat satu salinan yang utuh di tempat asal"
NOT_UTF8 = "berkas itu memuat huruf yang bukan UTF-8; simpan sebagai UTF-8, atau buat salinan dengan pengodean UTF-8"
COLLATION = "urutan abjad (collation) itu tidak dikenal di sini; "

# https://mariadb.com/docs/server/reference/error-codes
MARIADB: Mapping[int, str] = {
    **dict.fromkeys((3, 1021, 1030, 1114), NO_ROOM),
    **dict.fromkeys((1040, 1203, 1226), f"semua sambungan ke basis data sedang terpakai; {LATER}"),
    **dict.fromkeys((1044, 1046, 1049), OWN_DATABASE),
    **dict.fromkeys((1045, 1698, 1820, 1862), NEW_PASSWORD),
    **dict.fromkeys((1050, 1304, 1359), ALREADY),
    **dict.fromkeys((1051, 1054, 1146, 1305), MISSING),
    **dict.fromkeys((1053, 2002, 2003, 2006, 2013), f"server basis data sedang tidak menjawab; {LATER}"),
    **dict.fromkeys((1062, 1586), TWICE),
    **dict.fromkeys((1064, 1149), f"perintah itu tidak dikenal MariaDB; {OTHER_COPY.format('MariaDB atau MySQL')}"),
    **dict.fromkeys((1071, 1118), "kunci atau baris tabelnya terlalu panjang; buat tabelnya dengan ROW_FORMAT=DYNAMIC"),
    **dict.fromkeys(
        (1115, 1273), f"{COLLATION}ganti di berkas itu dengan utf8mb4 dan utf8mb4_unicode_ci, lalu muat lagi"
    ),
    **dict.fromkeys((1142, 1143, 1227, 1370, 1419), DEFINER),
    1153: "satu perintah lebih besar daripada yang diterima server; buat salinannya dengan --skip-extended-insert",
    **dict.fromkeys((1193, 1231), NEWER),
    **dict.fromkeys((1205, 1213), f"berbenturan dengan pekerjaan lain di situs itu; {LATER}"),
    **dict.fromkeys((1216, 1217, 1451, 1452, 1048, 1364, 4025), UNTRUE),
    **dict.fromkeys((1264, 1406), TOO_LONG),
    1366: NOT_UTF8,
    1412: f"tabelnya diubah sewaktu disalin; {LATER}",
    1969: f"terlalu lama; {ASK}",
    4151: f"situs ini tidak terbuka bagi pemiliknya; {ASK}",
}
# By what PostgreSQL, psql and pg_dump say; the first that is found counts.
POSTGRESQL: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(said), words)
    for said, words in (
        (r"No space left on device|Disk quota exceeded|could not extend file|exceeds temp_file_limit", NO_ROOM),
        (r"password authentication failed", NEW_PASSWORD),
        (r"is not permitted to log in", f"situs ini tidak terbuka bagi pemiliknya; {ASK}"),
        (r"too many (?:connections|clients)|connection slots", f"semua sambungan sedang terpakai; {LATER}"),
        (
            r"connection to server .* failed|terminating connection|server closed the connection|database system is",
            f"server basis data sedang tidak menjawab; {LATER}",
        ),
        (
            r"PostgreSQL custom-format dump|server version mismatch",
            "buat salinannya sebagai SQL biasa (pg_dump --format=plain)",
        ),
        (r"invalid command \\(?:un)?restrict|unrecognized configuration parameter", NEWER),
        (
            r"syntax error|unterminated|invalid command",
            f"perintah itu tidak dikenal; {OTHER_COPY.format('PostgreSQL')}",
        ),
        (r"byte sequence|invalid Unicode|has no equivalent in encoding", NOT_UTF8),
        (
            r"collation .* does not exist|invalid locale name|locale provider",
            f"{COLLATION}hapus COLLATE … dari berkas itu, lalu muat lagi",
        ),
        (
            r"extension .* is not available|create extension|extension control file",
            f"ekstensi itu tidak tersedia di sini; {ASK}",
        ),
        (r"role \S+ does not exist|must be |permission denied", OWNERS),
        (r"duplicate key value", TWICE),
        (r"violates|could not create unique index", UNTRUE),
        (r"value too long|out of range", TOO_LONG),
        (r"already exists", ALREADY),
        (r"does not exist", MISSING),
        (
            r"deadlock detected|lock timeout|could not obtain lock",
            f"berbenturan dengan pekerjaan lain di situs itu; {LATER}",
        ),
        (r"statement timeout", f"terlalu lama; {ASK}"),
        (r"out of memory|invalid memory alloc", f"satu perintah terlalu besar; {ASK}"),
    )
)

# Of the system, while the script itself writes.
SYSTEM: Mapping[int, str] = {
    **dict.fromkeys((errno.EDQUOT, errno.ENOSPC, errno.EFBIG), "ruang situs ini habis; hapus berkas yang tidak perlu"),
    **dict.fromkeys((errno.EACCES, errno.EPERM, errno.EROFS), "folder private/database tidak dapat ditulis"),
    **dict.fromkeys((errno.ENOENT, errno.ENOTDIR), "berkas itu tidak ada lagi"),
}
WRONG = re.compile(r"\bERROR\b|\bFATAL\b|rror:|Error \d|Couldn't|custom-format")
NUMBER = re.compile(r"(?:ERROR |[Ee]rror:? |\()(\d{1,4})\b")
PLACE = re.compile(r" at line (\d+)(?=: )|psql:<stdin>:(\d+): ")


def explained(complaints: str, *, program: str, before: int = 0) -> str:
    """The first of these that says what was wrong; `before`: so many lines come before those of the owner's file."""
    lines = [line.strip() for line in complaints.splitlines() if line.strip()]
    said = next(filter(WRONG.search, lines), lines[0] if lines else "tanpa keterangan")
    place = PLACE.search(said)
    line = int(place[1] or place[2]) - before if place else 0
    said = PLACE.sub("", said, count=1)[:400]
    words = _of_mariadb(said) if program.startswith("mariadb") else _of_postgresql(said)
    return (f"baris {line}: " if line > 0 else "") + (
        f"{words} (kata server: {said})" if words else f"kata server: {said}"
    )


def of_system(error: OSError) -> str:
    words = SYSTEM.get(error.errno or 0)
    return f"{words} ({error.strerror})" if words else str(error)


def _of_mariadb(said: str) -> str:
    number = NUMBER.search(said)
    return MARIADB.get(int(number[1]), "") if number else ""


def _of_postgresql(said: str) -> str:
    return next((words for pattern, words in POSTGRESQL if pattern.search(said)), "")
