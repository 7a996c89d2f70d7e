"""What the server has under a site's name, and whose it is."""

from panggon.core.resources import Standing
from panggon.drivers.database_server import Found
from panggon.drivers.postgresql.line import Session, row

# Of a whole database: connect, create, temporary tables; of a full one only the first. As aclexplode lists them.
ALL, READING = ["CONNECT", "CREATE", "TEMPORARY"], ["CONNECT"]


def mark(site: str) -> str:
    return f"panggon site={site}"


def find(session: Session, site: str, *, known: bool) -> Found:
    database = row(
        session, "SELECT oid, shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s", site
    )
    role = row(
        session,
        "SELECT rolconnlimit, rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication "
        "OR rolbypassrls, NOT rolcanlogin FROM pg_authid WHERE rolname = %s",
        site,
    )
    if database is None and role is None:
        return Found(Standing.ABSENT)
    if not known and (database is None or database[1] != mark(site)):
        return Found(Standing.FOREIGN, detail=f"{'pengguna' if database is None else 'basis data'} {site}")
    rights = held(session, site)
    if role is None or role[1] or ties(session, site) or rights not in ([(site, ALL)], [(site, READING)]):
        return Found(Standing.PARTIAL)
    return Found(Standing.OURS, int(str(role[0])), full=rights == [(site, READING)], locked=bool(role[2]))


def ties(session: Session, site: str) -> list[tuple[str, str]]:
    """Which role is which one's member where the site's is one of them; what its owner gives away himself is his."""
    return session.execute(
        "SELECT role.rolname, member.rolname FROM pg_auth_members m JOIN pg_roles role ON role.oid = m.roleid "
        "JOIN pg_roles member ON member.oid = m.member JOIN pg_roles site ON site.rolname = %s "
        "WHERE site.oid IN (m.roleid, m.member) AND m.grantor <> site.oid",
        (site,),
    ).fetchall()


def held(session: Session, site: str) -> list[tuple[str, list[str]]]:
    """Who but its owner may do what with the database as a whole."""
    return session.execute(
        "SELECT coalesce(g.rolname, 'PUBLIC'), array_agg(a.privilege_type ORDER BY a.privilege_type) "
        "FROM pg_database d, "
        "LATERAL aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a LEFT JOIN pg_roles g ON g.oid = a.grantee "
        "WHERE d.datname = %s AND a.grantee <> d.datdba GROUP BY 1",
        (site,),
    ).fetchall()
