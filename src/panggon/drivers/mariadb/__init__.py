"""MariaDB: one database and one user a site, reached over the server's socket only."""

from panggon.drivers.mariadb.line import lasting
from panggon.drivers.mariadb.server import MariaDb

__all__ = ["MariaDb", "lasting"]
