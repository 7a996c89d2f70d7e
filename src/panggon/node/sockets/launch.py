"""How a site's programs are started, php-fpm or a Python application: configuration and command line, as values.

They run as the site's own user from the beginning and take the listening socket that is handed to them; so they never
have rights to drop, and cannot remove the socket's file.
"""

import hashlib
import signal
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path

from panggon.core.resources import canonical
from panggon.core.spec import SiteKind
from panggon.node.sockets.served import Description, Served
from panggon.node.sockets.settings import SocketSettings

# A name for both sides of FPM_SOCKETS; nothing lies there, so php-fpm has nothing to unlink when it ends.
LISTEN = "/panggon/php.sock"
DATABASE_DIRECTORY = Path("/run/mysqld")
FPM_CONFIGURATION = "/etc/php-fpm.conf"
ARGUMENTS = "arguments"
PYTHON = "/usr/bin/python3"
# The least time a request of PHP gets by the clock; its own bound counts only what it computes.
REQUEST_SECONDS = 120
PYTHON_THREADS_MOST = 40
# php-fpm ends after its running requests on SIGQUIT, gunicorn on SIGTERM (SIGQUIT would cut them off).
END_SIGNALS: Mapping[str, signal.Signals] = {SiteKind.PHP: signal.SIGQUIT, SiteKind.PYTHON: signal.SIGTERM}


class Shield(StrEnum):
    """One protection of sites from each other; `protections` tries each on this machine."""

    SANDBOX = "sandbox"  # own files, own processes, own user: mount, PID, IPC, UTS and user namespaces
    NESTED = "nested-namespaces"  # no further user namespace can be made inside
    NETWORK = "network"  # own network namespace: no loopback, no abstract sockets of the machine
    MEMORY = "memory"  # a control group's limit
    PROCESSES = "processes"  # a control group's limit


@dataclass(frozen=True, slots=True)
class Launch:
    """Everything that a sandbox is started with. `texts` are handed over as open files, never as paths: nothing
    has to lie where the site's user can read it. `environment` is for the program alone: what builds the sandbox must
    not obey it.
    """

    kind: SiteKind
    walls: tuple[str, ...]
    program: tuple[str, ...]
    texts: Mapping[str, str]
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def fingerprint(self) -> str:
        """Differs whenever a sandbox that runs is no longer what would be started now."""
        value = canonical([list(self.walls), list(self.program), dict(self.texts), dict(self.environment)])
        return hashlib.sha256(value.encode()).hexdigest()

    @property
    def end_signal(self) -> signal.Signals:
        """Asks the program to finish its running requests and end."""
        return END_SIGNALS[self.kind]

    @property
    def handed_over(self) -> Mapping[str, str]:
        """What is handed over as open files. With walls the environment is an argument of theirs (`--setenv`), in a
        file because other users may read command lines.
        """
        if not self.walls:
            return self.texts
        settings = "".join(f"--setenv\0{name}\0{value}\0" for name, value in self.environment.items())
        return {ARGUMENTS: settings, **self.texts}

    @property
    def outer_environment(self) -> Mapping[str, str]:
        """What the first program of the start sees."""
        return {} if self.walls else self.environment

    def argv(self, descriptors: Mapping[str, int]) -> list[str]:
        """The command line, with the numbers of the descriptors on which `handed_over` is readable."""
        places = {path: f"/dev/fd/{descriptor}" for path, descriptor in descriptors.items()}
        if not self.walls:
            return [places.get(word, word) for word in self.program]
        data = [
            argument
            for path, descriptor in descriptors.items()
            if path != ARGUMENTS
            for argument in ("--perms", "0444", "--ro-bind-data", str(descriptor), path)
        ]
        # Last: the sandbox's own root is memory of the site's user, and must not become a place to store files.
        more = ["--args", str(descriptors[ARGUMENTS])]
        return [*self.walls, *data, *more, "--remount-ro", "/", "--", *self.program]


