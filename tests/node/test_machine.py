"""The whole machine, real: all servers under the supervisor, sites made by the command line and by a killed agent."""

import hashlib
import json
import os
import random
import re
import signal
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import httpx
import pytest
from passlib.hash import sha512_crypt

from demo.clients import ask_dns
from panggon.core.papers.signing import changes
from panggon.core.sites import spec_document
from panggon.drivers import runtime
from panggon.drivers.certificates.authority import Authority, issue
from panggon.drivers.nginx import visit
from panggon.drivers.nginx.visit import Door
from panggon.drivers.ssh import knocking
from panggon.drivers.system import processes
from panggon.node import layout
from panggon.node.command import questions, silent, status
from panggon.node.settings import config, config_file
from panggon.node.sites import Sites
from panggon.node.wiring import Outside
from tests.away import PROGRAM, away
from tests.node.machine_stand import UID_BASE, ZONE, enrolled, standing
from tests.waiting import until

pytestmark = pytest.mark.real
EXAMPLE_SITE = Path(__file__).resolve().parents[2] / "examples" / "site"
PASSWORD = "kata sandi yang panjang"

# Waits for leave, and only then comes in to its database.
LATE_QUERY = """<?php
touch('mulai');
while (!file_exists('boleh-selesai')) { usleep(50000); clearstatcache(); }
$s = parse_ini_file(__DIR__ . '/../private/database.ini');
$database = new PDO("mysql:unix_socket={$s['socket']};dbname={$s['database']}", $s['user'], $s['password']);
echo $database->query("SELECT 'utuh'")->fetchColumn();
"""

PYTHON_PAGE = """def aplikasi(environ, start):
    start("200 OK", [("Content-Type", "text/plain")])
    return [b"python"]
"""


@pytest.fixture(scope="module")
def machine():
    with standing() as found:
        yield found


@pytest.fixture
def portal(machine):
    with enrolled(machine) as found:
        yield found


def guest_book(machine, spec, message):
    return json.loads(machine.page(spec, f"/buku-tamu.php?pesan={message}").body)


def sftp_read(machine, spec, path):
    """A file of the site as its owner gets it; nothing while there is none."""
    copy = machine.base / "copy"
    copy.unlink(missing_ok=True)
    machine.sftp_client(spec, "owner").batch(f"get {path} {copy}")
    return copy.read_text() if copy.exists() else ""


def test_a_purge_of_the_package_knows_every_file_that_is_made_anew_from_the_settings(machine):
    """What else lies there is the machine's own: its keys, and what belongs to sites."""
    own = {"ca.pem", "ca-key.pem", "ssh_host_ed25519_key", "ssh_host_ed25519_key.pub", "tsig.secret"}
    text = (Path(__file__).resolve().parents[2] / "packaging" / "panggon-node" / "postrm").read_text()
    removed = set(re.search(r"for name in (.*?); do", text, re.DOTALL)[1].replace("\\\n", " ").split())
    made = {path.name for path in (machine.base / "etc").iterdir() if path.is_file()}
    accepted = config_file.accepted(config.DEFAULT_PATH).name  # by `services prepare`, which the units call
    assert (made - own) | {accepted} == removed


def test_a_prepared_site_waits_and_lets_nobody_in(machine):
    spec = machine.spec(990001, access={"ssh_keys": [machine.key("early")]})
    applied = machine.node("apply", machine.write_spec(spec), "--json")
    report = json.loads(applied.stdout)
    assert applied.returncode == 0, applied.stdout + applied.stderr
    assert all(row["ok"] for row in report["evidence"])
    assert {"php.user", "php.isolation", "php.database", "sftp.locked", "dns.signed", "tls.certificate"} <= {
        row["name"] for row in report["evidence"]
    }
    answer = machine.page(spec)
    assert (answer.status, "sedang disiapkan" in answer.body) == (503, True)
    came_in, words = machine.sftp_client(spec, "early").batch("pwd")
    assert not came_in
    assert "Permission denied" in words


