"""`python restricted.py PROGRAM…`: runs it as a strict container would: no namespaces, no mounts, no control groups.

Root's rights stay, but for CAP_SYS_ADMIN. The kernel refuses the system calls (seccomp(2)); nothing is simulated.
"""

import ctypes
import errno
import os
import platform
import subprocess
import sys

CLONE_NEWNS = 0x20000
# All of CLONE_NEW*: mount, cgroup, uts, ipc, user, pid, net (clone(2)).
NAMESPACES = CLONE_NEWNS | 0x02000000 | 0x04000000 | 0x08000000 | 0x10000000 | 0x20000000 | 0x40000000
# Numbers of the system calls: unshare, mount, setns, move_mount; clone; clone3.
CALLS = {"x86_64": ((272, 165, 308, 429), 56, 435), "aarch64": ((97, 40, 268, 429), 220, 435)}
LOAD, EQUAL, ANY_BIT, RETURN = 0x20, 0x15, 0x45, 0x06
NUMBER, FIRST_ARGUMENT = 0, 16  # offsets in struct seccomp_data
ALLOW, REFUSE = 0x7FFF0000, 0x00050000
PR_SET_SECCOMP, FILTER = 22, 2

libc = ctypes.CDLL(None, use_errno=True)


class Instruction(ctypes.Structure):
    _fields_ = (("code", ctypes.c_ushort), ("yes", ctypes.c_ubyte), ("no", ctypes.c_ubyte), ("value", ctypes.c_uint))


class Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.POINTER(Instruction)))


def instructions() -> list[tuple[int, int, int, int]]:
    refused, clone, clone3 = CALLS[platform.machine()]
    made = [(LOAD, 0, 0, NUMBER)]
    for number in refused:
        made += [(EQUAL, 0, 1, number), (RETURN, 0, 0, REFUSE | errno.EPERM)]
    # The C library falls back to clone, whose flags can be looked at.
    made += [(EQUAL, 0, 1, clone3), (RETURN, 0, 0, REFUSE | errno.ENOSYS)]
    made += [(EQUAL, 0, 3, clone), (LOAD, 0, 0, FIRST_ARGUMENT), (ANY_BIT, 0, 1, NAMESPACES)]
    return [*made, (RETURN, 0, 0, REFUSE | errno.EPERM), (RETURN, 0, 0, ALLOW)]


def refuse_system_calls() -> None:
    made = instructions()
    program = Program(len(made), (Instruction * len(made))(*(Instruction(*each) for each in made)))
    if libc.prctl(PR_SET_SECCOMP, FILTER, ctypes.byref(program), 0, 0):
        raise OSError(ctypes.get_errno(), "seccomp")


def hide_control_groups() -> None:
    if libc.unshare(CLONE_NEWNS):
        raise OSError(ctypes.get_errno(), "unshare")
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "ro", "none", "/sys/fs/cgroup"], check=True)


if __name__ == "__main__":
    hide_control_groups()
    refuse_system_calls()
    without = "--bounding-set=-sys_admin", "--inh-caps=-sys_admin"
    os.execvp("setpriv", ["setpriv", *without, *sys.argv[1:]])
