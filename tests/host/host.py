"""A Debian machine of its own with systemd as PID 1, in namespaces of this one: booted, used, stopped, booted again.

Its root is a directory, its network has nothing but loopback, its control groups lie below this process's. Written for
machines where `systemd-nspawn` cannot bound memory because the controllers of version 1 are read-only inside.
"""

import contextlib
import json
import os
import platform
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

SUITE = os.environ.get("PANGGON_HOST_SUITE", "bookworm")  # the release of Debian that the machine has
SOURCES = Path("/etc/apt/sources.list.d/debian.sources")
# What a server of Debian has, whatever it is for.
USUAL = "systemd systemd-sysv libnss-systemd dbus procps iproute2 ca-certificates apt-utils curl"
# What would change this machine's kernel, or waits for somebody who is not there.
MASKED = ("systemd-sysctl.service", "console-getty.service", "apt-daily.timer", "apt-daily-upgrade.timer")
BOOT_SECONDS, STOP_SECONDS = 60, 90
# Words before a command: what it finds as its environment.
ENVIRONMENT = ("env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8", "DEBIAN_FRONTEND=noninteractive")
# Arguments: the root, then a directory for each hierarchy of control groups as `name=options`, or `=` for version 2.
BOOT = """
root=$1; shift
mount --make-rprivate /
mount --bind "$root" "$root"
cd "$root"
mount -t proc proc proc
mount -t sysfs sysfs sys
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs -o mode=1777 tmpfs tmp
mount -t tmpfs -o mode=755 tmpfs dev
# Nodes of its own: who logs in at a console owns it, and this machine's must not change hands.
for node in null:3 zero:5 full:7 random:8 urandom:9 console:3; do
  mknod --mode=666 "dev/${node%:*}" c 1 "${node#*:}"
done
mknod --mode=666 dev/tty c 5 0
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=666,mode=620 devpts dev/pts
mount -t tmpfs tmpfs dev/shm
ln -s pts/ptmx dev/ptmx; ln -s /proc/self/fd dev/fd
if [ "$*" = = ]; then
  mount -t cgroup2 cgroup2 sys/fs/cgroup
else
  mount -t tmpfs -o mode=755 tmpfs sys/fs/cgroup
  for each; do
    name=${each%%=*}; options=${each#*=}
    mkdir -p "sys/fs/cgroup/$name"
    case $name in
      unified) mount -t cgroup2 cgroup2 sys/fs/cgroup/unified ;;
      *) mount -t cgroup -o "$options" cgroup "sys/fs/cgroup/$name" ;;
    esac
  done
fi
mkdir -p .former
pivot_root . .former
cd /
umount -l .former
rmdir .former
exec env -i container=panggon-test PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --log-target=journal
"""

# Arguments: the root, folders of this machine that are to be seen there under the same name, `--`, the command.
ENTER = """
root=$1; shift
mount --make-rprivate /
mount -t proc proc "$root/proc"
mount --bind /dev "$root/dev"
while [ "$1" != -- ]; do mkdir -p "$root$1"; mount --bind "$1" "$root$1"; shift; done
shift
exec chroot "$root" "$@"
"""


