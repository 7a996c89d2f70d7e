"""MariaDB: one database and one user a site, reached over the server's socket only."""

from panggon.drivers.databases.mariadb.line import lasting
from panggon.drivers.databases.mariadb.server import MariaDb
from panggon.drivers.databases.mariadb.sessions import undo_files

__all__ = ["MariaDb", "lasting", "undo_files"]
