"""The packages as they are committed, and a Debian machine on which nothing of them is installed yet.

Whichever test comes first has them made, minutes on a busy machine: the tests' time limits leave fixtures out
(`func_only`).
"""

import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.host import machine as machines
from tests.host.host import SUITE, Host, host, in_root, inside_root, make_root, sources

REPOSITORY = Path(__file__).resolve().parents[2]
PLACE = REPOSITORY / "var" / "host"
NOW, NEXT = "0.1.0", "0.1.1"  # versions of the packages
GIVEN = Path("var/local/packages")  # where the machine finds them
# What building packages needs of Debian, where the machine's release is not this machine's.
TOOLS = ("apt-utils", "gettext", "git", "gnupg", "python3-venv")
REQUIREMENTS = ("requirements.txt", "packaging/panggon-node/requirements.txt")
# The PHP of the release before each, which machines that were upgraded still have.
FORMER_PHP = {"bookworm": ("bullseye", "7.4"), "trixie": ("bookworm", "8.2")}
FORMER_PACKAGES = Path("var/local/php")  # where the machine finds it, not installed
# Debian's php-common suffers no other version beside its own; that of repositories with several does.
FETCH = """
install="apt-get install -qq -y --no-install-recommends"
cd /$1; shift
apt-get update -qq
apt-get download -qq php-common
dpkg-deb --raw-extract php-common_*.deb common
rm php-common_*.deb
sed -i '/^Breaks:/d; s/^Version: .*/&+several/' common/DEBIAN/control
dpkg-deb --build common php-common_several.deb
rm -r common
$install --download-only ./php-common_several.deb "$@"
mv /var/cache/apt/archives/*.deb .
"""


@dataclass(frozen=True, slots=True)
class Vendor:
    """Whoever builds and signs the packages; `published` is what a web server would give out. `builder`: the root of
    a machine of the right release; None: this one is. `libraries`: what that one finds instead of the network.
    """

    keys: Path
    published: Path
    builder: Path | None = None
    libraries: Path = PLACE

    def publish(self, version: str, *names: str) -> None:
        for name in names:
            self.build(version, name, self.published)

    def build(self, version: str, name: str, into: Path) -> Path:
        key = self._gpg("--list-keys", "--with-colons").partition("\nfpr:")[2].split(":")[8]
        argv: list[str | Path] = [REPOSITORY / "script" / "package", "--version", version, "--only", name]
        argv += ["--into", into, "--key", key]
        into.mkdir(exist_ok=True)
        subprocess.run([*self._there(into), *argv], env=self._environment, check=True, capture_output=True)
        return self.built(version, name, into)

    def built(self, version: str, name: str, into: Path) -> Path:
        return next(into.glob(f"pool/{SUITE}/{name}_{version}+*_*.deb"))

    def full(self, version: str) -> str:
        """The version as Debian knows it: with the release that it was built for."""
        return self.built(version, "panggon-node", self.published).name.split("_")[1]

    def make_key(self) -> None:
        self.keys.mkdir(mode=0o700)
        self._gpg("--passphrase", "", "--quick-generate-key", "Panggon (test)", "ed25519", "sign", "never")

    def forget_key(self) -> None:
        """The agent that holds it would run on."""
        subprocess.run(["gpgconf", "--kill", "gpg-agent"], env=self._environment, check=True)

    def _gpg(self, *words: str) -> str:
        argv = ["gpg", "--batch", "--quiet", *words]
        return subprocess.run(argv, env=self._environment, check=True, capture_output=True, text=True).stdout

    def _there(self, into: Path) -> Sequence[str]:
        if self.builder is None:
            return ()
        argv = ["git", "rev-parse", "--path-format=absolute", "--git-common-dir"]
        history = subprocess.run(argv, cwd=REPOSITORY, check=True, capture_output=True, text=True).stdout.strip()
        seen = (REPOSITORY, Path(history), (REPOSITORY / "node_modules").resolve(), self.keys, into)
        return inside_root(self.builder, *seen)

    @property
    def _environment(self) -> dict[str, str]:
        if self.builder is None:
            return {**os.environ, "GNUPGHOME": str(self.keys)}
        path = "/usr/sbin:/usr/bin:/sbin:/bin"
        libraries = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(self.libraries)}
        return {"PATH": path, "LANG": "C.UTF-8", "HOME": "/root", "GNUPGHOME": str(self.keys), **libraries}


