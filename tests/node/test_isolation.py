"""A hostile program inside a site finds nothing that it was not given: as any program of a site, and from PHP."""

import contextlib
import ctypes
import dataclasses
import json
import os
import signal
import socket
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest

from panggon.core.errors import TemporaryError
from panggon.core.node.databases.entrances import ENTRANCES
from panggon.core.sites.spec import Engine
from panggon.drivers.system import files, processes, shell
from panggon.node.sockets import protections
from panggon.node.sockets.control_groups import controllers
from panggon.node.sockets.sandboxes import errand, starting
from panggon.node.sockets.sandboxes.launch import Launch, launch
from panggon.node.sockets.sandboxes.places import DATABASE_DIRECTORIES
from panggon.node.sockets.sandboxes.sandbox import Machine
from panggon.node.sockets.served import Served, described
from panggon.node.sockets.shields.protections import active
from tests import php
from tests.node.stand import Stand, started
from tests.waiting import until

pytestmark = pytest.mark.real
# It would have the same entrance as 900100 of those of PostgreSQL.
OTHER = "s900160"
PYTHON = ("/usr/bin/python3", "-I")
PROGRAM = (Path(__file__).parent / "hostile.py").read_bytes()
# Writes and has another process id all the time.
FORKING = b"""import os, signal, time
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
while os.getpid() == 1 and os.fork():
    time.sleep(600)
while True:
    with open(f"/site/public/{os.getpid() % 8}", "ab") as file:
        file.write(os.urandom(50_000))
    if os.fork():
        os._exit(0)
"""
PAGE = (Path(__file__).parent / "hostile.php").read_bytes()


@pytest.fixture
def stand(request: pytest.FixtureRequest) -> Iterator[Stand]:
    yield from started(request)


@contextlib.contextmanager
def prey(stand: Stand, site: str, other: str) -> Iterator[dict[str, Any]]:
    """Everything on the machine that a hostile site would look for, laid out and running."""
    settings, others = stand.settings, stand.settings.site(other)
    secret = stand.base / "tls" / "bundle.pem"
    files.directory(secret.parent)
    files.write(secret, "PRIVATE KEY", mode=0o644)  # were it only for its mode, it could be read
    files.write(others / "public" / "secret.txt", "theirs", mode=0o644)
    files.write(settings.site(site) / "private" / "hostile.py", PROGRAM, uid=settings.uid(site))
    with contextlib.ExitStack() as stack:
        loopback = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        everywhere = stack.enter_context(socket.create_server(("", 0)))
        abstract = stack.enter_context(socket.socket(socket.AF_UNIX))
        abstract.bind(f"\0panggon-test-{os.getpid()}")
        for listener in (loopback, everywhere, abstract):
            listener.listen()
        port = everywhere.getsockname()[1]
        yield {
            "files": [
                *map(str, (secret, others / "public/secret.txt", others / "site.json", stand.config)),
                *("/etc/shadow", "/etc/panggon/node.toml", "/root/.bashrc"),
            ],
            "directories": [
                *map(str, (stand.base, settings.root / "sites", others / "public", settings.run)),
                *("/etc/panggon", "/srv", "/root", "/var", "/home", "/run/panggon", "/run/mysqld"),
            ],
            "sockets": [
                str(settings.control),
                str(settings.root / "run" / f"{other}.sock"),
                "/run/dbus/system_bus_socket",
            ],
            "abstract": [f"panggon-test-{os.getpid()}"],
            "listeners": [
                ("127.0.0.1", loopback.getsockname()[1]),
                *((address, port) for address in ("127.0.0.1", "127.0.0.2", "::1", own_address())),
                *(("169.254.169.254", 80), ("10.0.0.1", 443), ("192.0.2.1", 80)),
            ],
            "processes": [os.getpid(), os.getppid()],
            "segments": [stack.enter_context(shared_memory())],
            "own": "/site/public",
        }


@contextlib.contextmanager
def shared_memory() -> Iterator[int]:
    """A segment that everybody on this machine may enter, by its key (shmget(2))."""
    libc, key = ctypes.CDLL(None), os.getpid()
    segment = libc.shmget(key, 4096, 0o1666)
    assert segment >= 0
    yield key
    libc.shmctl(segment, 0, None)


