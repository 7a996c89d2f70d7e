import errno
import hashlib
import os
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from panggon.core.errors import PermanentError, TemporaryError
from panggon.core.node.planning.resources import Key, Kind, Standing
from panggon.core.sites.spec import Access, SiteSpec, SiteState
from panggon.drivers import user as subject
from panggon.drivers.user import Settings, UserDriver, fingerprint
from tests.drivers.conftest import UID_BASE
from tests.drivers.contract import Case, Contract

USERDB = Path("/etc/userdb")  # the only place where libnss-systemd looks
HASH = "$6$rounds=656000$saltsalt$" + "aZ09./" * 14 + "aZ"
# Each costs whoever tries it gigabytes, or hours.
COSTLY = (
    "$y$jJT$saltsaltsalt$" + "a" * 43,
    "$7$MU..../....saltsalt$" + "a" * 43,
    "$2y$31$" + "a" * 53,
    "$6$rounds=999999999$saltsalt$" + "a" * 86,
)
PRINT = hashlib.sha256(HASH.encode()).hexdigest()

pytestmark = pytest.mark.real


@pytest.fixture(scope="module", autouse=True)
def _userdb() -> Iterator[None]:
    """It is there as long as anything is in it: stacks that end beside these tests remove it when it is empty."""
    USERDB.mkdir(exist_ok=True)
    kept = USERDB / f"test-{os.getpid()}"
    kept.touch()
    yield
    kept.unlink()
    with suppress(OSError):
        USERDB.rmdir()


@pytest.fixture
def key(site: str) -> Key:
    return Key(Kind.USER, site)


def driver() -> UserDriver:
    known = {fingerprint(each): each for each in (HASH, "x:0:0", *COSTLY)}
    return UserDriver(Settings(USERDB, UID_BASE), {**known, "0" * 16: HASH}.get)


def entries(site: str, uid: int) -> dict[str, str]:
    names = (path for path in USERDB.iterdir() if site in path.name or str(uid) in path.name)
    return {path.name: path.readlink().name if path.is_symlink() else path.read_text() for path in names}


def getent(database: str, name: str | int) -> str:
    return subprocess.run(["getent", database, str(name)], capture_output=True, text=True).stdout.strip()


class TestContract(Contract):
    @pytest.fixture
    def case(self, key: Key, site: str, uid: int) -> Case:
        record = USERDB / f"{site}.user"
        return Case(
            driver=driver,
            key=key,
            first={"uid": uid, "password": ""},
            second={"uid": uid, "password": PRINT},
            plant=lambda: record.write_text(f'{{"userName": "{site}", "uid": {uid}, "gid": 100}}') and None,
            planted=lambda: entries(site, uid),
            clear=record.unlink,
            stride=3,  # between two changes lie more lines
        )

    def test_nothing_is_left_of_killed_writes(self, case: Case, site: str, uid: int) -> None:
        (USERDB / f".{site}.user.7.new").write_text("half")
        case.write(case.first)
        assert len(entries(site, uid)) == 6
        case.write(None)
        assert entries(site, uid) == {}


@pytest.fixture
def user(key: Key, uid: int):
    driver().write(key, {"uid": uid, "password": ""})
    yield
    driver().write(key, None)


def spec(site: str, state: SiteState, password: str = "") -> SiteSpec:
    return SiteSpec(site, "a.example", state, 1, access=Access(password_fingerprint=password))


