"""Everything that stands on a machine, as one dictionary: two that are equal are two equal machines."""

import hashlib
import json
import re
import stat
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pymysql

from demo.layout import UID_BASE, ZONE
from panggon.drivers.system import asking
from panggon.drivers.system.patience import Patience
from tests.faults.machine import USERDB, Machine

World = dict[str, str]
# Whose content is another one each time that it is made: that it is there, and what it must fit, counts.
FRESH = ("bundle.pem", "previous.pem", "database.ini")
# Written by programs of sites and by owners of logs at their own time.
PASSING = ("output.log", "access.log", "error.log", "tasks.log")
# Of the machine's state: what is not about what stands here.
SERVERS = ("mariadb", "mariadb.tmp", "postgresql", "knot")
COUNTS = ("counted-changed.json", "parked.json", "strays.json")
APART = ("journal", *SERVERS, "logs.json", "tasks.json", "logins.json", "renewal.json", *COUNTS, "agent.lock")
# Made by programs of a site when they run, and left with its owner's files.
PROGRAMS = re.compile(r"^sites/s[0-9]{6}/(private/venv(/|$)|private/__pycache__|tmp/[.]panggon-asked)")
# By the owners of databases and logs at their own time; with the site they go.
OTHERS = re.compile(r"^sites/s[0-9]{6}/(private/database(/|$)|run/database-open$)|^state/logins/s[0-9]{6}\.json")
# Of a site that is served to who was let in before a suspension, or before it became one without programs, until all
# that has ended.
LEAVING = ("sites/{}/run/leaving", "sites/{}/run/served.json", "run/{}.sock", "run/{}.kind")
WRITING_SECONDS = 5.0
NOT_OURS = ("SOA", "RRSIG", "NSEC", "NSEC3", "NSEC3PARAM", "DNSKEY", "CDS", "CDNSKEY")


def seen(machine: Machine, temporary: Path) -> World:
    """Files, users, databases, records, sockets, quota groups, programs that run, and what lies about."""
    found: World = {}
    root, state = machine.layout.hosting, machine.layout.state / "node"
    for name in ("sites", "live", "tls", "proof", "acme", "run", "etc/keys", "etc/probe-keys", "etc/tasks"):
        found.update(_files(root / name, f"{name}/"))
    found.update({f"root/{path.name}": "" for path in root.glob(".*")})
    _await_writer(state / "logins")
    for path in state.iterdir():
        if path.name not in APART and not path.name.startswith(tuple(f".{name}" for name in APART)):
            found.update(_files(path, f"state/{path.name}/") if path.is_dir() else {f"state/{path.name}": ""})
    # That a site was here once is kept for ever.
    found = {name: content for name, content in found.items() if '"state": "purged"' not in content}
    found.update({f"journal/{path.name}": "" for path in (state / "journal").glob(".*")})
    found.update(_files(temporary, "temporary/"))
    found = {name: content for name, content in found.items() if not (OTHERS.search(name) or PROGRAMS.search(name))}
    for site in [name.split("/")[1] for name in found if name.endswith("/run/leaving")]:
        for name in LEAVING:
            found.pop(name.format(site), None)
    found.update(_users(machine))
    found.update(_databases(machine))
    found.update(_zone(machine))
    found.update(_quota_groups(root))
    found.update(_served(machine))
    return found


def _await_writer(folder: Path) -> None:
    """What the owner of logs is just writing is a draft for a moment. One that stays is seen as anything else is."""
    patience = Patience(WRITING_SECONDS)
    while any(folder.glob(".*.new")) and not patience.is_over():
        time.sleep(0.02)


def difference(one: World, other: World) -> str:
    """What is in one and not in the other, for a person; "" where nothing is."""
    names = [name for name in sorted({*one, *other}) if one.get(name) != other.get(name)]
    return "\n".join(f"{name}: {_unlike(one.get(name), other.get(name))}" for name in names)


def _unlike(one: str | None, other: str | None) -> str:
    """The first place where they differ."""
    if one is None or other is None:
        return "is gone" if other is None else "is there"
    same = next((at for at, (left, right) in enumerate(zip(one, other, strict=False)) if left != right), 0)
    return f"{one[same : same + 80]!r} became {other[same : same + 80]!r}"


