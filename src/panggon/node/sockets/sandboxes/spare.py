"""php-fpm that was started in advance and is nobody's yet: it becomes a site's within a millisecond.

What takes long at its start, loading dozens of libraries, is over then. It waits behind walls that are open to it, as
a user that no site has, and closes them itself (`php/become.php`, which PHP runs as its `opcache.preload`). Each is
started for itself, not copied from another: no two sites have the memory of the same process. It becomes one site's,
once.
"""

import json
import os
import re
import socket
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib import resources
from itertools import chain
from pathlib import Path

from panggon.core.errors import PermanentError
from panggon.core.sites.spec import SITES_MOST, SiteKind
from panggon.drivers.system import processes, shell, user_namespaces
from panggon.drivers.system.memory_files import readable
from panggon.node.sockets.control_groups.groups import ControlGroups, GroupBounds
from panggon.node.sockets.sandboxes.bounds import LIMITS
from panggon.node.sockets.sandboxes.launch import LISTEN, Launch
from panggon.node.sockets.sandboxes.places import PAGES, Place
from panggon.node.sockets.settings import SocketSettings
from panggon.node.sockets.shields.walls import Shield, calls, open_walls, walls

# As this program has found it when it was started: they speak to each other, and an update may change it.
HOOK = (resources.files("panggon.node") / "php/become.php").read_bytes()
# Where a spare sees what it may become a part of; not there any more when it has become that.
STAGE = "/spare"
# The control group of all spares, in which the monitors of those that have become a site's stay.
GROUP = "spares"
PROCESSES_MOST = 100_000
_MEMORY_MEBIBYTES = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20  # all sites' together is bounded
# The numbers that its descriptors get: the site's socket, and what its programs say.
SOCKET, OUTPUT = 100, 101
READY = b"r"  # to be told, and once more when it has become that
# A hundred times as long as it takes: nobody else is served meanwhile.
BECOMING_SECONDS = 0.5
MESSAGE_BYTES = 160_000  # less than become.php takes; all variables that a site may have, of whatever letters
# Without these nobody gets one: they are what its walls consist of.
NEEDED = frozenset({Shield.SANDBOX, Shield.CALLS, Shield.NESTED, Shield.NETWORK})
# What PHP, its libraries and the C library read in their environment when they begin: a site's own would come too late.
READ_EARLY = re.compile(r"PHPRC$|PHP_INI_|USE_|ZEND_|OPENSSL_|SSLEAY_|XML_MEM_|MALLOC_|MAGICK_|G?OMP_")
PRELOADS = re.compile(r"^\s*opcache\.preload\s*=\s*\S", re.MULTILINE)

Program = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Spare:
    """`child` is bubblewrap's monitor, `line` leads to the program, `seen` is what it was started with."""

    program: Program
    child: shell.Process
    line: socket.socket
    seen: Sequence[object]

    def is_ready(self) -> bool:
        """Whether it waits to be told what to become; what it says is read once."""
        with suppress(OSError):
            return self.line.recv(1) == READY
        return False

    def is_current(self, settings: SocketSettings) -> bool:
        """Whether one that is started now would be the same."""
        pids = processes.children(self.child.pid)
        return bool(pids) and not processes.is_replaced(pids[0]) and self.seen == _seen(settings, self.program)

    def pids(self) -> tuple[int, ...]:
        """The monitor, and the program while it runs."""
        return (self.child.pid, *processes.children(self.child.pid))

    def network(self) -> Path:
        """Its own, without any way out."""
        return processes.PROC / str(next(iter(processes.children(self.child.pid)), 0)) / "ns/net"

    def become(
        self, settings: SocketSettings, launch: Launch, *, descriptors: Sequence[int], limits: Mapping[int, int]
    ) -> None:
        """It is this site's when this returns, in its control groups and as its user. `descriptors`: its socket, what
        it says, and the doors of its control groups. Raises OSError when it cannot be told, or does not become it.
        """
        told = {
            "user": settings.uid(launch.name),
            "name": launch.name,
            "descriptors": [[SOCKET], [OUTPUT, 1, 2]],
            "files": dict(launch.texts),
            "places": [
                (_staged(settings, place), place.target, place.writable, place.source.stat().st_ino)
                for place in launch.places
                if place.target != PAGES and not (place.may_lack and not place.source.exists())
            ],
            "limits": dict(limits),
            "ignored": shell.ignored(limits),
            "environment": dict(launch.environment),
        }
        message = json.dumps(told, ensure_ascii=False).encode()
        if len(message) > MESSAGE_BYTES:
            raise OSError(f"{launch.name}: too much to be told to a spare")
        with self.line:
            socket.send_fds(self.line, [message], descriptors)
            self.line.settimeout(BECOMING_SECONDS)
            if self.line.recv(1) != READY:
                raise OSError("it ended")

    def close(self) -> None:
        """One that is not needed any more."""
        self.line.close()
        self.child.kill_session()


