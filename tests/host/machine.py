"""The test host as a machine with a kernel of its own: Debian's, in qemu, on a disk with ext4 and project quota.

It has the interface of `Host`, so every test of this folder may run in it (`PANGGON_HOST_KIND=machine`). With KVM it is
as fast as a host; without, qemu translates each instruction, and everything takes some twenty times as long.
"""

import contextlib
import os
import re
import shlex
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.host.host import ENVIRONMENT, STOP_SECONDS, Host, in_root

# What the root needs besides to be booted by a kernel of its own, and to be spoken to.
PACKAGES = ("linux-image-cloud-amd64", "initramfs-tools", "udev", "openssh-server")
DISK = "16G"  # most of it a hole
MEMORY = "3G"
IS_WANTED = os.environ.get("PANGGON_HOST_KIND") == "machine"
FIRMWARE = "-machine q35 -cpu max -m 64 -nodefaults -display none -debugcon stdio -global isa-debugcon.iobase=0x402"
# Where KVM itself is emulated it takes a minute for what takes qemu alone a second.
FIRMWARE_SECONDS, FIRMWARE_ENDS = 3, b"No bootable device"
BY_PROCESSOR = re.compile(r"^flags\b.*\b(?:vmx|svm)\b", re.MULTILINE)
CONSOLE_MOST = 4000  # characters of what its kernel and systemd said, where it does not boot
NETWORK = "[Match]\nType=ether\n[Network]\nDHCP=yes\n"
# It reaches nobody, and only its SSH server can be reached.
QEMU = (
    "qemu-system-x86_64 -machine q35 -accel {accelerator} -cpu max -smp 2 -m {memory} -nodefaults -display none"
    " -no-reboot -serial file:{place}/console.log -kernel {place}/vmlinuz -initrd {place}/initrd.img"
    " -append 'root=/dev/vda rootflags=prjquota rw console=ttyS0 panic=-1 net.ifnames=0'"
    " -drive file={place}/disk.img,format=raw,if=virtio,cache=unsafe -device virtio-rng-pci"
    " -netdev user,id=network,restrict=on,hostfwd=tcp:127.0.0.1:{port}-:22 -device virtio-net-pci,netdev=network"
)
SSH = (
    "-F /dev/null -o IdentityFile={place}/key -o IdentitiesOnly=yes -o StrictHostKeyChecking=no"
    " -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -o ConnectTimeout=20 -o ServerAliveInterval=60"
)


def _has_kvm() -> bool:
    """Tried with a machine without a disk: there are some where /dev/kvm can be opened, and everything hangs in it. In
    others a firmware runs in it and a kernel hangs: those whose processor does not say that it can.
    """
    can = BY_PROCESSOR.search(Path("/proc/cpuinfo").read_text())
    if not can or not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return False
    argv = ["qemu-system-x86_64", "-accel", "kvm", *shlex.split(FIRMWARE)]
    with subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        assert process.stdout
        given_up = threading.Timer(FIRMWARE_SECONDS, process.kill)
        given_up.start()
        try:
            return any(FIRMWARE_ENDS in line for line in process.stdout)
        finally:
            given_up.cancel()
            process.kill()


IS_FAST = IS_WANTED and _has_kvm()
TIMES = 1 if IS_FAST else 20  # how much longer everything may take


@dataclass(slots=True)
class Machine(Host):
    """`root` is where its file system can be looked at from here while it runs (sshfs); `place` has its disk."""

    place: Path = Path()
    port: int = 0

    def boot(self) -> float:
        began = time.monotonic()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        accelerator = "kvm" if IS_FAST else "tcg,thread=multi"
        argv = shlex.split(QEMU.format(accelerator=accelerator, memory=MEMORY, place=self.place, port=self.port))
        self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL)
        ends = began + 60 * TIMES
        while time.monotonic() < ends and self.process.poll() is None:
            time.sleep(1)
            if self.state() in ("running", "degraded"):
                self._show_files()
                return time.monotonic() - began
        console = (self.place / "console.log").read_text(errors="replace")
        raise RuntimeError(f"{self.name} did not boot:\n{console[-CONSOLE_MOST:]}")

    def words(self, *argv: str) -> Sequence[str]:
        return ("ssh", *self._options, "-p", str(self.port), "root@127.0.0.1", shlex.join([*ENVIRONMENT, *argv]))

    def run(self, *argv: str, check: bool = True, seconds: float = 300, stdin: str = "") -> str:
        return Host.run(self, *argv, check=check, seconds=seconds * TIMES, stdin=stdin)

    def pull_the_plug(self) -> None:
        if self.process:
            self.process.kill()
            self._end(STOP_SECONDS)

    def _show_files(self) -> None:
        self.root.mkdir(exist_ok=True)
        fresh = ("-o", "dir_cache=no,attr_timeout=0,entry_timeout=0,negative_timeout=0")
        argv = ["sshfs", *self._options, *fresh, "-p", str(self.port), "root@127.0.0.1:/", str(self.root)]
        subprocess.run(argv, check=True)

    @property
    def _options(self) -> Sequence[str]:
        return shlex.split(SSH.format(place=self.place))

    def _end(self, seconds: float) -> None:
        if self.process:
            self.process.wait(seconds * TIMES)
        self.process = None
        if self.root.is_mount():
            subprocess.run(["umount", "--lazy", self.root], check=True)


@contextlib.contextmanager
def machine_of(tree: Path, place: Path) -> Iterator[Machine]:
    """A machine whose disk begins as what lies in `tree`, which is taken away; not booted yet, and ended at the end."""
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    _make_bootable(tree, place)
    features = ("-O", "project,quota", "-E", "quotatype=prjquota")
    argv = ["mke2fs", "-q", "-t", "ext4", *features, "-d", str(tree), str(place / "disk.img"), DISK]
    subprocess.run(argv, check=True)
    shutil.rmtree(tree)
    made = Machine(place / "root", "machine", place=place)
    try:
        yield made
    finally:
        made.pull_the_plug()
        shutil.rmtree(place)


def _make_bootable(tree: Path, place: Path) -> None:
    # Quotas are a module, which is there before the root that has them.
    (tree / "etc" / "initramfs-tools" / "modules").write_text("quota_v2\n")
    in_root(tree, "update-initramfs -u")
    for name in ("vmlinuz", "initrd.img"):
        shutil.copyfile(next((tree / "boot").glob(f"{name}-*")), place / name)
    key = place / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    (tree / "root" / ".ssh").mkdir(mode=0o700, exist_ok=True)
    shutil.copyfile(key.with_suffix(".pub"), tree / "root" / ".ssh" / "authorized_keys")
    (tree / "etc" / "systemd" / "network" / "wired.network").write_text(NETWORK)
    (tree / "etc" / "systemd" / "system" / "systemd-sysctl.service").unlink()  # the kernel is its own
    in_root(tree, "systemctl --quiet enable systemd-networkd ssh")
