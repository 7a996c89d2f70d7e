"""The disk of a hosting machine is lost, and all comes back on a new one by the words of docs/node.md."""

import hashlib
import json
import shutil
import signal
import subprocess
import threading
from pathlib import Path

import pytest
from passlib.hash import sha512_crypt

from demo.clients import SftpClient, ask_dns, make_key
from panggon.drivers.system import shell
from panggon.node import wiring
from panggon.node.settings import config
from tests.drivers import bind
from tests.node.machine_stand import COMMAND, UID_BASE, ZONE, enrolled, standing
from tests.waiting import until

pytestmark = [pytest.mark.real, pytest.mark.timeout(1500)]
PASSWORD = "kata sandi yang panjang"
# `?tulis=n` writes the number; every answer is all numbers that are there.
APPLICATION = """<?php
$s = parse_ini_file(__DIR__ . '/../private/database.ini');
$dsn = $s['engine'] === 'postgresql' ? "pgsql:host={$s['host']};dbname={$s['database']}"
    : "mysql:unix_socket={$s['socket']};dbname={$s['database']}";
$database = new PDO($dsn, $s['user'], $s['password'], [PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION]);
$database->exec('CREATE TABLE IF NOT EXISTS surat (nomor INT PRIMARY KEY)');
if (isset($_GET['tulis'])) $database->prepare('INSERT INTO surat VALUES (?)')->execute([$_GET['tulis']]);
echo json_encode(array_map('intval',
    $database->query('SELECT nomor FROM surat ORDER BY nomor')->fetchAll(PDO::FETCH_COLUMN)));
"""


@pytest.fixture
def machine():
    with standing() as found:
        yield found


@pytest.fixture
def portal(machine):
    with enrolled(machine) as found:
        yield found


def carried_out(machine, portal, spec, **credentials):
    """By the agent, as the portal wishes."""
    number = portal.wish(spec, credentials=credentials)
    agent = machine.agent()
    report = portal.reported(number, seconds=90)
    agent.terminate()
    assert agent.wait(60) == 0
    return report["outcome"]


def numbers(machine, spec, words=""):
    return json.loads(machine.page(spec, f"/surat.php{words}").body)


def until_ended(machine, *words):
    done = machine.node(*words)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


class Writing:
    """Visitors who go on writing the next number into both databases."""

    def __init__(self, machine, specs):
        self._machine, self._specs, self._ending = machine, specs, threading.Event()
        self.written = 10
        self._thread = threading.Thread(target=self._run)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_error):
        self._ending.set()
        self._thread.join()

    def _run(self):
        while not self._ending.is_set():
            for spec in self._specs:
                numbers(self._machine, spec, f"?tulis={self.written + 1}")
            self.written += 1


