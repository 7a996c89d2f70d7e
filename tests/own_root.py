"""`python -m tests.own_root COMMAND…`: run a command with a root of its own, for machines that are a chroot.

The kernel makes no user namespace for a process in a chroot (user_namespaces(7), EPERM), so that sandboxes cannot be
tested there, although the installed machine could have them. Here the same files become the root of a mount namespace
of our own, and what lies outside of them is detached. Where nothing is forbidden, the command is simply run.
"""

import ctypes
import os
import sys
from pathlib import Path

LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNS, CLONE_NEWUSER = 0x00020000, 0x10000000
MS_BIND, MS_REC, MS_SLAVE = 1 << 12, 1 << 14, 1 << 19
MNT_DETACH = 2
CLIMB = 64  # more directories than any chroot lies deep


def main() -> None:
    if os.geteuid() == 0 and not user_namespaces():
        try:
            take_own_root()
        except OSError as error:
            sys.stderr.write(f"no root of our own ({error}): tests of sandboxes will fail here\n")
    os.execvp(sys.argv[1], sys.argv[1:])


def user_namespaces() -> bool:
    """Whether this process may make one; tried in a child, because there is no way back."""
    child = os.fork()
    if child == 0:
        os._exit(1 if LIBC.unshare(CLONE_NEWUSER) else 0)
    return os.waitpid(child, 0)[1] == 0


def take_own_root() -> None:
    check(LIBC.unshare(CLONE_NEWNS))
    here, work = os.open("/", os.O_PATH), Path.cwd()
    path = climb_out(here)
    try:
        check(LIBC.mount(b"none", b"/", None, MS_REC | MS_SLAVE, None))
        check(LIBC.mount(path, path, None, MS_BIND | MS_REC, None))
        os.chdir(path)
        check(LIBC.pivot_root(b".", b"."))
        check(LIBC.umount2(b".", MNT_DETACH))
    except OSError:
        os.fchdir(here)
        os.chroot(".")
        raise
    finally:
        os.chdir(work)


def climb_out(here: int) -> bytes:
    """Take the namespace's own root for a moment; the path of `here` as seen from there."""
    step = Path("/.own-root")
    step.mkdir()
    os.fchdir(here)
    os.chroot(step)
    Path(step.name).rmdir()
    for _ in range(CLIMB):
        os.chdir("..")
    os.chroot(".")
    return bytes(Path(f"/proc/self/fd/{here}").readlink())


def check(answer: int) -> None:
    if answer != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


if __name__ == "__main__":
    main()
