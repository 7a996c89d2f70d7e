import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from passlib.hash import sha512_crypt

from panggon.core.logins import login_of
from panggon.core.resources import Key, Kind
from panggon.core.spec import Access, SiteSpec, SiteState
from panggon.drivers import directory, files, sftp, user
from panggon.node.servers import sshd
from tests.drivers.conftest import UID_BASE
from tests.drivers.contract import Case, Contract
from tests.drivers.running import free_port, running
from tests.waiting import until

PASSWORD = "kata sandi pemilik 2026"
HASH = sha512_crypt.using(rounds=5000).hash(PASSWORD)
NOW = datetime(2026, 11, 26, tzinfo=UTC)
PRINT = user.fingerprint(HASH)

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def server(root: Path) -> sshd.Settings:
    etc = root / "etc"
    return sshd.Settings(
        addresses=("127.0.0.1", "::1"),
        port=free_port(),
        root=root,
        etc=etc,
        host_key=etc / "ssh_host_ed25519_key",
        configuration=etc / "sshd_config",
        log=root / "logs" / "sshd.log",
    )


@pytest.fixture(scope="module")
def settings(server: sshd.Settings) -> sftp.Settings:
    host_key = server.host_key.with_name(f"{server.host_key.name}.pub")
    return sftp.Settings("127.0.0.1", server.port, host_key, server.etc, UID_BASE)


@pytest.fixture
def driver(settings: sftp.Settings) -> sftp.AccessDriver:
    return sftp.AccessDriver(settings)


@pytest.fixture
def key(site: str) -> Key:
    return Key(Kind.ACCESS, site)


@pytest.fixture(scope="module")
def owner(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The owner's key: where its secret half lies, and the public line."""
    secret = Ed25519PrivateKey.generate()
    path = tmp_path_factory.mktemp("owner") / "key"
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption())
    files.write(path, secret.private_bytes(*form), mode=0o600)
    form = serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
    return path, secret.public_key().public_bytes(*form).decode()


class TestContract(Contract):
    @pytest.fixture
    def case(self, driver: sftp.AccessDriver, key: Key, server: sshd.Settings, owner: tuple[Path, str]) -> Case:
        path = server.etc / "keys" / key.name
        path.parent.mkdir(parents=True, exist_ok=True)
        return Case(
            driver=lambda: driver,
            key=key,
            first={"keys": ()},
            second={"keys": (owner[1], "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA")},
            plant=lambda: path.write_text(f"{owner[1]}\n") and None,
            planted=path.read_text,
            clear=path.unlink,
        )


@pytest.fixture(scope="module")
def site_user(site: str, root: Path) -> Iterator[user.UserDriver]:
    users = user.UserDriver(user.Settings(Path("/etc/userdb"), UID_BASE), {PRINT: HASH}.get)
    trees = directory.DirectoryDriver(directory.Settings(root, UID_BASE))
    uid = UID_BASE + int(site[1:])
    users.write(Key(Kind.USER, site), {"uid": uid, "password": ""})
    trees.write(Key(Kind.DIRECTORY, site), {"uid": uid})
    yield users
    users.write(Key(Kind.USER, site), None)
    trees.write(Key(Kind.DIRECTORY, site), None)


@pytest.fixture(scope="module")
def _sshd(server: sshd.Settings, site_user: user.UserDriver) -> Iterator[None]:
    sshd.prepare(server)
    with running(sshd.server(server)):
        yield


@pytest.fixture
def _removed(driver: sftp.AccessDriver, key: Key) -> Iterator[None]:
    yield
    driver.write(key, None)


def spec(site: str, state: SiteState, *keys: str) -> SiteSpec:
    return SiteSpec(site, "a.example", state, 1, access=Access(keys))


def visit(
    settings: sftp.Settings,
    login: str,
    commands: str,
    *,
    options: tuple[str, ...],
    folder: Path,
    program: str = "sftp",
    flags: tuple[str, ...] = (),
) -> subprocess.CompletedProcess[str]:
    """As the owner would, with a client of their own."""
    argv, environment = client(settings, login, program=program, options=options, folder=folder)
    argv += [*flags, f"{login}@127.0.0.1", *([commands] if program == "ssh" and commands else [])]
    return subprocess.run(argv, input=commands, env=environment, capture_output=True, text=True, timeout=20, cwd=folder)


