"""A private nginx with sites, below /srv; the drivers under test make the sites, as the engine would."""

import os
import shutil
import signal
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from demo.ports import free_port
from panggon.core.node.planning.desired import MachineFacts, desired
from panggon.core.node.planning.driver import Driver
from panggon.core.node.planning.resources import Key, Kind
from panggon.core.sites.spec import Limits, SiteKind, SiteSpec, SiteState
from panggon.drivers import host_link, site_file, tls
from panggon.drivers.certificates import authority
from panggon.drivers.nginx import visit, web
from panggon.drivers.nginx.visit import Answer, Door
from panggon.drivers.system import files, processes, shell
from panggon.node.servers import Server, nginx
from tests.drivers.running import running

SITE = "s900001"
HOST = "dinas.kota.example"
WEB = 33
EPOLL_WAIT = ("232", "281", "22")  # the numbers of epoll_wait(2) and epoll_pwait(2): x86-64, arm64
LIMITS = Limits(upload_mebibytes=1)
OTHER_SITE, OTHER_HOST = "s900002", "lain.kota.example"
SPEC = SiteSpec(SITE, HOST, SiteState.OPEN, 7, kind=SiteKind.STATIC, limits=LIMITS)
OTHER = SiteSpec(OTHER_SITE, OTHER_HOST, SiteState.OPEN, 1, kind=SiteKind.STATIC)


