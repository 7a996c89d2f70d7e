"""Whether a site truly works, judged by programs that other people wrote: curl, dig, delv, sftp, mariadb.

Nothing here is shared with the product's own proofs.
"""

import configparser
import json
import secrets
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from demo.layout import ZONE
from panggon.core.sites.spec import SiteKind, SiteSpec, SiteState
from panggon.drivers.file_systems.storage import open_mark
from tests.crash.lives import APPLICATION as APPLICATION_NAME
from tests.faults.machine import Machine

NAMELESS = (SiteState.PARKED, SiteState.PURGED)
CLOSED = {
    SiteState.PREPARED: "sedang disiapkan",
    SiteState.SUSPENDED: "dihentikan sementara",
    SiteState.QUARANTINED: "ditutup sementara",
}
RELOADED, FOLLOWED = 10, 5  # seconds: an application that is loaded anew, a secondary DNS server
RUNS = (SiteState.PREPARED, SiteState.OPEN)
LETS_IN = (SiteState.OPEN, SiteState.SUSPENDED)
SCRIPT = """<?php
$ini = parse_ini_file('/site/private/database.ini') ?: parse_ini_file(__DIR__ . '/../private/database.ini');
if ($ini['engine'] === 'postgresql') {
    $line = new PDO("pgsql:host=$ini[host];dbname=$ini[database]", $ini['user'], $ini['password']);
    $row = $line->query('SELECT current_user AS login, current_database() AS name')->fetch(PDO::FETCH_ASSOC);
} else {
    $line = new mysqli('localhost', $ini['user'], $ini['password'], $ini['database'], 0, $ini['socket']);
    $row = $line->query('SELECT SUBSTRING_INDEX(CURRENT_USER(), "@", 1) AS login, DATABASE() AS name')->fetch_assoc();
}
echo json_encode(['uid' => posix_geteuid(), 'nonce' => '%s'] + $row);
"""
# The same as an application of Python, in both forms.
APPLICATION = """
import configparser, json, os

def said():
    ini = configparser.ConfigParser(interpolation=None)
    ini.read_string("[it]\\n" + open(os.environ["HOME"] + "/database.ini").read())
    row = reached({name: value.strip('"') for name, value in ini["it"].items()})
    return json.dumps({"uid": os.geteuid(), "nonce": "%s", "login": row[0], "name": row[1]}).encode()

def reached(own):
    if own["engine"] == "postgresql":
        import psycopg2
        line = psycopg2.connect(host=own["host"], dbname=own["database"], user=own["user"], password=own["password"])
        question = "SELECT current_user, current_database()"
    else:
        import pymysql
        line = pymysql.connect(
            unix_socket=own["socket"], user=own["user"], password=own["password"], database=own["database"]
        )
        question = "SELECT SUBSTRING_INDEX(CURRENT_USER(), '@', 1), DATABASE()"
    cursor = line.cursor()
    cursor.execute(question)
    return cursor.fetchone()

def wsgi(environ, start):
    start("200 OK", [("Content-Type", "application/json")])
    return [said()]

async def asgi(scope, receive, send):
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": said()})

aplikasi = %s
"""


def faults(machine: Machine, spec: SiteSpec) -> list[str]:
    """Everything that a visitor, the owner or a resolver finds wrong with the site; nothing where it works."""
    return [*_faults_of_names(machine, spec), *faults_of_doors(machine, spec)]


def faults_of_doors(machine: Machine, spec: SiteSpec) -> list[str]:
    """What is wrong with it for who comes to this machine."""
    return list(_faults_of_doors(machine, spec))


def _faults_of_names(machine: Machine, spec: SiteSpec) -> Iterator[str]:
    yield from _names(machine, spec.host, there=spec.state not in NAMELESS)
    for host in spec.retired_hosts:
        yield from _names(machine, host, there=False)
    for host in spec.former_hosts:
        yield from _names(machine, host, there=True)


