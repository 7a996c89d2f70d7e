"""What one owner can do after the login: a site that stores too much, and too many connections."""

import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from panggon.core.node.planning.resources import Key
from panggon.core.sites.spec import SiteState
from panggon.drivers import sftp
from panggon.drivers.ssh import sftp_client
from panggon.drivers.system import files, processes
from panggon.node.sockets import SocketSettings
from panggon.node.sockets.control_groups import controllers
from panggon.node.sockets.guards.asleep import Asleep
from panggon.node.sockets.guards.sessions import Sessions
from panggon.node.sockets.quota.full import NOTE, Full
from panggon.node.sockets.quota.usage import Excess
from panggon.node.sockets.sandboxes.lookups import Users
from panggon.node.sockets.sandboxes.sandbox import Machine
from tests.drivers.conftest import UID_BASE
from tests.drivers.sftp.owner import by_key, served, session, spec, visit
from tests.waiting import until

pytestmark = pytest.mark.real


def running(uid: int) -> list[int]:
    """Without those that have ended and whose parent has not asked."""
    return [int(pid) for pid in served(uid) if processes.start_time(int(pid))]


@pytest.fixture
def machine(root: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    monkeypatch.setattr(Users, "SECONDS", 0.0)
    settings = SocketSettings(root, root / "run", root / "logs", UID_BASE, web_group=33)
    return Machine(settings, frozenset(), controllers.find())


@pytest.fixture
def found(machine: Machine, site: str) -> Iterator[Callable[[Excess], bool]]:
    """What the holder finds of a static site: nothing of it ever runs."""
    record = {"site": site, "mebibytes": 2, "files": 30, "writing": False}
    files.write(machine.settings.site(site) / "quota.json", json.dumps(record))
    full = Full(machine.settings)
    watch = Asleep(machine, full, lambda _: False)

    def found(excess: Excess) -> bool:
        watch.look()
        return full.of(site) is excess

    yield found
    full.set(site, Excess.NOTHING)
    files.remove(machine.settings.site(site) / "quota.json")


@pytest.mark.usefixtures("serving", "_removed")
def test_the_owner_of_a_full_site_may_only_make_room(
    found: Callable[[Excess], bool],
    driver: sftp.AccessDriver,
    settings: sftp.Settings,
    key: Key,
    owner: tuple[Path, str],
    root: Path,
    tmp_path: Path,
) -> None:
    driver.write(key, {"keys": (owner[1],)})
    (tmp_path / "large").write_bytes(b"x" * (3 << 20))
    (tmp_path / "small").write_bytes(b"x")
    note = root / "sites" / key.name / "logs" / NOTE

    def enter(commands: str) -> subprocess.CompletedProcess[str]:
        return visit(settings, key.name, commands, options=by_key(owner[0]), folder=tmp_path)

    assert enter("put large public/large\n").returncode == 0
    until(lambda: found(Excess.SPACE))
    assert "hanya dapat membaca dan menghapus berkas" in note.read_text()
    refused = "put small public/small\n-mkdir public/more\n-symlink large public/link\n-get public/large back\n"
    said = enter(refused.replace("put", "-put"))
    assert said.stderr.count("Permission denied") == 3
    assert (root / "sites" / key.name / "public" / "small").stat().st_size == 0
    assert (tmp_path / "back").stat().st_size == 3 << 20
    proof = {check.name: check for check in driver.probe(key, spec=spec(key.name, SiteState.OPEN, owner[1]))}
    assert (proof["sftp.upload"].ok, proof["sftp.upload"].detail) == (True, sftp_client.FULL)

    empty = "".join(f"-put small public/{number}\n" for number in range(40))
    enter(empty)
    until(lambda: found(Excess.FILES))
    assert "hanya dapat melihat daftar berkas dan menghapusnya" in note.read_text()
    (tmp_path / "back").unlink()
    said = enter("-put small public/other\n-get public/large back\nls -1 public\nrm public/large\nrm public/*\n")
    assert said.stderr.count("Permission denied") == 2
    assert "public/39" in said.stdout
    assert not list((root / "sites" / key.name / "public").iterdir())
    until(lambda: found(Excess.NOTHING))
    assert not note.exists()
    assert enter("put small public/small\nrm public/small\n").returncode == 0


@pytest.mark.usefixtures("serving", "_removed")
def test_who_is_in_when_the_site_becomes_full_comes_in_anew(
    found: Callable[[Excess], bool],
    driver: sftp.AccessDriver,
    settings: sftp.Settings,
    key: Key,
    owner: tuple[Path, str],
    root: Path,
    uid: int,
    tmp_path: Path,
) -> None:
    driver.write(key, {"keys": (owner[1],)})
    with session(settings, key.name, options=by_key(owner[0]), folder=tmp_path):
        until(lambda: len(running(uid)) >= 2)
        large = root / "sites" / key.name / "public" / "large"
        files.write(large, "x" * (3 << 20), uid=uid)
        until(lambda: found(Excess.SPACE))
        until(lambda: not running(uid))
    large.unlink()
    until(lambda: found(Excess.NOTHING))


@pytest.mark.usefixtures("serving", "_removed")
def test_connections_of_one_owner_are_bounded_and_share_a_control_group(
    machine: Machine,
    driver: sftp.AccessDriver,
    settings: sftp.Settings,
    key: Key,
    owner: tuple[Path, str],
    uid: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("panggon.node.sockets.guards.sessions.SESSIONS_MOST", 1)
    driver.write(key, {"keys": (owner[1],)})
    full, group = Full(machine.settings), f"{key.name}-sftp"
    sessions = Sessions(machine, full)
    came: list[frozenset[int]] = []
    with ExitStack() as clients:
        for number in range(3):
            folder = tmp_path / f"{number}"
            folder.mkdir()
            clients.enter_context(session(settings, key.name, options=by_key(owner[0]), folder=folder))
            until(lambda: len(running(uid)) == 2 * number + 2)  # noqa: B023
            came.append(frozenset(running(uid)))
        sessions.look()
        until(lambda: len(running(uid)) == 2)
        assert set(running(uid)) == came[-1] - came[1], "the oldest go"
        if machine.groups.memory:
            assert machine.groups.members(group) == frozenset(running(uid))
        full.set(key.name, Excess.SPACE)  # nobody has ended what was there, or was about to come in
        sessions.look()
        until(lambda: not running(uid))
        clients.enter_context(session(settings, key.name, options=by_key(owner[0]), folder=tmp_path))
        until(lambda: len(running(uid)) == 2)
        sessions.look()
        assert len(running(uid)) == 2, "he knows by now that he may only read and delete"
    full.set(key.name, Excess.NOTHING)
    until(lambda: not running(uid))

    def left() -> bool:
        sessions.look()
        return not machine.groups.has(group)

    until(left)
