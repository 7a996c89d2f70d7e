"""What happens to sites and by their owners on an installed machine, carried out with the rights of the agent's unit.

Each test goes on where the one before has left the machine.
"""

import json
import re
import shlex
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta

import pytest
from passlib.hash import sha512_crypt

from panggon.drivers.user import fingerprint
from tests.host.administrator import (
    SERVERS,
    active,
    apply,
    as_the_agent,
    ask,
    document,
    everybody_was_served,
    set_up,
)
from tests.host.conftest import visitors
from tests.host.host import shown
from tests.waiting import until

pytestmark = [pytest.mark.real, pytest.mark.timeout(600, func_only=True)]
SITES = {"s000006": "mariadb", "s000007": "postgresql"}
PYTHON = "/usr/lib/panggon-node/bin/python"
PASSWORD = "kata sandi pemilik 2026"
HASHED = sha512_crypt.using(rounds=5000).hash(PASSWORD)
# `?tulis=n` writes the number; every answer is all numbers that are there. `?simpan=n` stores n MiB in a file that has
# no name any more, and keeps it open for a while; `?tunggu=n` asks the database after n seconds.
PAGE = """<?php
$home = getenv('PANGGON_HOME') . '/private';
if (isset($_GET['simpan'])) {
    $file = fopen("$home/besar", 'w');
    unlink("$home/besar");
    for ($i = 0; $i < $_GET['simpan']; $i++) fwrite($file, str_repeat('x', 1 << 20));
    sleep(20);
    exit;
}
if (isset($_GET['tunggu'])) sleep($_GET['tunggu']);
$s = parse_ini_file("$home/database.ini");
$dsn = $s['engine'] === 'postgresql' ? "pgsql:host={$s['host']};dbname={$s['database']}"
    : "mysql:unix_socket={$s['socket']};dbname={$s['database']}";
$database = new PDO($dsn, $s['user'], $s['password'], [PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION]);
$database->exec('CREATE TABLE IF NOT EXISTS surat (nomor INT PRIMARY KEY)');
if (isset($_GET['tulis'])) $database->prepare('INSERT INTO surat VALUES (?)')->execute([$_GET['tulis']]);
echo json_encode(array_map('intval',
    $database->query('SELECT nomor FROM surat ORDER BY nomor')->fetchAll(PDO::FETCH_COLUMN))), "\\n";
"""
# Carries out a wish as the agent does, with the hash of the password that comes beside it.
WISH = """
import json, sys
from panggon.node import runs
from panggon.node.command import show
from panggon.node.settings import config
from panggon.node.sites import Sites
spec, hashed = json.load(sys.stdin)
sites = Sites.of(config.load(config.DEFAULT_PATH))
plan = sites.plan(sites.parse(spec))
ended = runs.apply(sites, plan, credentials={spec["access"].get("password_fingerprint", ""): hashed})
print(json.dumps(show.outcome_document(ended, plan.digest)))
"""
CLIENTS = {
    "mariadb": "mariadb --no-defaults --socket=/run/panggon/mariadb/mysqld.sock -BN",
    "postgresql": "psql -X -q -At -h /run/panggon/pgsql",
}
HUNGRY = {
    ("s000006", "memory"): "SET sort_buffer_size = 4 << 30, max_heap_table_size = 16 << 30, tmp_table_size = 16 << 30;"
    "SELECT COUNT(*) FROM (SELECT DISTINCT CONCAT(seq, REPEAT('x', 200)) FROM seq_1_to_90000000) t;",
    ("s000006", "temporary files"): "SET max_heap_table_size = 16384; SELECT COUNT(*) FROM"
    " (SELECT CONCAT(seq, REPEAT('x', 9000)) a FROM seq_1_to_9000000 ORDER BY RAND() LIMIT 1) t;",
    ("s000007", "memory"): "SET work_mem = '8GB'; SET statement_timeout = 0;"
    "SELECT count(*) FROM (SELECT array_agg(md5(n::text)) FROM generate_series(1, 90000000) n) t;",
    ("s000007", "locks"): "DO $$ BEGIN FOR n IN 1..30000 LOOP PERFORM pg_advisory_lock(n); END LOOP;"
    " PERFORM pg_sleep(1000); END $$;",
}
FOR_EVER = {
    "s000006": "DELIMITER //\nBEGIN NOT ATOMIC WHILE 1 DO DO 1; END WHILE; END//\n",
    "s000007": "SET statement_timeout = 0; DO $$ BEGIN LOOP END LOOP; END $$;",
}
TABLES = {
    "mariadb": "mysql.user WHERE User =",
    "postgresql": "pg_roles WHERE rolname =",
}
ENDED = re.compile("Lost connection|Connection was killed|terminating connection|server closed the connection")
LOCKED = {"s000006": "this account is locked", "s000007": "is not permitted to log in"}