def own_address() -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as trial:
        trial.connect(("192.0.2.1", 9))  # sends nothing
        return str(trial.getsockname()[0])


def run_inside(stand: Stand, site: str, *program: str) -> str:
    """What a program prints that is started in the site's sandbox instead of its PHP."""
    settings, served = stand.settings, Served(site, "php", 1, php.VERSION)
    machine = Machine(settings, active(protections(settings.uid_base)), controllers.find())
    description = described(settings, site)
    wanted = launch(settings, served, description, machine.shields)
    log = settings.site(site) / "run" / "output.log"
    for folder in (settings.records, settings.pages):
        files.directory(folder)
    with socket.socket(socket.AF_UNIX) as listener:
        inside = dataclasses.replace(wanted, program=program)
        started = starting.start(machine, site, description, inside, listener, group=site)
        until(lambda: processes.ended(started.pidfd), seconds=60)
        started.clean_up()
    return log.read_text()


@pytest.fixture
def ground() -> Iterator[Stand]:
    """Sites without a holder: their sandboxes are started by the test."""
    databases = Path(f"/srv/panggon-test-{os.getpid()}-isolation/mysqld")
    made = Stand("isolation", mariadb_socket=databases / "mysqld.sock", postgresql_run=databases.with_name("pgsql"))
    try:
        for place in (databases, databases.with_name("pgsql")):
            files.directory(place)
        yield made
    finally:
        made.close()


@pytest.mark.parametrize("outgoing", ["none", "web"])
def test_any_program(ground: Stand, outgoing: str) -> None:
    site = ground.lay_out(900100, {"outgoing": outgoing, "database": ""})
    with prey(ground, site, ground.lay_out(900101, {})) as given:
        said = run_inside(ground, site, *PYTHON, "/site/private/hostile.py", json.dumps(given))
    assert json.loads(said) == {}


@pytest.mark.parametrize(("engine", "seen"), [("mariadb", "mysqld\n"), ("postgresql", "postgresql\n")])
def test_the_database_is_there_for_who_has_one(ground: Stand, engine: str, seen: str) -> None:
    site = ground.lay_out(900100, {"database": engine})
    assert run_inside(ground, site, "/usr/bin/ls", "/run") == seen


@pytest.mark.parametrize("engine", list(Engine))
def test_of_its_database_server_a_site_sees_its_own_entrance_alone(ground: Stand, engine: Engine) -> None:
    entrances, site = ground.settings.entrances(engine), ground.lay_out(900100, {"database": engine})
    for number, place in enumerate(entrances.all):
        files.directory(place)
        (place / f"entrance-{number}").touch()
    own = 900100 % ENTRANCES[engine]
    assert run_inside(ground, site, "/usr/bin/ls", str(DATABASE_DIRECTORIES[engine])) == f"entrance-{own}\n"
    assert entrances.sites(own) == (site,)


@pytest.mark.parametrize("chosen", [False, True])
def test_whose_entrance_is_given_away_while_it_begins_shares_it_or_begins_again(
    ground: Stand, monkeypatch: pytest.MonkeyPatch, chosen: bool
) -> None:
    """`chosen`: another process has begun something of the site too, and chosen anew."""
    entrances, site = ground.settings.entrances(Engine.POSTGRESQL), ground.lay_out(900100, {"database": "postgresql"})
    for place in entrances.all:
        files.directory(place)
    own, start = 900100 % ENTRANCES[Engine.POSTGRESQL], shell.start

    def given_away(argv: Sequence[str], **how: Any) -> shell.Process:
        entrances.forget(site)
        assert entrances.of(OTHER, running=frozenset).name == str(own)
        if chosen:
            entrances.of(site, running=frozenset)
        return start(argv, **how)

    machine = Machine(ground.settings, active(protections(ground.settings.uid_base)), controllers.find())
    files.directory(ground.settings.pages)
    monkeypatch.setattr(shell, "start", given_away)
    if chosen:
        with pytest.raises(TemporaryError, match=r"runtime\.entrance"):
            errand.start_own(machine, site, "database", "none.py", ())
        assert entrances.sites(own) == (OTHER,)
    else:
        errand.start_own(machine, site, "database", "none.py", ()).close()
        assert entrances.sites(own) == (site, OTHER)


