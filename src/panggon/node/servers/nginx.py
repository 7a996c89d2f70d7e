"""nginx with one configuration for all sites; which site answers is read by the Lua files in `node/nginx`."""

import datetime as dt
import grp
import hashlib
import json
import os
import re
import resource
import signal
import string
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from panggon.core.errors import PanggonError, PermanentError
from panggon.core.sites import routing
from panggon.drivers.nginx import control
from panggon.drivers.system import files, shell
from panggon.node.servers import Server
from panggon.node.sockets.shields.protections import Protection

USER = "www-data"
CODE = Path(__file__).resolve().parent.parent / "nginx"
# Files that a worker may have open; without saying so it is the soft limit of whoever starts nginx, often 1,024.
OPEN_FILES_MOST = 65_536
# A body up to here is kept in memory, a larger one on disk; the Lua knows it too.
BODY_IN_MEMORY = "16k"
# Of a body whose length is not said, by what the site may be sent (`client_max_body_size` takes no variables).
UNTOLD_MEBIBYTES = tuple(2**power for power in range(11))
# What a program answers faster than its visitor takes it, on disk: 0 is nothing, the program waits.
ANSWER_ON_DISK, NOTHING_ON_DISK = "32m", "0"
# From here on HTTP/2 is a word of its own instead of one of `listen`.
HTTP2_APART = (1, 25, 1)
# How keys are agreed on: what costs the machine as little as the visitor. OpenSSL's own list has finite fields: the
# greatest takes 150 ms of a processor for each handshake that asks for it (CVE-2002-20001). The first here, against
# quantum computers, is there from OpenSSL 3.5 on.
GROUPS = ("X25519MLKEM768", "X25519", "prime256v1", "secp384r1")
QUANTUM_SAFE = (3, 5)
SAFE_PATH = re.compile(r"/[A-Za-z0-9._/-]+")
# All that its master may do as root: listen, become its workers' user and signal them, see to its files.
CAPABILITIES = ("net_bind_service", "setuid", "setgid", "kill", "chown", "dac_override")
# Arguments: the directory of the sites, the control socket, then the program. The links of tenants are refused by the
# kernel below this mount, and only for nginx, which has nothing to write there. A killed nginx leaves its socket, on
# which no other can listen.
MOUNT = """mount --bind "$1" "$1"
mount -o remount,bind,ro,nosymfollow "$1"
"""
START = f"""rm -f "$2"
umask 027
shift 2
exec setpriv --bounding-set=-all,{",".join(f"+{name}" for name in CAPABILITIES)} --no-new-privs "$@"
"""


@dataclass(frozen=True, slots=True)
class Settings:
    """`addresses` are listened on, IPv4 or IPv6. `run` belongs to root. `proof_page` is the path of the node's PHP
    page as PHP sees it: `/panggon/proof.php` in a sandbox. `own_mounts`: whether `protections` found that the sites
    can be mounted without links; otherwise nginx looks at each path, which is slower and leaves a moment for a race.
    `proxy_authorities` are trusted for the servers that sites of kind proxy lead to. Visitors may wake `wakes_most`
    sleeping sites in the `idle_seconds` after which one that nobody asks for sleeps (`sockets.serving.room`).
    """

    root: Path
    run: Path
    configuration: Path
    logs: Path
    addresses: tuple[str, ...]
    http_port: int
    https_port: int
    proof_page: str = "/panggon/proof.php"
    own_mounts: bool = True
    proxy_authorities: Path = Path("/etc/ssl/certs/ca-certificates.crt")
    wakes_most: int = 240
    idle_seconds: float = 30

    @property
    def routing(self) -> Path:
        return self.configuration.with_name("routing.json")

    @property
    def start(self) -> Path:
        """What `supervision.listening` needs to know."""
        return self.configuration.with_name("nginx.json")

    @property
    def errors(self) -> Path:
        return self.logs / "nginx.log"

    @property
    def control(self) -> Path:
        """In a directory of its own: nginx lets everybody write to the sockets that it makes."""
        return control_socket(self.run)

    @property
    def sites(self) -> Path:
        return self.root / "sites"

    @property
    def placeholder(self) -> Path:
        return self.configuration.with_name("placeholder.pem")