class WebStand:
    def __init__(self, name: str, **settings: Any) -> None:
        self.proxies: dict[str, str] = {}
        self.base = Path(f"/srv/panggon-test-{os.getpid()}-{name}")
        self.base.mkdir(mode=0o755)
        self.root = self.base / "root"
        self.settings = nginx.Settings(
            root=self.root,
            run=self.base / "run",
            configuration=self.base / "etc" / "nginx.conf",
            logs=self.base / "logs",
            addresses=("127.0.0.1", "::1"),
            http_port=free_port(),
            https_port=free_port(),
            proof_page=f"{self.root}/php/proof.php",
            **settings,
        )
        self.authority = authority.create_authority(self.base / "ca", now=datetime.now(UTC))
        self.door = Door("127.0.0.1", self.settings.https_port, self.authority.certificate, seconds=60)
        self.now = datetime.now(UTC)
        web_settings = web.Settings(self.root, self.settings.control, self.door)
        self.sites, self.hosts = site_file.SiteDriver(web_settings), host_link.HostDriver(web_settings)
        tls_settings = tls.Settings(self.root, self.settings.control, self.authority, self.door, lambda: self.now)
        self.certificates = tls.CertificateDriver(tls_settings)
        self.master: shell.Process
        nginx.prepare(self.settings)

    @property
    def server(self) -> Server:
        return nginx.server(self.settings)

    @contextmanager
    def serving(self) -> Iterator["WebStand"]:
        try:
            with running(self.server) as self.master:
                yield self
        finally:
            self.discard()

    def discard(self) -> None:
        shutil.rmtree(self.base)

    def workers(self) -> tuple[int, ...]:
        return processes.children(self.master.pid)

    def each_worker(self) -> Iterator[int]:
        """Between two steps of this iterator, only one worker answers: the others are stopped."""
        for worker in self.workers():
            others = [pid for pid in self.workers() if pid != worker]
            for pid in others:
                _stop(pid)
            try:
                yield worker
            finally:
                for pid in others:
                    os.kill(pid, signal.SIGCONT)

    # Sites

    def make(self, spec: SiteSpec = SPEC, **changes: Any) -> SiteSpec:
        """The site with its content directory, certificate and link, as wished."""
        wish = replace(spec, **changes)
        public = self.public(wish.site)
        if not public.exists():
            files.directory(public, mode=0o2750, gid=WEB)
        facts = MachineFacts(1_900_000_000, (), (), tls.LOCAL, str(self.root), False, tuple(self.proxies.items()))
        drivers: dict[Kind, Driver] = {Kind.SITE: self.sites, Kind.HOST: self.hosts}
        drivers[Kind.CERTIFICATE] = self.certificates
        for key, attributes in desired(wish, facts):
            if key.kind in drivers:
                drivers[key.kind].write(key, attributes)
        self.speaks(wish.kind, site=wish.site)
        return wish

    def speaks(self, kind: SiteKind, *, site: str = SITE) -> None:
        """As the holder of the sockets says what answers there."""
        files.directory(self.root / "run")
        files.link(self.root / "run" / f"{site}.kind", kind)

    def remove(self, spec: SiteSpec = SPEC) -> None:
        self.hosts.write(Key(Kind.HOST, spec.host), None)
        self.certificates.write(Key(Kind.CERTIFICATE, spec.host), None)
        self.sites.write(Key(Kind.SITE, spec.site), None)
        shutil.rmtree(self.root / "sites" / spec.site)

    def public(self, site: str = SITE) -> Path:
        return self.root / "sites" / site / "public"

    def put(self, path: str, content: str, *, site: str = SITE) -> Path:
        place = self.public(site) / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(content)
        return place

    # Visitors

    def get(self, path: str = "/", *, host: str = HOST, name: str = "", **headers: str) -> Answer:
        return visit.get(self.door, host, path, name=name, headers=headers)

    def raw(self, request: bytes, *, name: str = HOST) -> bytes:
        """The whole answer to bytes that no library would send, in a TLS connection for `name`."""
        with visit.connected(self.door, name) as connection:
            connection.sendall(request)
            return _all(connection)

    def head(self, request: bytes) -> bytes:
        """The beginning of the answer, without waiting for what nginx still expects of the request."""
        with visit.connected(self.door, HOST) as connection:
            connection.sendall(request)
            return connection.recv(4096)

    def status(self, request: bytes) -> int:
        answer = self.head(request)
        assert answer.startswith(b"HTTP/1.1 "), answer
        return int(answer[9:12])

    def plain(self, request: bytes) -> bytes:
        """The whole answer of the HTTP port."""
        with socket.create_connection(("127.0.0.1", self.settings.http_port), timeout=60) as connection:
            connection.sendall(request)
            return _all(connection)

    def handshake(self, name: str | None) -> bytes | None:
        """The certificate that a client gets for this name, whatever it is; None when the handshake is refused."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        address = ("127.0.0.1", self.settings.https_port)
        try:
            with (
                socket.create_connection(address, timeout=60) as plain,
                context.wrap_socket(plain, server_hostname=name) as connection,
            ):
                return connection.getpeercert(binary_form=True)
        except ssl.SSLError:
            return None

    def hello(self, name: bytes) -> bytes:
        """What the server says to a ClientHello with these very bytes as its name: a TLS record, or nothing."""
        stand_in = b"x" * len(name)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        sent = ssl.MemoryBIO()
        client = context.wrap_bio(ssl.MemoryBIO(), sent, server_hostname=stand_in)
        with suppress(ssl.SSLWantReadError):
            client.do_handshake()
        greeting = sent.read()
        assert greeting.count(stand_in) == 1
        with socket.create_connection(("127.0.0.1", self.settings.https_port), timeout=60) as connection:
            connection.sendall(greeting.replace(stand_in, name))
            return connection.recv(65_536)


def request(host: str, *, method: str = "GET", path: str = "/", headers: str = "", body: bytes = b"") -> bytes:
    return f"{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{headers}\r\n".encode("latin-1") + body


def _stop(pid: int) -> None:
    """Until it stands still, it may still be woken for a connection, which nobody else would take then. And only where
    it waits for somebody: elsewhere it may hold what the workers share, for which the others would wait for ever.
    """
    while True:
        os.kill(pid, signal.SIGSTOP)
        while ") T " not in Path(f"/proc/{pid}/stat").read_text():
            time.sleep(0.001)
        if Path(f"/proc/{pid}/syscall").read_text().split()[0] in EPOLL_WAIT:
            return
        os.kill(pid, signal.SIGCONT)
        time.sleep(0.001)


def _all(connection: socket.socket) -> bytes:
    received = b""
    try:
        while part := connection.recv(65_536):
            received += part
    except ConnectionResetError:
        pass
    return received
