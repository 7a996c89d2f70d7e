"""Which system calls a site's processes may not make, and why: a filter for bubblewrap (seccomp(2), mode 2).

A list of what is refused, not of what is allowed: sites bring programs of every kind, and all of this is what no web
site needs, but what holes of kernels were found in. It stands behind the namespaces, not in their place.
"""

import errno
import functools
import socket
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pyseccomp

REFUSED: Mapping[str, tuple[str, ...]] = {
    "looks into or steers other processes": (
        "ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "pidfd_getfd", "kcmp",
    ),
    "programs or watches the kernel": (
        "bpf", "perf_event_open", "fanotify_init", "lookup_dcookie", "userfaultfd",
    ),
    "tells a site when root counts what it stores": ("inotify_init", "inotify_init1"),
    "a second way to all other calls, past this filter": ("io_uring_setup", "io_uring_enter", "io_uring_register"),
    "taken from all: the machine has 65,536 places for such requests, and database servers use them": (
        "io_setup", "io_destroy", "io_submit", "io_cancel", "io_getevents", "io_pgetevents",
    ),
    "the kernel's keys know no namespace": ("keyctl", "add_key", "request_key"),
    "changes what is mounted, or the root": (
        "mount", "umount2", "pivot_root", "chroot", "open_tree", "move_mount", "fsopen", "fsconfig", "fsmount",
        "fspick", "mount_setattr",
    ),
    "makes or enters namespaces, where an unprivileged user reaches more of the kernel": ("unshare", "setns"),
    "opens files past the directories that lead to them": ("open_by_handle_at", "name_to_handle_at"),
    "moves memory between the machine's nodes": ("move_pages", "migrate_pages"),
    "how long it may keep who wakes waiting (slices.py)": ("sched_setattr",),
    "the machine's own: clock, name, modules, swap, power, quota, log": (
        "settimeofday", "clock_settime", "adjtimex", "clock_adjtime", "sethostname", "setdomainname", "init_module",
        "finit_module", "delete_module", "swapon", "swapoff", "reboot", "kexec_load", "kexec_file_load", "acct",
        "quotactl", "quotactl_fd", "syslog", "vhangup", "nfsservctl",
    ),
    "old or of one processor only, and seldom looked at": (
        "iopl", "ioperm", "modify_ldt", "uselib", "personality", "ustat", "sysfs", "_sysctl", "vm86", "vm86old",
    ),
    "writes out what all others have written, who wait for it meanwhile": ("sync", "syncfs"),
    "memory that even root cannot read": ("memfd_secret",),
}  # fmt: skip
# clone(2): what makes a namespace. clone3(2) hides its flags in memory, where no filter can look: refused as if the
# kernel were older, and libc goes back to clone.
NAMESPACE_FLAGS = (0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000)
# Families of sockets beside these (virtual machines', packets, ciphers, cars …) know no network namespace or are
# seldom looked at. Netlink only to ask for addresses and routes, as getaddrinfo(3) does.
FAMILIES = frozenset({socket.AF_UNSPEC, socket.AF_UNIX, socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK})
NETLINK_ROUTE = 0
# Over IP nothing newer than TCP and UDP: what waits in a connection of MPTCP stands in no list of TCP's, so whoever
# fills the kernel's memory by it is not found (unread.py).
INTERNET = (socket.AF_INET, socket.AF_INET6)
# Typing for the one who owns the terminal: ioctl_tty(2). The kernel looks at the lower half of the argument only.
TERMINAL_REQUESTS = (0x5412, 0x541C)
# Of btrfs: to make a subvolume or a snapshot needs no right but to write there, and what bounds the one around it does
# not bound that (BTRFS_IOC_SUBVOL_CREATE, …_V2, SNAP_CREATE, …_V2 of linux/btrfs.h).
SUBVOLUME_REQUESTS = (0x5000940E, 0x50009418, 0x50009401, 0x50009417)
# In the words of fcntl(2): as inotify; and a lease, whose holder is told who opens the file, and lets him wait or fail.
F_NOTIFY, F_SETLEASE = 1026, 1024
# Locks of an open file (F_OFD_…) stay while it is on its way in a socket, where nobody finds them (locks.py).
F_OFD_SETLK, F_OFD_SETLKW = 37, 38
LOWER_HALF = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class _Rule:
    call: str
    code: int = errno.EPERM
    conditions: tuple[pyseccomp.Arg, ...] = ()


@functools.cache
def program() -> bytes:
    """The filter for this machine's processor, as the kernel takes it. Programs of another processor's calling
    convention (32 bits) are killed at their first call. Raises OSError.
    """
    found = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
    for rule in _rules():
        found.add_rule(pyseccomp.ERRNO(rule.code), rule.call, *rule.conditions)
    with tempfile.TemporaryFile() as file:
        found.export_bpf(file)
        file.seek(0)
        return file.read()


def _rules() -> Iterator[_Rule]:
    for calls in REFUSED.values():
        yield from map(_Rule, calls)
    yield _Rule("clone3", errno.ENOSYS)
    for flag in NAMESPACE_FLAGS:
        yield _Rule("clone", conditions=(pyseccomp.Arg(0, pyseccomp.MASKED_EQ, flag, flag),))
    for family in range(max(FAMILIES)):
        if family not in FAMILIES:
            yield _Rule("socket", errno.EAFNOSUPPORT, (pyseccomp.Arg(0, pyseccomp.EQ, family),))
    yield _Rule("socket", errno.EAFNOSUPPORT, (pyseccomp.Arg(0, pyseccomp.GT, max(FAMILIES)),))
    netlink = pyseccomp.Arg(0, pyseccomp.EQ, socket.AF_NETLINK)
    yield _Rule("socket", errno.EAFNOSUPPORT, (netlink, pyseccomp.Arg(2, pyseccomp.NE, NETLINK_ROUTE)))
    # It makes two sockets of the family before it asks whether that knows pairs.
    yield _Rule("socketpair", errno.EAFNOSUPPORT, (pyseccomp.Arg(0, pyseccomp.NE, socket.AF_UNIX),))
    newer = pyseccomp.Arg(2, pyseccomp.GT, socket.IPPROTO_UDP)
    for family in INTERNET:
        yield _Rule("socket", errno.EPROTONOSUPPORT, (pyseccomp.Arg(0, pyseccomp.EQ, family), newer))
    for command in (F_NOTIFY, F_SETLEASE, F_OFD_SETLK, F_OFD_SETLKW):
        yield _Rule("fcntl", conditions=(pyseccomp.Arg(1, pyseccomp.MASKED_EQ, LOWER_HALF, command),))
    for request in (*TERMINAL_REQUESTS, *SUBVOLUME_REQUESTS):
        yield _Rule("ioctl", conditions=(pyseccomp.Arg(1, pyseccomp.MASKED_EQ, LOWER_HALF, request),))