def control_socket(run: Path) -> Path:
    return run / "nginx" / "control.sock"


class _Template(string.Template):
    """nginx itself uses `$`."""

    delimiter = "%"


def protections() -> tuple[Protection, ...]:
    """Whether the kernel refuses the links of tenants to nginx here; tried, in some 20 ms."""
    with tempfile.TemporaryDirectory() as place:
        directory = Path(place)
        (directory / "file").write_text("seen")
        (directory / "link").symlink_to("file")
        script = 'test -r "$1" && ! test -r "$2"'
        argv = _in_own_mounts(
            directory, directory / "none", ("sh", "-c", script, "try", f"{place}/file", f"{place}/link")
        )
        try:
            done = shell.run(argv)
        except PanggonError as error:
            return (Protection("symlinks", active=False, reason=str(error)),)
    reason = "" if done.code == 0 else done.errors.strip() or "tautan masih diikuti di bawah nosymfollow"
    return (Protection("symlinks", active=not reason, reason=reason),)


def prepare(settings: Settings) -> None:
    """Write the configuration and make the directories that nginx reads. Nothing in it depends on a site."""
    web = grp.getgrnam(USER).gr_gid
    for folder in (
        settings.sites,
        settings.root / "live",
        settings.root / "nginx",
        settings.root / "acme",
        settings.run,
    ):
        files.directory(folder)
    for folder in (settings.root / "tls", settings.root / "proof"):
        files.directory(folder, mode=0o750, gid=web)
    files.directory(settings.control.parent, mode=0o700)
    files.directory(settings.logs)
    files.directory(settings.configuration.parent)
    if not settings.placeholder.exists():
        files.write(settings.placeholder, _self_signed(), mode=0o600)
    files.ensure(settings.routing, _routing())
    files.ensure(settings.configuration, _configuration(settings))
    files.ensure(settings.start, json.dumps(_start(settings), indent=2) + "\n")


def server(settings: Settings) -> Server:
    """Started as root, so that it may listen on port 443; the workers go on as www-data."""
    return Server(
        name="nginx",
        argv=(sys.executable, "-m", "panggon.node.supervision.listening", str(settings.start)),
        log=settings.errors,
        ready=lambda: control.answers(settings.control),
        cwd=settings.root,
        stop_signal=signal.SIGQUIT,
    )


def _start(settings: Settings) -> dict[str, Any]:
    argv = ("nginx", "-p", f"{settings.root}/", "-e", str(settings.errors), "-c", str(settings.configuration))
    wrap = _in_own_mounts if settings.own_mounts else _without_mounts
    ports = (settings.http_port, settings.https_port)
    return {
        "listen": [f"{_bracketed(name)}:{port}" for port in ports for name in settings.addresses],
        "command": wrap(settings.sites, settings.control, argv),
        # Another configuration is another start.
        "configuration": hashlib.sha256(settings.configuration.read_bytes()).hexdigest(),
    }


def _in_own_mounts(directory: Path, socket: Path, argv: tuple[str, ...]) -> tuple[str, ...]:
    # slave: what the machine mounts and unmounts later is followed, what is mounted here stays here.
    unshare = ("unshare", "--mount", "--propagation", "slave")
    return (*unshare, "sh", "-ec", MOUNT + START, "panggon-nginx", str(directory), str(socket), *argv)


def _without_mounts(directory: Path, socket: Path, argv: tuple[str, ...]) -> tuple[str, ...]:
    return ("sh", "-ec", START, "panggon-nginx", str(directory), str(socket), *argv)