def fits(launch: Launch, uid: int, shields: frozenset[Shield]) -> bool:
    """Whether a spare can become this: PHP behind nothing but the usual walls, and told nothing before it begins."""
    usual = launch.kind == SiteKind.PHP and shields >= NEEDED and launch.walls == walls(uid, shields)
    return usual and not (launch.memory or launch.binaries or any(map(READ_EARLY.match, launch.environment)))


def begin(settings: SocketSettings, shields: frozenset[Shield], groups: ControlGroups, program: Program) -> Spare:
    """Start one; it is ready a moment later. Raises OSError or PanggonError where that cannot be."""
    seen = _seen(settings, program)
    if any(PRELOADS.search(path.read_text(errors="replace")) for path in _settings_of_php(program)):
        raise PermanentError("runtime.preload", "php.ini has scripts of its own preloaded")
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.setblocking(False)
    try:
        with theirs:
            child = _start(settings, shields, groups, program, line=theirs.fileno())
    except BaseException:
        ours.close()
        raise
    return Spare(program, child, ours, seen)


def _start(
    settings: SocketSettings, shields: frozenset[Shield], groups: ControlGroups, program: Program, *, line: int
) -> shell.Process:
    uid, bounds = settings.nobody, GroupBounds(_MEMORY_MEBIBYTES, PROCESSES_MOST, cpu_percent=100)
    with (
        user_namespaces.made(owner=uid, first=uid, count=SITES_MOST + 1) as namespace,
        readable({"become.php": HOOK, "filter": calls(shields)}) as descriptors,
    ):
        data = [("--perms", "0444", "--file", str(each), f"{STAGE}/{name}") for name, each in descriptors.items()]
        stage = [("--tmpfs", STAGE), *(place.words for place in _stage(settings)), *data]
        return shell.start(
            [*open_walls(uid, shields, namespace), *chain.from_iterable(stage), "--", *_preloading(program)],
            log=settings.logs / "sockets.log",
            environment={
                "FPM_SOCKETS": f"{LISTEN}={SOCKET}",
                "PANGGON_OUTPUT": f"/proc/self/fd/{OUTPUT}",
                "PANGGON_SPARE": f"{line},{namespace}",
            },
            pass_fds=[line, namespace, *descriptors.values()],
            user=uid,
            group=uid,
            groups=groups.create(GROUP, bounds),
            limits=LIMITS,
        )


def _preloading(program: Program) -> Program:
    """Its lock lies on the stage too: a file that is open for writing would keep the sandbox's root writable."""
    binary, *words = program
    values = {"opcache.preload": f"{STAGE}/become.php", "opcache.lockfile_path": STAGE}
    return (binary, *(f'--define={name}="{value}"' for name, value in values.items()), *words)


def _stage(settings: SocketSettings) -> tuple[Place, ...]:
    """What all PHP sites see, and the directories that have those of each in them."""
    return (
        Place(settings.pages, PAGES),
        Place(settings.root / "sites", f"{STAGE}/sites", writable=True),
        Place(settings.mariadb_socket.parent, f"{STAGE}/mariadb", may_lack=True),
        Place(settings.postgresql_run, f"{STAGE}/postgresql", may_lack=True),
    )


def _staged(settings: SocketSettings, place: Place) -> str:
    """Where a spare sees the source of this place. Raises OSError where it does not."""
    for each in _stage(settings):
        if place.source.is_relative_to(each.source):
            return f"{each.target}/{place.source.relative_to(each.source)}"
    raise OSError(f"{place.source} is not on the stage of a spare")


def _seen(settings: SocketSettings, program: Program) -> list[object]:
    """Which files and directories they are: those of which a process keeps what was in them when it was started, and
    those of its stage.
    """
    files_read = [*_settings_of_php(program), Path("/etc/localtime"), Path("/etc/ld.so.cache")]
    return [*map(_version, files_read), *(_version(place.source)[:2] for place in _stage(settings))]


def _version(path: Path) -> tuple[int, ...]:
    with suppress(OSError):
        found = path.stat()
        return found.st_dev, found.st_ino, found.st_mtime_ns
    return ()


def _settings_of_php(program: Program) -> list[Path]:
    """As Debian has them."""
    folder = Path("/etc/php") / program[0].rpartition("php-fpm")[2] / "fpm"
    return [folder / "php.ini", *sorted((folder / "conf.d").glob("*.ini"))]
