"""A hostile program inside a site: tries what it must not be able to do, and prints what it could do after all.

`python3 hostile.py '{…}'`, with the standard library of any Python. The argument says what there is to find (see
`Prey`); the answer is a JSON table: each attempt, and "" where it was refused.
"""

import ctypes
import errno
import json
import os
import platform
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

REFUSALS = (errno.EPERM, errno.EACCES, errno.ENOSYS, errno.EAFNOSUPPORT)
LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWUSER, CLONE_NEWNET, SIGCHLD = 0x10000000, 0x40000000, 17
# Numbers of system calls; those above 424 are the same on all processors.
CALLS = {
    "x86_64": {
        "ptrace": 101, "syslog": 103, "personality": 135, "pivot_root": 155, "chroot": 161, "acct": 163,
        "settimeofday": 164, "mount": 165, "umount2": 166, "swapon": 167, "reboot": 169, "sethostname": 170,
        "init_module": 175, "quotactl": 179, "add_key": 248, "request_key": 249, "keyctl": 250, "unshare": 272,
        "perf_event_open": 298, "fanotify_init": 300, "open_by_handle_at": 304, "name_to_handle_at": 303, "setns": 308,
        "process_vm_readv": 310, "kcmp": 312, "finit_module": 313, "kexec_file_load": 320, "bpf": 321,
        "userfaultfd": 323, "clone": 56,
    },
    "aarch64": {
        "ptrace": 117, "syslog": 116, "personality": 92, "pivot_root": 41, "chroot": 51, "acct": 89,
        "settimeofday": 170, "mount": 40, "umount2": 39, "swapon": 224, "reboot": 142, "sethostname": 161,
        "init_module": 105, "quotactl": 60, "add_key": 217, "request_key": 218, "keyctl": 219, "unshare": 97,
        "perf_event_open": 241, "fanotify_init": 262, "open_by_handle_at": 265, "name_to_handle_at": 264, "setns": 268,
        "process_vm_readv": 270, "kcmp": 272, "finit_module": 273, "kexec_file_load": 294, "bpf": 280,
        "userfaultfd": 282, "clone": 220,
    },
}[platform.machine()] | {
    "io_uring_setup": 425, "io_uring_enter": 426, "open_tree": 428, "move_mount": 429, "fsopen": 430, "clone3": 435,
    "pidfd_getfd": 438, "mount_setattr": 442, "quotactl_fd": 443, "memfd_secret": 447,
}  # fmt: skip
ENVIRONMENT = {"PATH", "LANG", "TZ", "HOME", "TMPDIR", "PWD", "SHLVL", "_", "OLDPWD", "FPM_SOCKETS", "LC_CTYPE", "USER"}
DEVICES = {"console", "core", "fd", "full", "null", "ptmx", "pts", "random", "shm", "stderr", "stdin", "stdout", "tty"}
DEVICES |= {"urandom", "zero"}
SHARED_MOST = 16 * 1024 * 1024


class Prey:
    """What the test has laid out on the machine for us to reach."""

    def __init__(self, members: dict[str, Any]) -> None:
        self.files = [str(path) for path in members["files"]]  # of others: other sites, the node, the system
        self.directories = [str(path) for path in members["directories"]]
        self.sockets = [str(path) for path in members["sockets"]]  # Unix sockets by path
        self.abstract = [str(name) for name in members["abstract"]]
        self.listeners = [(str(host), int(port)) for host, port in members["listeners"]]
        self.processes = [int(pid) for pid in members["processes"]]
        self.own = str(members["own"])  # a directory that this site may write to


Attempt = Callable[[], object]


def attempts(prey: Prey) -> Iterator[tuple[str, Attempt]]:
    """Each returns something true when it succeeded, and raises OSError or returns nothing when it was refused."""
    for path in prey.files:
        yield f"read {path}", lambda path=path: Path(path).read_bytes() or "empty"
        yield f"write {path}", lambda path=path: os.open(path, os.O_WRONLY | os.O_CREAT)
        yield f"hard link to {path}", lambda path=path: linked(os.link, path, prey.own)
        yield f"read through a symbolic link {path}", lambda path=path: linked(os.symlink, path, prey.own)
    for path in prey.directories:
        yield f"list {path}", lambda path=path: list(Path(path).iterdir()) or "empty"
        yield f"enter {path}", lambda path=path: os.open(path, os.O_PATH)
    for path in prey.sockets:
        yield f"connect to {path}", lambda path=path: connected(socket.AF_UNIX, path)
    for name in prey.abstract:
        yield f"connect to abstract {name}", lambda name=name: connected(socket.AF_UNIX, f"\0{name}")
    for host, port in prey.listeners:
        yield f"connect to {host} {port}", lambda host=host, port=port: greeted(host, port)
    for pid in prey.processes:
        yield f"signal {pid}", lambda pid=pid: os.kill(pid, 0) or pid
        yield f"read /proc/{pid}", lambda pid=pid: Path(f"/proc/{pid}/status").read_text()
    yield "see processes of others", strangers
    yield from calls()
    yield from places()


