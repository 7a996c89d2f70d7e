"""What the server has under a site's name, and whose it is."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum

import pymysql
from pymysql.cursors import Cursor

from panggon.core.node.planning.resources import Standing
from panggon.drivers.databases.database_server import Found
from panggon.drivers.databases.mariadb.reading import READER

# By each host that there is, because users are in order by host and name: by the name alone all would be looked at.
USERS = """
SELECT u.Host, IFNULL(JSON_VALUE(u.Priv, '$.max_user_connections'), 0)
FROM (SELECT DISTINCT Host FROM mysql.global_priv) AS hosts
JOIN mysql.global_priv AS u ON u.Host = hosts.Host AND u.User = %s
"""
# Of whole databases (whose names may hold % and _ for others), of tables, of columns; not who copies it just now.
STRANGERS = tuple(
    f"{rights} AND NOT (User IN (%(site)s, '{READER}') AND Host = 'localhost')"
    for rights in (
        "SELECT User, Host, Db, '' FROM mysql.db WHERE %(site)s LIKE Db",
        "SELECT User, Host, Db, Table_name FROM mysql.tables_priv WHERE Db = %(site)s",
        "SELECT User, Host, Db, Table_name FROM mysql.columns_priv WHERE Db = %(site)s",
    )
)
NO_SUCH_GRANT = (1141, 1147)
# "GRANT … ON [kind] `database`.…" or "… ON *.*", as SHOW GRANTS says it; the right to log in is none.
GRANT = re.compile(r"GRANT (?!USAGE ON \*\.\* ).* ON (?:[A-Z ]+ )?(\*|`(?:[^`]|``)+`)\.")
PROXY = re.compile(r"GRANT PROXY ON (.*) TO `s[0-9]{6}`@`localhost`")
# What lets a user store more. The rest of ALL PRIVILEGES remains: read, delete, empty and drop tables, drop procedures.
WRITING = (
    *("INSERT", "UPDATE", "CREATE", "REFERENCES", "INDEX", "ALTER", "CREATE TEMPORARY TABLES", "CREATE VIEW"),
    *("CREATE ROUTINE", "EVENT", "TRIGGER"),
)


# What keeps a user from its database, or bounds it otherwise than by its connections, in words; as SHOW CREATE USER
# says it.
HINDRANCES = (
    (re.compile(r" REQUIRE (?!NONE)"), "penggunanya diwajibkan memakai TLS"),
    (
        re.compile(r" (?:MAX_(?:QUERIES|UPDATES|CONNECTIONS)_PER_HOUR|MAX_STATEMENT_TIME) "),
        "penggunanya mendapat batas lain",
    ),
)
# No more than a new password takes away, which a locked user does not get.
EXPIRED = re.compile(r" PASSWORD EXPIRE(?! NEVER)")
# The one way in that is made, and nothing besides; what the server keeps of the password.
BY_PASSWORD = re.compile(
    r" IDENTIFIED (?:BY PASSWORD|VIA mysql_native_password USING) '(\*[0-9A-F]{40})'"
    r"(?= REQUIRE| WITH| ACCOUNT| PASSWORD|$)"
)


class Rights(Enum):
    ALL = "ALL PRIVILEGES"
    READING = "without WRITING"


@dataclass(frozen=True, slots=True)
class Seen:
    """What the server has under a site's name. `grants` are those beyond the right to log in; `strangers` have rights
    in its database too: user, host, database as their right names it, table or "" for all. `login` is how its user
    comes in, as SHOW CREATE USER says it.
    """

    comment: str | None
    hosts: tuple[str, ...] = ()
    connections: int = 0
    grants: tuple[str, ...] = ()
    strangers: tuple[tuple[str, str, str, str], ...] = ()
    login: str = field(default="", repr=False)

    @property
    def locked(self) -> bool:
        return " ACCOUNT LOCK" in self.login

    @property
    def verifier(self) -> str:
        found = BY_PASSWORD.search(self.login)
        return found[1] if found else ""

    def rights(self, site: str) -> Rights | None:
        """What the user may do in its own database; None where it has other rights than one of the two, or more."""
        end = f" ON `{site}`.* TO `{site}`@`localhost`"
        if len(self.grants) != 1 or not self.grants[0].endswith(end):
            return None
        words = set(self.grants[0].removesuffix(end).removeprefix("GRANT ").split(", "))
        if words == {"ALL PRIVILEGES"}:
            return Rights.ALL
        return Rights.READING if {"SELECT", "DELETE", "DROP"} <= words and not words & {*WRITING} else None

    def judged(self, site: str, *, known: bool) -> Found:
        """`known`: whatever its owner has made of it, it is Panggon's."""
        if self.comment is None and not self.hosts:
            return Found(Standing.ABSENT)
        if not known and self.comment != mark(site):
            which = "pengguna" if self.comment is None else "basis data"
            return Found(Standing.FOREIGN, detail=f"{which} {site}")
        if not known and (others := self._other_users(site)):
            return Found(Standing.FOREIGN, detail=f"pengguna {', '.join(others)}")
        if faults := "; ".join(self._faults(site)):
            return Found(Standing.PARTIAL, detail=faults)
        is_full = self.rights(site) is Rights.READING
        return Found(Standing.OURS, self.connections, full=is_full, locked=self.locked, verifier=self.verifier)

    def _faults(self, site: str) -> Iterator[str]:
        """In words; what is made has none."""
        if self.comment is None:
            yield f"basis data {site} tidak ada"
        if "localhost" not in self.hosts:
            yield f"pengguna {site}@localhost tidak ada"
        elif not self.verifier:
            yield "penggunanya masuk dengan cara lain daripada kata sandi dari Panggon"
        yield from (f"ada pengguna {name} di samping {site}@localhost" for name in self._other_users(site))
        others = dict.fromkeys(
            f"{user}@{host}" if host else user for user, host, _, _ in self.strangers if user != site
        )
        if others:
            yield f"{', '.join(others)} juga mempunyai hak di dalamnya"
        yield from (words for hindrance, words in HINDRANCES if hindrance.search(self.login))
        if not self.locked and EXPIRED.search(self.login):
            yield "kata sandi penggunanya dibuat kedaluwarsa"
        if "localhost" in self.hosts and self.rights(site) is None:
            yield "hak penggunanya lain daripada yang diberikan Panggon"

    def _other_users(self, site: str) -> list[str]:
        return [f"{site}@{host}" for host in self.hosts if host != "localhost"]


