"""The packages as they are committed, and a Debian machine on which nothing of them is installed yet."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.host.host import Host, host, in_root, make_root

REPOSITORY = Path(__file__).resolve().parents[2]
PLACE = REPOSITORY / "var" / "host"
NOW, NEXT = "0.1.0", "0.1.1"  # versions of the packages
GIVEN = Path("var/local/packages")  # where the machine finds them


@dataclass(frozen=True, slots=True)
class Vendor:
    """Whoever builds and signs the packages; `published` is what a web server would give out."""

    keys: Path
    published: Path

    def publish(self, version: str, *names: str) -> None:
        for name in names:
            self.build(version, name, self.published)

    def build(self, version: str, name: str, into: Path) -> Path:
        key = self._gpg("--list-keys", "--with-colons").partition("\nfpr:")[2].split(":")[8]
        argv = [REPOSITORY / "script" / "package", "--version", version, "--only", name, "--into", into, "--key", key]
        subprocess.run(argv, env=self._environment, check=True, capture_output=True)
        return next(into.glob(f"pool/{name}_{version}_*.deb"))

    def make_key(self) -> None:
        self.keys.mkdir(mode=0o700)
        self._gpg("--passphrase", "", "--quick-generate-key", "Panggon (test)", "ed25519", "sign", "never")

    def _gpg(self, *words: str) -> str:
        argv = ["gpg", "--batch", "--quiet", *words]
        return subprocess.run(argv, env=self._environment, check=True, capture_output=True, text=True).stdout

    @property
    def _environment(self) -> dict[str, str]:
        return {**os.environ, "GNUPGHOME": str(self.keys)}


@pytest.fixture(scope="session")
def vendor(tmp_path_factory) -> Vendor:
    place = tmp_path_factory.mktemp("vendor")
    made = Vendor(place / "keys", place / "published")
    made.make_key()
    made.publish(NOW, "panggon-node", "panggon")
    return made


@pytest.fixture(scope="session")
def machine(vendor) -> Iterator[Host]:
    root, wanted = PLACE / "root", _wanted()
    kept = PLACE / f"debian-{hashlib.sha256(' '.join(wanted).encode()).hexdigest()[:12]}.tar"
    if kept.exists():
        make_root(root, kept=kept)
    else:
        make_root(root, kept=PLACE / "debian.tar")
        _install(root, wanted, kept)
    give(vendor, root)
    with host(root, f"panggon-host-{os.getpid()}") as made:
        made.boot()
        yield made
    shutil.rmtree(root)


def _wanted() -> list[str]:
    """Debian's packages that ours depend on."""
    found = []
    for name in ("panggon-node", "panggon"):
        control = (REPOSITORY / "packaging" / name / "control").read_text()
        line = next(line for line in control.splitlines() if line.startswith("Depends: "))
        found += [each.split()[0] for each in line.removeprefix("Depends: ").split(", ")]
    return found


def _install(root: Path, wanted: Sequence[str], kept: Path) -> None:
    """Kept for the next time: the machine itself reaches nobody."""
    install = f"apt-get install -qq -y --no-install-recommends {' '.join(wanted)}"
    in_root(root, f"apt-get update -qq && {install} && apt-get clean")
    for source in (root / "etc" / "apt").glob("sources.list*/*"):
        source.unlink()
    (root / "etc" / "apt" / "sources.list").write_text("")
    subprocess.run(["tar", "--create", f"--file={kept}.new", f"--directory={root}", "."], check=True)
    Path(f"{kept}.new").rename(kept)


def give(vendor: Vendor, root: Path) -> None:
    shutil.rmtree(root / GIVEN, ignore_errors=True)
    shutil.copytree(vendor.published, root / GIVEN)


@contextmanager
def visitors(machine: Host, places: Sequence[str]) -> Iterator[list[dict]]:
    """Come while the block runs; what they got stands in the list afterwards."""
    authority = machine.root / "etc" / "panggon" / "ca.pem"
    argv = [*machine.network, sys.executable, str(Path(__file__).with_name("load.py")), str(authority), *places]
    rows: list[dict] = []
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        process.stdout.readline()
        try:
            yield rows
        finally:
            process.send_signal(signal.SIGTERM)
            rows += json.loads(process.stdout.read())
