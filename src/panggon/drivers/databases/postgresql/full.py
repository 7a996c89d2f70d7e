"""A full database: everything in it belongs to a role that nobody is, and what its own may do is read and delete."""

import time
from collections.abc import Mapping
from contextlib import suppress
from typing import LiteralString

import psycopg
from psycopg import sql

from panggon.drivers.databases.postgresql.line import Session

KEPT = "panggon_kept"
# Functions that write large objects, which belong to no table; one that is cut off behind its end grows.
LARGE: LiteralString = (
    "lo_creat(integer), lo_create(oid), lo_from_bytea(oid, bytea), lo_put(oid, bigint, bytea), "
    "lowrite(integer, bytea), lo_truncate(integer, integer), lo_truncate64(integer, bigint)"
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
# What its role has given everybody (PUBLIC) it has itself; nobody else comes in, so nobody misses it afterwards.
READ_AND_DELETE = sql.SQL("""
DO $$
DECLARE schema record;
BEGIN
  FOR schema IN SELECT nspname FROM pg_namespace WHERE nspowner = {kept}::regrole LOOP
    EXECUTE format('REVOKE ALL ON SCHEMA %I FROM PUBLIC', schema.nspname);
    EXECUTE format('REVOKE ALL ON ALL TABLES IN SCHEMA %I FROM PUBLIC', schema.nspname);
    EXECUTE format('REVOKE ALL ON ALL SEQUENCES IN SCHEMA %I FROM PUBLIC', schema.nspname);
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO %s', schema.nspname, {site}::regrole);
    EXECUTE format('GRANT SELECT, DELETE, TRUNCATE ON ALL TABLES IN SCHEMA %I TO %s', schema.nspname, {site}::regrole);
    EXECUTE format('GRANT SELECT ON ALL SEQUENCES IN SCHEMA %I TO %s', schema.nspname, {site}::regrole);
  END LOOP;
END $$
""")
# How many rows are dead now, as far as nobody has cleaned up meanwhile, which gives nothing back to the disk; and how
# many have ever been changed and deleted.
WORN: LiteralString = """
SELECT schemaname, relname, relid::bigint, n_dead_tup, n_tup_upd + n_tup_del FROM pg_stat_all_tables
WHERE schemaname !~ '^pg_' AND schemaname <> 'information_schema' OR relname = 'pg_largeobject'
ORDER BY n_dead_tup DESC
"""
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


def compact(session: Session, before: Mapping[int, int]) -> dict[int, int]:
    """By each table's number how many of its rows had been changed when it was compacted last, now and `before`. Of
    what its role keeps from being done (a lock, a function of an index that fails) the rest is done.
    """
    done, ends = dict(before), time.monotonic() + COMPACTING_SECONDS
    session.execute(f"SET statement_timeout = '{COMPACTING_SECONDS}s'; SET lock_timeout = '{LOCK_SECONDS}s'")
    for schema, table, number, dead, changed in session.execute(WORN).fetchall():
        if time.monotonic() > ends:
            break
        if dead or changed != before.get(number, 0):
            with suppress(psycopg.errors.DatabaseError):
                session.execute(sql.SQL("VACUUM (FULL, ANALYZE) {}").format(sql.Identifier(schema, table)))
                done[number] = changed
    return done
