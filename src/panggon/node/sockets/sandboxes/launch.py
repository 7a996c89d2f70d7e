"""How a site's programs are started, php-fpm or a Python application: configuration and command line, as values.

They run as the site's own user from the beginning and take the listening socket that is handed to them; so they never
have rights to drop, and cannot remove the socket's file.
"""

import hashlib
import json
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path

from panggon.core.node.planning.resources import canonical
from panggon.core.sites.outgoing import NOBODY, Policy
from panggon.core.sites.spec import Engine, SiteKind
from panggon.node.gate.archive import archive
from panggon.node.sockets.sandboxes.places import DATABASE_DIRECTORIES, PAGES, Place, database_of, memory_of, places_of
from panggon.node.sockets.served import Description, Served
from panggon.node.sockets.settings import SocketSettings
from panggon.node.sockets.shields.network import LOOPBACK
from panggon.node.sockets.shields.walls import OWN_NETWORK, SHARED_BYTES, Shield, calls, walls

# A name for both sides of FPM_SOCKETS; nothing lies there, so php-fpm has nothing to unlink when it ends.
LISTEN = "/panggon/php.sock"
FPM_CONFIGURATION = "/etc/php-fpm.conf"
# Names under which what is no file of the sandbox is handed over: arguments of bubblewrap, the filter of system calls.
ARGUMENTS = "arguments"
FILTER = "seccomp"
ASKS_THE_GATE = f"nameserver {LOOPBACK}\n"
PYTHON = "/usr/bin/python3"
# The gate as this program has found it when it was started, and where it lies in the sandbox of its own.
GATE, GATE_PLACE = archive(), "/gate.zip"
# The least time a request of PHP gets by the clock; its own bound counts only what it computes.
REQUEST_SECONDS = 120
PYTHON_THREADS_MOST = 40
# php-fpm ends after its running requests on SIGQUIT, gunicorn on SIGTERM (SIGQUIT would cut them off).
END_SIGNALS: Mapping[str, signal.Signals] = {SiteKind.PHP: signal.SIGQUIT, SiteKind.PYTHON: signal.SIGTERM}


@dataclass(frozen=True, slots=True)
class Launch:
    """Everything that a sandbox is started with. `texts` and `binaries` are handed over as open files, never as paths:
    nothing has to lie where the site's user can read it. `environment` is for the program alone: what builds the
    sandbox must not obey it. `seccomp` is the filter of its system calls, `outgoing` whom it may speak to; `entrance`
    the directory by which it comes to its database's server (`drivers.databases.entrances`). With walls the machine is
    called `name` in there, `places` are the directories that it sees, `memory` those that it only seems to.
    """

    kind: SiteKind
    walls: tuple[str, ...]
    program: tuple[str, ...]
    texts: Mapping[str, str]
    environment: Mapping[str, str] = field(default_factory=dict)
    seccomp: bytes = b""
    outgoing: Policy = NOBODY
    binaries: Mapping[str, bytes] = field(default_factory=dict)
    entrance: Path | None = None
    name: str = ""
    places: tuple[Place, ...] = ()
    memory: tuple[str, ...] = ()

    @property
    def fingerprint(self) -> str:
        """Differs whenever a sandbox that runs is no longer what would be started now."""
        contents = dict(self.texts) | {path: content.hex() for path, content in self.binaries.items()}
        words = [[*self.walls, *self._rooms], list(self.program), contents, dict(self.environment)]
        value = canonical([*words, self.seccomp.hex(), [str(target) for target in self.outgoing.targets]])
        return hashlib.sha256(value.encode()).hexdigest()

    @property
    def handed_over(self) -> Mapping[str, bytes]:
        """What is handed over as open files. With walls the environment is an argument of theirs (`--setenv`), in a
        file because other users may read command lines.
        """
        files = {path: text.encode() for path, text in self.texts.items()} | dict(self.binaries)
        if not self.walls:
            return files
        settings = "".join(f"--setenv\0{name}\0{value}\0" for name, value in self.environment.items())
        return {ARGUMENTS: settings.encode(), **files, **({FILTER: self.seccomp} if self.seccomp else {})}

    @property
    def outer_environment(self) -> Mapping[str, str]:
        """What the first program of the start sees."""
        return {} if self.walls else self.environment

    def argv(self, descriptors: Mapping[str, int], *, networked: bool = False) -> list[str]:
        """The command line, with the numbers of the descriptors on which `handed_over` is readable. `networked`: it is
        started inside the network that it shall have (`starting.way_out`); otherwise the walls give it an empty one.
        """
        places = {path: f"/dev/fd/{descriptor}" for path, descriptor in descriptors.items()}
        if not self.walls:
            return [places.get(word, word) for word in self.program]
        data = [
            argument
            for path in (*self.texts, *self.binaries)
            for argument in ("--perms", "0444", "--file", str(descriptors[path]), path)
        ]
        # Last: the sandbox's own root is memory of the site's user, and must not become a place to store files. What is
        # handed over lies there, as read-only: a mount for each file would take 0.3 ms of every start.
        more = ["--args", str(descriptors[ARGUMENTS])]
        more += ["--seccomp", str(descriptors[FILTER])] if self.seccomp else []
        walls = [word for word in self.walls if not (networked and word == OWN_NETWORK)]
        return [*walls, *self._rooms, *data, *more, "--remount-ro", "/", "--", *self.program]

    @property
    def _rooms(self) -> tuple[str, ...]:
        """What is the site's own within the walls, as bubblewrap's arguments."""
        words: list[tuple[str, ...]] = [("--hostname", self.name)] if self.name else []
        words += [("--perms", "0755", "--dir", "/site")] if self.places else []
        words += [place.words for place in self.places]
        words += [("--size", str(SHARED_BYTES), "--perms", "1777", "--tmpfs", path) for path in self.memory]
        return tuple(chain.from_iterable(words))


