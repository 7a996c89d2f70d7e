"""How a site's php-fpm is started: its configuration and command line, as values.

php-fpm runs as the site's own user from the beginning and takes the listening socket that is handed to it
(`FPM_SOCKETS`); so it never has rights to drop, and cannot remove the socket's file.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import panggon
from panggon.core.outgoing import NOBODY, Policy
from panggon.core.resources import canonical
from panggon.node.sockets import seccomp
from panggon.node.sockets.network import LOOPBACK
from panggon.node.sockets.served import Description, Served
from panggon.node.sockets.settings import SocketSettings

# A name for both sides of FPM_SOCKETS; nothing lies there, so php-fpm has nothing to unlink when it ends.
LISTEN = "/panggon/php.sock"
DATABASE_DIRECTORY = Path("/run/mysqld")
CONFIGURATION = "/etc/php-fpm.conf"
ASKS_THE_GATE = f"nameserver {LOOPBACK}\n"
# The name under which the filter of system calls is handed over.
FILTER = "seccomp"
# Memory that processes of a site may share by name; it counts as the site's memory besides.
SHARED_BYTES = 16 * 1024 * 1024
# What /proc tells about machine and kernel that helps an intruder, or says when others do what; no site needs it.
TELLTALE = tuple(
    f"/proc/{name}"
    for name in (
        *("cmdline", "config.gz", "diskstats", "interrupts", "kallsyms", "key-users", "keys", "latency_stats", "locks"),
        *("modules", "partitions", "sched_debug", "schedstat", "softirqs", "swaps", "timer_list"),
    )
)


class Shield(StrEnum):
    """One protection of sites from each other; `protections` tries each on this machine."""

    SANDBOX = "sandbox"  # own files, own processes, own user: mount, PID, IPC, UTS and user namespaces
    CALLS = "system-calls"  # no system calls that no web site needs (`seccomp`)
    NESTED = "nested-namespaces"  # no further user namespace can be made inside
    NETWORK = "network"  # own network namespace: no loopback, no abstract sockets of the machine
    MEMORY = "memory"  # a control group's limit
    PROCESSES = "processes"  # a control group's limit
    CPU = "cpu"  # a control group's limit
    OUTGOING = "outgoing"  # a site speaks to whom its policy allows, and to nobody else


@dataclass(frozen=True, slots=True)
class Launch:
    """Everything that a sandbox is started with. `texts` are handed over as open files, never as paths: nothing
    has to lie where the site's user can read it.
    """

    walls: tuple[str, ...]
    program: tuple[str, ...]
    texts: Mapping[str, str]
    seccomp: bytes = b""
    outgoing: Policy = NOBODY

    @property
    def fingerprint(self) -> str:
        """Differs whenever a sandbox that runs is no longer what would be started now."""
        targets = [str(target) for target in self.outgoing.targets]
        value = canonical([list(self.walls), list(self.program), dict(self.texts), self.seccomp.hex(), targets])
        return hashlib.sha256(value.encode()).hexdigest()

    @property
    def handed_over(self) -> Mapping[str, bytes]:
        """What `argv` wants descriptors of, by name."""
        filters = {FILTER: self.seccomp} if self.seccomp else {}
        return {**{path: text.encode() for path, text in self.texts.items()}, **filters}

    def argv(self, descriptors: Mapping[str, int]) -> list[str]:
        """The command line, with the numbers of the descriptors on which all that is handed over is readable."""
        if not self.walls:
            return [f"/dev/fd/{descriptors[word]}" if word in self.texts else word for word in self.program]
        data = [
            argument
            for path in self.texts
            for argument in ("--perms", "0444", "--ro-bind-data", str(descriptors[path]), path)
        ]
        filters = ["--seccomp", str(descriptors[FILTER])] if self.seccomp else []
        # Last: the sandbox's own root is memory of the site's user, and must not become a place to store files.
        return [*self.walls, *data, *filters, "--remount-ro", "/", "--", *self.program]


def launch(settings: SocketSettings, served: Served, described: Description, shields: frozenset[Shield]) -> Launch:
    sandboxed = Shield.SANDBOX in shields
    program = (
        settings.php_binary.format(version=served.php_version),
        "--nodaemonize",
        "--force-stderr",
        *_ini(settings, served.site, described, shields),
        *("--fpm-config", CONFIGURATION),
    )
    pool = _pool(settings, served, workers(described.processes), home(settings, served.site, shields))
    texts = {CONFIGURATION: pool}
    if not sandboxed:
        return Launch((), program, texts)
    policy = settings.policy(described.outgoing) if Shield.OUTGOING in shields else NOBODY
    texts |= _accounts(settings, served.site) | ({"/etc/resolv.conf": ASKS_THE_GATE} if policy.targets else {})
    return Launch(_site_walls(settings, described, served.site, shields), program, texts, calls(shields), policy)


def gate(settings: SocketSettings, site: str, policy: Policy, sockets: Sequence[int], asks: Sequence[str]) -> Launch:
    """The site's way out (`node.gate`): the machine's network, and nothing else of the machine."""
    code = Path(panggon.__file__).parent
    given = {
        "targets": [str(target) for target in policy.targets],
        "resolvers": list(asks),
        "sockets": list(sockets),
    }
    script = 'import sys; sys.path.insert(0, "/code"); from panggon.node import gate; gate.main()'
    shields = frozenset({Shield.NESTED})
    boxed = (*walls(settings.uid(site), shields), *("--perms", "0755", "--dir", "/code"))
    program = ("/usr/bin/python3", "-I", "-S", "-c", script, json.dumps(given))
    return Launch((*boxed, "--ro-bind", str(code), "/code/panggon"), program, {}, calls(frozenset({Shield.CALLS})))


def calls(shields: frozenset[Shield]) -> bytes:
    return seccomp.program() if Shield.CALLS in shields else b""


def home(settings: SocketSettings, site: str, shields: frozenset[Shield]) -> Path:
    """Where PHP sees the site's directory."""
    return Path("/site") if Shield.SANDBOX in shields else settings.site(site)