def calls() -> Iterator[tuple[str, Attempt]]:
    for name in sorted(CALLS.keys() - {"clone", "unshare"}):
        yield f"call {name}", lambda name=name: called(name, 0, 0, 0, 0)
    yield "call unshare for users", lambda: called("unshare", CLONE_NEWUSER)
    yield "call unshare for a network", lambda: called("unshare", CLONE_NEWNET)
    yield "call clone for users", lambda: called("clone", CLONE_NEWUSER | SIGCHLD, 0, 0, 0)
    families = ("AF_PACKET", "AF_VSOCK", "AF_ALG", "AF_KEY", "AF_RDS", "AF_TIPC", "AF_CAN", "AF_BLUETOOTH")
    for family in families:
        yield f"socket {family}", lambda family=family: socket.socket(getattr(socket, family, 30), socket.SOCK_RAW)
    yield "socket for raw packets", lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    yield "socket of the firewall", lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12)
    yield "listen on port 80", lambda: socket.create_server(("0.0.0.0", 80))
    yield "rights", rights


def places() -> Iterator[tuple[str, Attempt]]:
    for path in ("/stored", "/etc/stored", "/usr/stored", "/dev/stored", "/proc/sys/kernel/core_pattern"):
        yield f"store in {path}", lambda path=path: os.open(path, os.O_WRONLY | os.O_CREAT)
    for path in ("/proc/sysrq-trigger", "/proc/sys/vm/drop_caches"):
        yield f"write {path}", lambda path=path: os.open(path, os.O_WRONLY)
    secret = ("kmsg", "kcore", "keys", "cmdline", "timer_list", "config.gz", "modules", "interrupts", "slabinfo")
    for name in secret:
        yield f"read /proc/{name}", lambda name=name: Path(f"/proc/{name}").read_bytes()
    for path in ("/dev/kmsg", "/dev/mem", "/dev/vda", "/dev/sda", "/dev/fuse", "/dev/kvm", "/dev/net/tun"):
        yield f"open {path}", lambda path=path: os.open(path, os.O_RDONLY)
    yield "make a device", lambda: os.mknod("/tmp/device", 0o20666, os.makedev(1, 3)) or "made"
    yield "see devices", lambda: {entry.name for entry in Path("/dev").iterdir()} - DEVICES
    yield "see /sys", lambda: Path("/sys").exists()
    yield "escape the killer of hogs", lambda: Path("/proc/self/oom_score_adj").write_text("-1000")
    yield "keep descriptors of the machine", descriptors
    yield "read secrets in the environment", strange_variables
    yield "fill /dev/shm", filled
    yield "open more than its files", hogged


def called(name: str, *arguments: int) -> object:
    answer = LIBC.syscall(CALLS[name], *arguments)
    code = ctypes.get_errno()
    if name in ("clone",) and answer == 0:
        os._exit(0)
    return None if answer == -1 and code in REFUSALS else f"{answer} {errno.errorcode.get(code)}"


def linked(link: Callable[[str, str], None], path: str, own: str) -> object:
    place = Path(own) / "planted"
    with suppress(FileNotFoundError):
        place.unlink()
    link(path, str(place))
    try:
        return place.read_bytes()
    finally:
        place.unlink()


def connected(family: int, place: str) -> object:
    with socket.socket(family) as client:
        client.settimeout(2)
        client.connect(place)
        return place


def greeted(host: str, port: int) -> object:
    """Whether the listener really hears us: behind a gate a connection is made before it is refused."""
    with socket.create_connection((host, port), timeout=2) as client:
        client.sendall(b"GET / HTTP/1.0\r\n\r\n")
        return client.recv(100)


def strangers() -> object:
    found = [entry for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    return [entry.name for entry in found if entry.stat().st_uid != os.getuid()]


def rights() -> object:
    """Capabilities, or the way to some by a setuid program; whether system calls are filtered (proc(5), status)."""
    lines = dict(line.split(":\t", 1) for line in Path("/proc/self/status").read_text().splitlines() if ":\t" in line)
    wanted = {"NoNewPrivs": "1", "Seccomp": "2", "Groups": lines["Groups"].strip()}
    wanted |= dict.fromkeys(("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"), "0" * 16)
    found = {name: lines[name].strip() for name, value in wanted.items() if lines[name].strip() != value}
    return found or (os.getgroups() not in ([], [os.getgid()]) and os.getgroups())


def descriptors() -> object:
    """Open directories, memory files and sockets that nobody here has opened."""
    found = {}
    for entry in Path("/proc/self/fd").iterdir():
        with suppress(OSError):
            found[entry.name] = str(entry.readlink())
    own_log = "/run/output.log"
    harmless = ("pipe:", "/dev/null", "/proc/", "/site/", "socket:", "/tmp/", "anon_inode:[eventpoll]")
    return {name: path for name, path in found.items() if not path.startswith(harmless) and not path.endswith(own_log)}


def strange_variables() -> object:
    return {name for name in os.environ if name not in ENVIRONMENT and not name.startswith("PANGGON_")}


def filled() -> object:
    written = 0
    place = Path("/dev/shm/filler")
    with place.open("wb", 0) as file:
        try:
            while written <= SHARED_MOST:
                written += file.write(bytes(1 << 20))
        except OSError:
            return None
        finally:
            place.unlink()
    return written


def hogged() -> object:
    held: list[int] = []
    try:
        while len(held) < 2048:
            held.append(os.open("/dev/null", os.O_RDONLY))
    except OSError:
        return None
    finally:
        for descriptor in held:
            os.close(descriptor)
    return len(held)


def outcome(attempt: Attempt) -> str:
    try:
        return str(attempt() or "")
    except OSError:
        return ""


if __name__ == "__main__":
    if os.getuid() == 0:
        sys.exit("not as root: much of this would succeed, and change the machine")
    prey = Prey(json.loads(sys.argv[1]))
    sys.stdout.write(json.dumps({name: outcome(attempt) for name, attempt in attempts(prey)}))
