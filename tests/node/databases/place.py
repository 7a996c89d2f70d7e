"""Sites with databases on real servers, and their owner, whose looks the test asks for."""

import os
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from panggon.core.node.planning.resources import Attributes, Key, Kind
from panggon.core.sites.spec import Engine
from panggon.drivers.database import DatabaseDriver
from panggon.drivers.system import files
from panggon.node.databases.owner import Owner
from tests.node.stand import UID_BASE, Stand
from tests.waiting import until

SITES = {Engine.MARIADB: "s900870", Engine.POSTGRESQL: "s900871"}
ENGINES = pytest.mark.parametrize("engine", list(Engine))

# A statement that makes the table `surat` larger than 24 MiB.
FILL = {
    Engine.MARIADB: "INSERT INTO surat SELECT REPEAT(MD5(seq), 2) FROM seq_1_to_300000;",
    Engine.POSTGRESQL: "INSERT INTO surat SELECT repeat(md5(n::text), 2) FROM generate_series(1, 250000) n;",
}


@dataclass
class Place:
    stand: Stand
    driver: DatabaseDriver
    owner: Owner

    def folder(self, site: str) -> Path:
        return self.stand.settings.site(site) / "private" / "database"

    def make(self, site: str, engine: Engine, mebibytes: int = 64, **more: bool) -> None:
        wished: Attributes = {"engine": engine, "connections": 8, "mebibytes": mebibytes, **more}
        self.driver.write(Key(Kind.DATABASE, site), wished)

    def is_locked(self, site: str, engine: Engine) -> bool:
        return self.owner.watch.servers[engine].find(site, known=True).locked

    def put(self, site: str, name: str, content: str | bytes) -> None:
        """As the owner's upload leaves it, long ago."""
        data = content.encode() if isinstance(content, str) else content
        files.write(self.folder(site) / name, data, mode=0o600, uid=UID_BASE + int(site[1:]))

    def look(self) -> None:
        self.owner.look()

    def work(self) -> None:
        """Look once, and wait until what was begun has ended."""
        self.owner.look()
        until(lambda: self.owner._step(0.05) or not self.owner.running, seconds=60)

    def result(self, site: str) -> str:
        return (self.folder(site) / "hasil.txt").read_text().splitlines()[0].partition("  ")[2]

    def say(self, site: str, words: str, user: str = "root") -> str:
        """What the server answers the superuser about the site's database."""
        if site == SITES[Engine.MARIADB]:
            socket = self.stand.settings.mariadb_socket
            argv = ["mariadb", "--no-defaults", f"--socket={socket}", "-BN", "-u", user, site]
        else:
            run = self.stand.settings.postgresql_run
            argv = ["psql", "-X", "-q", "-At", "-v", "ON_ERROR_STOP=1", "-h", str(run), "-U", "postgres", "-d", site]
            words = f"SET ROLE {site};" + words
        done = subprocess.run(argv, input=words, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()


def entrance(place: Place, site: str, engine: Engine) -> Path:
    """Its socket."""
    found = place.stand.settings.entrances(engine).of(site, running=place.stand.settings.running)
    return found / place.owner.watch.servers[engine].door.name


def client(place: Place, site: str, engine: Engine, words: str) -> "subprocess.Popen[str]":
    """The site's own, as a program of it would."""
    door = entrance(place, site, engine)
    lines = (place.stand.settings.site(site) / "private" / "database.ini").read_text().splitlines()
    password = dict(line.split(" = ") for line in lines)["password"].strip('"')
    if engine is Engine.MARIADB:
        argv = ["mariadb", "--no-defaults", f"--socket={door}", "-BN", "-u", site, site]
    else:
        argv = ["psql", "-X", "-q", "-At", "-h", str(door.parent), "-U", site, "-d", site]
    environment = {**os.environ, "MYSQL_PWD": password, "PGPASSWORD": password}
    done = subprocess.Popen(
        argv, env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert done.stdin
    with suppress(BrokenPipeError), done.stdin:  # it was refused before it read anything, and says so itself
        done.stdin.write(words)
    done.stdin = None
    return done


def served(place: Place, site: str, engine: Engine) -> bool:
    words = "CREATE TEMPORARY TABLE saya (isi text); INSERT INTO saya VALUES ('ada'); SELECT isi FROM saya;"
    said, _ = client(place, site, engine, words).communicate(timeout=20)
    return said == "ada\n"
