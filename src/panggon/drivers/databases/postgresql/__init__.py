"""PostgreSQL: one database and one role a site, reached over the server's socket only.

The database is the superuser's and bears the mark; the site's role may connect, and owns the schema `public` and all
that it makes. Who owns a table cannot be kept from writing into it: so everything in a full database belongs to the
role `panggon_kept` meanwhile, which nobody is, and the site's role may read and delete.
"""

from panggon.drivers.databases.postgresql.server import PostgreSql

__all__ = ["PostgreSql"]
