"""A login that reads a closed site's database: views in there act as whom the site says, or as who reads them."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pymysql.cursors import Cursor

from panggon.drivers.databases.database_server import Copying

READER = "panggon_reader"
# A view that has lost its table ends no copy.
OPTIONS = (
    *("--default-character-set=utf8mb4", "--single-transaction", "--quick", "--skip-lock-tables", "--no-tablespaces"),
    *("--routines", "--events", "--force", "--max-allowed-packet=256M"),
)


@contextmanager
def reader(cursor: Cursor, socket: Path, site: str) -> Iterator[Copying]:
    """What a killed one has left is taken away by the next, or by the site's next plan."""
    password = secrets.token_urlsafe(32)
    cursor.execute("CREATE OR REPLACE USER %s@localhost IDENTIFIED BY %s", (READER, password))
    try:
        cursor.execute(f"GRANT SELECT, SHOW VIEW, TRIGGER, EVENT ON `{site}`.* TO %s@localhost", (READER,))
        cursor.execute("GRANT SELECT ON mysql.proc TO %s@localhost", (READER,))
        login = (f"--socket={socket}", f"--user={READER}")
        yield Copying(("mariadb-dump", "--no-defaults", *login, *OPTIONS, site), {"MYSQL_PWD": password}, (0, 2))
    finally:
        cursor.execute("DROP USER IF EXISTS %s@localhost", (READER,))