def mark(site: str) -> str:
    return f"panggon site={site}"


def look(cursor: Cursor, site: str) -> Seen:
    cursor.execute("SELECT schema_comment FROM information_schema.schemata WHERE schema_name = %s", (site,))
    comment = next((row[0] for row in cursor.fetchall()), None)
    cursor.execute(USERS, (site,))
    users = sorted((str(host), int(connections)) for host, connections in cursor.fetchall())
    cursor.execute(" UNION ".join(STRANGERS), {"site": site})
    strangers = tuple((str(user), str(host), str(name), str(table)) for user, host, name, table in cursor.fetchall())
    if not users:
        return Seen(comment, strangers=strangers)
    hosts = tuple(host for host, _ in users)
    if "localhost" not in hosts:
        return Seen(comment, hosts, strangers=strangers)
    return Seen(comment, hosts, dict(users)["localhost"], _grants(cursor, site), strangers, _login(cursor, site))


def take_other_users(cursor: Cursor, site: str, seen: Seen) -> None:
    """Those of the site's own name that a person has made for other machines."""
    for host in seen.hosts:
        if host != "localhost":
            cursor.execute("DROP USER IF EXISTS %s@%s", (site, host))


def reached(cursor: Cursor) -> tuple[str, ...]:
    """The databases in which the session's user has any right, also by a role or as anybody has it; "*" is all of them.

    Not SHOW DATABASES: for that the server looks at the files of every site.
    """
    cursor.execute("SHOW GRANTS")
    found = (GRANT.match(str(row[0])) for row in cursor.fetchall())
    return tuple(sorted({match[1].strip("`") for match in found if match}))


def open_to_all(cursor: Cursor) -> tuple[str, ...]:
    """The databases in which everybody has rights because a user without a name has them: SHOW GRANTS leaves those
    out.
    """
    cursor.execute("SELECT DISTINCT Db FROM mysql.db WHERE User = ''")
    return tuple(str(row[0]) for row in cursor.fetchall())


def take_rights(cursor: Cursor, user: str, host: str, database: str, table: str) -> None:
    """Of a role, which has no host, too, and of all users together (PUBLIC)."""
    place = f"{_quoted(database)}.{_quoted(table) if table else '*'}"
    whose, names = ("%s@%s", (user, host)) if host else (user if user == "PUBLIC" else _quoted(user), ())
    for rights in ("GRANT OPTION", "ALL PRIVILEGES"):
        try:
            cursor.execute(f"REVOKE {rights} ON {place} FROM {whose}", names)
        except pymysql.MySQLError as error:
            if error.args[0] not in NO_SUCH_GRANT:  # it had no other
                raise


def take_more(cursor: Cursor, site: str, grants: tuple[str, ...]) -> None:
    """What a person gave the site's user goes: rights, roles, and those to act as somebody else."""
    cursor.execute("SET DEFAULT ROLE NONE FOR %s@localhost", (site,))
    for other in (PROXY.match(line) for line in grants):
        if other:
            cursor.execute(f"REVOKE PROXY ON {other[1].replace('%', '%%')} FROM %s@localhost", (site,))
    cursor.execute("REVOKE ALL PRIVILEGES, GRANT OPTION FROM %s@localhost", (site,))


def _quoted(name: str) -> str:
    """As a name in a statement that has arguments."""
    return f"`{name.replace('`', '``').replace('%', '%%')}`"


def _login(cursor: Cursor, site: str) -> str:
    cursor.execute("SHOW CREATE USER %s@localhost", (site,))
    return str(cursor.fetchall()[0][0])


def _grants(cursor: Cursor, site: str) -> tuple[str, ...]:
    cursor.execute("SHOW GRANTS FOR %s@localhost", (site,))
    lines = [str(row[0]) for row in cursor.fetchall()]
    return tuple(line for line in lines if not line.startswith("GRANT USAGE ON *.* "))
