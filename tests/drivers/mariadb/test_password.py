"""The file that tells the owner his password: in his hands, and good only as long as it is whole."""

import errno
import os
import stat
import subprocess
from pathlib import Path

import pytest

from panggon.core.errors import PermanentError, TemporaryError
from panggon.core.node.planning.resources import Key
from panggon.core.sites.spec import Engine
from panggon.drivers.database import DatabaseDriver
from panggon.drivers.system import files
from panggon.node.servers import mariadb
from tests.drivers.databases import ini
from tests.drivers.mariadb.reach import FIRST, as_site, spec

pytestmark = pytest.mark.real


@pytest.mark.usefixtures("_database")
def test_the_ini_file_is_the_owners_alone_and_php_reads_it(private: Path, site: str, uid: int) -> None:
    found = (private / "database.ini").stat()
    assert (found.st_uid, found.st_gid, oct(found.st_mode & 0o777)) == (uid, uid, "0o400")
    script = f'foreach (parse_ini_file("{private}/database.ini") as $k => $v) echo "$k=$v\\n";'
    read = dict(line.split("=", 1) for line in subprocess.check_output(["php", "-r", script], text=True).split())
    assert read == ini(private)
    assert (read["host"], read["database"], read["user"]) == ("localhost", site, site)
    assert read["socket"] == "/run/mysqld/mysqld.sock"
    assert len(read["password"]) == 43


@pytest.mark.usefixtures("_database")
def test_a_database_without_its_ini_file_is_not_proven_and_can_be_mended(
    driver: DatabaseDriver, key: Key, private: Path
) -> None:
    (private / "database.ini").unlink()
    assert driver.read(key).attributes == FIRST
    (check,) = driver.probe(key, spec=spec(key.name))
    assert (check.ok, check.detail) == (False, "private/database.ini tidak memuat kata sandi")
    driver.write(key, FIRST)
    assert all(check.ok for check in driver.probe(key, spec=spec(key.name)))


@pytest.mark.usefixtures("_database")
@pytest.mark.parametrize("lost", [True, False], ids=["lost", "known to others"])
def test_a_new_password_is_made_when_it_is_asked_for(
    driver: DatabaseDriver, key: Key, server: mariadb.Settings, private: Path, lost: bool
) -> None:
    with as_site(server, private) as session, session.cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS surat (isi VARCHAR(20))")
    former = as_site(server, private)
    before = ini(private)
    if lost:
        (private / "database.ini").unlink()
    driver.write(key, {**FIRST, "key_number": 1})
    assert driver.read(key).attributes == {**FIRST, "key_number": 1}
    again = ini(private)
    assert again["password"] != before["password"]
    assert {**again, "password": ""} == {**before, "password": ""}
    assert all(check.ok for check in driver.probe(key, spec=spec(key.name)))
    driver.write(key, {**FIRST, "key_number": 1})
    assert ini(private) == again
    former.close()
    mariadbd = driver.settings.servers[Engine.MARIADB]
    assert not mariadbd.verifies(mariadbd.find(key.name, known=True).verifier, before["password"])
    with as_site(server, private) as session, session.cursor() as cursor:
        cursor.execute("SHOW TABLES")
        assert cursor.fetchall() == (("surat",),)


@pytest.mark.usefixtures("_database")
def test_a_wrong_password_in_the_ini_file_is_not_proven_and_can_be_mended(
    driver: DatabaseDriver, key: Key, private: Path
) -> None:
    path = private / "database.ini"
    path.write_text(path.read_text().replace('password = "', 'password = "x'))
    assert "Access denied" in driver.probe(key, spec=spec(key.name))[0].detail
    driver.write(key, FIRST)
    assert all(check.ok for check in driver.probe(key, spec=spec(key.name)))


@pytest.mark.usefixtures("_database")
def test_links_and_pipes_of_the_owner_are_not_followed(
    driver: DatabaseDriver, key: Key, private: Path, root: Path
) -> None:
    victim = root / "victim"
    victim.write_text('password = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"\n')
    victim.chmod(0o600)
    for name in ("database.ini", ".database.ini.new"):
        (private / name).unlink(missing_ok=True)
        (private / name).symlink_to(victim)
    driver.write(key, FIRST)
    found = victim.stat()
    assert (found.st_uid, found.st_mode & 0o777) == (0, 0o600)
    assert victim.read_text() == 'password = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"\n'
    assert not (private / "database.ini").is_symlink()
    (private / "database.ini").unlink()
    os.mkfifo(private / "database.ini")
    driver.write(key, FIRST)
    assert stat.S_ISREG((private / "database.ini").lstat().st_mode)
    assert [path.name for path in private.iterdir()] == ["database.ini"]


def test_a_link_planted_during_the_write_is_not_followed(private: Path, root: Path, uid: int, monkeypatch) -> None:
    victim = root / "unsuspecting"
    victim.write_text("tetap")
    unlink = files._unlink_at

    def unlink_and_plant(directory: int, name: str) -> None:
        unlink(directory, name)
        (private / name).symlink_to(victim)

    monkeypatch.setattr(files, "_unlink_at", unlink_and_plant)
    with (
        files.opened(private, uid=uid) as directory,
        pytest.raises(PermanentError, match=r"disk\.refused"),
    ):
        files.write_at(directory, "database.ini", "x", mode=0o400, uid=uid, gid=uid)
    assert (victim.read_text(), victim.stat().st_uid) == ("tetap", 0)
    (private / ".database.ini.new").unlink()


@pytest.mark.usefixtures("_database")
def test_a_new_password_that_found_no_room_and_one_that_was_killed_leave_nothing(
    driver: DatabaseDriver, key: Key, private: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def without_room(descriptor: int) -> None:
        if Path(f"/proc/self/fd/{descriptor}").readlink().name == ".database.ini.new":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    before = ini(private)
    with monkeypatch.context() as full:
        full.setattr(os, "fsync", without_room)
        with pytest.raises(TemporaryError, match=r"disk\.full"):
            driver.write(key, {**FIRST, "key_number": 1})
    assert [path.name for path in private.iterdir()] == ["database.ini"]
    (private / ".database.ini.new").touch()
    driver.write(key, FIRST)
    assert [path.name for path in private.iterdir()] == ["database.ini"]
    assert ini(private) == before