def document_root(settings: SocketSettings, site: str, shields: frozenset[Shield]) -> str:
    return str(home(settings, site, shields) / "public")


def walls(uid: int, shields: frozenset[Shield]) -> tuple[str, ...]:
    """The sandbox of one user without any site in it: the programs, a minimal /etc, /proc and /dev."""
    optional = {Shield.NETWORK: "--unshare-net", Shield.NESTED: "--disable-userns"}
    masked = [("--ro-bind", "/dev/null", path) for path in TELLTALE if Path(path).exists()]
    names = ("user", "ipc", "pid", "uts", "cgroup-try")
    user = ("--uid", str(uid), "--gid", str(uid), "--cap-drop", "ALL")
    links = [("--symlink", f"usr/{name}", f"/{name}") for name in ("bin", "sbin", "lib", "lib32", "lib64")]
    etc = ("php", "ssl/certs", "ssl/openssl.cnf", "alternatives", "ld.so.cache", "localtime", "mime.types")
    binds = [("--ro-bind-try", f"/etc/{name}", f"/etc/{name}") for name in etc]
    return (
        "bwrap",
        *(f"--unshare-{name}" for name in names),
        *(flag for shield, flag in optional.items() if shield in shields),
        "--as-pid-1",  # php-fpm is the namespace's first process: its end is the end of everything in it
        *user,
        *("--ro-bind", "/usr", "/usr"),
        *(argument for link in links for argument in link),
        *("--perms", "0755", "--dir", "/etc"),
        *(argument for bind in binds for argument in bind),
        *("--proc", "/proc"),
        *(argument for mask in masked for argument in mask),
        *("--dev", "/dev", "--size", str(SHARED_BYTES), "--perms", "1777", "--tmpfs", "/dev/shm"),  # noqa: S108
        *("--remount-ro", "/dev", "--chdir", "/"),
    )


def _site_walls(
    settings: SocketSettings, described: Description, site: str, shields: frozenset[Shield]
) -> tuple[str, ...]:
    """A site that may speak to anybody gets its network from outside (`sandbox.start`)."""
    own = settings.site(site)
    from_outside = (
        {Shield.NETWORK} if Shield.OUTGOING in shields and settings.policy(described.outgoing).targets else ()
    )
    # The directory, not the socket: a database that starts again makes a new socket in it.
    database = ("--ro-bind-try", str(settings.mariadb_socket.parent), str(DATABASE_DIRECTORY))
    # A site that stores too much goes on answering, but its programs can store no more.
    bind = "--ro-bind" if described.full else "--bind"
    binds = [(bind, str(own / name), f"/site/{name}") for name in ("public", "private", "tmp")]
    return (
        *walls(settings.uid(site), shields.difference(from_outside)),
        *("--hostname", site),
        *(bind, str(own / "tmp"), "/tmp"),  # noqa: S108 - the sandbox's /tmp is the site's own directory
        *("--perms", "0755", "--dir", "/site"),
        *(argument for bind in binds for argument in bind),
        *("--ro-bind", str(settings.pages), "/panggon"),
        *(database if described.database else ()),
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
        # Half the site's memory, so that one hungry script gets PHP's own error before the kernel ends the site.
        "memory_limit": f"{described.memory_mebibytes // 2}M",
        "upload_max_filesize": f"{described.upload_mebibytes}M",
        "post_max_size": f"{described.upload_mebibytes + 1}M",  # the form around the file
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


def _pool(settings: SocketSettings, served: Served, most: int, own: Path) -> str:
    uid = settings.uid(served.site)
    return f"""[global]
error_log = /dev/null
log_level = warning
daemonize = no
process_control_timeout = {max(1, int(settings.stop_seconds))}s
[{served.site}]
listen = {LISTEN}
pm = ondemand
pm.max_children = {most}
pm.process_idle_timeout = {max(1, int(settings.idle_seconds / 2))}s
clear_env = yes
catch_workers_output = yes
decorate_workers_output = no
security.limit_extensions = .php
php_admin_flag[log_errors] = on
env[PATH] = /usr/local/bin:/usr/bin:/bin
env[HOME] = {own / "private"}
env[TMPDIR] = {own / "tmp"}
env[PANGGON_HOME] = {own}
env[PANGGON_SITE] = {served.site}
env[PANGGON_UID] = {uid}
env[PANGGON_GENERATION] = {served.generation}
env[PANGGON_SITES] = {settings.root / "sites"}
"""


def workers(processes: int) -> int:
    """How many requests at a time: three quarters of the site's processes; the rest is for programs they start."""
    return max(2, processes * 3 // 4)