@pytest.fixture(scope="module")
def wished(machine) -> dict[str, dict]:
    """The spec of each site as it was last applied."""
    if active(machine, "nginx") != ["active"]:
        set_up(machine)
    machine.shell("test -e /root/owner || ssh-keygen -q -t ed25519 -N '' -C '' -f /root/owner")
    key = machine.run("ssh-keygen", "-y", "-f", "/root/owner").strip()
    specs = {}
    for site, engine in SITES.items():
        specs[site] = document(machine, site) | {"database": engine, "access": {"ssh_keys": [key]}}
        apply(machine, specs[site])
        (machine.root / "srv/panggon/sites" / site / "public/index.php").write_text(PAGE)
    return specs


def change(machine, spec: dict, **members) -> dict[str, str]:
    """What each proof says; every one of them held."""
    spec |= {"generation": spec["generation"] + 1} | members
    outcome = json.loads(as_the_agent(machine, PYTHON, "-c", WISH, stdin=json.dumps([spec, HASHED])))
    assert outcome["outcome"] == "applied", outcome
    return {check["name"]: check["detail"] for check in outcome["evidence"]}


def visited(machine, host: str, path: str = "/") -> tuple[str, str]:
    """Status and body."""
    words = ("--cacert", "/etc/panggon/ca.pem", "--resolve", f"{host}:443:127.0.0.1", "--write-out", "\n%{http_code}")
    body, _, status = machine.run("curl", "--silent", *words, f"https://{host}{path}").rpartition("\n")
    return status, body


def numbers(machine, host: str, path: str = "/") -> list[int]:
    status, body = visited(machine, host, path)
    assert status == "200", body
    return json.loads(body)


def uid(site: str) -> str:
    return str(1900000000 + int(site[1:]))


def programs(machine, site: str) -> list[str]:
    """The processes of the site's PHP."""
    return machine.run("pgrep", "--uid", uid(site), "php-fpm", check=False).split()


def sessions(machine, site: str) -> list[str]:
    """OpenSSH's processes that run as the site's user."""
    return machine.run("pgrep", "--uid", uid(site), "^sshd", check=False).split()


def login(site: str, by: str) -> str:
    """The owner's command line."""
    usual = ("StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR", "NumberOfPasswordPrompts=1")
    ways = {
        "key": ("IdentityFile=/root/owner", "IdentitiesOnly=yes", "PreferredAuthentications=publickey"),
        "password": ("PreferredAuthentications=password", "PubkeyAuthentication=no"),
    }
    options = " ".join(f"-o {option}" for option in (*usual, *ways[by]))
    return f"SSH_ASKPASS=/root/askpass SSH_ASKPASS_REQUIRE=force sftp -F none {options} -P 2022 {site}@127.0.0.1"


def sftp(machine, site: str, *commands: str, by: str = "key") -> str:
    """All that the owner reads."""
    typed = "".join(f"{each}\n" for each in commands)
    return machine.run("sh", "-c", f"cd /root; {login(site, by)} 2>&1", stdin=typed, check=False)


@contextmanager
def staying(machine, site: str) -> Iterator[None]:
    """Somebody who stays logged in."""
    machine.shell(f"(sleep 300 | {login(site, 'key')}) >/dev/null 2>&1 & echo $! >/root/staying")
    try:
        until(lambda: sessions(machine, site), "nobody came in")
        yield
    finally:
        machine.shell("pkill --parent $(cat /root/staying) || true")


def of_owner(machine, site: str, words: str) -> str:
    """All that the database says to the site's own user."""
    settings = (machine.root / "srv/panggon/sites" / site / "private/database.ini").read_text()
    password = re.search(r'^password = "(.*)"$', settings, re.MULTILINE)[1]
    way = f"MYSQL_PWD={password} PGPASSWORD={password} {CLIENTS[SITES[site]]}"
    which = f"-u {site} {site}" if SITES[site] == "mariadb" else f"-U {site} -d {site}"
    return machine.run("sh", "-c", f"{way} {which} 2>&1", stdin=words, check=False)


@contextmanager
def under_way(machine, site: str, words: str, *, times: int = 1) -> Iterator[None]:
    """A statement of the site that somebody else has to end."""
    with ThreadPoolExecutor() as pool:
        asked = [pool.submit(of_owner, machine, site, words) for _ in range(times)]
        time.sleep(1)
        assert [each.result() for each in asked if each.done()] == []
        yield
        said = [each.result(timeout=300) for each in asked]
    assert all(map(ENDED.search, said)), said