def launch(settings: SocketSettings, served: Served, described: Description, shields: frozenset[Shield]) -> Launch:
    make = _php if served.kind == SiteKind.PHP else _python
    found = make(settings, served, described, shields)
    if Shield.SANDBOX not in shields:
        return found
    texts = {**found.texts, **_accounts(settings, served.site)}
    return replace(found, walls=_site_walls(settings, served.site, shields), texts=texts)


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
    pages = Path("/panggon") if Shield.SANDBOX in shields else settings.pages
    environment = {
        **dict(described.environment),
        **usual_environment(settings, served, own),
        "PANGGON_ENTRY": served.entry,
        "PANGGON_INTERFACE": served.interface,
        "PANGGON_THREADS": str(min(workers(described.processes), PYTHON_THREADS_MOST)),
        "PANGGON_STOP_SECONDS": str(max(1, int(settings.stop_seconds))),
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


def walls(uid: int, shields: frozenset[Shield]) -> tuple[str, ...]:
    """The sandbox of one user without any site in it: the programs, a minimal /etc, /proc and /dev."""
    optional = {Shield.NETWORK: "--unshare-net", Shield.NESTED: "--disable-userns"}
    names = ("user", "ipc", "pid", "uts", "cgroup-try")
    user = ("--uid", str(uid), "--gid", str(uid), "--cap-drop", "ALL")
    links = [("--symlink", f"usr/{name}", f"/{name}") for name in ("bin", "sbin", "lib", "lib32", "lib64")]
    etc = ("php", "ssl/certs", "ssl/openssl.cnf", "alternatives", "ld.so.cache", "localtime", "mime.types")
    binds = [("--ro-bind-try", f"/etc/{name}", f"/etc/{name}") for name in etc]
    return (
        "bwrap",
        *(f"--unshare-{name}" for name in names),
        *(flag for shield, flag in optional.items() if shield in shields),
        "--as-pid-1",  # the program is the namespace's first process: its end is the end of everything in it
        *user,
        *("--ro-bind", "/usr", "/usr"),
        *(argument for link in links for argument in link),
        *("--perms", "0755", "--dir", "/etc"),
        *(argument for bind in binds for argument in bind),
        *("--proc", "/proc", "--dev", "/dev", "--chdir", "/"),
    )


def _site_walls(settings: SocketSettings, site: str, shields: frozenset[Shield]) -> tuple[str, ...]:
    own = settings.site(site)
    binds = [("--bind", str(own / name), f"/site/{name}") for name in ("public", "private", "tmp")]
    return (
        *walls(settings.uid(site), shields),
        *("--hostname", site),
        *("--bind", str(own / "tmp"), "/tmp"),  # noqa: S108 - the sandbox's /tmp is the site's own directory
        *("--perms", "0755", "--dir", "/site"),
        *(argument for bind in binds for argument in bind),
        *("--ro-bind", str(settings.pages), "/panggon"),
        # The directory, not the socket: a database that starts again makes a new socket in it.
        *("--ro-bind-try", str(settings.mariadb_socket.parent), str(DATABASE_DIRECTORY)),
    )


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
    socket = DATABASE_DIRECTORY / settings.mariadb_socket.name if sandboxed else settings.mariadb_socket
    values = {
        # As a rule half the site's: one hungry script gets PHP's own error before the kernel ends the site.
        "memory_limit": f"{described.php_memory_mebibytes}M",
        "max_execution_time": str(described.execution_seconds),
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
process_control_timeout = {max(1, int(settings.stop_seconds))}s
[{served.site}]
listen = {LISTEN}
pm = ondemand
pm.max_children = {workers(described.processes)}
pm.process_idle_timeout = {max(1, int(settings.idle_seconds / 2))}s
request_terminate_timeout = {max(REQUEST_SECONDS, described.execution_seconds)}s
clear_env = yes
catch_workers_output = yes
decorate_workers_output = no
security.limit_extensions = .php
php_admin_flag[log_errors] = on
{environment}
"""


def workers(processes: int) -> int:
    """How many requests at a time: three quarters of the site's processes; the rest is for programs they start."""
    return max(2, processes * 3 // 4)
