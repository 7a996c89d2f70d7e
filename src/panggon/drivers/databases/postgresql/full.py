"""A full database: everything in it belongs to a role that nobody is, and what its own may do is read and delete."""

import time
from contextlib import suppress
from typing import LiteralString

import psycopg
from psycopg import sql

from panggon.drivers.databases.postgresql.line import Session

KEPT = "panggon_kept"
# Functions that write large objects, which belong to no table.
LARGE: LiteralString = (
    "lo_creat(integer), lo_create(oid), lo_from_bytea(oid, bytea), lo_put(oid, bigint, bytea), lowrite(integer, bytea)"
)
# Everything but functions changes its owner: those keep the rights of whom they belong to.
HAND_OVER = sql.SQL("""
DO $$
DECLARE item record;
BEGIN
  FOR item IN SELECT nspname FROM pg_namespace WHERE nspowner = {giver}::regrole LOOP
    EXECUTE format('ALTER SCHEMA %I OWNER TO %s', item.nspname, {taker}::regrole);
  END LOOP;
  FOR item IN
    SELECT c.oid::regclass AS name FROM pg_class c
    WHERE c.relowner = {giver}::regrole AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
      AND NOT (c.relkind = 'S' AND EXISTS (  -- of a column: it follows its table
        SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
          AND d.deptype IN ('a', 'i') AND d.refclassid = 'pg_class'::regclass))
  LOOP
    EXECUTE format('ALTER TABLE %s OWNER TO %s', item.name, {taker}::regrole);
  END LOOP;
END $$
""")
READ_AND_DELETE = sql.SQL("""
DO $$
DECLARE schema record;
BEGIN
  FOR schema IN SELECT nspname FROM pg_namespace WHERE nspowner = {kept}::regrole LOOP
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO %s', schema.nspname, {site}::regrole);
    EXECUTE format('GRANT SELECT, DELETE, TRUNCATE ON ALL TABLES IN SCHEMA %I TO %s', schema.nspname, {site}::regrole);
    EXECUTE format('GRANT SELECT ON ALL SEQUENCES IN SCHEMA %I TO %s', schema.nspname, {site}::regrole);
  END LOOP;
END $$
""")
WORN: LiteralString = (
    "SELECT schemaname, relname FROM pg_stat_user_tables WHERE n_dead_tup > 0 ORDER BY n_dead_tup DESC"
)
COMPACTING_SECONDS, LOCK_SECONDS = 600, 2


def take(session: Session, site: str) -> None:
    """Out of the hands of its role; it is let in again by the last word."""
    name = sql.Identifier(site)
    session.execute(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'")
    session.execute(sql.SQL("REVOKE CREATE, TEMPORARY ON DATABASE {0} FROM {0}").format(name))
    session.execute(HAND_OVER.format(giver=sql.Literal(site), taker=sql.Literal(KEPT)))
    session.execute(READ_AND_DELETE.format(kept=sql.Literal(KEPT), site=sql.Literal(site)))
    session.execute(sql.SQL("REVOKE EXECUTE ON FUNCTION " + LARGE + " FROM PUBLIC"))
    session.execute(sql.SQL("ALTER DATABASE {} CONNECTION LIMIT -1").format(name))


def give_back(session: Session, site: str) -> None:
    name = sql.Identifier(site)
    session.execute(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'")
    session.execute(HAND_OVER.format(giver=sql.Literal(KEPT), taker=sql.Literal(site)))
    session.execute(sql.SQL("GRANT EXECUTE ON FUNCTION " + LARGE + " TO PUBLIC"))
    session.execute(sql.SQL("GRANT ALL ON DATABASE {0} TO {0}").format(name))
    session.execute(sql.SQL("ALTER DATABASE {} CONNECTION LIMIT -1").format(name))


def compact(session: Session) -> None:
    """Of what its role keeps from being done (a lock, a function of an index that fails) the rest is done."""
    ends = time.monotonic() + COMPACTING_SECONDS
    session.execute(f"SET statement_timeout = '{COMPACTING_SECONDS}s'; SET lock_timeout = '{LOCK_SECONDS}s'")
    for table in session.execute(WORN).fetchall():
        if time.monotonic() > ends:
            return
        with suppress(psycopg.errors.DatabaseError):
            session.execute(sql.SQL("VACUUM (FULL, ANALYZE) {}").format(sql.Identifier(*table)))