@pytest.mark.usefixtures("user")
class TestUser:
    def test_the_system_knows_it(self, site: str, uid: int) -> None:
        wished = f"{site}:x:{uid}:{uid}:Panggon {site}:/:/usr/sbin/nologin"
        assert getent("passwd", site) == wished
        assert getent("passwd", uid) == wished
        assert getent("group", site) == getent("group", uid) == f"{site}:x:{uid}:"

    def test_password_hash_is_for_root_only(self, key: Key, site: str, uid: int) -> None:
        driver().write(key, {"uid": uid, "password": PRINT})
        assert getent("shadow", site).split(":")[1] == HASH
        as_other = ["setpriv", "--reuid=65534", "--clear-groups", "cat", f"{USERDB}/{site}.user-privileged"]
        assert subprocess.run(as_other, capture_output=True).returncode == 1
        assert HASH not in "".join(text for name, text in entries(site, uid).items() if "privileged" not in name)

    def test_proofs_hold_only_for_what_is_wished(self, key: Key, site: str, uid: int) -> None:
        prepared, opened = spec(site, SiteState.PREPARED, PRINT), spec(site, SiteState.OPEN, PRINT)
        assert [check.ok for check in driver().probe(key, spec=prepared)] == [True, True]
        assert [(c.name, c.ok) for c in driver().probe(key, spec=opened)] == [
            ("user.known", True),
            ("user.password", False),
        ]
        driver().write(key, {"uid": uid, "password": PRINT})
        assert [check.ok for check in driver().probe(key, spec=opened)] == [True, True]
        locked = driver().probe(key, spec=prepared)[1]
        assert (locked.name, locked.ok) == ("user.locked", False)
        assert HASH not in str(driver().probe(key, spec=opened))

    def test_unknown_and_malformed_hashes_are_refused(self, key: Key, uid: int) -> None:
        for wished, code in (
            ("f" * 16, "user.password_unknown"),
            ("0" * 16, "user.password_unknown"),  # the hash that is found has another fingerprint
            *((fingerprint(each), "user.password_invalid") for each in ("x:0:0", *COSTLY)),
        ):
            with pytest.raises(PermanentError, match=code):
                driver().write(key, {"uid": uid, "password": wished})
            assert driver().read(key).attributes == {"uid": uid, "password": ""}

    def test_a_missing_entry_is_partial_and_a_strange_one_foreign(self, key: Key, site: str, uid: int) -> None:
        (USERDB / f"{uid}.user").unlink()
        assert driver().read(key).standing is Standing.PARTIAL
        (USERDB / f"{uid}.user").symlink_to("other.user")
        found = driver().read(key)
        assert (found.standing, found.detail) == (Standing.FOREIGN, f"{USERDB / str(uid)}.user isinya lain")
        (USERDB / f"{uid}.user").unlink()
        driver().write(key, {"uid": uid, "password": ""})
        assert driver().read(key).standing is Standing.OURS


def test_the_user_is_not_known_once_removed(key: Key, site: str, uid: int) -> None:
    driver().write(key, {"uid": uid, "password": ""})
    driver().write(key, None)
    assert getent("passwd", site) == getent("passwd", uid) == getent("group", site) == ""
    assert driver().probe(key, spec=spec(site, SiteState.PREPARED))[0].ok is False


def test_a_number_that_the_system_gave_to_another_is_foreign(key: Key, site: str) -> None:
    here = UserDriver(Settings(USERDB, 33 - int(site[1:])), lambda _: None)  # the site's uid would be www-data's
    assert here.read(key).standing is Standing.FOREIGN
    with pytest.raises(PermanentError, match=r"user\.foreign"):
        here.write(key, {"uid": 33, "password": ""})


def test_a_group_of_that_name_is_foreign(key: Key, site: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    groups = tmp_path / "group"
    groups.write_text(f"root:x:0:\nx{site}:x:4:\n{site}:x:1234:\n")
    monkeypatch.setattr(subject, "GROUPS", groups)
    assert driver().read(key).standing is Standing.FOREIGN
    groups.write_text(f"root:x:0:\nx{site}:x:4:\n")
    assert driver().read(key).standing is Standing.ABSENT


@pytest.mark.parametrize("name", ["root", "s12345", "s1234567", "s00000a", "../s900001", "s900001\n"])
def test_names_that_are_no_sites_are_refused(name: str) -> None:
    with pytest.raises(PermanentError, match=r"site\.invalid"):
        driver().read(Key(Kind.USER, name))
    with pytest.raises(PermanentError, match=r"site\.invalid"):
        driver().write(Key(Kind.USER, name), None)


def test_another_uid_than_the_sites_is_refused(key: Key, uid: int) -> None:
    with pytest.raises(PermanentError, match=r"user\.uid"):
        driver().write(key, {"uid": uid + 1, "password": ""})
    assert driver().read(key).standing is Standing.ABSENT
    assert entries(key.name, uid) == {}


def test_a_full_disk_leaves_what_the_inverse_removes(
    key: Key, site: str, uid: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        synced = []

        def full(_descriptor: int) -> None:
            synced.append(1)
            if len(synced) == 3:  # the user's own record
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        patch.setattr(os, "fsync", full)
        with pytest.raises(TemporaryError, match=r"disk\.full"):
            driver().write(key, {"uid": uid, "password": ""})
    assert (driver().read(key).standing, getent("passwd", site)) == (Standing.PARTIAL, "")
    driver().write(key, None)
    assert entries(site, uid) == {}
