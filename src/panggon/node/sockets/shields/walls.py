"""The sandbox around every program of a site, whatever the program: bubblewrap's arguments, as values."""

from enum import StrEnum
from pathlib import Path

from panggon.node.sockets.shields import seccomp

OWN_NETWORK = "--unshare-net"
# Memory that processes of a site may share by name; it counts as the site's memory besides.
SHARED_BYTES = 16 * 1024 * 1024
# What /proc tells about machine and kernel that helps an intruder, or says when others do what; no site needs it. Of
# stat and meminfo, which tell some of it too, the C library makes how many processors and how much memory there are.
TELLTALE = tuple(
    f"/proc/{name}"
    for name in (
        *("cmdline", "config.gz", "diskstats", "interrupts", "kallsyms", "key-users", "keys", "latency_stats", "locks"),
        *("modules", "partitions", "sched_debug", "schedstat", "softirqs", "swaps", "timer_list"),
        *("buddyinfo", "pressure/cpu", "pressure/io", "pressure/irq", "pressure/memory", "vmstat", "zoneinfo"),
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


def walls(uid: int, shields: frozenset[Shield]) -> tuple[str, ...]:
    """The sandbox of one user without any site in it: the programs, a minimal /etc, /proc and /dev."""
    nested = ("--disable-userns",) if Shield.NESTED in shields else ()
    return ("bwrap", "--unshare-user", *nested, *_user(uid), "--cap-drop", "ALL", *_inner(shields))


def open_walls(uid: int, shields: frozenset[Shield], namespace: int) -> tuple[str, ...]:
    """The same around a program that makes them a site's itself, and drops then what it needs for that (`spare`). Its
    user namespace is the one of this descriptor, in which all sites' users are.
    """
    kept = ("SETUID", "SETGID", "SETPCAP", "SYS_ADMIN")
    needed = (argument for name in kept for argument in ("--cap-add", f"CAP_{name}"))
    return ("bwrap", "--userns", str(namespace), *_user(uid), *needed, *_inner(shields))


def _user(uid: int) -> tuple[str, ...]:
    return ("--uid", str(uid), "--gid", str(uid))


def _inner(shields: frozenset[Shield]) -> tuple[str, ...]:
    network = (OWN_NETWORK,) if Shield.NETWORK in shields else ()
    masked = [("--ro-bind", "/dev/null", path) for path in TELLTALE if Path(path).exists()]
    names = ("ipc", "pid", "uts", "cgroup-try")
    links = [("--symlink", f"usr/{name}", f"/{name}") for name in ("bin", "sbin", "lib", "lib32", "lib64")]
    etc = ("php", "ssl/certs", "ssl/openssl.cnf", "alternatives", "ld.so.cache", "localtime", "mime.types")
    binds = [("--ro-bind-try", f"/etc/{name}", f"/etc/{name}") for name in etc]
    return (
        *(f"--unshare-{name}" for name in names),
        *network,
        "--as-pid-1",  # the program is the namespace's first process: its end is the end of everything in it
        *("--ro-bind", "/usr", "/usr"),
        *(argument for link in links for argument in link),
        *("--perms", "0755", "--dir", "/etc"),
        *(argument for bind in binds for argument in bind),
        *("--proc", "/proc"),
        *(argument for mask in masked for argument in mask),
        *("--dev", "/dev", "--size", str(SHARED_BYTES), "--perms", "1777", "--tmpfs", "/dev/shm"),  # noqa: S108
        *("--remount-ro", "/dev", "--chdir", "/"),
    )


def calls(shields: frozenset[Shield]) -> bytes:
    return seccomp.program() if Shield.CALLS in shields else b""
