"""A hostile program inside a site: tries what it must not be able to do, and prints what it could do after all.

`python3 hostile.py '{…}'`, with the standard library of any Python. The argument says what there is to find (see
`Prey`); the answer is a JSON table of the attempts that were not refused exactly as they have to be.
"""

import ctypes
import errno
import fcntl
import json
import os
import platform
import socket
import struct
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeAlias

LIBC = ctypes.CDLL(None, use_errno=True)
NETLINK_AUDIT, NETLINK_FIREWALL, NETLINK_EVENTS, NETLINK_CRYPTO = 9, 12, 15, 21
TIOCSTI = 0x5412
# Of btrfs: SUBVOL_CREATE, SNAP_CREATE, and the second of each.
SUBVOLUMES = (0x5000940E, 0x50009401, 0x50009417, 0x50009418)
CLONE_NEWUSER, CLONE_NEWNET, SIGCHLD = 0x10000000, 0x40000000, 17
# Numbers of system calls; those above 424 are the same on all processors.
CALLS = {
    "x86_64": {
        "ptrace": 101, "syslog": 103, "personality": 135, "pivot_root": 155, "chroot": 161, "acct": 163,
        "settimeofday": 164, "mount": 165, "umount2": 166, "swapon": 167, "reboot": 169, "sethostname": 170,
        "init_module": 175, "quotactl": 179, "add_key": 248, "request_key": 249, "keyctl": 250, "unshare": 272,
        "perf_event_open": 298, "fanotify_init": 300, "open_by_handle_at": 304, "name_to_handle_at": 303, "setns": 308,
        "process_vm_readv": 310, "kcmp": 312, "finit_module": 313, "kexec_file_load": 320, "bpf": 321,
        "userfaultfd": 323, "clone": 56, "inotify_init1": 294, "io_setup": 206, "io_destroy": 207, "io_getevents": 208,
        "io_submit": 209, "io_cancel": 210, "io_pgetevents": 333, "sync": 162,
        "syncfs": 306, "sched_setattr": 314,
    },
    "aarch64": {
        "ptrace": 117, "syslog": 116, "personality": 92, "pivot_root": 41, "chroot": 51, "acct": 89,
        "settimeofday": 170, "mount": 40, "umount2": 39, "swapon": 224, "reboot": 142, "sethostname": 161,
        "init_module": 105, "quotactl": 60, "add_key": 217, "request_key": 218, "keyctl": 219, "unshare": 97,
        "perf_event_open": 241, "fanotify_init": 262, "open_by_handle_at": 265, "name_to_handle_at": 264, "setns": 268,
        "process_vm_readv": 270, "kcmp": 272, "finit_module": 273, "kexec_file_load": 294, "bpf": 280,
        "userfaultfd": 282, "clone": 220, "inotify_init1": 26, "io_setup": 0, "io_destroy": 1, "io_submit": 2,
        "io_cancel": 3, "io_getevents": 4, "io_pgetevents": 292, "sync": 81,
        "syncfs": 267, "sched_setattr": 274,
    },
}[platform.machine()] | {
    "io_uring_setup": 425, "io_uring_enter": 426, "open_tree": 428, "move_mount": 429, "fsopen": 430, "clone3": 435,
    "pidfd_getfd": 438, "mount_setattr": 442, "quotactl_fd": 443, "memfd_secret": 447,
}  # fmt: skip
ENVIRONMENT = {"PATH", "LANG", "TZ", "HOME", "TMPDIR", "PWD", "SHLVL", "_", "OLDPWD", "FPM_SOCKETS", "LC_CTYPE", "USER"}
ENVIRONMENT |= {"SERVER_SOFTWARE", "PYTHONDONTWRITEBYTECODE"}
DEVICES = {"console", "core", "fd", "full", "null", "ptmx", "pts", "random", "shm", "stderr", "stdin", "stdout", "tty"}
DEVICES |= {"urandom", "zero"}
SHARED_MOST = 16 * 1024 * 1024
TIMERS_MOST = 256