@pytest.mark.parametrize("site", SITES)
def test_a_site_serves_with_its_database(machine, wished, site):
    host = wished[site]["host"]
    assert numbers(machine, host, "/?tulis=7") == [7]
    proofs = change(machine, wished[site])
    assert {"database.alone", "database.row", "php.database", "php.isolation", "sftp.jail"} <= proofs.keys()
    assert proofs["sftp.owner"] == "1 dari 1 kunci pemilik diterima"
    assert numbers(machine, host) == [7]


def test_an_owner_comes_in_by_key_and_by_password_and_it_is_known_who(machine, wished):
    site, spec = "s000006", wished["s000006"]
    machine.shell(f"printf '#!/bin/sh\\necho %s\\n' {shlex.quote(PASSWORD)} >/root/askpass; chmod 700 /root/askpass")
    change(machine, spec, access=spec["access"] | {"password_fingerprint": fingerprint(HASHED)})
    machine.shell("echo halo >/root/halo.txt")
    for by in ("key", "password"):
        words = sftp(machine, site, f"put halo.txt public/{by}.txt", "ls -1 /", by=by)
        assert {"logs", "private", "public", "tmp"} <= set(words.replace("/", "").split()), words
        assert visited(machine, spec["host"], f"/{by}.txt") == ("200", "halo\n")
    record = machine.root / "var/lib/panggon/logins" / f"{site}.json"
    known = [("publickey", "accepted"), ("password", "accepted")]
    until(lambda: record.exists() and _tries(json.loads(record.read_text())) == known)


def _tries(logins: dict) -> list[tuple[str, str]]:
    return [(each["way"], each["ending"]) for each in logins["tries"]]


def test_who_is_logged_in_is_bounded_and_put_out_when_the_site_is_shut(machine, wished):
    site = "s000006"
    with staying(machine, site):
        until(lambda: all(f"/{site}-sftp\n" in _groups(machine, pid) for pid in sessions(machine, site)))
        change(machine, wished[site], state="quarantined")
        assert sessions(machine, site) == []
    for by in ("key", "password"):
        said = sftp(machine, site, "ls -1", by=by)
        assert "Permission denied" in said, said
    change(machine, wished[site], state="open")
    assert "private" in sftp(machine, site, "ls -1")


def _groups(machine, pid: str) -> str:
    return machine.run("cat", f"/proc/{pid}/cgroup", check=False)


def test_the_owner_of_a_full_site_reads_and_deletes_only(machine, wished):
    site = "s000006"
    note = machine.root / "srv/panggon/sites" / site / "logs/PENUH.txt"
    change(machine, wished[site], limits=wished[site]["limits"] | {"disk_mebibytes": 32})
    machine.shell("head -c 40M /dev/zero >/root/besar")
    sftp(machine, site, "put besar private/besar")
    until(note.exists, "not seen as full")
    said = sftp(machine, site, "put halo.txt private/halo.txt", "mkdir private/baru", "get private/besar kembali")
    assert said.count("Permission denied") == 2, said
    stored = machine.root / "srv/panggon/sites" / site / "private/besar"  # who is seen as full is put out at once
    assert (machine.root / "root/kembali").stat().st_size == stored.stat().st_size > 32 << 20
    proofs = change(machine, wished[site])
    assert proofs["sftp.upload"].startswith("penuh")
    sftp(machine, site, "rm private/besar")
    until(lambda: not note.exists(), "not seen as free again")
    assert sftp(machine, site, "put halo.txt private/halo.txt").count("Permission denied") == 0


def test_a_file_without_a_name_counts_as_the_site_s(machine, wished):
    """Seen by who may look into the processes of other users only."""
    site = "s000006"
    note = machine.root / "srv/panggon/sites" / site / "logs/PENUH.txt"
    with ThreadPoolExecutor() as pool:
        asked = pool.submit(visited, machine, wished[site]["host"], "/?simpan=40")
        until(note.exists, "not seen as full", seconds=20)
        asked.result()
    until(lambda: not note.exists(), "not seen as free again")


@pytest.mark.parametrize("site", SITES)
@pytest.mark.parametrize("state", ["suspended", "quarantined"])
def test_a_site_is_shut_whatever_runs_in_it_and_opened_again(machine, wished, site, state):
    spec = wished[site]
    assert numbers(machine, spec["host"]) == [7]
    assert programs(machine, site)
    with under_way(machine, site, FOR_EVER[site]):
        proofs = change(machine, spec, state=state, notice="Sedang dibetulkan.")
    assert {"database.idle", "programs.stopped"} <= proofs.keys()
    assert ("sftp.locked" in proofs) is (state == "quarantined")
    until(lambda: not programs(machine, site))
    status, page = visited(machine, spec["host"])
    assert (status, "Sedang dibetulkan." in page) == ("503", state == "suspended")
    until(lambda: LOCKED[site] in of_owner(machine, site, "SELECT 1;"), seconds=180)  # the next look of `databases`
    change(machine, spec, state="open", notice="")
    assert numbers(machine, spec["host"]) == [7]


