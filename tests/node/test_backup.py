"""Where the servers' copies lie and go, without the servers: `tests/node/restored.py` has them."""

import pwd
import shutil

import pytest

from panggon.core.errors import PermanentError, TemporaryError
from panggon.node import backup, own_servers
from tests.node import simulated

COPIED = {"mariadb": "mysql", "postgresql": "postgres", "knot": "knot"}


@pytest.fixture
def config(tmp_path):
    return simulated.settings(tmp_path, simulate=False)


@pytest.fixture
def copies(config):
    place = config.paths.state / "backup"
    for name in COPIED:
        (place / name).mkdir(parents=True)
        (place / name / "data").write_text(name)
    return place


def test_each_copy_becomes_the_data_of_its_server(config, copies):
    said = []
    backup.restore(config, said.append)
    for name, user in COPIED.items():
        data = config.paths.state / name / "data"
        assert (data.read_text(), data.stat().st_uid) == (name, pwd.getpwnam(user).pw_uid)
    assert said == [f"{name} ditaruh di tempatnya" for name in COPIED]
    assert not copies.exists()
    backup.demand_restored(config)


def test_a_restore_that_was_killed_goes_on(config, copies):
    (copies / "mariadb").rename(config.paths.state / "mariadb")
    with pytest.raises(PermanentError, match="postgresql tidak ada, tetapi salinannya ada"):
        backup.demand_restored(config)
    backup.restore(config, lambda _: None)
    assert {name: (config.paths.state / name / "data").read_text() for name in COPIED} == {n: n for n in COPIED}


def test_data_that_is_there_is_never_replaced(config, copies):
    (config.paths.state / "knot").mkdir()
    with pytest.raises(PermanentError, match="state/knot sudah ada"):
        backup.restore(config, lambda _: None)
    assert {path.name for path in copies.iterdir()} == set(COPIED)
    assert list((config.paths.state / "knot").iterdir()) == []


def test_a_machine_that_is_brought_back_by_half_gets_no_empty_databases(config, copies):
    with pytest.raises(PermanentError) as refused:
        own_servers.prepare(config)
    assert refused.value.code == "node.restore"
    assert {path.name for path in config.paths.state.iterdir()} == {copies.name}


def test_without_a_copy_there_is_nothing_to_restore(config):
    backup.demand_restored(config)
    with pytest.raises(PermanentError, match="tidak ada salinan"):
        backup.restore(config, lambda _: None)


def test_a_server_that_gives_no_copy_leaves_none(config, copies):
    with pytest.raises(PermanentError, match="mariadb-backup") as failed:
        backup.make(config, lambda _: None)
    assert failed.value.code == "shell.failed"
    assert {path.name for path in config.paths.state.iterdir()} == {"backup.lock"}


def test_what_finds_no_room_is_not_begun(config, monkeypatch):
    data = config.paths.state / "postgresql"
    data.mkdir(parents=True)
    (data / "base").write_bytes(bytes(3 * backup.MEBIBYTE))
    usage = shutil.disk_usage(data)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=2 * backup.MEBIBYTE))
    with pytest.raises(TemporaryError, match=r"membutuhkan 4 MiB .* yang tersisa 2 MiB") as full:
        backup.make(config, lambda _: None)
    assert full.value.code == "disk.full"