class Prey:
    """What the test has laid out on the machine for us to reach."""

    def __init__(self, members: dict[str, Any]) -> None:
        self.files = [str(path) for path in members["files"]]  # of others: other sites, the node, the system
        self.directories = [str(path) for path in members["directories"]]
        self.sockets = [str(path) for path in members["sockets"]]  # Unix sockets by path
        self.abstract = [str(name) for name in members["abstract"]]
        self.listeners = [(str(host), int(port)) for host, port in members["listeners"]]
        self.processes = [int(pid) for pid in members["processes"]]
        self.segments = [int(key) for key in members["segments"]]  # System V shared memory
        self.own = str(members["own"])  # a directory that this site may write to


Attempt = Callable[[], object]
# Its name, the refusals that it may meet (names of errno(3); "": nothing was found), and how it is done.
Named: TypeAlias = "tuple[str, str, Attempt]"


def attempts(prey: Prey) -> Iterator[Named]:
    """Each returns something true when it succeeded, and raises OSError or returns nothing when it was refused."""
    for path in prey.files:
        yield f"read {path}", "ENOENT", lambda path=path: Path(path).read_bytes() or "empty"
        yield f"write {path}", "ENOENT EROFS", lambda path=path: os.open(path, os.O_WRONLY | os.O_CREAT)
        yield f"hard link to {path}", "ENOENT", lambda path=path: linked(os.link, path, prey.own)
        yield f"read through a symbolic link {path}", "ENOENT", lambda path=path: linked(os.symlink, path, prey.own)
    for path in prey.directories:
        yield f"list {path}", "ENOENT", lambda path=path: list(Path(path).iterdir()) or "empty"
        yield f"enter {path}", "ENOENT", lambda path=path: os.open(path, os.O_PATH)
    for path in prey.sockets:
        yield f"connect to {path}", "ENOENT", lambda path=path: connected(socket.AF_UNIX, path)
    for name in prey.abstract:
        yield f"connect to abstract {name}", "ECONNREFUSED", lambda name=name: connected(socket.AF_UNIX, f"\0{name}")
    for host, port in prey.listeners:
        refusals = "ECONNREFUSED ENETUNREACH ECONNRESET"
        yield f"connect to {host} {port}", refusals, lambda host=host, port=port: greeted(host, port)
    for pid in prey.processes:
        yield f"signal {pid}", "ESRCH", lambda pid=pid: os.kill(pid, 0) or pid
        yield f"read /proc/{pid}", "ENOENT", lambda pid=pid: Path(f"/proc/{pid}/status").read_text()
    for key in prey.segments:
        yield f"enter shared memory {key}", "ENOENT", lambda key=key: answered(LIBC.shmget(key, 0, 0))
    yield "see processes of others", "", strangers
    yield from calls()
    yield from families()
    yield from greed()
    yield from places()


def calls() -> Iterator[Named]:
    for name in sorted(CALLS.keys() - {"clone", "unshare"}):
        yield f"call {name}", "ENOSYS" if name == "clone3" else "EPERM", lambda name=name: called(name, 0, 0, 0, 0)
    yield "call unshare for users", "EPERM", lambda: called("unshare", CLONE_NEWUSER)
    yield "call unshare for a network", "EPERM", lambda: called("unshare", CLONE_NEWNET)
    yield "call clone for users", "EPERM", lambda: called("clone", CLONE_NEWUSER | SIGCHLD, 0, 0, 0)
    for request in (TIOCSTI, TIOCSTI | 1 << 32):
        yield f"type on the terminal {request:x}", "EPERM", lambda request=request: answered(ioctl(0, request))
    for request in SUBVOLUMES:
        yield f"leave its quota by {request:x}", "EPERM", lambda request=request: subvolume(request)
    yield "hear who reads a directory", "EPERM", told_of_reads
    yield "hear who opens a file, and hold him up", "EPERM", leased
    yield "lock a file for whoever has it open", "EPERM", locked_for_an_open_file
    yield "become root", "EINVAL", lambda: os.setuid(0) or "root"
    yield "become root for files", "EINVAL", lambda: os.setreuid(-1, 0) or "root"
    yield "join a group", "EPERM", lambda: os.setgroups([0]) or "root's"
    yield "map users", "EPERM", lambda: Path("/proc/self/uid_map").write_text("0 0 1")
    yield "rights", "", rights


