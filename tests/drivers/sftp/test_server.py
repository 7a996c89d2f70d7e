import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from panggon.core.node.logs.logins import login_of
from panggon.core.node.planning.resources import Key, Kind
from panggon.core.sites.spec import SiteState
from panggon.drivers import sftp, user
from panggon.drivers.system import files, processes
from panggon.node.servers import sshd
from tests.drivers.contract import Case, Contract
from tests.drivers.sftp.owner import BY_PASSWORD, PRINT, by_key, lists, served, session, spec, visit
from tests.drivers.sftp.stranger import enter_as
from tests.waiting import until

NOW = datetime(2026, 11, 26, tzinfo=UTC)

pytestmark = pytest.mark.real
MORE = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA"  # one more key, of nobody
IP_FREEBIND = 15  # linux/in.h: an address that no interface has


@contextmanager
def every_address_of(network: str) -> Iterator[None]:
    """All of them are this machine's meanwhile."""
    route = ("route", "add", "local", network, "dev", "lo")
    subprocess.run(("ip", "-6", *route), check=True)
    try:
        yield
    finally:
        subprocess.run(("ip", "-6", "route", "del", *route[2:]), check=True)


@pytest.mark.parametrize(("version", "said"), [((9, 2), False), ((9, 7), False), ((9, 8), True), ((10, 0), True)])
def test_no_option_is_written_that_the_installed_server_does_not_know(version: tuple[int, int], said: bool) -> None:
    assert bool(sshd._penalties(version)) == said


class TestContract(Contract):
    @pytest.fixture
    def case(self, driver: sftp.AccessDriver, key: Key, server: sshd.Settings, owner: tuple[Path, str]) -> Case:
        path = server.etc / "keys" / key.name
        path.parent.mkdir(parents=True, exist_ok=True)
        return Case(
            driver=lambda: driver,
            key=key,
            first={"keys": ()},
            second={"keys": (owner[1], MORE)},
            plant=lambda: path.write_text(f"{owner[1]}\n") and None,
            planted=path.read_text,
            clear=path.unlink,
        )


@pytest.mark.usefixtures("serving", "_removed")
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

    def test_a_login_looks_for_no_groups_among_all_sites(self, serving: int) -> None:
        seen = Path(f"/proc/{serving}/root/etc/nsswitch.conf").read_text().splitlines()
        groups = [line for line in seen if line.startswith(("group:", "initgroups:"))]
        assert groups == ["group: files", "initgroups: files"]
        machine = sshd.NAME_SERVICES.read_text().splitlines()
        assert {line for line in machine if not line.startswith("group:")} <= set(seen)

    def test_one_network_of_ipv6_keeps_no_owner_away(
        self, driver: sftp.AccessDriver, settings: sftp.Settings, key: Key, owner: tuple[Path, str], tmp_path: Path
    ) -> None:
        driver.write(key, {"keys": (owner[1],)})
        network = f"2001:db8:{os.getpid() & 0xFFFF:x}"
        with every_address_of(f"{network}::/48"), ExitStack() as strangers:
            for number in range(300):
                line = strangers.enter_context(socket.socket(socket.AF_INET6))
                line.setsockopt(socket.IPPROTO_IP, IP_FREEBIND, 1)
                line.bind((f"{network}:{number:x}::1", 0))
                line.connect(("::1", settings.port))
            inside = visit(settings, key.name, "ls -1 /\n", options=by_key(owner[0]), folder=tmp_path)
        assert inside.returncode == 0, inside.stderr

    def test_the_log_tells_people_from_the_machines_own_proofs(
        self,
        driver: sftp.AccessDriver,
        settings: sftp.Settings,
        server: sshd.Settings,
        serving: int,
        key: Key,
        owner,
        tmp_path: Path,
    ) -> None:
        def told(act) -> list[tuple[str, str, str]]:
            before = len(server.log.read_text())
            act()
            until(lambda: processes.children(serving) == ())  # who served them has said all
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

    def test_a_stranger_writes_no_line_of_a_login(
        self, settings: sftp.Settings, server: sshd.Settings, serving: int, key: Key
    ) -> None:
        """By what he calls himself; OpenSSH's own client refuses such a name, another does not."""
        log, before = server.log, len(server.log.read_text())
        enter_as(f"x\nAccepted password for {key.name} from 10.1.2.3 port 1 ssh2\nz", settings.port)
        until(lambda: "Invalid user x?Accepted" in log.read_text()[before:])
        until(lambda: processes.children(serving) == ())
        told = [login_of(line, at=NOW) for line in log.read_text()[before:].splitlines()]
        assert set(told) == {None}

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
        def allow_keys(*keys: str) -> None:
            driver.write(key, {"keys": keys})

        def allow_password(password: str) -> None:
            site_user.write(Key(Kind.USER, key.name), {"uid": uid, "password": password})

        allow_keys(owner[1])
        allow_password(PRINT)
        options = by_key(owner[0]) if way == "key" else BY_PASSWORD
        with session(settings, key.name, options=options, folder=tmp_path) as process:
            until(lambda: served(uid))
            allow_keys(owner[1], MORE)  # nobody loses a right
            assert lists(process, "public")
            if way == "key":
                allow_keys(MORE)
            else:
                allow_password("")
            until(lambda: not served(uid))
            assert "public" not in process.communicate("ls\n", timeout=60)[0]
            assert process.returncode != 0
        allow_keys()
        allow_password("")

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


def test_preparing_again_keeps_the_host_key(server: sshd.Settings) -> None:
    sshd.prepare(server)
    before = server.host_key.read_bytes()
    sshd.prepare(server)
    assert server.host_key.read_bytes() == before
    assert server.host_key.stat().st_mode & 0o777 == 0o600
    accepted = subprocess.run(["/usr/sbin/sshd", "-t", "-f", str(server.configuration)], capture_output=True, text=True)
    assert (accepted.returncode, accepted.stderr) == (0, "")