def test_an_open_site_is_what_the_world_sees(machine):
    spec = machine.spec(990002, state="open", access={"ssh_keys": [machine.key("owner")]})
    assert machine.node("apply", machine.write_spec(spec)).returncode == 0
    uploads = [f"put {file} /public/{file.name}" for file in EXAMPLE_SITE.iterdir()]
    came_in, words = machine.sftp_client(spec, "owner").batch(*uploads)
    assert came_in, words
    assert "Layanan Dinas Sosial" in machine.page(spec).body
    seen = guest_book(machine, spec, "halo")
    assert (seen["uid"], seen["pesan"], seen["basis_data"]) == (UID_BASE + 990002, "halo", ["s990002"])
    until(lambda: "GET" in sftp_read(machine, spec, "/logs/access.log"))
    assert ask_dns("127.0.0.1", machine.dns, str(spec["host"]), "A") == ["127.0.0.1"]
    assert ask_dns("127.0.0.1", machine.dns, str(spec["host"]), "AAAA") == ["::1"]
    assert ask_dns("127.0.0.1", machine.dns, f"_panggon.{spec['host']}", "TXT") == ['"site=s990002 with=dmarc,mx,spf"']
    assert machine.node("drift", machine.write_spec(spec)).returncode == 0

    former = machine.pids()
    machine.kill_supervisor()
    assert guest_book(machine, spec, "sendiri")["pesan"] == "sendiri"
    machine.start()
    assert machine.pids() == former
    for name in ("nginx", "mariadb", "sockets"):
        os.kill(former[name], signal.SIGKILL)
    machine.until_answers(spec, "/buku-tamu.php?pesan=kembali", '"pesan":"kembali"')
    proofs = [machine.node("verify", machine.write_spec(spec), "--json") for _ in range(2)]
    assert [proof.returncode for proof in proofs] == [0, 0]
    assert changes(*(json.loads(proof.stdout)["evidence"] for proof in proofs)) == ()

    outside, wished = Outside.of(config.load(machine.config)), spec_document.parse(spec)
    assert outside
    runtime.ask(outside.programs.settings.control, do="stop", site=wished.site)
    assert outside.visited(wished, wakes=False).answered
    assert not outside.programs.is_awake(wished.site)
    assert outside.visited(wished, wakes=True).answered
    assert outside.programs.is_awake(wished.site)

    removed = machine.node("remove", machine.write_spec(spec))
    assert removed.returncode == 0, removed.stdout + removed.stderr
    assert ask_dns("127.0.0.1", machine.dns, str(spec["host"]), "A") == []
    assert not machine.sftp_client(spec, "owner").batch("pwd")[0]
    assert (machine.base / "root" / "sites" / "s990002" / "public" / "buku-tamu.php").exists()
    assert not outside.visited(wished, wakes=True).answered


def test_nothing_but_its_doors_keeps_a_site_from_being_closed_and_no_request_is_lost(machine):
    """A certificate that ran out, strangers at the SFTP port, requests that run: none of them holds up a suspension.
    What runs has the site's database to its end.
    """
    long = {"execution_seconds": 300}
    spec = machine.spec(990006, state="open", php=long, access={"ssh_keys": [machine.key("closed")]})
    assert machine.node("apply", machine.write_spec(spec)).returncode == 0
    pages = {
        "lambat.php": LATE_QUERY,
        "terima.php": "<?php echo strlen(file_get_contents('php://input'));",
    }
    for name, code in pages.items():
        (machine.base / name).write_text(code)
    came_in, words = machine.sftp_client(spec, "closed").batch(
        *(f"put {machine.base / name} /public/" for name in pages)
    )
    assert came_in, words
    root, host = machine.base / "root", str(spec["host"])
    public = root / "sites" / str(spec["site"]) / "public"
    door = Door("127.0.0.1", machine.https, machine.base / "etc" / "ca.pem", 300.0)
    head = f"POST /terima.php HTTP/1.1\r\nHost: {host}\r\nContent-Length: 20000\r\nConnection: close\r\n"

    with ThreadPoolExecutor() as visitors, ExitStack() as strangers:
        slow = visitors.submit(visit.get, door, host, "/lambat.php")
        upload = strangers.enter_context(visit.connected(door, host))
        upload.sendall(f"{head}Expect: 100-continue\r\n\r\n".encode())
        assert upload.recv(4096).startswith(b"HTTP/1.1 100 ")
        upload.sendall(b"x" * 10_000)
        until((public / "mulai").exists)
        signer = Authority(machine.base / "etc" / "ca.pem", machine.base / "etc" / "ca-key.pem")
        bundle = root / "tls" / host / "bundle.pem"
        bundle.write_bytes(issue(signer, host, now=datetime.now(UTC) - timedelta(days=4000)))
        for number in range(240):
            source = (f"127.0.9.{1 + number % 30}", 0)
            line = socket.create_connection(("127.0.0.1", machine.sftp), timeout=60, source_address=source)
            strangers.enter_context(line)
        suspended = {**spec, "state": "suspended", "generation": 2, "notice": "Diperbaiki."}
        applied = machine.node("apply", machine.write_spec(suspended), "--json")
        assert applied.returncode == 0, applied.stdout + applied.stderr
        page = visit.get(door, host, "/", any_certificate=True)
        assert (page.status, b"Diperbaiki." in page.body) == (503, True)
        upload.sendall(b"x" * 10_000)
        assert b"20000" in b"".join(iter(lambda: upload.recv(65536), b"")).partition(b"\r\n\r\n")[2]
        (public / "boleh-selesai").touch()
        assert slow.result().body == b"utuh"
    quarantined = {**suspended, "state": "quarantined", "generation": 3}
    applied = machine.node("apply", machine.write_spec(quarantined), "--json")
    evidence = {row["name"]: row for row in json.loads(applied.stdout)["evidence"]}
    assert (applied.returncode, evidence["programs.stopped"]["detail"]) == (0, runtime.NOTHING_RUNS)
    assert evidence["sftp.locked"]["ok"]
    assert "tls.certificate" not in evidence


