"""A whole hosting machine on loopback, as `panggon-node` runs it: own directories and ports, cleaned up completely."""

import contextlib
import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from demo.clients import Answer, SftpClient, ask_https, make_key
from demo.ports import free_port
from panggon.core.node.planning.resources import Key, Kind
from panggon.drivers import user
from panggon.node.agent import identity
from panggon.node.agent.identity import Identity
from panggon.node.supervision import services
from tests.node import portal as portals
from tests.node.portal import TOKEN
from tests.waiting import until

COMMAND = str(Path(sys.executable).with_name("panggon-node"))
UID_BASE, FIRST, LAST = 1_900_000_000, 990001, 990009
ZONE = "kota.example"


class Machine:
    def __init__(self) -> None:
        self.base = Path(f"/srv/panggon-test-{os.getpid()}-machine")
        self.base.mkdir(mode=0o755)
        self.http, self.https, self.dns, self.sftp = (free_port() for _ in range(4))
        self.config = self.base / "node.toml"
        self.config.write_text(self._settings())
        self.supervisor: subprocess.Popen[str] | None = None

    # Processes

    def start(self) -> None:
        """Run the servers; returns when all of them serve."""
        argv = [COMMAND, "--config", str(self.config), "services", "run"]
        self.supervisor = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert self.supervisor.stdout
        said = []
        for line in self.supervisor.stdout:
            said.append(line)
            if line == "semua server siap\n":
                return
        raise AssertionError("".join(said))

    def kill_supervisor(self) -> None:
        assert self.supervisor
        assert self.supervisor.stdout
        self.supervisor.kill()
        self.supervisor.wait()
        self.supervisor.stdout.close()

    def pids(self) -> dict[str, int]:
        return {row["name"]: row["pid"] for row in services.recorded(self.base / "run" / services.RECORD)}

    def node(self, *words: str) -> subprocess.CompletedProcess[str]:
        argv = [COMMAND, "--config", str(self.config), *words]
        return subprocess.run(argv, capture_output=True, text=True, timeout=120)

    def agent(self, *, around: Sequence[str] = ()) -> subprocess.Popen[bytes]:
        log = (self.base / "agent.log").open("ab")
        with log:
            return subprocess.Popen([*around, COMMAND, "--config", str(self.config), "run"], stderr=log)

    def close(self) -> None:
        if self.supervisor and self.supervisor.poll() is not None:
            self.start()  # whatever the test has killed: it takes over what runs, and can end it
        if self.supervisor and self.supervisor.stdout:
            self.supervisor.send_signal(signal.SIGTERM)
            self.supervisor.stdout.read()
            self.supervisor.stdout.close()
            assert self.supervisor.wait(60) == 0
        driver = user.UserDriver(user.Settings(Path("/etc/userdb"), UID_BASE), lambda _: None)
        for number in range(FIRST, LAST + 1):
            driver.write(Key(Kind.USER, f"s{number}"), None)
        left = self._processes()
        shutil.rmtree(self.base)
        assert not left, f"processes were left behind: {left}"

    def _processes(self) -> list[str]:
        """Whatever still runs with our directory in its command line, or as one of our users."""
        uids = {str(UID_BASE + number) for number in range(FIRST, LAST + 1)}
        found = []
        for entry in Path("/proc").iterdir():
            with contextlib.suppress(OSError):
                if not entry.name.isdigit():
                    continue
                words = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                owner = (entry / "status").read_text().partition("\nUid:\t")[2].partition("\t")[0]
                if words and (str(self.base) in words or owner in uids):  # a zombie has no words
                    found.append(words)
        return found

    # The world's view

    def spec(self, number: int, **more: Any) -> dict[str, Any]:
        example = json.loads((Path(__file__).resolve().parents[2] / "examples" / "site-spec.json").read_text())
        return {**example, "site": f"s{number}", "host": f"uji{number}.{ZONE}", **more}

    def write_spec(self, document: dict[str, Any]) -> str:
        path = self.base / "spec.json"
        path.write_text(json.dumps(document))
        return str(path)

    def page(self, spec: dict[str, Any], path: str = "/") -> Answer:
        host, authority = str(spec["host"]), self.base / "etc" / "ca.pem"
        return ask_https(host, path, address="127.0.0.1", port=self.https, authority=authority)

    def sftp_client(self, spec: dict[str, Any], key: str) -> SftpClient:
        return SftpClient("127.0.0.1", self.sftp, str(spec["site"]), self.base / key, self.known_hosts())

    def lets_in(self, spec: dict[str, Any], password: str) -> bool:
        """Whether SFTP shows the jail to whom has this password: OpenSSH asks a program for it when it is told to."""
        helper = self.base / "askpass"
        helper.write_text('#!/bin/sh\nprintf "%s\\n" "$PASSWORD"\n')
        helper.chmod(0o700)
        options = ["-oPreferredAuthentications=password", "-oNumberOfPasswordPrompts=1", "-F/dev/null"]
        options += [f"-oUserKnownHostsFile={self.known_hosts()}", "-oStrictHostKeyChecking=yes"]
        argv = ["sftp", *options, "-P", str(self.sftp), f"{spec['site']}@127.0.0.1"]
        environment = {**os.environ, "SSH_ASKPASS": str(helper), "SSH_ASKPASS_REQUIRE": "force", "PASSWORD": password}
        done = subprocess.run(argv, input="ls\n", env=environment, capture_output=True, text=True, timeout=60)
        return done.returncode == 0

    def known_hosts(self) -> Path:
        path = self.base / "known_hosts"
        path.write_text(f"[127.0.0.1]:{self.sftp} {(self.base / 'etc' / 'ssh_host_ed25519_key.pub').read_text()}")
        return path

    def key(self, name: str) -> str:
        return make_key(self.base / name)

    def until_answers(self, spec: dict[str, Any], path: str, words: str) -> None:
        def answers() -> bool:
            with contextlib.suppress(OSError):
                return words in self.page(spec, path).body
            return False

        until(answers, "the site did not come back")

    def _settings(self) -> str:
        paths = "\n".join(f'{name} = "{self.base / name}"' for name in ("root", "state", "run", "etc", "logs"))
        return f"""
[paths]
{paths}
[sites]
uid_base = {UID_BASE}
first_site = {FIRST}
last_site = {LAST}
[web]
addresses = ["127.0.0.1", "::1"]
http_port = {self.http}
https_port = {self.https}
[dns]
zone = "{ZONE}"
servers = [{{ address = "127.0.0.1", port = {self.dns} }}]
addresses = ["127.0.0.1"]
port = {self.dns}
ipv4 = ["127.0.0.1"]
ipv6 = ["::1"]
[sftp]
addresses = ["127.0.0.1"]
port = {self.sftp}
[protections]
require_all = false
"""


@contextmanager
def standing() -> Iterator[Machine]:
    """A machine whose servers run. Two at a time would take each other's users away: their sites have the same numbers
    in the one `/etc/userdb`.
    """
    with Path("/run/lock/panggon-test-machine").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        found = Machine()
        try:
            found.start()
            yield found
        finally:
            found.close()


@contextmanager
def enrolled(machine: Machine) -> Iterator[portals.FakePortal]:
    """A portal that the machine's agent asks for wishes."""
    with portals.running() as found:
        identity.save(machine.base / "state", Identity(found.url, 1, TOKEN))
        yield found