def _configuration(settings: Settings) -> str:
    suffix = "" if settings.https_port == 443 else f":{settings.https_port}"
    open_files = _open_files()
    values = {
        "user": USER,
        "open_files": open_files,
        "connections": open_files // 4,
        "memory_most": _memory_most(),
        "body_in_memory": BODY_IN_MEMORY,
        "kept_files": open_files // 4,
        "wakes_most": settings.wakes_most,
        "idle_seconds": settings.idle_seconds,
        "root": _safe(settings.root),
        "run": _safe(settings.run),
        "logs": _safe(settings.logs),
        "lua": _safe(CODE),
        "placeholder": _safe(settings.placeholder),
        "routing": _safe(settings.routing),
        "routing_digest": hashlib.sha256(_routing().encode()).hexdigest(),  # another table is another configuration
        "proxy_authorities": _safe(settings.proxy_authorities),
        "proof_page": _safe(Path(settings.proof_page)),
        "proof_root": _safe(Path(settings.proof_page).parent),
        "port_suffix": suffix,
        "groups": ":".join(GROUPS if _built("OpenSSL ") >= QUANTUM_SAFE else GROUPS[1:]),
        "http_port": settings.http_port,
        "https_port": settings.https_port,
        "listen_http": _listen(settings.addresses, settings.http_port, ""),
        "listen_https": _listen_https(settings),
        "symlinks": "" if settings.own_mounts else f'        disable_symlinks on "from={_safe(settings.sites)}";\n',
    }
    parts = {name: _read(f"{name}.template").substitute(values).rstrip() for name in ("fastcgi", "proxy")}
    programs = _programs({**values, **parts})
    return _read("nginx.conf.template").substitute(values, **parts, programs=programs)


def _programs(values: dict[str, Any]) -> str:
    """The locations of the programs behind nginx, each in every form that the router chooses from."""
    forms = [("", BODY_IN_MEMORY, ANSWER_ON_DISK), ("_streamed", BODY_IN_MEMORY, NOTHING_ON_DISK)]
    forms += [(f"_{size}m", f"{size}m", NOTHING_ON_DISK) for size in UNTOLD_MEBIBYTES]
    template = _read("programs.template")
    return "\n".join(template.substitute(values, form=form, body=body, answer=answer) for form, body, answer in forms)


def _routing() -> str:
    return json.dumps(routing.document(), indent=2) + "\n"


def _open_files() -> int:
    """As many as may be had here without raising the hard limit, which root may not do in every container."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    return OPEN_FILES_MOST if hard == resource.RLIM_INFINITY else min(hard, OPEN_FILES_MOST)


def _memory_most() -> int:
    """Bytes that a worker may take before visitors lose connections: nginx all together a quarter of the machine's."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 8


def _read(name: str) -> _Template:
    return _Template((CODE / name).read_text())


def _safe(path: Path) -> str:
    """A path that needs no quoting in any of nginx's contexts. Raises PermanentError `nginx.path`."""
    if not SAFE_PATH.fullmatch(str(path)):
        raise PermanentError("nginx.path", str(path))
    return str(path)


def _listen_https(settings: Settings) -> str:
    if _built("nginx/") < HTTP2_APART:
        return _listen(settings.addresses, settings.https_port, " ssl http2")
    return f"{_listen(settings.addresses, settings.https_port, ' ssl')}\n        http2 on;"


def _built(program: str) -> tuple[int, ...]:
    """The version of nginx, or of what it runs with, by the word that stands before it; the last one counts."""
    found = re.findall(rf"{program}(\d+)\.(\d+)\.(\d+)", shell.run(["nginx", "-V"]).errors)
    return tuple(map(int, found[-1])) if found else (0, 0, 0)


def _listen(addresses: tuple[str, ...], port: int, options: str) -> str:
    return "\n".join(f"        listen {_bracketed(name)}:{port}{options};" for name in addresses)


def _bracketed(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def _self_signed() -> bytes:
    """What nginx asks for before it starts; never sent to anybody, so its dates say nothing."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "placeholder.invalid")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
        .not_valid_after(dt.datetime(2099, 1, 1, tzinfo=dt.UTC))
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
