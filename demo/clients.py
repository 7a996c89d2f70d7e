"""The outside world: DNS, HTTPS and SFTP clients that know only addresses, the CA's certificate and their own keys."""

import ipaddress
import socket
import ssl
import subprocess
from dataclasses import dataclass
from http.client import HTTPSConnection
from pathlib import Path

import dns.message
import dns.query
import dns.rdatatype
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

SECONDS = 60


@dataclass(frozen=True)
class Answer:
    status: int
    body: str


def ask_dns(server: str, port: int, name: str, kind: str) -> list[str]:
    """The records of a name as this authoritative server gives them; without the authoritative flag, none."""
    query = dns.message.make_query(name, kind, want_dnssec=True)
    answer = dns.query.tcp(query, server, port=port, timeout=SECONDS)
    if not answer.flags & 0x0400:
        return []
    wanted = dns.rdatatype.from_text(kind)
    return sorted(str(item) for rrset in answer.answer if rrset.rdtype == wanted for item in rrset)


class _Closing(ssl.SSLSocket):
    """Closes itself when nobody has it: CPython gives nobody one whose peer is gone before the handshake."""

    def __del__(self) -> None:
        self.close()


class _PinnedConnection(HTTPSConnection):
    """HTTPS to a fixed address with the real name in SNI, certificate check and Host: what `curl --resolve` does."""

    def __init__(self, host: str, *, address: str, port: int, authority: Path) -> None:
        self._trust = ssl.create_default_context(cafile=str(authority))
        self._trust.sslsocket_class = _Closing
        super().__init__(host, port, timeout=SECONDS, context=self._trust)
        self._address = address

    def connect(self) -> None:
        plain = socket.create_connection((self._address, self.port), SECONDS)
        self.sock = self._trust.wrap_socket(plain, server_hostname=self.host)


def ask_https(host: str, path: str, *, address: str, port: int, authority: Path) -> Answer:
    """GET over verified TLS. Raises ssl.SSLError when the certificate is not of this name and this authority."""
    connection = _PinnedConnection(host, address=address, port=port, authority=authority)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return Answer(answer.status, answer.read().decode(errors="replace"))
    finally:
        connection.close()


@dataclass(frozen=True)
class SftpClient:
    """OpenSSH's own `sftp`, with one key and the server's host key known beforehand."""

    host: str
    port: int
    user: str
    key: Path
    known_hosts: Path

    def batch(self, *commands: str) -> tuple[bool, str]:
        """Run the commands; whether all worked, and what was printed."""
        options = [
            "-oBatchMode=yes",
            "-oLogLevel=ERROR",
            "-oIdentitiesOnly=yes",
            "-oStrictHostKeyChecking=yes",
            f"-oUserKnownHostsFile={self.known_hosts}",
            "-oGlobalKnownHostsFile=/dev/null",
            "-oPreferredAuthentications=publickey",
            "-F/dev/null",
        ]
        argv = ["sftp", *options, "-b-", "-i", str(self.key), "-P", str(self.port), f"{self.user}@{self.host}"]
        script = "\n".join(commands) + "\n"
        done = subprocess.run(argv, input=script, capture_output=True, text=True, timeout=60, check=False)
        return done.returncode == 0, done.stdout + done.stderr


def make_key(path: Path) -> str:
    """Make an Ed25519 key pair in OpenSSH form at `path`; the public line."""
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
    )
    path.write_bytes(private)
    path.chmod(0o600)
    public = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    return public.decode()


def is_loopback(address: str) -> bool:
    return ipaddress.ip_address(address).is_loopback