@pytest.mark.parametrize(("site", "what"), HUNGRY)
def test_a_hungry_query_is_ended_and_its_server_goes_on(machine, wished, site, what):
    unit = f"panggon-{SITES[site]}"
    server = shown(machine, unit, "MainPID", "NRestarts")
    places = [f"{spec['host']}/" for spec in wished.values()]
    with visitors(machine, places) as rows:
        told = of_owner(machine, site, HUNGRY[site, what])
    assert ENDED.search(told), told
    everybody_was_served(rows)
    assert shown(machine, unit, "MainPID", "NRestarts") == server
    said = machine.run("journalctl", "--unit=panggon-databases", "--output=cat", "--lines=20")
    assert re.search(rf"{site}: session [0-9]+ of {SITES[site]} ended, {what}", said), said


def test_mariadb_mends_its_own_tables(machine):
    """As after an upgrade, and after a crash: it gives each file that it writes anew the owner of the former one."""
    before = shown(machine, "panggon-mariadb", "MainPID", "NRestarts")
    machine.run("mariadb-upgrade", "--force", "--socket=/run/panggon/mariadb/mysqld.sock")
    assert shown(machine, "panggon-mariadb", "MainPID", "NRestarts") == before


def test_sessions_of_one_site_weigh_as_one(machine):
    """By their priority, which only he sets who has the right to."""
    say = f"{CLIENTS['mariadb']} -e"
    threads = f"{say} \"SELECT tid FROM information_schema.processlist WHERE user = 's000006'\""
    with under_way(machine, "s000006", FOR_EVER["s000006"], times=2):
        each = f"for thread in $({threads}); do cut -d' ' -f19 /proc/$thread/stat; done"
        until(lambda: machine.shell(each).split() == ["3", "3"])
        machine.shell(f"{say} 'KILL USER s000006@localhost'")


def test_requests_end_with_their_database_when_all_is_stopped(machine, wished):
    hosts = [spec["host"] for spec in wished.values()]
    for host in hosts:
        numbers(machine, host)
    with ThreadPoolExecutor() as pool:
        asked = [pool.submit(visited, machine, host, "/?tunggu=5") for host in hosts]
        time.sleep(1)
        assert [each for each in asked if each.done()] == []
        machine.run("systemctl", "stop", "panggon-node.target")
        assert [each.result() for each in asked] == [("200", "[7]\n")] * len(hosts)
    until(lambda: set(active(machine, *SERVERS, "sites", "ending")) == {"inactive"}, seconds=60)
    machine.run("systemctl", "start", "panggon-node.target")
    until(lambda: set(active(machine, *SERVERS, "sites", "ending")) == {"active"}, seconds=60)
    for host in hosts:
        numbers(machine, host)


def test_a_site_gets_another_name_and_the_former_one_leads_there(machine, wished):
    spec = wished["s000006"]
    former = spec["host"]
    with visitors(machine, ["situs7.kota.example/"]) as rows:
        change(machine, spec, host="baru.kota.example", former_hosts=[former])
    everybody_was_served(rows)
    assert numbers(machine, "baru.kota.example") == [7]
    assert visited(machine, former)[0] == "308"


@pytest.mark.parametrize("site", SITES)
def test_nothing_of_all_that_reads_as_drift(machine, wished, site):
    assert ask(machine, "drift", wished[site])["changes"] == []


@pytest.mark.parametrize("site", SITES)
def test_a_site_that_is_parked_is_kept_and_purged_only_after_its_time(machine, wished, site):
    spec, place = wished[site], machine.root / "srv/panggon/sites" / site
    proofs = change(machine, spec, state="parked")
    assert {"database.kept", "database.idle"} <= proofs.keys()
    assert visited(machine, spec["host"])[0] != "200"
    assert (place / "public/index.php").exists()
    with pytest.raises(RuntimeError, match="30 hari"):
        change(machine, spec, state="purged")
    record = machine.root / "var/lib/panggon/parked.json"
    row = json.loads(record.read_text())
    record.write_text(json.dumps(row | {"seconds": row["seconds"] + timedelta(days=31).total_seconds()}))
    change(machine, spec, state="purged")
    assert not place.exists()
    left = machine.shell(f"find /etc/userdb /etc/panggon /run/panggon /srv/panggon -name '*{site}*'")
    assert left == ""
    words = f"SELECT COUNT(*) FROM {TABLES[SITES[site]]} '{site}';"
    as_root = {"mariadb": "", "postgresql": "-U postgres"}[SITES[site]]
    assert machine.run("sh", "-c", f"{CLIENTS[SITES[site]]} {as_root}", stdin=words) == "0\n"
