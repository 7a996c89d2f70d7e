"""A private stand for the holder of the sockets: its own root below /srv, real php-fpm, cleaned up completely."""

import contextlib
import json
import os
import shutil
import signal
import socket
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from panggon.core.sites.spec import SITES_MOST
from panggon.drivers.system import files, processes, shell
from panggon.node.sockets import SocketSettings
from panggon.node.sockets.sandboxes.spares import IN_A_BURST
from tests import php
from tests.node import fastcgi
from tests.waiting import until

UID_BASE = 1_900_000_000
WEB_GROUP = 33
BEGINS = "touch('/site/public/begun'); "  # of a page: `has_begun` knows that somebody's request runs
UNTIL_TOLD = BEGINS + "while (!file_exists('/site/public/told.php')) usleep(9000); "


class Stand:
    def __init__(self, name: str, *, around: Sequence[str] = (), **settings: Any) -> None:
        self.around = around
        self.base = Path(f"/srv/panggon-test-{os.getpid()}-{name}")
        root, run, logs = (self.base / part for part in ("root", "run", "logs"))
        usual = {
            "uid_base": UID_BASE,
            "web_group": WEB_GROUP,
            "idle_seconds": 60.0,
            "idle_most_seconds": 0.0,
            "stop_seconds": 5.0,
        }
        self.settings = SocketSettings(root=root, run=run, logs=logs, **{**usual, **settings})
        for directory in (self.base, root, run, logs, root / "sites"):
            files.directory(directory)
        self.config = self.base / "sockets.json"
        self.settings.save(self.config)
        self.sites: list[str] = []
        self.keeper: shell.Process | None = None

    # Processes

    def start(self) -> None:
        self.launch()
        until(self.answers)

    def launch(self) -> None:
        argv = [*self.around, sys.executable, "-m", "panggon.node.sockets", "--config", str(self.config)]
        self.keeper = shell.start(argv, log=self.settings.logs / "keeper.log")

    def answers(self) -> bool:
        with contextlib.suppress(OSError, ValueError):
            return bool(self.ask(do="about")["ok"])
        return False

    def holder(self) -> int | None:
        """The process id of the holder, the keeper's child; there may be others, of whatever is around the keeper."""
        assert self.keeper
        for pid in processes.children(self.keeper.pid):
            with contextlib.suppress(OSError):
                if b"--keeper" in Path(f"/proc/{pid}/cmdline").read_bytes():
                    return pid
        return None

    def new_holder(self, *, after: int) -> None:
        """Wait until another holder than `after` answers."""
        until(lambda: not processes.start_time(after) and self.holder() not in (None, after) and self.answers())

    def kill_holder(self) -> int:
        pid = self.holder()
        assert pid
        os.kill(pid, signal.SIGKILL)
        return pid

    def kill_keeper(self) -> int:
        """Returns the holder, which lives."""
        pid = self.holder()
        assert self.keeper
        assert pid
        self.keeper.send(signal.SIGKILL)
        assert self.keeper.wait(seconds=60)
        return pid

    def close(self) -> None:
        if self.keeper:
            if not self.keeper.running():
                self.start()  # whatever the test has killed: a new keeper takes over, and can end everything
            self.keeper.send(signal.SIGTERM)
            assert self.keeper.wait(seconds=60), "the keeper did not end"
        with contextlib.suppress(AssertionError):  # who started a sandbox outlives it by a moment
            until(lambda: not self.left, seconds=5)
        left = self.left
        for pid in left:
            os.kill(pid, signal.SIGKILL)
        shutil.rmtree(self.base)
        assert not left, f"processes were left behind: {left}"

    @property
    def left(self) -> list[int]:
        """Every process that runs of any site."""
        return [pid for site in self.sites for pid in self.processes(site)]

    def processes(self, site: str) -> list[int]:
        """Every running process of the site's user on this machine."""
        return sorted(processes.of_user(self.settings.uid(site)))

    # Sites

    def lay_out(self, number: int, fields: dict[str, Any]) -> str:
        """Lay out a site as the directory and site drivers do."""
        site = f"s{number}"
        uid, home = self.settings.uid(site), self.settings.site(site)
        self.sites.append(site)
        files.directory(home)
        files.directory(home / "public", mode=0o2750, uid=uid, gid=WEB_GROUP)
        files.directory(home / "private", mode=0o700, uid=uid, gid=uid)
        files.directory(home / "tmp", mode=0o700, uid=uid, gid=uid)
        files.directory(home / "logs", mode=0o750, gid=uid)
        files.directory(home / "run", mode=0o750, gid=WEB_GROUP)
        self.describe(site, fields)
        return site

    def describe(self, site: str, fields: dict[str, Any]) -> None:
        usual = {"generation": 1, "kind": "php", "php_version": php.VERSION, "profile": "plain", "host": f"{site}.test"}
        limits = {
            "upload_mebibytes": 8,
            "memory_mebibytes": 128,
            "processes": 12,
            "cpu_percent": 100,
            "database": "mariadb",
            "outgoing": "none",
            "document_root": "/site/public",
            "site": site,
        }
        members = {"version": 1, **usual, **limits, **fields}
        files.write(self.settings.site(site) / "site.json", json.dumps(members), mode=0o640, gid=WEB_GROUP)

    def page(self, site: str, code: str, name: str = "index.php") -> None:
        uid = self.settings.uid(site)
        files.write(self.settings.site(site) / "public" / name, f"<?php {code}", mode=0o640, uid=uid, gid=WEB_GROUP)

    def get(self, site: str, script: str = "/site/public/index.php", **more: Any) -> str:
        return fastcgi.request(self.settings.root / "run" / f"{site}.sock", script, **more)

    def has_begun(self, site: str) -> bool:
        """Whether a request for a page that begins with `BEGINS` runs; once for each. How many processes there are does
        not say it: while it starts, the master of php-fpm is two, and a child is there before it has taken anybody in.
        """
        begun = self.settings.site(site) / "public" / "begun"
        if begun.exists():
            begun.unlink()
            return True
        return False

    def proof(self, site: str, script: str = "/panggon/proof.php") -> dict[str, Any]:
        """What the node's own page says."""
        return dict(json.loads(self.get(site, script)))

    def ask(self, **request: Any) -> dict[str, Any]:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(60)
            client.connect(str(self.settings.control))
            client.sendall(json.dumps(request).encode() + b"\n")
            with client.makefile("rb") as answer:
                return dict(json.loads(answer.readline()))

    def serve(self, number: int, code: str = "echo 'ok';", **fields: Any) -> str:
        site = self.lay_out(number, fields)
        self.page(site, code)
        answer = self.sync(site)
        assert answer["ok"], answer
        return site

    def sync(self, site: str) -> dict[str, Any]:
        """Tell the holder to serve what `site.json` says, as the runtime driver does."""
        described = json.loads((self.settings.site(site) / "site.json").read_text())
        own = {"php": ("php_version",), "python": ("interface", "entry")}[described["kind"]]
        names = ("kind", "generation", *own)
        return self.ask(do="sync", site=site, **{name: described[name] for name in names})

    def process(self, site: str) -> int | None:
        """The process id of the site's sandbox, None while it sleeps."""
        process: int | None = self.ask(do="show", site=site)["serving"]["process"]
        return process

    # What is started in advance (`spare`)

    def put_to_sleep(self, site: str, script: str = "/site/public/index.php") -> None:
        """With as many spares there as there shall be, so that it will wake by one."""
        assert self.get(site, script, seconds=60)
        until(lambda: self.ask(do="about")["spares"] >= IN_A_BURST)
        assert self.ask(do="stop", site=site)["ok"]

    def was_a_spare(self, site: str) -> bool:
        """Whether what answers now lives among all sites' users; one that was started for it knows its own only."""
        process = self.process(site)
        assert process
        (master,) = processes.children(process)
        first, _, count = Path(f"/proc/{master}/uid_map").read_text().split()
        return (int(first), int(count)) == (self.settings.nobody, SITES_MOST + 1)


def started(request: pytest.FixtureRequest) -> Iterator[Stand]:
    """A running stand, for a fixture that may be parametrised with its settings."""
    stand = Stand("sockets", **getattr(request, "param", {}))
    try:
        stand.start()
        yield stand
    finally:
        stand.close()