@pytest.fixture(scope="session")
def vendor(tmp_path_factory) -> Iterator[Vendor]:
    place = tmp_path_factory.mktemp("vendor")
    made = Vendor(place / "keys", place / "published")
    if platform.freedesktop_os_release().get("VERSION_CODENAME") != SUITE:
        builder = PLACE / "builder"
        make_root(builder, kept=PLACE / f"builder-{SUITE}.tar", packages=TOOLS)
        made = Vendor(made.keys, made.published, builder, _libraries(builder))
    made.make_key()
    made.publish(NOW, "panggon-node", "panggon")
    yield made
    made.forget_key()
    if made.builder:
        shutil.rmtree(made.builder)


def _libraries(builder: Path) -> Path:
    """The locked libraries for the Python of that release: the builder itself reaches nobody."""
    version = next(path.name.removeprefix("python") for path in builder.glob("usr/bin/python3.*[0-9]"))
    locked = b"".join((REPOSITORY / name).read_bytes() for name in REQUIREMENTS)
    kept = PLACE / f"libraries-{version}-{hashlib.sha256(locked).hexdigest()[:12]}"
    if not kept.exists():
        draft = Path(f"{kept}.new")
        words = ["--quiet", "--python-version", version, "--only-binary", ":all:", "--no-deps", "--require-hashes"]
        for name in REQUIREMENTS:
            argv: list[str | Path] = [
                sys.executable,
                "-m",
                "pip",
                "download",
                *words,
                "--dest",
                draft,
                "--requirement",
                REPOSITORY / name,
            ]
            subprocess.run(argv, check=True)
        draft.rename(kept)
    return kept


@pytest.fixture(scope="session")
def machine(vendor) -> Iterator[Host]:
    root = PLACE / f"root-{SUITE}"
    make_anew(vendor, root)
    booted = (
        machines.machine_of(root, PLACE / "machine")
        if machines.IS_WANTED
        else host(root, f"panggon-host-{os.getpid()}")
    )
    with booted as made:
        made.boot()
        yield made
    shutil.rmtree(root, ignore_errors=True)


def make_anew(vendor: Vendor, root: Path) -> None:
    """A disk with nothing but Debian on it, and the packages as the machine finds them."""
    wanted = _wanted()
    former = _former_php(wanted)
    fingerprint = hashlib.sha256(" ".join([*wanted, *former]).encode()).hexdigest()[:12]
    kept = PLACE / f"debian-{SUITE}-{fingerprint}.tar"
    if kept.exists():
        make_root(root, kept=kept)
    else:
        make_root(root, kept=PLACE / f"debian-{SUITE}.tar")
        _install(root, wanted, former, kept)
    give(vendor, root)


def _wanted() -> list[str]:
    """Debian's packages that ours depend on, and what the machine itself needs."""
    found = list(machines.PACKAGES) if machines.IS_WANTED else []
    for name in ("panggon-node", "panggon"):
        control = (REPOSITORY / "packaging" / name / "control").read_text()
        line = next(line for line in control.splitlines() if line.startswith("Depends: "))
        found += [each.split()[0] for each in line.removeprefix("Depends: ").split(", ")]
    return found


def _former_php(wanted: Sequence[str]) -> list[str]:
    version = FORMER_PHP[SUITE][1]
    return [each.replace("php-", f"php{version}-") for each in wanted if each.startswith("php-")]


def _install(root: Path, wanted: Sequence[str], former: Sequence[str], kept: Path) -> None:
    """Kept for the next time: the machine itself reaches nobody."""
    install = f"apt-get install -qq -y --no-install-recommends {' '.join(wanted)}"
    in_root(root, f"apt-get update -qq && {install} && apt-get clean")
    (root / "etc" / "apt" / "sources.list.d" / "former.sources").write_text(sources(FORMER_PHP[SUITE][0]))
    (root / FORMER_PACKAGES).mkdir(parents=True)
    in_root(root, f"set -- {FORMER_PACKAGES} {' '.join(former)}\n{FETCH}")
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
    program = Path(__file__).with_name("load.py").read_text()
    argv = machine.words("python3", "-c", program, "/etc/panggon/ca.pem", *places)
    rows: list[dict] = []
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        process.stdout.readline()
        try:
            yield rows
        finally:
            process.stdin.close()
            rows += json.loads(process.stdout.read())
