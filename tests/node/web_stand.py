"""A private nginx with sites, below /srv; the drivers under test make the sites, as the engine would."""

import os
import re
import shutil
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from panggon.core.plan import MachineFacts, desired
from panggon.core.resources import Key, Kind
from panggon.core.spec import Limits, Profile, SiteKind, SiteSpec, SiteState
from panggon.drivers import files, tls, visit, web
from panggon.drivers.visit import Answer, Door
from panggon.node.servers import Server, nginx
from tests.drivers.running import free_port, running

SITE = "s900001"
HOST = "dinas.kota.example"
WEB = 33
LIMITS = Limits(upload_mebibytes=1)
SPEC = SiteSpec(SITE, HOST, SiteState.OPEN, 7, kind=SiteKind.STATIC, limits=LIMITS)
HTTP_STATUS = re.compile(rb"HTTP/1\.1 (\d{3})")


class WebStand:
    def __init__(self, name: str, *, own_mounts: bool = True) -> None:
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
            own_mounts=own_mounts,
        )
        self.authority = tls.create_authority(self.base / "ca", now=datetime.now(UTC))
        self.door = Door("127.0.0.1", self.settings.https_port, self.authority.certificate)
        self.now = datetime.now(UTC)
        web_settings = web.Settings(self.root, self.settings.control, self.door)
        self.sites, self.hosts = web.SiteDriver(web_settings), web.HostDriver(web_settings)
        tls_settings = tls.Settings(self.root, self.settings.control, self.authority, self.door, lambda: self.now)
        self.certificates = tls.CertificateDriver(tls_settings)
        nginx.prepare(self.settings)

    @property
    def server(self) -> Server:
        return nginx.server(self.settings)

    @contextmanager
    def serving(self) -> Iterator["WebStand"]:
        try:
            with running(self.server):
                yield self
        finally:
            shutil.rmtree(self.base)

    # Sites

    def make(self, spec: SiteSpec = SPEC, **changes: object) -> SiteSpec:
        """The site with its content directory, certificate and link, as wished."""
        wish = replace(spec, **changes)
        public = self.public(wish.site)
        if not public.exists():
            files.directory(public, mode=0o2750, gid=WEB)
        facts = MachineFacts(1_900_000_000, (), (), tls.ISSUER, str(self.root), sandboxed=False)
        drivers = {Kind.SITE: self.sites, Kind.CERTIFICATE: self.certificates, Kind.HOST: self.hosts}
        for key, attributes in desired(wish, facts):
            if key.kind in drivers:
                drivers[key.kind].write(key, attributes)
        return wish

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

    def status(self, request: bytes, *, name: str = HOST) -> int:
        return _status(self.raw(request, name=name))

    def plain(self, request: bytes) -> bytes:
        """The whole answer of the HTTP port."""
        with socket.create_connection(("127.0.0.1", self.settings.http_port), timeout=5) as connection:
            connection.sendall(request)
            return _all(connection)

    def handshake(self, name: str | None) -> bytes | None:
        """The certificate that a client gets for this name, whatever it is; None when the handshake is refused."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        address = ("127.0.0.1", self.settings.https_port)
        try:
            with (
                socket.create_connection(address, timeout=5) as plain,
                context.wrap_socket(plain, server_hostname=name) as connection,
            ):
                return connection.getpeercert(binary_form=True)
        except ssl.SSLError:
            return None


def _all(connection: socket.socket) -> bytes:
    received = b""
    try:
        while part := connection.recv(65_536):
            received += part
    except ConnectionResetError:
        pass
    return received


def _status(answer: bytes) -> int:
    match = HTTP_STATUS.match(answer)
    assert match, answer[:200]
    return int(match[1])