def test_an_agent_killed_at_random_moments_reaches_the_wish(machine, portal):
    spec = machine.spec(990003)
    number = portal.wish(spec)
    chance = random.Random(3)
    for _ in range(6):
        agent = machine.agent()
        time.sleep(chance.uniform(0.4, 1.4))
        agent.kill()
        agent.wait()
    told = len(portal.statuses)
    agent = machine.agent()
    report = portal.reported(number, seconds=60)
    until(lambda: len(portal.statuses) > told, "the last agent does not run")  # one before it may have reported
    agent.terminate()
    assert agent.wait(60) == 0
    assert (report["outcome"], report["problem"]) == ("applied", None)
    assert all(row["ok"] for row in report["evidence"])
    assert machine.page(spec).status == 503


def test_an_agent_needs_nothing_of_its_program_on_the_disk_any_more(machine, portal):
    told = len(portal.statuses)
    agent = machine.agent(around=("unshare", "--mount"))
    until(lambda: len(portal.statuses) > told)
    spec = machine.spec(990008)
    with away(agent.pid, PROGRAM, Path(httpx.__file__).parents[1]):
        report = portal.reported(portal.wish(spec), seconds=60)
    agent.terminate()
    assert agent.wait(60) == 0
    assert (report["outcome"], report["problem"]) == ("applied", None)
    assert machine.page(spec).status == 503


def test_a_password_comes_with_its_wish_and_stays_out_of_every_file_of_the_agent(machine, portal):
    hashed = sha512_crypt.hash(PASSWORD)
    fingerprint = hashlib.sha256(hashed.encode()).hexdigest()
    spec = machine.spec(990004, state="open", access={"password_fingerprint": fingerprint})
    number = portal.wish(spec, credentials={fingerprint: hashed})
    agent = machine.agent()
    report = portal.reported(number, seconds=60)
    agent.terminate()
    agent.wait(60)
    assert (report["outcome"], report["problem"]) == ("applied", None)
    assert machine.lets_in(spec, PASSWORD)
    assert not machine.lets_in(spec, "another")
    kept = [path for path in (machine.base / "state").rglob("*.json*") if hashed in path.read_text()]
    assert kept == []
    assert hashed not in (machine.base / "agent.log").read_text()


def test_a_name_outside_the_zone_is_refused(machine, portal):
    number = portal.wish({**machine.spec(990005), "host": f"uji.{ZONE}.evil.example"})
    agent = machine.agent()
    report = portal.reported(number, seconds=60)
    agent.terminate()
    agent.wait(60)
    assert (report["outcome"], report["problem"]["code"]) == ("refused", "spec.invalid")
    assert not (machine.base / "root" / "sites" / "s990005").exists()