@dataclass(slots=True)
class Host:
    """`root` is its whole file system. What `run` starts sees that machine only."""

    root: Path
    name: str
    process: "subprocess.Popen[bytes] | None" = None
    init: int = 0
    _groups: tuple[Path, ...] = field(default=())

    def boot(self) -> float:
        """Until systemd has nothing left to start; seconds. Raises RuntimeError when it does not come up."""
        self._groups = tuple(_own_groups(self.name))
        began = time.monotonic()
        unshare = ("unshare", "--mount", "--uts", "--ipc", "--pid", "--cgroup", "--net", "--fork", "--kill-child")
        self.process = subprocess.Popen(
            [*unshare, "sh", "-ec", BOOT, "boot", str(self.root), *_hierarchies()],
            preexec_fn=self._enter_groups,  # noqa: PLW1509 -- one thread
            start_new_session=True,
            stdin=subprocess.DEVNULL,
        )
        ends = began + BOOT_SECONDS
        while time.monotonic() < ends:
            time.sleep(0.1)
            self.init = self._child()
            if self.init and self.state() in ("running", "degraded"):
                return time.monotonic() - began
        raise RuntimeError(f"{self.name} did not boot: {self.state()}")

    def state(self) -> str:
        return self.run("systemctl", "is-system-running", check=False).strip()

    def run(self, *argv: str, check: bool = True, seconds: float = 300, stdin: str = "") -> str:
        """What the command prints there. Raises RuntimeError with its words when it fails and `check`."""
        done = subprocess.run(
            self.words(*argv), input=stdin, capture_output=True, text=True, timeout=seconds, check=False
        )
        if check and done.returncode:
            raise RuntimeError(f"{' '.join(argv)}: {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done.stdout

    def shell(self, script: str, *, check: bool = True, seconds: float = 300) -> str:
        return self.run("sh", "-ec", script, check=check, seconds=seconds)

    def words(self, *argv: str) -> Sequence[str]:
        """A command of this machine that runs this one there, with its input and output."""
        return ("nsenter", "--target", str(self.init), "--all", "--root", "--wd", *ENVIRONMENT, *argv)

    def power_off(self) -> float:
        """As an administrator does it; seconds."""
        began = time.monotonic()
        self.run("systemctl", "poweroff", check=False)
        self._end(STOP_SECONDS)
        return time.monotonic() - began

    def pull_the_plug(self) -> None:
        if self.process and self.init:
            with contextlib.suppress(ProcessLookupError):  # it powered itself off
                os.kill(self.init, signal.SIGKILL)
            self._end(STOP_SECONDS)

    def _end(self, seconds: float) -> None:
        if self.process:
            self.process.wait(seconds)
        self.process, self.init = None, 0
        for group in self._groups:
            for folder in sorted(group.rglob("*"), key=lambda path: -len(path.parts)):
                if folder.is_dir():
                    with contextlib.suppress(OSError):
                        folder.rmdir()
            with contextlib.suppress(OSError):
                group.rmdir()

    def _child(self) -> int:
        if self.process is None or self.process.poll() is not None:
            raise RuntimeError(f"{self.name} ended while it booted")
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        first = int(children[0]) if children else 0
        # Until the root was changed, commands would run on this machine.
        return first if first and Path(f"/proc/{first}/comm").read_text().strip() == "systemd" else 0

    def _enter_groups(self) -> None:
        for group in self._groups:
            (group / "cgroup.procs").write_text("0")


@contextlib.contextmanager
def host(root: Path, name: str) -> Iterator[Host]:
    """Not booted yet; ended, whatever it does, at the end."""
    made = Host(root, name)
    try:
        yield made
    finally:
        made.pull_the_plug()


def make_root(place: Path, *, kept: Path, packages: Sequence[str] = ()) -> None:
    """A minimal Debian in `place`; `kept` is an archive of it, made the first time (some 30 s)."""
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        include = ",".join([*USUAL.split(), *packages])
        draft = kept.with_suffix(".new.tar")
        found = sources(SUITE)
        argv = ["mmdebstrap", "--quiet", "--variant=minbase", f"--include={include}", SUITE, str(draft)]
        subprocess.run([*argv, *(["-"] if found else [])], input=found, text=True, check=True)
        draft.rename(kept)
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    subprocess.run(["tar", "--extract", f"--file={kept}", f"--directory={place}", "--numeric-owner"], check=True)
    (place / "etc" / "hostname").write_text("hosting\n")
    (place / "etc" / "hosts").write_text("127.0.0.1 localhost hosting\n::1 localhost\n")
    (place / "etc" / "machine-id").write_text("")
    (place / "etc" / "dpkg" / "dpkg.cfg.d" / "quick").write_text("force-unsafe-io\n")  # its disk is never pulled out
    for unit in MASKED:
        with contextlib.suppress(FileExistsError):
            (place / "etc" / "systemd" / "system" / unit).symlink_to("/dev/null")
    (place / "etc" / "resolv.conf").unlink(missing_ok=True)
    (place / "etc" / "resolv.conf").write_text("nameserver 127.0.0.1\n")


def sources(suite: str) -> str:
    """Where this machine gets Debian from, for another release of it; empty where it says so in another way."""
    if not SOURCES.exists():
        return ""
    own = platform.freedesktop_os_release()["VERSION_CODENAME"]
    return re.sub(rf"\b{own}\b", suite, SOURCES.read_text())


def in_root(root: Path, script: str) -> None:
    """Run a script in a root that is not booted, with this machine's network: what is to be fetched beforehand."""
    former = (root / "etc" / "resolv.conf").read_text()
    (root / "etc" / "resolv.conf").write_text(Path("/etc/resolv.conf").read_text())
    try:
        subprocess.run([*inside_root(root), "/bin/sh", "-ec", script], check=True, stdout=subprocess.DEVNULL)
    finally:
        (root / "etc" / "resolv.conf").write_text(former)


def inside_root(root: Path, *seen: Path) -> Sequence[str]:
    """Words before a command that make it run in a root that is not booted; what it leaves running ends with it."""
    unshare = ("unshare", "--mount", "--pid", "--fork", "--kill-child")
    return (*unshare, "sh", "-ec", ENTER, "enter", str(root), *map(str, seen), "--")


def _hierarchies() -> list[str]:
    """`name=options` of each hierarchy of control groups here; `=` where there is only version 2."""
    found = []
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        left, _, right = line.partition(" - ")
        kind, _, options = right.split()[:3]
        point = Path(left.split()[4])
        if kind == "cgroup2":
            found.append("unified=" if point.name == "unified" else "=")
        elif kind == "cgroup":
            found.append(f"{point.name}={','.join(each for each in options.split(',') if each != 'rw')}")
    return found


def _own_groups(name: str) -> Iterator[Path]:
    """A new group below this process's own in each hierarchy."""
    points: dict[str, tuple[str, Path]] = {}
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        left, _, right = line.partition(" - ")
        kind, _, options = right.split()[:3]
        top, place = left.split()[3:5]
        if kind in ("cgroup", "cgroup2"):
            points.update({key: (top, Path(place)) for key in ([""] if kind == "cgroup2" else options.split(","))})
    made = set()
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        root, point = points.get(controllers.split(",")[0], ("", Path()))
        if not root:
            continue
        group = point / os.path.relpath(path, root) / name
        group.mkdir(exist_ok=True)
        if controllers == "cpuset":
            for member in ("cpuset.cpus", "cpuset.mems"):
                (group / member).write_text((group.parent / member).read_text())
        made.add(group)
    yield from made


def shown(host: Host, unit: str, *names: str) -> dict[str, str]:
    """Properties of a unit as systemd tells them."""
    lines = host.run("systemctl", "show", unit, *(f"--property={name}" for name in names)).splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line)


def document(host: Host, *argv: str) -> dict:
    """What a command prints as JSON there, whatever its exit status."""
    return json.loads(host.run(*argv, check=False))