def _files(folder: Path, name: str) -> World:
    return dict(_each_file(folder, name)) if folder.is_dir() else {}


def _each_file(folder: Path, name: str) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.rglob("*")):
        if path.name in PASSING:
            continue
        status = path.lstat()
        owner = f"{status.st_uid}:{status.st_gid} {stat.filemode(status.st_mode)}"
        yield f"{name}{path.relative_to(folder)}", f"{owner} {_content(path)}"


def _content(path: Path) -> str:
    if path.is_symlink():
        return str(path.readlink())
    if not path.is_file() or path.name in FRESH:
        return ""
    content = path.read_bytes()
    if path.suffix == ".json" and content:
        return json.dumps(json.loads(content), sort_keys=True)
    return content.decode(errors="replace") if len(content) < 4096 else hashlib.sha256(content).hexdigest()


def _users(machine: Machine) -> World:
    first, last = machine.layout.first_site, machine.layout.last_site
    found = {}
    for path in USERDB.iterdir():
        number = re.search(r"(?<=s)[0-9]{6}|[0-9]{10}", path.name)
        if number and first <= int(number[0]) % UID_BASE <= last:
            found[f"user {path.name}"] = _content(path)
    return found


def _databases(machine: Machine) -> World:
    place = str(machine.layout.run / "mariadb" / "mysqld.sock")
    with pymysql.connect(unix_socket=place, user="root", autocommit=True) as session, session.cursor() as cursor:
        cursor.execute("SELECT schema_name, schema_comment FROM information_schema.schemata")
        found = {f"database {name}": str(comment) for name, comment in cursor.fetchall()}
        cursor.execute("SELECT User, Host, max_user_connections FROM mysql.user")
        for user, host, most in cursor.fetchall():
            found[f"login {user}@{host}"] = str(most)
        cursor.execute("SELECT User, Host, Db, Select_priv, Create_priv, Drop_priv, Grant_priv FROM mysql.db")
        found |= {f"grant {row[0]}@{row[1]} on {row[2]}": " ".join(map(str, row[3:])) for row in cursor.fetchall()}
    with psycopg.connect(host=str(machine.layout.run / "pgsql"), user="postgres", dbname="postgres") as line:
        for name, words in line.execute("SELECT datname, shobj_description(oid, 'pg_database') FROM pg_database"):
            found[f"postgresql database {name}"] = str(words)
        for name, *words in line.execute("SELECT rolname, rolconnlimit, rolcanlogin, rolcreatedb FROM pg_roles"):
            found[f"postgresql login {name}"] = str(words)
    return found


def _zone(machine: Machine) -> World:
    argv = ["knotc", "-s", str(machine.layout.run / "knot" / "knot.sock"), "zone-read", ZONE]
    lines = subprocess.run(argv, capture_output=True, text=True, check=True).stdout.splitlines()
    found: World = {}
    for _, name, ttl, kind, *values in (line.split() for line in lines):
        if kind not in NOT_OURS:
            found[f"{kind} {name}"] = " | ".join(
                sorted(filter(None, (found.get(f"{kind} {name}"), f"{ttl} {' '.join(values)}")))
            )
    return found


def _quota_groups(root: Path) -> World:
    """Of each: how much it may hold. Nothing where the file system is no btrfs."""
    argv = ["btrfs", "qgroup", "show", "-re", "--raw", str(root)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode:
        return {}
    rows = [line.split() for line in done.stdout.splitlines() if line.startswith("0/")]
    # The kernel takes away the group of a subvolume that is gone when it finds the time.
    return {f"quota group {row[5]}": row[3] for row in rows if row[5] != "<stale>"}


def _served(machine: Machine) -> World:
    """What the holder answers for, in its own words."""
    control = machine.layout.run / "sockets.sock"
    answer = asking.ask(control, silent="runtime.holder", seconds=30.0, request={"do": "list"})
    names = ("kind", "php_version", "interface", "entry", "generation")
    return {f"served {row['site']}": " ".join(str(row.get(name)) for name in names) for row in answer["sites"]}