def test_an_endless_loop_gets_its_share_of_the_processor(ground: Stand) -> None:
    site = ground.lay_out(900100, {"cpu_percent": 20})
    burn = "import time as t; began = t.monotonic()\nwhile t.process_time() < 0.7: pass\nprint(t.monotonic() - began)"
    # a fifth of each second, and as much again of the one before; on a slow machine it takes longer only
    assert float(run_inside(ground, site, *PYTHON, "-c", burn)) > 1.2


def test_a_flood_of_words_stays_within_what_the_site_may_store(ground: Stand) -> None:
    site = ground.lay_out(900100, {})
    record = {"site": site, "mebibytes": 4, "files": 100, "writing": False}
    files.write(ground.settings.site(site) / "quota.json", json.dumps(record))
    assert len(run_inside(ground, site, "/usr/bin/yes")) == 4 * 1024 * 1024


PROGRAM_OF_PHP = (
    "$done = proc_open(['/usr/bin/python3', '-I', '/site/private/hostile.py',"
    " file_get_contents('/site/private/prey.json')], [1 => ['pipe', 'w']], $pipes);"
    " echo stream_get_contents($pipes[1]); proc_close($done);"
)
APPLICATION = """
import json, hostile

def app(environ, start):
    start("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(hostile.got_through(json.load(open("/site/private/prey.json")))).encode()]
"""


def put(stand: Stand, site: str, name: str, content: bytes | str) -> None:
    files.write(stand.settings.site(site) / name, content, uid=stand.settings.uid(site))


def from_php(stand: Stand, site: str, given: str) -> str:
    return stand.get(site, "/site/public/programs.php")


def from_a_page(stand: Stand, site: str, given: str) -> str:
    return stand.get(site, "/site/public/hostile.php")


def from_a_task(stand: Stand, site: str, given: str) -> str:
    machine = errand.machine_as_held(stand.settings)
    command = ("python", "private/hostile.py", given)
    return said_by(errand.start(machine, Served(site, "php", 1, php.VERSION), "task", command))


def from_a_copy_of_the_database(stand: Stand, site: str, given: str) -> str:
    """Its program is the node's own, what it reads is the owner's: as if that had taken it over."""
    files.write(stand.settings.pages / "hostile.py", PROGRAM)
    return said_by(errand.start_own(errand.machine_as_held(stand.settings), site, "database", "hostile.py", (given,)))


def from_a_python_application(stand: Stand, site: str, given: str) -> str:
    stand.describe(site, {"kind": "python", "interface": "wsgi", "entry": "situs:app", "database": ""})
    assert stand.sync(site)["ok"]
    transport = httpx.HTTPTransport(uds=str(stand.settings.root / "run" / f"{site}.sock"))
    with httpx.Client(transport=transport, timeout=60) as client:
        return client.get("http://situs.test/").text


def said_by(started: errand.Errand) -> str:
    until(lambda: processes.ended(started.pidfd), seconds=60)
    said = os.read(started.output, 1 << 20).decode()
    assert started.close() == 0, said
    return said


WAYS = (from_php, from_a_page, from_a_task, from_a_copy_of_the_database, from_a_python_application)


@pytest.mark.parametrize("started_before", [False, True])
def test_from_wherever_a_site_may_run_something(stand: Stand, started_before: bool) -> None:
    """`started_before`: it wakes by what was not the site's when it was started (`spare`)."""
    site, other = stand.serve(900100, PROGRAM_OF_PHP, database=""), stand.serve(900101)
    if started_before:
        stand.page(site, "echo 'ok';", "ok.php")
        stand.put_to_sleep(site, "/site/public/ok.php")
    with prey(stand, site, other) as given:
        put(stand, site, "private/prey.json", json.dumps({**given, "uid": stand.settings.uid(site)}))
        put(stand, site, "private/situs.py", APPLICATION)
        put(stand, site, "public/hostile.php", PAGE)
        stand.page(site, PROGRAM_OF_PHP, "programs.php")
        found = {}
        for way in WAYS:
            found[way.__name__] = json.loads(way(stand, site, json.dumps(given)))
            assert way is not from_a_page or stand.was_a_spare(site) == started_before
    assert found == {way.__name__: {} for way in WAYS} | {"from_a_page": []}