def test_visitors_of_a_site_that_becomes_another_kind_get_the_former_or_the_new_one(machine):
    programs = {"public/index.php": "<?php echo 'php';", "private/situs.py": PYTHON_PAGE}
    spec = machine.spec(990009, state="open", database=None)
    assert machine.node("apply", machine.write_spec(spec)).returncode == 0
    for name, content in programs.items():
        path = machine.base / "root" / "sites" / "s990009" / name
        path.write_text(content)
        path.chmod(0o644)
    over, seen = Event(), set()

    def visit():
        while not over.is_set():
            answer = machine.page(spec)
            seen.add((answer.status, answer.body if answer.status == 200 else ""))

    with ThreadPoolExecutor() as pool:
        visitors = [pool.submit(visit) for _ in range(4)]
        try:
            for generation, kind in enumerate(("python", "php", "static", "python"), start=2):
                spec |= {"generation": generation, "kind": kind, "python": {"entry": "situs:aplikasi"}}
                assert machine.node("apply", machine.write_spec(spec)).returncode == 0
        finally:
            over.set()
    assert [visitor.exception() for visitor in visitors] == [None] * 4
    assert seen == {(200, "php"), (200, "python"), (404, "")}  # as a site of files it has none to show


@contextmanager
def held(pids):
    """These processes do nothing in the block."""
    try:
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def test_servers_that_hang_are_told_with_what_starts_them_anew(machine, monkeypatch):
    """They run, and whoever looks only whether they do is content."""
    monkeypatch.setattr(questions, "OWNER_SECONDS", 1.5)
    monkeypatch.setattr(knocking, "SECONDS", 1.5)
    settings, pids = config.load(machine.config), machine.pids()
    assert silent.silent(settings) == ()
    hung = ("sshd", "tasks", "databases", "logs")
    (holder,) = processes.children(pids["sockets"])  # its parent keeps the sockets, and says nothing
    with held([*(pids[name] for name in hung), holder]):
        os.utime(layout.log_settings(settings).alive, (0, 0))  # as if it were for long
        told = silent.silent(settings)
    found = [re.fullmatch(r".*systemctl restart panggon-([a-z]+)\.service", line)[1] for line in told]
    assert found == ["sockets", *hung]
    assert silent.silent(settings) == ()


def test_servers_that_hang_beside_those_that_answer_for_them_are_told(machine):
    settings, pids = config.load(machine.config), machine.pids()
    sites, hung = Sites.of(settings), {name: pids[name] for name in ("nginx", "sockets")}

    def told():
        lines = [line for line in status.worries(settings, sites) if "dihentikan dengan sinyal" in line]
        return [re.match(r"proses utama (\w+) \((\d+)\).*`kill -CONT \2`", line).groups() for line in lines]

    with held(hung.values()):
        assert told() == [(name, str(pid)) for name, pid in hung.items()]
    assert told() == []


def was_read(folder):
    """Whether anybody has read the directory since `unread`."""
    return folder.stat().st_atime_ns != 0


def unread(folder):
    os.utime(folder, ns=(0, folder.stat().st_mtime_ns))
    assert not was_read(folder)


def test_nobody_looks_through_all_sites_when_one_is_made(machine):
    """Each of these directories has an entry of every site: what reads one takes longer with each that is there. The
    holder reads `sites` by the clock, whatever is made.
    """
    state, etc = machine.base / "state", machine.base / "etc"
    folders = [
        *(machine.base / "root" / name for name in ("live", "tls")),
        *(state / name for name in ("mariadb", "journal", "specs")),
        *(etc / name for name in ("keys", "probe-keys")),
    ]
    there, spec = (
        machine.spec(number, state="open", access={"ssh_keys": [machine.key("among")]}) for number in (990007, 990008)
    )
    assert machine.node("apply", machine.write_spec(there)).returncode == 0
    for folder in folders:
        unread(folder)
        list(folder.iterdir())
        assert was_read(folder), "this file system does not tell"
    with held([machine.pids()[owner] for owner in ("databases", "logs", "renewal")]):  # they look at all, now and then
        for folder in folders:
            unread(folder)
        applied = machine.node("apply", machine.write_spec(spec), "--json")
        assert applied.returncode == 0, applied.stdout + applied.stderr
        assert {"database.alone", "php.database"} <= {row["name"] for row in json.loads(applied.stdout)["evidence"]}
        assert [folder.name for folder in folders if was_read(folder)] == []