def launch(settings: SocketSettings, served: Served, described: Description, shields: frozenset[Shield]) -> Launch:
    make = _php if served.kind == SiteKind.PHP else _python
    found = make(settings, served, described, shields)
    if Shield.SANDBOX not in shields:
        return found
    policy = settings.policy(described.outgoing) if Shield.OUTGOING in shields else NOBODY
    names = {"/etc/resolv.conf": ASKS_THE_GATE} if policy.targets else {}
    texts = {**found.texts, **_accounts(settings, served.site), **names}
    engine, site = described.database, served.site
    entrance = settings.entrances(engine).of(site, running=settings.running) if engine else None
    return replace(
        found,
        walls=walls(settings.uid(site), shields),
        name=site,
        places=places_of(settings, site, full=described.full) + database_of(engine, entrance),
        memory=memory_of(full=described.full),
        texts=texts,
        seccomp=calls(shields),
        outgoing=policy,
        entrance=entrance,
    )


def keeps_entrance(settings: SocketSettings, site: str, described: Description, begun: Launch) -> bool:
    """To be asked once it runs: until then another site may be given it. False where the site has another one by now,
    because another process started something of it in that very moment.
    """
    if described.database is None or begun.entrance is None:
        return True
    return settings.entrances(described.database).keep(site, begun.entrance)


def gate(settings: SocketSettings, site: str, policy: Policy, sockets: Sequence[int], asks: Sequence[str]) -> Launch:
    """The site's way out (`node.gate`): it has the machine's network, and nothing else of the machine."""
    given = {
        "targets": [str(target) for target in policy.targets],
        "resolvers": list(asks),
        "sockets": list(sockets),
    }
    script = f'import sys; sys.path.insert(0, "{GATE_PLACE}"); from panggon.node.gate import main; main()'
    boxed = walls(settings.uid(site), frozenset({Shield.NESTED}))
    program = (PYTHON, "-I", "-S", "-c", script, json.dumps(given))
    calls_of_web = calls(frozenset({Shield.CALLS}))
    return Launch(SiteKind.PYTHON, boxed, program, {}, seccomp=calls_of_web, binaries={GATE_PLACE: GATE})


def _php(settings: SocketSettings, served: Served, described: Description, shields: frozenset[Shield]) -> Launch:
    program = (
        settings.php_binary.format(version=served.php_version),
        "--nodaemonize",
        "--force-stderr",
        *_ini(settings, served.site, described, shields),
        "--fpm-config",
        FPM_CONFIGURATION,
    )
    pool = _pool(settings, served, described, home(settings, served.site, shields))
    return Launch(SiteKind.PHP, (), program, {FPM_CONFIGURATION: pool}, dict(described.environment))


def _python(settings: SocketSettings, served: Served, described: Description, shields: frozenset[Shield]) -> Launch:
    own = home(settings, served.site, shields)
    pages = Path(PAGES) if Shield.SANDBOX in shields else settings.pages
    environment = {
        **dict(described.environment),
        **usual_environment(settings, served, own),
        "PANGGON_ENTRY": served.entry,
        "PANGGON_INTERFACE": served.interface,
        "PANGGON_THREADS": str(min(workers(described.processes), PYTHON_THREADS_MOST)),
        "PANGGON_STOP_SECONDS": str(request_seconds(described)),
        "PYTHONDONTWRITEBYTECODE": "1",  # what the owner uploads is all that lies in his folders
    }
    return Launch(SiteKind.PYTHON, (), (PYTHON, str(pages / "serve.py")), {}, environment)