def families() -> Iterator[Named]:
    names = ("AF_PACKET", "AF_VSOCK", "AF_ALG", "AF_KEY", "AF_RDS", "AF_TIPC", "AF_CAN", "AF_BLUETOOTH", "AF_XDP")
    for name in names:
        family = getattr(socket, name, {"AF_TIPC": 30, "AF_XDP": 44}.get(name))
        yield f"socket {name}", "EAFNOSUPPORT", lambda family=family: socket.socket(family, socket.SOCK_RAW)
        yield f"pair {name}", "EAFNOSUPPORT", lambda family=family: socket.socketpair(family, socket.SOCK_SEQPACKET)
    for family in (socket.AF_INET, socket.AF_INET6):
        mptcp = (family, socket.SOCK_STREAM, 262)
        yield f"MPTCP of {family.name}", "EPROTONOSUPPORT", lambda mptcp=mptcp: socket.socket(*mptcp)
    packets = (socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    yield "socket for raw packets", "EPERM", lambda: socket.socket(*packets)
    for number in (NETLINK_AUDIT, NETLINK_FIREWALL, NETLINK_EVENTS, NETLINK_CRYPTO):
        netlink = (socket.AF_NETLINK, socket.SOCK_RAW, number)
        yield f"netlink {number}", "EAFNOSUPPORT", lambda netlink=netlink: socket.socket(*netlink)
    yield "listen on port 80", "EACCES", lambda: socket.create_server(("0.0.0.0", 80))


def greed() -> Iterator[Named]:
    """More than its share."""
    first = os.sched_param(1)
    yield "come before all others", "EPERM", lambda: os.sched_setscheduler(0, os.SCHED_FIFO, first) or "first"
    yield "be nice to nobody", "EACCES", lambda: os.setpriority(os.PRIO_PROCESS, 0, -20) or "first"
    yield "escape the killer of hogs", "EACCES", lambda: Path("/proc/self/oom_score_adj").write_text("-1000")
    yield "lock memory", "ENOMEM", lambda: answered(LIBC.mlock(ctypes.create_string_buffer(1 << 20), 1 << 20))
    yield "queue messages", "EMFILE", lambda: answered(LIBC.mq_open(b"/hostile", os.O_CREAT | os.O_RDWR, 0o600, None))
    yield "fill /dev/shm", "", filled
    yield "open more than its files", "", hogged
    yield "have more than its timers", "", timed


def places() -> Iterator[Named]:
    for path in ("/stored", "/etc/stored", "/usr/stored", "/dev/stored", "/panggon/stored"):
        yield f"store in {path}", "EROFS", lambda path=path: os.open(path, os.O_WRONLY | os.O_CREAT)
    for path in ("/etc/passwd", "/etc/hosts"):  # they belong to the site's user
        yield f"change {path}", "EROFS", lambda path=path: Path(path).chmod(0o666) or "changed"
    for path in ("/proc/sysrq-trigger", "/proc/sys/vm/drop_caches", "/proc/sys/kernel/core_pattern"):
        yield f"write {path}", "EACCES ENOENT", lambda path=path: os.open(path, os.O_WRONLY)
    secret = ("kmsg", "kcore", "keys", "cmdline", "timer_list", "config.gz", "modules", "interrupts", "slabinfo")
    telltale = ("buddyinfo", "pressure/cpu", "pressure/io", "pressure/irq", "pressure/memory", "vmstat", "zoneinfo")
    for name in (*secret, *telltale):
        yield f"read /proc/{name}", "EACCES ENOENT", lambda name=name: Path(f"/proc/{name}").read_bytes()
    for path in ("/dev/kmsg", "/dev/mem", "/dev/vda", "/dev/sda", "/dev/fuse", "/dev/kvm", "/dev/net/tun"):
        yield f"open {path}", "ENOENT", lambda path=path: os.open(path, os.O_RDONLY)
    yield "make a device", "EPERM", lambda: os.mknod("/tmp/device", 0o20666, os.makedev(1, 3)) or "made"
    for path in ("/usr", "/tmp", "/dev/shm", "/site/public"):
        yield f"gain rights by a program in {path}", "", lambda path=path: not os.statvfs(path).f_flag & os.ST_NOSUID
    yield "see devices", "", lambda: {entry.name for entry in Path("/dev").iterdir()} - DEVICES
    yield "see /sys", "", lambda: Path("/sys").exists()
    yield "keep descriptors of the machine", "", descriptors
    yield "read secrets in the environment", "", strange_variables


def ioctl(descriptor: int, request: int) -> int:
    return int(LIBC.ioctl(descriptor, ctypes.c_ulong(request), b"x"))


def answered(answer: int) -> str:
    """Of a call of the C library."""
    if answer == -1:
        raise OSError(ctypes.get_errno(), "")
    return f"{answer}"


def subvolume(request: int) -> object:
    directory = os.open("/site/private", os.O_RDONLY)
    try:
        return answered(LIBC.ioctl(directory, ctypes.c_ulong(request), bytes(4096)))
    finally:
        os.close(directory)


def told_of_reads() -> object:
    directory = os.open("/", os.O_RDONLY)
    try:
        return fcntl.fcntl(directory, fcntl.F_NOTIFY, fcntl.DN_ACCESS) or "by a signal"
    finally:
        os.close(directory)


def leased() -> object:
    file = os.open(f"/tmp/leased-{os.getpid()}", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        return fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_WRLCK) or "until it is given back"
    finally:
        os.close(file)


def locked_for_an_open_file() -> object:
    file = os.open(f"/tmp/locked-{os.getpid()}", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        words = struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 0, 1, 0)
        return fcntl.fcntl(file, fcntl.F_OFD_SETLK, words) and "wherever it goes"
    finally:
        os.close(file)


def called(name: str, *arguments: int) -> object:
    answer = LIBC.syscall(CALLS[name], *arguments)
    if name == "clone" and answer == 0:
        os._exit(0)
    return answered(answer)


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
        client.settimeout(60)
        client.connect(place)
        return place


def greeted(host: str, port: int) -> object:
    """Whether the listener really hears us: behind a gate a connection is made before it is refused."""
    with socket.create_connection((host, port), timeout=60) as client:
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
    harmless = (
        "pipe:",
        "/dev/null",
        "/proc/",
        "/site/",
        "socket:",
        "/tmp/",
        "anon_inode:[eventpoll]",
        "/dev/shm/wgunicorn-",
    )
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


def timed() -> object:
    made, timer = 0, ctypes.c_void_p()
    while made < 1024 and LIBC.timer_create(1, None, ctypes.byref(timer)) == 0:
        made += 1
    return None if made <= TIMERS_MOST else made


def outcome(attempt: Attempt) -> str:
    """What it got, or the name of the refusal; "" where nothing was found."""
    try:
        return str(attempt() or "")
    except OSError as error:
        return errno.errorcode.get(error.errno or 0, str(error))


def got_through(given: dict[str, Any]) -> dict[str, str]:
    """What was not refused as it has to be: what came of it instead."""
    if os.getuid() == 0:
        sys.exit("not as root: much of this would succeed, and change the machine")
    found = ((name, refusals, outcome(attempt)) for name, refusals, attempt in attempts(Prey(given)))
    return {name: got or "nothing" for name, refusals, got in found if got not in (refusals.split() or [""])}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(got_through(json.loads(sys.argv[1]))))