def _faults_of_doors(machine: Machine, spec: SiteSpec) -> Iterator[str]:
    named = spec.state not in NAMELESS
    for host in spec.former_hosts:
        yield from _leads(machine, host, spec.host)
    if spec.state in CLOSED:
        status, body = fetch(machine, spec.host, "/")
        if status != 503 or CLOSED[spec.state] not in body or spec.notice not in body:
            yield f"{spec.host} answers {status} {body[:80]!r}"
    if not named and (status := fetch(machine, spec.host, "/")[0]) not in (
        0,
        404,
    ):  # a parked name keeps its certificate
        yield f"{spec.host} still answers {status}"
    if spec.state is SiteState.OPEN:
        yield from _CONTENTS[spec.kind](machine, spec)
    elif spec.access.ssh_keys:
        came_in = sftp(machine, spec.site, "pwd")
        if came_in is not (spec.state in LETS_IN):
            yield f"the owner {'comes' if came_in else 'does not come'} in"
    if spec.state is not SiteState.PURGED and spec.database:
        yield from _database(machine, spec)


def fetch(machine: Machine, host: str, path: str) -> tuple[int, str]:
    """Status 0 where no answer comes over TLS that this machine's authority vouches for."""
    port = machine.layout.ports["https"]
    argv = ["curl", "--silent", "--max-time", "20", "--cacert", str(machine.authority), "--noproxy", "*"]
    argv += ["--resolve", f"{host}:{port}:127.0.0.1", "--write-out", "\n%{http_code} %{redirect_url}"]
    done = _run(*argv, f"https://{host}:{port}{path}")
    body, _, last = done.stdout.rpartition("\n")
    status, _, target = last.partition(" ")
    return (int(status or 0) if done.returncode == 0 else 0), target or body


def sftp(machine: Machine, site: str, *commands: str) -> bool:
    """Whether the owner comes in and all of it is done."""
    return not _refused(machine, site, *commands)


def _refused(machine: Machine, site: str, *commands: str) -> str:
    """What the owner cannot do, in the client's words; "" where all of it is done."""
    port = machine.layout.ports["sftp"]
    known = machine.layout.state / "known_hosts"
    known.write_text(f"[127.0.0.1]:{port} {machine.layout.sftp_host_key.read_text()}")
    options = ["BatchMode=yes", "IdentitiesOnly=yes", "StrictHostKeyChecking=yes", f"UserKnownHostsFile={known}"]
    argv = ["sftp", "-F/dev/null", *(f"-o{option}" for option in options), "-b-", "-i", str(machine.key)]
    done = _run(*argv, "-P", str(port), f"{site}@127.0.0.1", stdin="\n".join(commands) + "\n")
    return f"the owner cannot {commands[0]}: {done.stderr.strip()}" if done.returncode else ""


def _scripts(machine: Machine, spec: SiteSpec) -> Iterator[str]:
    """What the owner brings over SFTP is what visitors get, and its script finds its own database."""
    nonce = secrets.token_hex(8)
    script = machine.layout.state / "prober.php"
    script.write_text(SCRIPT % nonce)
    if refused := _refused(machine, spec.site, f"put {script} /public/{nonce}.php"):
        yield refused
        return
    if fault := _fault(*fetch(machine, spec.host, f"/{nonce}.php"), spec, nonce):
        yield fault
    if refused := _refused(machine, spec.site, f"rm /public/{nonce}.php"):
        yield refused
    yield from _pages(machine, spec)


def _applications(machine: Machine, spec: SiteSpec) -> Iterator[str]:
    """As `_scripts`; the application is loaded anew when its owner says so, at the request after the next."""
    nonce, module = secrets.token_hex(8), APPLICATION_NAME.partition(":")[0]
    interface = spec.python.interface if spec.python else ""
    script = machine.layout.state / "prober.py"
    script.write_text(APPLICATION % (nonce, interface))
    brought = (f"put {script} /private/{module}.py", f"put {script} /private/restart.txt")
    if refused := _refused(machine, spec.site, *brought):
        yield refused
        return
    ends, fault = time.monotonic() + RELOADED, "?"
    while fault and time.monotonic() < ends:
        fault = _fault(*fetch(machine, spec.host, "/bukti"), spec, nonce)
    if fault:
        yield fault
    written = (f"/private/{module}.py", "/private/restart.txt", f"/private/__pycache__/{module}.*")
    # Its programs make that folder where they can, so it may not be there.
    if refused := _refused(machine, spec.site, *(f"-rm {path}" for path in written), "-rmdir /private/__pycache__"):
        yield refused
    yield from _pages(machine, spec)