def usual_environment(settings: SocketSettings, served: Served, own: Path) -> dict[str, str]:
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": str(own / "private"),
        "TMPDIR": str(own / "tmp"),
        "PANGGON_HOME": str(own),
        "PANGGON_SITE": served.site,
        "PANGGON_UID": str(settings.uid(served.site)),
        "PANGGON_GENERATION": str(served.generation),
        "PANGGON_SITES": str(settings.root / "sites"),
    }


def home(settings: SocketSettings, site: str, shields: frozenset[Shield]) -> Path:
    """Where PHP sees the site's directory."""
    return Path("/site") if Shield.SANDBOX in shields else settings.site(site)


def document_root(settings: SocketSettings, site: str, shields: frozenset[Shield], folder: str) -> str:
    return f"{home(settings, site, shields)}/public{folder}"


def _accounts(settings: SocketSettings, site: str) -> dict[str, str]:
    uid = settings.uid(site)
    return {
        "/etc/passwd": f"{site}:x:{uid}:{uid}:{site}:/site/private:/usr/sbin/nologin\n",
        "/etc/group": f"{site}:x:{uid}:\n",
        "/etc/hosts": f"127.0.0.1 localhost\n::1 localhost\n127.0.1.1 {site}\n",
    }


def _ini(settings: SocketSettings, site: str, described: Description, shields: frozenset[Shield]) -> list[str]:
    """PHP's settings as php.ini would give them: a site may still change what PHP lets it change."""
    sandboxed = Shield.SANDBOX in shields
    own = home(settings, site, shields)
    socket = (
        DATABASE_DIRECTORIES[Engine.MARIADB] / settings.mariadb_socket.name if sandboxed else settings.mariadb_socket
    )
    values = {
        # As a rule half the site's: one hungry script gets PHP's own error before the kernel ends the site.
        "memory_limit": f"{described.php_memory_mebibytes}M",
        "max_execution_time": str(described.execution_seconds),
        "max_input_time": "-1",  # nginx has the whole body before PHP begins: no timer of its own for reading it
        "max_input_vars": str(described.input_vars),
        "upload_max_filesize": f"{described.upload_mebibytes}M",
        "post_max_size": f"{described.post_mebibytes}M",
        "upload_tmp_dir": str(own / "tmp"),
        "sys_temp_dir": str(own / "tmp"),
        "session.save_path": str(own / "tmp"),
        "session.gc_probability": "1",  # Debian's php.ini leaves it to a cron job that does not know our sites
        "mysqli.default_socket": str(socket),
        "pdo_mysql.default_socket": str(socket),
        "fastcgi.logging": "0",  # PHP's messages into the site's own log, not into nginx's
        "error_log": "${PANGGON_OUTPUT}",
        "expose_php": "0",
    }
    if not sandboxed:
        visible = [str(own / name) for name in ("public", "private", "tmp")]
        values["open_basedir"] = ":".join([*visible, str(settings.pages)])
    return [f'--define={name}="{value}"' for name, value in values.items()]


def _pool(settings: SocketSettings, served: Served, described: Description, own: Path) -> str:
    """Variables of the site's own are taken from php-fpm's environment, so that no value is read as its syntax."""
    usual = usual_environment(settings, served, own)
    values = {name: f"${name}" for name, _ in described.environment} | usual
    environment = "\n".join(f"env[{name}] = {value}" for name, value in values.items())
    return f"""[global]
error_log = /dev/null
log_level = warning
daemonize = no
process_control_timeout = {request_seconds(described)}s
[{served.site}]
listen = {LISTEN}
pm = ondemand
pm.max_children = {workers(described.processes)}
pm.process_idle_timeout = {max(1, int(settings.idle_seconds / 2))}s
request_terminate_timeout = {request_seconds(described)}s
clear_env = yes
security.limit_extensions = .php
php_admin_flag[log_errors] = on
{environment}
"""


def request_seconds(described: Description) -> int:
    """How long a request may take by the clock, and so how long one that runs may have until it ends."""
    return max(REQUEST_SECONDS, described.execution_seconds)


def workers(processes: int) -> int:
    """How many requests at a time: three quarters of the site's processes; the rest is for programs they start."""
    return max(2, processes * 3 // 4)