def carried_away(machine, archive):
    """With an ordinary tool, as docs/node.md says; in `/etc/userdb` other tests have their users as well."""
    users = [str(path) for path in Path("/etc/userdb").iterdir() if path.name.startswith(("s99000", "190099000"))]
    left_out = [f"--exclude={machine.base}/state/{name}" for name in ("mariadb", "postgresql", "knot")]
    places = [str(machine.base / name) for name in ("root", "state", "etc")]
    argv = ["tar", "--numeric-owner", "-cpf", str(archive), *left_out, *places, *users, str(machine.config)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return users


def lost(machine, users):
    """All of it, as with its disk."""
    machine.supervisor.send_signal(signal.SIGTERM)
    machine.supervisor.stdout.read()
    machine.supervisor.stdout.close()
    assert machine.supervisor.wait(60) == 0
    machine.supervisor = None
    shutil.rmtree(machine.base)
    for path in users:
        Path(path).unlink()


def owners_client(machine, spec, key, known_hosts):
    return SftpClient("127.0.0.1", machine.sftp, str(spec["site"]), key, known_hosts)


def validated(machine, anchor, host):
    where = ["delv", "@127.0.0.1", "-p", str(machine.dns), "-a", str(anchor), f"+root={ZONE}"]
    return "; fully validated" in shell.run([*where, str(host), "A"]).output


def test_a_machine_whose_disk_died_comes_back_whole(machine, portal, tmp_path):
    hashed = sha512_crypt.hash(PASSWORD)
    fingerprint = hashlib.sha256(hashed.encode()).hexdigest()
    access = {"ssh_keys": [make_key(tmp_path / "owner")], "password_fingerprint": fingerprint}
    specs = [
        machine.spec(990001, state="open", access=access, database="mariadb"),
        machine.spec(990002, state="open", access=access, database="postgresql"),
    ]
    closed = machine.spec(990003, state="parked", database="mariadb")
    assert [carried_out(machine, portal, spec, **{fingerprint: hashed}) for spec in specs] == ["applied", "applied"]
    assert carried_out(machine, portal, {**closed, "state": "prepared"}) == "applied"
    assert carried_out(machine, portal, closed) == "applied"
    known_hosts = Path(shutil.copy(machine.known_hosts(), tmp_path / "known_hosts"))
    anchor = bind.anchor(wiring._records(config.load(machine.config)), tmp_path / "anchor")
    (tmp_path / "surat.php").write_text(APPLICATION)
    for spec in specs:
        came_in, words = owners_client(machine, spec, tmp_path / "owner", known_hosts).batch(
            f"put {tmp_path}/surat.php /public/surat.php", f"put {tmp_path}/surat.php /private/catatan.txt"
        )
        assert came_in, words
        for number in range(1, 11):
            numbers(machine, spec, f"?tulis={number}")
    serial = int(ask_dns("127.0.0.1", machine.dns, ZONE, "SOA")[0].split()[2])

    refused = machine.node("restore")
    assert (refused.returncode, "tidak ada salinan" in refused.stderr) == (1, True)
    with Writing(machine, specs) as writing:
        killed = subprocess.Popen([COMMAND, "--config", str(machine.config), "backup"])
        until((machine.base / "state" / "backup.new" / "mariadb").exists)
        killed.kill()
        killed.wait()
        before = writing.written
        said = until_ended(machine, "backup")
        after = writing.written
    assert f"Salinan utuh ada di {machine.base}/state/backup." in said
    assert not (machine.base / "state" / "backup.new").exists()
    refused = machine.node("restore")
    assert (refused.returncode, f"{machine.base}/state/mariadb sudah ada" in refused.stderr) == (1, True)
    users = carried_away(machine, tmp_path / "machine.tar")
    lost(machine, users)
    assert shell.run(["getent", "passwd", "s990001"]).output == ""

    machine.base.mkdir(mode=0o755)
    shell.check(["tar", "--numeric-owner", "-xpf", str(tmp_path / "machine.tar"), "-C", "/"])
    refused = machine.node("services", "prepare")
    assert (refused.returncode, "jalankan `panggon-node restore` dahulu" in refused.stderr) == (1, True)
    assert not (machine.base / "state" / "mariadb").exists()
    until_ended(machine, "restore")
    machine.start()
    assert until_ended(machine, "verify") == "3 dari 3 situs terbukti.\n"
    assert until_ended(machine, "drift") == "Semua situs masih seperti yang terakhir disetujui.\n"
    for spec in specs:
        found = numbers(machine, spec)
        assert found == list(range(1, len(found) + 1))
        assert before <= len(found) <= after + 1
        assert numbers(machine, spec, f"?tulis={len(found) + 1}")[-1] == len(found) + 1
        came_in, words = owners_client(machine, spec, tmp_path / "owner", known_hosts).batch(
            f"get /private/catatan.txt {tmp_path}/catatan.txt", f"put {tmp_path}/catatan.txt /public/baru.txt"
        )
        assert came_in, words
        assert (tmp_path / "catatan.txt").read_text() == APPLICATION
        assert machine.lets_in(spec, PASSWORD)
        assert not machine.lets_in(spec, "another")
        assert validated(machine, anchor, spec["host"])
    assert machine.known_hosts().read_text() == known_hosts.read_text()
    assert (machine.base / "root" / "sites" / "s990003" / "public").stat().st_uid == UID_BASE + 990003
    assert int(ask_dns("127.0.0.1", machine.dns, ZONE, "SOA")[0].split()[2]) >= serial

    new = machine.spec(990004)
    assert carried_out(machine, portal, new) == "applied"
    assert validated(machine, anchor, new["host"])
    assert carried_out(machine, portal, {**specs[0], "state": "suspended", "notice": "Dirawat."}) == "applied"
