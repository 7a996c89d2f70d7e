"""Whose it is that Panggon made, and who may read it: what somebody changed of that by hand is seen, and mended by the
same wish, nothing else being lost.
"""

import os
import re
import struct
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from panggon.core.errors import PermanentError
from panggon.core.node.planning.driver import Driver
from panggon.core.node.planning.resources import Attributes, Key, Kind, Standing, canonical
from panggon.core.sites.spec import Task
from panggon.core.sites.tasks import dump_task
from panggon.drivers import directory, host_link, quota, sftp, site_file, tasks, tls, user
from panggon.drivers.certificates.authority import create_authority
from panggon.drivers.nginx import web
from panggon.drivers.nginx.visit import Door
from panggon.drivers.system import files
from tests.core.sites.site_specs import ssh_key
from tests.drivers.conftest import UID_BASE
from tests.drivers.test_user import HASH, PRINT
from tests.drivers.test_web import WISH as SITE_WISH

pytestmark = pytest.mark.real

HOST = "modes.kota.example"
USERDB = Path("/etc/userdb")
STRANGER = 65534
NOBODY = 0xFFFF_FFFF  # in a list: whose it is says the file


@dataclass(frozen=True)
class Made:
    """What one driver makes of a wish; `files` by what a test calls them."""

    driver: Driver
    key: Key
    wish: Attributes
    files: dict[str, Path]


@pytest.fixture
def made(root: Path, site: str, uid: int) -> Iterator[dict[str, Made]]:
    """Everything of a site that lies on a disk."""
    tree = root / "sites" / site
    for path in (root / "live", root / "tls", root / "tasks", root / "etc" / "probe-keys", USERDB):
        files.directory(path)
    door = Door("127.0.0.1", 1, root / "ca.pem")
    authority = create_authority(root / "own-ca", now=datetime.now(UTC))
    in_web = web.Settings(root, root / "control.sock", door)
    task = canonical(dump_task(Task("a", "0 3 * * *", ("php", "private/a.php"))))
    access = sftp.AccessDriver(sftp.Settings((), 1, root / "none", root / "etc", UID_BASE, root / "sites"))
    certificates = tls.CertificateDriver(tls.Settings(root, in_web.control, authority, door, lambda: datetime.now(UTC)))
    folder = directory.DirectoryDriver(directory.Settings(root, UID_BASE))
    place, record = root / "tls" / HOST, USERDB / f"{site}.user"
    all_of_them = {
        "directory": Made(folder, Key(Kind.DIRECTORY, site), {"uid": uid}, {
            "": tree, "mark": tree / ".panggon", "logs": tree / "logs", "run": tree / "run",
        }),
        "quota": Made(
            quota.QuotaDriver(quota.Settings(root, UID_BASE, bounded=False)),
            Key(Kind.QUOTA, site), {"mebibytes": 16, "files": 1000}, {"": tree / "quota.json"},
        ),
        "site": Made(site_file.SiteDriver(in_web), Key(Kind.SITE, site), SITE_WISH, {"": tree / "site.json"}),
        "host": Made(
            host_link.HostDriver(in_web),
            Key(Kind.HOST, HOST), {"site": site, "state": "open"}, {"": root / "live" / HOST},
        ),
        "user": Made(
            user.UserDriver(user.Settings(USERDB, UID_BASE), {PRINT: HASH}.get),
            Key(Kind.USER, site), {"uid": uid, "password": ""},
            {"": record, "password": record.with_suffix(".user-privileged"), "link": USERDB / f"{uid}.user"},
        ),
        "access": Made(access, Key(Kind.ACCESS, site), {"keys": (ssh_key("a"),)}, {
            "": root / "etc/keys" / site, "back door": root / "etc/probe-keys" / site,
        }),
        "tasks": Made(
            tasks.TasksDriver(tasks.Settings(root / "tasks", root / "tasks.sock")),
            Key(Kind.TASKS, site), {"tasks": (task,)}, {"": root / "tasks" / f"{site}.json"},
        ),
        "certificate": Made(certificates, Key(Kind.CERTIFICATE, HOST), {"issuer": "local", "valid": True}, {
            "": place, "bundle": place / "bundle.pem", "previous": place / "previous.pem",
        }),
    }  # fmt: skip
    for each in all_of_them.values():
        each.driver.write(each.key, each.wish)
    files.write(place / "previous.pem", (place / "bundle.pem").read_bytes(), mode=0o640, gid=33)
    yield all_of_them
    for each in reversed(all_of_them.values()):
        each.driver.write(each.key, None)
    with suppress(OSError):
        USERDB.rmdir()