def test_a_site_that_stores_too_much_may_store_no_more_until_it_has_made_room(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the file system bounds nothing: the holder counts, and the site goes on answering."""
    site = stand.lay_out(900100, {})
    stand.page(site, "echo json_encode(@file_put_contents($_GET['to'], random_bytes((int) $_GET['size'])));")
    record = {"site": site, "mebibytes": 4, "files": 100, "writing": False}
    files.write(stand.settings.site(site) / "quota.json", json.dumps(record))
    assert stand.sync(site)["ok"]
    asleep, task = stand.lay_out(900101, {}), Served("s900101", "php", 1, php.VERSION)
    files.write(stand.settings.site(asleep) / "quota.json", json.dumps({**record, "site": asleep}))
    put(stand, asleep, "private/forking.py", FORKING)
    machine = errand.machine_as_held(stand.settings)
    forking = errand.start(machine, task, "garpu", ("python", "private/forking.py"))
    connected = subprocess.Popen(["sleep", "600"], user=stand.settings.uid(asleep))

    def stored(place: str, size: int) -> bool:
        with contextlib.suppress(OSError, ValueError):  # who stores too much is ended, in the middle of it too
            return stand.get(site, query=f"to={place}&size={size}") == str(size)
        return False

    assert stored("/site/public/small", 1000)
    assert not stored("/tmp/file", 8 << 20), "a single file is larger than the whole site may be"
    for number in range(2):
        until(lambda place=f"/tmp/file{number}": stored(place, 2 << 20))
    until(lambda: not stored("/site/public/small", 1000))
    until(lambda: stored("/tmp/small", 1000), "sessions and the like go on, in memory")
    assert not (stand.settings.site(site) / "tmp" / "small").exists()
    note = stand.settings.site(site) / "logs" / "PENUH.txt"
    assert "SFTP" in note.read_text()
    assert (note.stat().st_uid, note.stat().st_gid) == (0, stand.settings.uid(site))
    assert stand.ask(do="show", site=site)["serving"]["full"]
    until(lambda: stand.ask(do="about")["full"] == [site, asleep])
    assert connected.wait(60) == -signal.SIGKILL, "whoever was at it then comes in anew"
    until(lambda: processes.ended(forking.pidfd))
    # Who started the sandbox is killed too, or has just told how that ended.
    assert forking.close() in (-signal.SIGKILL, 128 + signal.SIGKILL)
    until(lambda: stand.processes(asleep) == [])
    for path in (stand.settings.site(site) / "tmp").glob("file*"):
        path.unlink()
    until(lambda: stored("/site/public/small", 1000))
    assert not note.exists()
    for path in (stand.settings.site(asleep) / "public").iterdir():
        path.unlink()
    until(lambda: stand.ask(do="about")["full"] == [])

    def full_meanwhile(*given: Any) -> Launch:
        files.write(stand.settings.full(asleep), "SPACE")
        return launch(*given)

    monkeypatch.setattr(errand, "launch", full_meanwhile)
    with pytest.raises(TemporaryError, match="stores too much"):
        errand.start(machine, task, "garpu", ("python", "private/forking.py"))
    until(lambda: stand.processes(asleep) == [])


def test_deleted_files_count_while_a_program_holds_them(stand: Stand) -> None:
    site = stand.lay_out(900100, {})
    stand.page(
        site,
        "foreach (range(1, 4) as $n) { $held[] = $to = fopen('/tmp/gone', 'w'); unlink('/tmp/gone');"
        " fwrite($to, random_bytes(2 << 20)); } for ($n = 0; $n < 9999; $n++) usleep(10000); echo 'kept';",
    )
    record = {"site": site, "mebibytes": 4, "files": 100, "writing": False}
    files.write(stand.settings.site(site) / "quota.json", json.dumps(record))
    assert stand.sync(site)["ok"]
    with pytest.raises((OSError, ValueError)):  # ended with its site, long before its time
        stand.get(site)
    assert stand.settings.full(site).exists()
