"""Sites with databases on real servers, and their owner, whose looks the test asks for."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from panggon.core.node.resources import Attributes, Key, Kind
from panggon.core.sites.spec import Engine
from panggon.drivers import files
from panggon.drivers.database import DatabaseDriver
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
