"""What the server has under a site's name, and whose it is."""

from typing import LiteralString

from psycopg import sql

from panggon.core.node.planning.resources import Standing
from panggon.drivers.databases.database_server import Found
from panggon.drivers.databases.postgresql import scram
from panggon.drivers.databases.postgresql.line import Session, row
from panggon.drivers.databases.postgresql.reading import READER

# As it was made: 0 is the limit of one that is shut (`PostgreSql.shut`), and a setting binds all of its sessions.
PLAIN: LiteralString = """
SELECT datallowconn AND NOT datistemplate AND datconnlimit IN (-1, 0)
  AND datdba = (SELECT oid FROM pg_roles WHERE rolname = current_user)
  AND NOT EXISTS (SELECT FROM pg_db_role_setting s WHERE s.setdatabase = d.oid AND s.setrole = 0)
FROM pg_database d WHERE datname = %s
"""
PLAIN_AGAIN: tuple[LiteralString, ...] = (
    "ALTER DATABASE {} ALLOW_CONNECTIONS true IS_TEMPLATE false CONNECTION LIMIT -1",
    "ALTER DATABASE {} OWNER TO CURRENT_USER",
    "ALTER DATABASE {} RESET ALL",
)
# What its sessions complain of is for its client alone: RAISE LOG would fill the server's log, and a key that is there
# twice may be about people.
SILENT: LiteralString = "ALTER ROLE {} SET log_min_messages = fatal"
# What only the server's administrator can have set for the role: its owner sets what binds himself.
FORCED: LiteralString = """
SELECT d.datname, p.name FROM pg_db_role_setting s CROSS JOIN unnest(s.setconfig) AS given
  JOIN pg_settings p ON p.name = split_part(given, '=', 1) LEFT JOIN pg_database d ON d.oid = s.setdatabase
WHERE s.setrole = (SELECT oid FROM pg_roles WHERE rolname = %s) AND p.context IN ('superuser', 'superuser-backend')
  AND p.name <> 'log_min_messages'
"""
# Of a whole database: connect, create, temporary tables; of a full one only the first. As aclexplode lists them.
ALL, READING = ["CONNECT", "CREATE", "TEMPORARY"], ["CONNECT"]


def is_plain(session: Session, site: str) -> bool:
    """Whether nobody has changed the database itself, its owner and settings."""
    found = row(session, PLAIN, site)
    return found is not None and found[0] is True


def make_plain(session: Session, site: str) -> None:
    for statement in PLAIN_AGAIN:
        session.execute(sql.SQL(statement).format(sql.Identifier(site)))


def mark(site: str) -> str:
    return f"panggon site={site}"


def find(session: Session, site: str, *, known: bool) -> Found:
    database = row(
        session, "SELECT oid, shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s", site
    )
    role = row(
        session,
        "SELECT rolconnlimit, rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication "
        "OR rolbypassrls, rolvaliduntil < 'infinity', NOT rolcanlogin, "
        "coalesce(left(rolpassword, %s), '') FROM pg_authid WHERE rolname = %s",
        scram.LENGTH_MOST + 1,
        site,
    )
    if database is None and role is None:
        return Found(Standing.ABSENT)
    if not known and (database is None or database[1] != mark(site)):
        return Found(Standing.FOREIGN, detail=f"{'pengguna' if database is None else 'basis data'} {site}")
    rights = held(session, site)
    if database is None or role is None:
        missing = f"basis data {site}" if database is None else f"pengguna {site}"
        return Found(Standing.PARTIAL, detail=f"{missing} tidak ada")
    connections, is_mighty, runs_out, locked, verifier = role
    faults = (
        (not is_plain(session, site), "pemilik, batas atau pengaturan basis datanya diubah"),
        (is_mighty, "penggunanya mendapat kuasa atas server"),
        (runs_out, "kata sandi penggunanya diberi batas waktu"),
        *((True, f"{member} dijadikan anggota {other}") for other, member in ties(session, site)),
        *((True, f"penggunanya mendapat pengaturan {name} dari pengurus server") for _, name in forced(session, site)),
        (
            rights not in ([(site, ALL)], [(site, READING)]),
            "hak atas basis datanya lain daripada yang diberikan Panggon",
        ),
    )
    if wrong := "; ".join(words for is_wrong, words in faults if is_wrong):
        return Found(Standing.PARTIAL, detail=wrong)
    is_full = rights == [(site, READING)]
    return Found(Standing.OURS, int(str(connections)), full=is_full, locked=bool(locked), verifier=str(verifier))


def forced(session: Session, site: str) -> list[tuple[str | None, str]]:
    """In which database, None for all, and which setting."""
    return session.execute(FORCED, (site,)).fetchall()


def take_forced(session: Session, site: str) -> None:
    for database, name in forced(session, site):
        where = sql.SQL(" IN DATABASE {}").format(sql.Identifier(database)) if database else sql.SQL("")
        session.execute(
            sql.SQL("ALTER ROLE {}{} RESET {}").format(sql.Identifier(site), where, sql.Identifier(*name.split(".")))
        )


def ties(session: Session, site: str) -> list[tuple[str, str]]:
    """Which role is which one's member where the site's is one of them; what its owner gives away himself is his."""
    return session.execute(
        "SELECT role.rolname, member.rolname FROM pg_auth_members m JOIN pg_roles role ON role.oid = m.roleid "
        "JOIN pg_roles member ON member.oid = m.member JOIN pg_roles site ON site.rolname = %s "
        "WHERE site.oid IN (m.roleid, m.member) AND m.grantor <> site.oid",
        (site,),
    ).fetchall()


def held(session: Session, site: str) -> list[tuple[str, list[str]]]:
    """Who but its owner may do what with the database as a whole, without who copies it just now."""
    return session.execute(
        "SELECT coalesce(g.rolname, 'PUBLIC'), array_agg(a.privilege_type ORDER BY a.privilege_type) "
        "FROM pg_database d, "
        "LATERAL aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a LEFT JOIN pg_roles g ON g.oid = a.grantee "
        "WHERE d.datname = %s AND a.grantee <> d.datdba AND g.rolname IS DISTINCT FROM %s GROUP BY 1",
        (site, READER),
    ).fetchall()