def _fault(status: int, body: str, spec: SiteSpec, nonce: str) -> str:
    wished = {"uid": 1_900_000_000 + int(spec.site[1:]), "nonce": nonce, "login": spec.site, "name": spec.site}
    works = status == 200 and body.startswith("{") and json.loads(body) == wished
    return "" if works else f"a program answers {status} {body[:200]!r}"


def _pages(machine: Machine, spec: SiteSpec) -> Iterator[str]:
    nonce = secrets.token_hex(8)
    page = machine.layout.state / "prober.txt"
    page.write_text(nonce)
    if refused := _refused(machine, spec.site, f"put {page} /public/{nonce}.txt"):
        yield refused
        return
    if (seen := fetch(machine, spec.host, f"/{nonce}.txt")) != (200, nonce):
        yield f"a page answers {seen}"
    if spec.kind is SiteKind.STATIC:
        yield from _runs_nothing(machine, spec, nonce)
    if refused := _refused(machine, spec.site, f"rm /public/{nonce}.txt"):
        yield refused


def _runs_nothing(machine: Machine, spec: SiteSpec, nonce: str) -> Iterator[str]:
    """What was a program once is neither run nor shown."""
    script = machine.layout.state / "prober.php"
    script.write_text("<?php echo 'dijalankan';")
    if refused := _refused(machine, spec.site, f"put {script} /public/{nonce}.php"):
        yield refused
    status, body = fetch(machine, spec.host, f"/{nonce}.php")
    if status == 200 or "dijalankan" in body:
        yield f"a script on a static site answers {status} {body[:80]!r}"
    if refused := _refused(machine, spec.site, f"rm /public/{nonce}.php"):
        yield refused


def _redirect(machine: Machine, spec: SiteSpec) -> Iterator[str]:
    wished = spec.redirect
    assert wished
    seen = fetch(machine, spec.host, "/surat?no=1")
    if seen != (308 if wished.permanent else 307, wished.target + ("/surat?no=1" if wished.keep_path else "")):
        yield f"the redirect answers {seen}"
    yield from _enters(machine, spec)


def _proxy(machine: Machine, spec: SiteSpec) -> Iterator[str]:
    assert spec.proxy
    own = f"{spec.host}:{machine.layout.ports['https']}"
    host = own if spec.proxy.keep_host else spec.proxy.target.partition("://")[2]
    status, body = fetch(machine, spec.host, "/surat?no=1")
    wished = {"host": host, "path": "/surat?no=1", "for": own}
    if status != 200 or not body.startswith("{") or json.loads(body) != wished:
        yield f"the server behind answers {status} {body[:200]!r}"
    yield from _enters(machine, spec)


def _enters(machine: Machine, spec: SiteSpec) -> Iterator[str]:
    if refused := _refused(machine, spec.site, "pwd"):
        yield refused


_CONTENTS = {
    SiteKind.PHP: _scripts,
    SiteKind.PYTHON: _applications,
    SiteKind.STATIC: _pages,
    SiteKind.REDIRECT: _redirect,
    SiteKind.PROXY: _proxy,
}


def _names(machine: Machine, host: str, *, there: bool) -> Iterator[str]:
    """On every server that the world asks; a secondary hears of what went a moment later, and nothing waits for it."""
    for port in (machine.layout.ports["dns"], *([machine.secondary] if machine.secondary else [])):
        follows = port == machine.secondary and not there
        ends = time.monotonic() + (FOLLOWED if follows else 0)
        while (found := list(_records(port, host, there=there))) and time.monotonic() < ends:
            time.sleep(0.1)
        yield from found


def _records(port: int, host: str, *, there: bool) -> Iterator[str]:
    server = ("@127.0.0.1", "-p", str(port), "+norecurse", "+time=5")
    for kind, value in (("A", "127.0.0.1"), ("AAAA", "::1")):
        answer = _run("dig", *server, "+dnssec", "+noall", "+answer", host, kind).stdout
        values = [line.split()[4] for line in answer.splitlines() if line.split()[3] == kind]
        anyone = _run("dig", *server, "+short", f"siapa-saja.{ZONE}", kind).stdout.split()
        if values != ([value] if there else anyone):
            yield f"{host} {kind} is {values} at port {port}"
        if there and "RRSIG" not in answer:
            yield f"{host} {kind} is not signed at port {port}"
    for label in ("_panggon", "_acme-challenge"):
        if not (there and label == "_panggon") and _run("dig", *server, "+short", f"{label}.{host}", "TXT").stdout:
            yield f"{label}.{host} is still there at port {port}"