def mode(number: int) -> Callable[[Path], None]:
    return lambda path: path.chmod(number)


def owner(uid: int = -1, gid: int = -1) -> Callable[[Path], None]:
    return lambda path: os.chown(path, uid, gid, follow_symlinks=False)


def written(text: str) -> Callable[[Path], None]:
    return lambda path: files.write(path, text)


def listed(path: Path) -> None:
    """A list that lets a stranger read, as setfacl(1) makes it; the mode stays what it is."""
    mode = path.stat().st_mode
    own, group, rest = (mode >> shift & 7 for shift in (6, 3, 0))
    entries = [(1, own, NOBODY), (2, 4, STRANGER), (4, group, NOBODY), (0x10, group, NOBODY), (0x20, rest, NOBODY)]
    rows = b"".join(struct.pack("<HHI", *entry) for entry in entries)
    os.setxattr(path, "system.posix_acl_access", struct.pack("<I", 2) + rows)
    assert path.stat().st_mode == mode


def fixed(flag: str) -> Callable[[Path], None]:
    def fix(path: Path) -> None:
        subprocess.run(["chattr", flag, path], check=True)

    return fix


SPOILT = {
    "directory": [("", mode(0o777)), ("", owner(gid=33)), ("mark", mode(0o666)), ("logs", mode(0o755)),
                  ("logs", owner(gid=33)), ("logs", owner(uid=STRANGER)), ("run", mode(0o770)), ("run", owner(gid=0)),
                  ("", listed), ("logs", listed), ("", fixed("+i")), ("logs", fixed("+a")), ("mark", fixed("+i"))],
    "quota": [("", mode(0o666)), ("", owner(gid=STRANGER)), ("", listed)],
    "site": [("", mode(0o644)), ("", owner(gid=0)), ("", listed), ("", fixed("+i"))],
    "host": [("", owner(uid=STRANGER))],
    "user": [("", mode(0o666)), ("password", mode(0o644)), ("password", owner(uid=STRANGER)), ("link", owner(gid=33)),
             ("password", listed)],
    "access": [("", mode(0o666)), ("", owner(uid=STRANGER)), ("back door", written(ssh_key("x") + "\n")),
               ("back door", written('restrict,expiry-time="29990101000000Z" ' + ssh_key("x") + "\n")),
               ("back door", written(ssh_key("x") + ' restrict,expiry-time="20200101000000Z" \n'))],
    "tasks": [("", mode(0o644)), ("", owner(gid=33))],
    "certificate": [("", mode(0o755)), ("bundle", mode(0o644)), ("bundle", owner(gid=STRANGER)),
                    ("previous", mode(0o644)), ("previous", owner(uid=STRANGER)), ("", listed),
                    ("bundle", listed), ("bundle", fixed("+i"))],
}  # fmt: skip


# How people are told what of it: two triples that differ, or what lies on it besides.
WHY = re.compile(
    r"(?P<path>/\S*): (?P<seen>\d+:\d+ \d{4}), seharusnya (?!(?P=seen))\d+:\d+ \d{4}$"
    r"|/\S* (?:dikunci dengan chattr|memuat daftar hak tambahan \(setfacl\)|memuat kunci tambahan)$"
)


@pytest.mark.parametrize("kind", list(SPOILT))
def test_seen_and_mended(made: dict[str, Made], kind: str) -> None:
    each = made[kind]
    contents = {path: path.read_bytes() for path in each.files.values() if path.is_file()}
    for name, spoil in SPOILT[kind]:
        assert each.driver.read(each.key).attributes == each.wish, name
        spoil(each.files[name])
        found = each.driver.read(each.key)
        assert (found.standing, bool(WHY.search(found.detail))) == (Standing.PARTIAL, True), (name, found.detail)
        each.driver.write(each.key, each.wish)
        assert each.driver.read(each.key).attributes == each.wish, name
    assert {path: path.read_bytes() for path in contents} == contents


def linked(path: Path) -> None:
    path.unlink()
    path.symlink_to("/var/www")


