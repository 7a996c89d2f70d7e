"""Whose the tables and schemas in a site's database are: who puts a copy in place as the superuser leaves them his, and
the site cannot use them.
"""

from typing import LiteralString

from psycopg import sql

from panggon.drivers.databases.postgresql.line import Session

LOCK_SECONDS = 2
# Of others than the role, but what PostgreSQL and its extensions made; a sequence of a column follows its table.
OTHERS: LiteralString = """
SELECT 'SCHEMA' AS kind, quote_ident(nspname) AS name, nspowner AS owner FROM pg_namespace n
WHERE nspowner <> {site}::regrole AND nspname !~ '^pg_' AND nspname <> 'information_schema'
  AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_namespace'::regclass AND objid = n.oid AND deptype = 'e')
UNION ALL
SELECT 'TABLE', format('%I.%I', nspname, relname), relowner FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
WHERE relowner <> {site}::regrole AND relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
  AND nspname !~ '^pg_' AND nspname <> 'information_schema'
  AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = c.oid
    AND (deptype = 'e' OR (relkind = 'S' AND deptype IN ('a', 'i') AND refclassid = 'pg_class'::regclass)))
"""
COUNTED = sql.SQL("SELECT count(*) FROM ({}) AS others")
GIVEN = sql.SQL("""
DO $$
DECLARE item record;
BEGIN
  FOR item IN {others} LOOP
    EXECUTE format('ALTER %s %s OWNER TO %s', item.kind, item.name, {site}::regrole);
  END LOOP;
END $$
""")


def others(session: Session, site: str) -> int:
    """How many of them are not the site's."""
    found = session.execute(COUNTED.format(sql.SQL(OTHERS).format(site=sql.Literal(site)))).fetchone()
    return int(found[0]) if found else 0


def give(session: Session, site: str) -> None:
    """All of them to the site. In a transaction."""
    session.execute(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'")
    name = sql.Literal(site)
    session.execute(GIVEN.format(others=sql.SQL(OTHERS).format(site=name), site=name))