@contextmanager
def session(
    settings: sftp.Settings, login: str, *, options: tuple[str, ...], folder: Path
) -> Iterator["subprocess.Popen[str]"]:
    """A client that stays, as people's do."""
    argv, environment = client(settings, login, program="sftp", options=options, folder=folder)
    argv.append(f"{login}@127.0.0.1")
    pipe, nothing = subprocess.PIPE, subprocess.DEVNULL
    with subprocess.Popen(
        argv, env=environment, text=True, cwd=folder, stdin=pipe, stdout=pipe, stderr=nothing
    ) as process:
        yield process
        process.kill()


def served(uid: int) -> list[str]:
    """The server's processes that work for this user now."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # ended meanwhile
            if process.stat().st_uid == uid and (process / "comm").read_text().startswith("sshd"):
                found.append(process.name)
    return found


def client(
    settings: sftp.Settings, login: str, *, program: str, options: tuple[str, ...], folder: Path
) -> tuple[list[str], dict[str, str]]:
    """The beginning of the command line, and the environment; a password is typed by a program."""
    askpass = folder / "askpass"
    askpass.write_text(f"#!/bin/sh\necho '{PASSWORD}'\n")
    askpass.chmod(0o700)
    usual = ("StrictHostKeyChecking=no", f"UserKnownHostsFile={folder}/known", "NumberOfPasswordPrompts=1")
    argv = [program, "-F", "none", "-P" if program == "sftp" else "-p", str(settings.port)]
    for option in (*usual, *options):
        argv += ["-o", option]
    return argv, {"PATH": "/usr/bin:/bin", "SSH_ASKPASS": str(askpass), "SSH_ASKPASS_REQUIRE": "force"}


def by_key(path: Path) -> tuple[str, ...]:
    return (f"IdentityFile={path}", "IdentitiesOnly=yes", "PreferredAuthentications=publickey")


BY_PASSWORD = ("PreferredAuthentications=password", "PubkeyAuthentication=no")


@pytest.mark.usefixtures("_sshd", "_removed")
class TestServer:
    def test_the_owners_key_opens_the_jail_and_nothing_else(
        self, driver: sftp.AccessDriver, settings: sftp.Settings, key: Key, owner: tuple[Path, str], tmp_path: Path
    ) -> None:
        def enter(commands: str) -> subprocess.CompletedProcess[str]:
            return visit(settings, key.name, commands, options=by_key(owner[0]), folder=tmp_path)

        driver.write(key, {"keys": ()})
        assert "Permission denied" in enter("ls").stderr
        driver.write(key, {"keys": (owner[1],)})
        inside = enter("ls -1 /\n")
        assert inside.returncode == 0
        assert inside.stdout.split("\n")[1:-1] == ["/logs", "/private", "/public", "/run", "/tmp"]
        assert "not found" in enter("ls /etc/passwd\n").stderr
        assert "not found" in enter("ls ../../../../etc/passwd\n").stderr
        assert "Permission denied" in enter("mkdir /baru\n").stderr
        driver.write(key, {"keys": ()})
        assert "Permission denied" in enter("ls").stderr

    def test_the_log_tells_people_from_the_machines_own_proofs(
        self, driver: sftp.AccessDriver, settings: sftp.Settings, server: sshd.Settings, key: Key, owner, tmp_path: Path
    ) -> None:
        def told(act) -> list[tuple[str, str, str]]:
            before = len(server.log.read_text())
            act()
            lines = server.log.read_text()[before:].splitlines()
            tries = [try_ for line in lines if (try_ := login_of(line, at=NOW))]
            assert {site for site, _ in tries} <= {key.name}
            return [(login.ending.value, login.way.value, login.address) for _, login in tries]

        def enter() -> None:
            visit(settings, key.name, "ls\n", options=by_key(owner[0]), folder=tmp_path)

        driver.write(key, {"keys": ()})
        assert ("refused", "publickey", "127.0.0.1") in told(enter)
        driver.write(key, {"keys": (owner[1],)})
        assert told(enter) == [("accepted", "publickey", "127.0.0.1")]
        assert told(lambda: driver.probe(key, spec=spec(key.name, SiteState.OPEN, owner[1]))) == []

    def test_a_hostile_owner_reaches_nothing_else_and_plants_nothing(
        self,
        driver: sftp.AccessDriver,
        settings: sftp.Settings,
        key: Key,
        owner: tuple[Path, str],
        root: Path,
        tmp_path: Path,
    ) -> None:
        """Through links of both kinds to other sites and to root's files, and into root's directories."""
        secret, own = root / "sites" / "neighbour" / "secret.txt", root / "sites" / key.name
        files.directory(secret.parent)
        files.write(secret, "theirs")
        files.write(own / "site.json", "root's", mode=0o640)
        driver.write(key, {"keys": (owner[1],)})
        (tmp_path / "sent").write_text("x")
        links = (
            str(secret),
            "../../neighbour/secret.txt",
            "/../neighbour/secret.txt",
            "/etc/shadow",
            "/proc/1/root/etc/shadow",
        )
        attempts = [f"-ln -s {target} /public/link{number}" for number, target in enumerate(links)]
        attempts += [f"-get /public/link{number} taken{number}" for number in range(len(links))]
        attempts += ["-ln /site.json /public/hard", "-get /site.json taken", "-rename /site.json /public/moved"]
        attempts += [f"-put sent {place}" for place in ("/site.json", "/x", "/logs/x", "/run/x")]
        attempts += [
            "-rename /logs /public/logs",
            "-rm /site.json",
            "-rmdir /run",
            "-chmod 777 /logs",
            "-chown 0 /public",
        ]
        visit(
            settings, key.name, "\n".join(attempts) + "\n", options=by_key(owner[0]), folder=tmp_path, flags=("-b", "-")
        )
        assert list(tmp_path.glob("taken*")) == []
        assert sorted(path.name for path in own.iterdir()) == sorted(
            [".panggon", "logs", "private", "public", "run", "site.json", "tmp"]
        )
        assert {path.name for path in (own / "public").iterdir()} == {f"link{number}" for number in range(len(links))}
        assert all(path.is_symlink() for path in (own / "public").iterdir())
        assert (own / "site.json").read_text() == "root's"
        assert [(own / name).stat().st_uid for name in ("logs", "run")] == [0, 0]
        assert list((own / "logs").iterdir()) + list((own / "run").iterdir()) == []
        for path in (*(own / "public").iterdir(), own / "site.json"):
            path.unlink()

    def test_uploads_can_be_read_by_the_web_server_and_belong_to_the_site(
        self,
        driver: sftp.AccessDriver,
        settings: sftp.Settings,
        key: Key,
        owner: tuple[Path, str],
        tmp_path: Path,
        root: Path,
        uid: int,
    ) -> None:
        driver.write(key, {"keys": (owner[1],)})
        (tmp_path / "index.html").write_text("<h1>OPD</h1>")
        commands = "put index.html /public/index.html\nmkdir /public/gambar\n"
        assert visit(settings, key.name, commands, options=by_key(owner[0]), folder=tmp_path).returncode == 0
        page = root / "sites" / key.name / "public" / "index.html"
        assert (page.stat().st_uid, page.stat().st_mode & 0o777) == (uid, 0o644)
        as_web = ["setpriv", "--reuid=33", "--regid=33", "--clear-groups", "cat", str(page)]
        assert subprocess.run(as_web, capture_output=True, text=True).stdout == "<h1>OPD</h1>"

    def test_the_owners_password(
        self, settings: sftp.Settings, key: Key, site_user: user.UserDriver, uid: int, tmp_path: Path
    ) -> None:
        def enter() -> subprocess.CompletedProcess[str]:
            return visit(settings, key.name, "ls -1 /\n", options=BY_PASSWORD, folder=tmp_path)

        assert "Permission denied" in enter().stderr
        site_user.write(Key(Kind.USER, key.name), {"uid": uid, "password": PRINT})
        inside = enter()
        assert (inside.returncode, "/public" in inside.stdout) == (0, True)
        site_user.write(Key(Kind.USER, key.name), {"uid": uid, "password": ""})
        assert "Permission denied" in enter().stderr

    @pytest.mark.parametrize("way", ["key", "password"])
    def test_who_loses_the_right_loses_the_session_too(
        self,
        way: str,
        driver: sftp.AccessDriver,
        settings: sftp.Settings,
        key: Key,
        site_user: user.UserDriver,
        uid: int,
        owner: tuple[Path, str],
        tmp_path: Path,
    ) -> None:
        def allow(keys: tuple[str, ...], password: str) -> None:
            driver.write(key, {"keys": keys})
            site_user.write(Key(Kind.USER, key.name), {"uid": uid, "password": password})

        allow((owner[1],), PRINT)
        options = by_key(owner[0]) if way == "key" else BY_PASSWORD
        with session(settings, key.name, options=options, folder=tmp_path) as process:
            until(lambda: served(uid))
            allow((owner[1],), PRINT)
            assert served(uid)
            allow((owner[1],) if way == "password" else (), "" if way == "password" else PRINT)
            until(lambda: not served(uid))
            assert "public" not in process.communicate("ls\n", timeout=5)[0]
            assert process.returncode != 0
        allow((), "")

    def test_no_shell_no_command_no_tunnel(
        self, driver: sftp.AccessDriver, settings: sftp.Settings, key: Key, owner: tuple[Path, str], tmp_path: Path
    ) -> None:
        driver.write(key, {"keys": (owner[1],)})
        run = visit(settings, key.name, "id", options=by_key(owner[0]), folder=tmp_path, program="ssh")
        assert "uid=" not in run.stdout
        through = ("-W", f"127.0.0.1:{settings.port}")
        tunnel = visit(settings, key.name, "", options=by_key(owner[0]), folder=tmp_path, program="ssh", flags=through)
        assert (tunnel.returncode, tunnel.stdout) == (255, "")
        assert "administratively prohibited" in tunnel.stderr

    @pytest.mark.parametrize("login", ["root", "nobody", "s000000"])
    def test_nobody_else_gets_in(
        self, settings: sftp.Settings, server: sshd.Settings, login: str, owner: tuple[Path, str], tmp_path: Path
    ) -> None:
        (server.etc / "keys" / login).write_text(f"{owner[1]}\n")
        refused = visit(settings, login, "ls\n", options=by_key(owner[0]), folder=tmp_path)
        (server.etc / "keys" / login).unlink()
        assert "Permission denied" in refused.stderr


@pytest.mark.usefixtures("_sshd", "_removed")
class TestProof:
    def test_prepared(self, driver: sftp.AccessDriver, key: Key, owner: tuple[Path, str], root: Path) -> None:
        driver.write(key, {"keys": ()})
        checks = driver.probe(key, spec=spec(key.name, SiteState.PREPARED, owner[1]))
        assert [(check.name, check.ok) for check in checks] == [
            ("sftp.login", True),
            ("sftp.jail", True),
            ("sftp.upload", True),
            ("sftp.stranger", True),
            ("sftp.locked", True),
        ]
        assert list((root / "etc" / "probe-keys").iterdir()) == []
        assert [path.name for path in (root / "sites" / key.name / "public").glob(".*")] == []

    def test_open(self, driver: sftp.AccessDriver, key: Key, owner: tuple[Path, str]) -> None:
        driver.write(key, {"keys": (owner[1],)})
        checks = driver.probe(key, spec=spec(key.name, SiteState.OPEN, owner[1]))
        assert [(check.name, check.ok) for check in checks[3:]] == [("sftp.stranger", True), ("sftp.owner", True)]
        assert checks[4].detail == "1 dari 1 kunci pemilik diterima"

    def test_an_open_door_of_a_prepared_site_is_seen(
        self, driver: sftp.AccessDriver, key: Key, owner: tuple[Path, str]
    ) -> None:
        driver.write(key, {"keys": (owner[1],)})
        for known in ((owner[1],), ()):  # also a key that the spec does not know
            locked = driver.probe(key, spec=spec(key.name, SiteState.PREPARED, *known))[-1]
            assert (locked.name, locked.ok) == ("sftp.locked", False)

    def test_a_closed_door_of_an_open_site_is_seen(
        self, driver: sftp.AccessDriver, key: Key, owner: tuple[Path, str]
    ) -> None:
        driver.write(key, {"keys": ()})
        check = driver.probe(key, spec=spec(key.name, SiteState.OPEN, owner[1]))[-1]
        assert (check.name, check.ok, check.detail) == ("sftp.owner", False, "0 dari 1 kunci pemilik diterima")

    def test_a_directory_that_is_not_writable_is_seen(self, driver: sftp.AccessDriver, key: Key, root: Path) -> None:
        driver.write(key, {"keys": ()})
        (root / "sites" / key.name / "public").chmod(0o550)
        checks = {check.name: check.ok for check in driver.probe(key, spec=spec(key.name, SiteState.PREPARED))}
        (root / "sites" / key.name / "public").chmod(0o2750)
        assert (checks["sftp.login"], checks["sftp.upload"]) == (True, False)

    def test_another_server_in_its_place_is_seen(
        self, settings: sftp.Settings, key: Key, owner: tuple[Path, str], tmp_path: Path
    ) -> None:
        (tmp_path / "other.pub").write_text(f"{owner[1]}\n")
        other = sftp.Settings("127.0.0.1", settings.port, tmp_path / "other.pub", settings.etc, UID_BASE)
        checks = sftp.AccessDriver(other).probe(key, spec=spec(key.name, SiteState.OPEN, owner[1]))
        assert [(check.name, check.ok) for check in checks] == [
            ("sftp.login", False),
            ("sftp.stranger", False),
            ("sftp.owner", False),
        ]
        assert "Host key verification failed" in checks[0].detail

    def test_each_of_many_keys_is_asked_for(self, driver: sftp.AccessDriver, key: Key, owner: tuple[Path, str]) -> None:
        others = tuple(Ed25519PrivateKey.generate().public_key() for _ in range(7))
        form = (serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
        keys = (*(other.public_bytes(*form).decode() for other in others), owner[1])
        driver.write(key, {"keys": keys})
        (check,) = (c for c in driver.probe(key, spec=spec(key.name, SiteState.OPEN, *keys)) if c.name == "sftp.owner")
        assert (check.ok, check.detail) == (True, "8 dari 8 kunci pemilik diterima")
        driver.write(key, {"keys": keys[:6]})
        (check,) = (c for c in driver.probe(key, spec=spec(key.name, SiteState.OPEN, *keys)) if c.name == "sftp.owner")
        assert (check.ok, check.detail) == (False, "6 dari 8 kunci pemilik diterima")

    def test_no_server_is_seen(self, settings: sftp.Settings, key: Key, owner: tuple[Path, str]) -> None:
        away = sftp.Settings("127.0.0.1", free_port(), settings.host_key, settings.etc, UID_BASE)
        checks = sftp.AccessDriver(away).probe(key, spec=spec(key.name, SiteState.PREPARED, owner[1]))
        assert [check.ok for check in checks] == [False, False, False]
        assert "Connection refused" in checks[0].detail

    def test_a_probes_key_is_worth_nothing_from_elsewhere_or_later(
        self, driver: sftp.AccessDriver, settings: sftp.Settings, key: Key, owner: tuple[Path, str], tmp_path: Path
    ) -> None:
        def enter() -> int:
            return visit(settings, key.name, "ls\n", options=by_key(owner[0]), folder=tmp_path).returncode

        path = settings.etc / "probe-keys" / key.name
        with driver._let_in(key, owner[1]):
            line = path.read_text()
            assert enter() == 0
        assert (path.exists(), enter()) == (False, 255)
        expiry = re.fullmatch(
            r'restrict,from="127\.0\.0\.1,127\.0\.0\.2,::1",expiry-time="(\d{14}Z)" ssh-ed25519 \S+\n', line
        )[1]
        for elsewhere_or_later in (
            line.replace("127.0.0.1,127.0.0.2,::1", "192.0.2.1"),
            line.replace(expiry, "20200101000000Z"),
        ):
            path.write_text(elsewhere_or_later)
            assert enter() == 255
        path.unlink()


def test_preparing_again_keeps_the_host_key(server: sshd.Settings) -> None:
    sshd.prepare(server)
    before = server.host_key.read_bytes()
    sshd.prepare(server)
    assert server.host_key.read_bytes() == before
    assert server.host_key.stat().st_mode & 0o777 == 0o600
    accepted = subprocess.run(["/usr/sbin/sshd", "-t", "-f", str(server.configuration)], capture_output=True, text=True)
    assert (accepted.returncode, accepted.stderr) == (0, "")