DAMAGED: dict[str, list[tuple[str, Callable[[Path], None]]]] = {
    "directory": [("mark", Path.unlink), ("mark", written("site=s999999\n")), ("mark", owner(uid=STRANGER)),
                  ("public", owner(uid=0))],
    "quota": [("", written("{")), ("", linked), ("", owner(uid=STRANGER))],
    "site": [("", written("{")), ("", linked), ("", owner(uid=STRANGER))],
    "host": [("", linked)],
    "user": [("", written('{"userName": "x", "shell": "/bin/bash"}')), ("password", written("[]")), ("link", linked)],
    "access": [("", written(ssh_key("x") + "\n")), ("", linked)],
    "tasks": [("", written("{")), ("", linked)],
    "certificate": [("certificate's mark", Path.unlink)],
}  # fmt: skip


@pytest.mark.parametrize("kind", list(DAMAGED))
def test_what_is_on_record_as_the_sites_is_damaged_and_otherwise_of_others(made: dict[str, Made], kind: str) -> None:
    each, tree = made[kind], made["directory"].files[""]
    driver: Any = each.driver
    own = replace(driver, owned=frozenset({each.key}))
    places = {**each.files, "public": tree / "public", "certificate's mark": made["certificate"].files[""] / ".panggon"}
    for name, damage in DAMAGED[kind]:
        damage(places[name])
        found = own.read(each.key), each.driver.read(each.key)
        assert [one.standing for one in found] == [Standing.PARTIAL, Standing.FOREIGN], name
        with pytest.raises(PermanentError, match="foreign"):
            each.driver.write(each.key, each.wish)
        own.write(each.key, each.wish)
        assert each.driver.read(each.key).attributes == each.wish, name


def test_the_key_of_a_proof_is_no_back_door(made: dict[str, Made]) -> None:
    access = made["access"]
    assert isinstance(access.driver, sftp.AccessDriver)
    with access.driver._at_turn(access.key) as (_, let_in):
        let_in(ssh_key("probe"))
        assert access.driver.read(access.key).attributes == access.wish
    access.files["back door"].write_text(f'restrict,expiry-time="20200101000000Z" {ssh_key("x")}\n')
    assert access.driver.read(access.key).attributes == access.wish  # of a proof that was killed: worthless


def test_a_link_in_an_open_directory_is_not_followed(made: dict[str, Made], root: Path) -> None:
    tree, each = made["directory"].files[""], made["directory"]
    elsewhere = root / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    (tree / "run").rmdir()
    (tree / "run").symlink_to(elsewhere)
    found = each.driver.read(each.key)
    assert (found.standing, found.detail) == (Standing.FOREIGN, f"{tree / 'run'} bukan direktori")
    with pytest.raises(Exception, match=r"directory\.foreign"):
        each.driver.write(each.key, each.wish)
    assert elsewhere.stat().st_mode & 0o777 == 0o700
    (tree / "run").unlink()
    each.driver.write(each.key, each.wish)


def test_whose_password_or_key_goes_while_the_file_is_spoilt_loses_the_session(
    made: dict[str, Made], monkeypatch: pytest.MonkeyPatch
) -> None:
    ended: list[str] = []
    monkeypatch.setattr(user, "end_logins", lambda _uid: ended.append("password"))
    monkeypatch.setattr(sftp, "end_logins", lambda _uid: ended.append("keys"))
    for kind, wish in (("user", made["user"].wish), ("access", {"keys": ()})):
        made[kind].files[""].chmod(0o666)
        made[kind].driver.write(made[kind].key, wish)
    assert ended == ["password", "keys"]


@pytest.mark.parametrize(
    ("kind", "more", "fewer"),
    [
        ("user", {"password": PRINT}, {"password": ""}),
        ("user", {"password": PRINT}, None),
        ("access", {"keys": (ssh_key("a"), ssh_key("b"))}, {"keys": (ssh_key("b"),)}),
        ("access", {"keys": (ssh_key("a"),)}, None),
    ],
)
def test_whose_password_or_key_goes_loses_the_session_also_after_a_kill_between(
    made: dict[str, Made], monkeypatch: pytest.MonkeyPatch, kind: str, more: Attributes, fewer: Attributes | None
) -> None:
    each, ended = made[kind], list[int]()
    after = None if fewer is None else {**each.wish, **fewer}
    each.driver.write(each.key, {**each.wish, **more})
    for module in (user, sftp):
        monkeypatch.setattr(module, "end_logins", _killed)
    with pytest.raises(KeyboardInterrupt):
        each.driver.write(each.key, after)
    assert each.driver.read(each.key).attributes == after, "what it has written stands"
    for module in (user, sftp):
        monkeypatch.setattr(module, "end_logins", ended.append)
    each.driver.write(each.key, after)  # as the next start does, by the journal
    assert len(ended) == 1


def _killed(_uid: int) -> None:
    raise KeyboardInterrupt