def _leads(machine: Machine, former: str, host: str) -> Iterator[str]:
    status, target = fetch(machine, former, "/x")
    if (status, target) != (308, f"https://{host}:{machine.layout.ports['https']}/x"):
        yield f"{former} answers {status} to {target!r}"


def _database(machine: Machine, spec: SiteSpec) -> Iterator[str]:
    """By the owner's own file."""
    path = machine.sites_folder / spec.site / "private" / "database.ini"
    if not path.exists():
        yield "no database.ini"
        return
    ini = configparser.ConfigParser()
    ini.read_string("[it]\n" + path.read_text())
    values = {name: value.strip('"') for name, value in ini["it"].items()}
    if spec.state is SiteState.SUSPENDED and open_mark(machine.sites_folder / spec.site).exists():
        return  # open for who was let in before, at most two minutes
    done = _PROGRAMS[values["engine"]](machine, values)
    if spec.state not in RUNS:
        if done.stdout or not _is_locked(machine, values, done.stderr):
            yield f"the database of a closed site answers {done.stdout.split()} {done.stderr.strip()}"
    elif done.stdout.split() != ["42", *_SHOWN[values["engine"]], spec.site]:
        yield f"the database answers {done.stdout.split()} {done.stderr.strip()}"


def _is_locked(machine: Machine, values: dict[str, str], said: str) -> bool:
    """MariaDB tells only who has the password of the lock. A user that a person took away from a site that is being
    closed comes back with a password that nobody is told before it is open again.
    """
    if _LOCKED[values["engine"]] in said:
        return True
    if values["engine"] != "mariadb" or "Access denied" not in said:
        return False
    argv = ("mariadb", "--no-defaults", f"--socket={_mariadb_socket(machine)}", "--batch", "--skip-column-names")
    return "ACCOUNT LOCK" in _run(*argv, stdin=f"SHOW CREATE USER '{values['user']}'@localhost").stdout


TABLE = "CREATE TABLE bukti (x INT); INSERT INTO bukti VALUES (42); SELECT x FROM bukti; DROP TABLE bukti; "
REACHED = "SELECT datname FROM pg_database WHERE datallowconn AND has_database_privilege(oid, 'CONNECT');"


def _mariadb_socket(machine: Machine) -> Path:
    return machine.layout.run / "mariadb" / "mysqld.sock"


def _mariadb(machine: Machine, values: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    options = machine.layout.state / "client.cnf"
    login = f"user={values['user']}\npassword={values['password']}\nsocket={_mariadb_socket(machine)}\n"
    options.write_text(f"[client]\n{login}")
    argv = ["mariadb", f"--defaults-file={options}", "--batch", "--skip-column-names", values["database"]]
    return _run(*argv, stdin=TABLE + "SHOW DATABASES")


def _psql(machine: Machine, values: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    place, options = machine.layout.run / "pgsql", machine.layout.state / "pgpass"
    options.touch(mode=0o600)
    options.write_text(f"*:*:*:{values['user']}:{values['password']}\n")
    argv = ["env", f"PGPASSFILE={options}", "psql", "--no-psqlrc", "--quiet", "--tuples-only", "--no-align"]
    return _run(*argv, "-h", str(place), "-U", values["user"], values["database"], stdin=TABLE + REACHED)


_PROGRAMS = {"mariadb": _mariadb, "postgresql": _psql}
_LOCKED = {"mariadb": "account is locked", "postgresql": "is not permitted to log in"}
_SHOWN = {"mariadb": ["information_schema"], "postgresql": []}


def _run(*argv: str, stdin: str = "") -> "subprocess.CompletedProcess[str]":
    return subprocess.run(argv, input=stdin, capture_output=True, text=True, timeout=60, check=False)
