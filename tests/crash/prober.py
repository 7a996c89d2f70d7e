"""Whether a site truly works, judged by programs that other people wrote: curl, dig, delv, sftp, mariadb.

Nothing here is shared with the product's own proofs.
"""

import configparser
import json
import secrets
import subprocess
from collections.abc import Iterator

from panggon.core.spec import SiteSpec, SiteState
from tests.faults.machine import Machine

CLOSED = {
    SiteState.PREPARED: "sedang disiapkan",
    SiteState.SUSPENDED: "dihentikan sementara",
    SiteState.QUARANTINED: "ditutup sementara",
}
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


def faults(machine: Machine, spec: SiteSpec) -> list[str]:
    """Everything that a visitor, the owner or a resolver finds wrong with the site; nothing where it works."""
    return list(_faults(machine, spec))


def _faults(machine: Machine, spec: SiteSpec) -> Iterator[str]:
    named = spec.state not in (SiteState.PARKED, SiteState.PURGED)
    yield from _names(machine, spec.host, there=named)
    for host in spec.retired_hosts:
        yield from _names(machine, host, there=False)
    for host in spec.former_hosts:
        yield from _names(machine, host, there=True)
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
        yield from _content(machine, spec)
    elif spec.access.ssh_keys:
        came_in = sftp(machine, spec.site, "pwd")
        if came_in is not (spec.state in LETS_IN):
            yield f"the owner {'comes' if came_in else 'does not come'} in"
    if spec.state is not SiteState.PURGED and spec.database:
        yield from _database(machine, spec)


def fetch(machine: Machine, host: str, path: str) -> tuple[int, str]:
    """Status 0 where no answer comes over TLS that this machine's authority vouches for."""
    port = machine.layout.ports["https"]
    authority = machine.layout.hosting / "etc" / "ca.pem"
    argv = ["curl", "--silent", "--max-time", "20", "--cacert", str(authority), "--noproxy", "*"]
    argv += ["--resolve", f"{host}:{port}:127.0.0.1", "--write-out", "\n%{http_code} %{redirect_url}"]
    done = _run(*argv, f"https://{host}:{port}{path}")
    body, _, last = done.stdout.rpartition("\n")
    status, _, target = last.partition(" ")
    return (int(status or 0) if done.returncode == 0 else 0), target or body


def sftp(machine: Machine, site: str, *commands: str) -> bool:
    port = machine.layout.ports["sftp"]
    known = machine.layout.state / "known_hosts"
    known.write_text(f"[127.0.0.1]:{port} {machine.layout.sftp_host_key.read_text()}")
    options = ["BatchMode=yes", "IdentitiesOnly=yes", "StrictHostKeyChecking=yes", f"UserKnownHostsFile={known}"]
    argv = ["sftp", "-F/dev/null", *(f"-o{option}" for option in options), "-b-", "-i", str(machine.key)]
    return _run(*argv, "-P", str(port), f"{site}@127.0.0.1", stdin="\n".join(commands) + "\n").returncode == 0


def _content(machine: Machine, spec: SiteSpec) -> Iterator[str]:
    """What the owner brings over SFTP is what visitors get, and its script finds its own database."""
    nonce = secrets.token_hex(8)
    script, page = machine.layout.state / "prober.php", machine.layout.state / "prober.txt"
    script.write_text(SCRIPT % nonce)
    page.write_text(nonce)
    if not sftp(machine, spec.site, f"put {script} /public/{nonce}.php", f"put {page} /public/{nonce}.txt"):
        yield "the owner cannot bring files"
        return
    if (seen := fetch(machine, spec.host, f"/{nonce}.txt")) != (200, nonce):
        yield f"a page answers {seen}"
    status, body = fetch(machine, spec.host, f"/{nonce}.php")
    wished = {"uid": 1_900_000_000 + int(spec.site[1:]), "nonce": nonce, "login": spec.site}
    if status != 200 or not body.startswith("{") or json.loads(body) != {**wished, "name": spec.site}:
        yield f"a script answers {status} {body[:200]!r}"
    sftp(machine, spec.site, f"rm /public/{nonce}.php", f"rm /public/{nonce}.txt")


def _names(machine: Machine, host: str, *, there: bool) -> Iterator[str]:
    server = ("@127.0.0.1", "-p", str(machine.layout.ports["dns"]), "+norecurse", "+time=5")
    for kind, value in (("A", "127.0.0.1"), ("AAAA", "::1")):
        answer = _run("dig", *server, "+dnssec", "+noall", "+answer", host, kind).stdout
        values = [line.split()[4] for line in answer.splitlines() if line.split()[3] == kind]
        if values != ([value] if there else []):
            yield f"{host} {kind} is {values}"
        if there and "RRSIG" not in answer:
            yield f"{host} {kind} is not signed"
    if not there and _run("dig", *server, "+short", f"_panggon.{host}", "TXT").stdout:
        yield f"{host} is still marked"


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
    done = _PROGRAMS[values["engine"]](machine, values)
    if done.stdout.split() != ["42", *_SHOWN[values["engine"]], spec.site]:
        yield f"the database answers {done.stdout.split()} {done.stderr.strip()}"


TABLE = "CREATE TABLE bukti (x INT); INSERT INTO bukti VALUES (42); SELECT x FROM bukti; DROP TABLE bukti; "
REACHED = "SELECT datname FROM pg_database WHERE datallowconn AND has_database_privilege(oid, 'CONNECT');"


def _mariadb(machine: Machine, values: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    place = machine.layout.run / "mariadb" / "mysqld.sock"
    options = machine.layout.state / "client.cnf"
    options.write_text(f"[client]\nuser={values['user']}\npassword={values['password']}\nsocket={place}\n")
    argv = ["mariadb", f"--defaults-file={options}", "--batch", "--skip-column-names", values["database"]]
    return _run(*argv, stdin=TABLE + "SHOW DATABASES")


def _psql(machine: Machine, values: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    place, options = machine.layout.run / "pgsql", machine.layout.state / "pgpass"
    options.touch(mode=0o600)
    options.write_text(f"*:*:*:{values['user']}:{values['password']}\n")
    argv = ["env", f"PGPASSFILE={options}", "psql", "--no-psqlrc", "--quiet", "--tuples-only", "--no-align"]
    return _run(*argv, "-h", str(place), "-U", values["user"], values["database"], stdin=TABLE + REACHED)


_PROGRAMS = {"mariadb": _mariadb, "postgresql": _psql}
_SHOWN = {"mariadb": ["information_schema"], "postgresql": []}


def _run(*argv: str, stdin: str = "") -> "subprocess.CompletedProcess[str]":
    return subprocess.run(argv, input=stdin, capture_output=True, text=True, timeout=60, check=False)
