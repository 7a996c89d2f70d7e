"""A server, a site's user and its owner's key."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from demo.ports import free_port
from panggon.core.node.planning.resources import Key, Kind
from panggon.drivers import directory, sftp, user
from panggon.drivers.system import files
from panggon.node.servers import sshd
from tests.drivers.conftest import UID_BASE
from tests.drivers.running import running
from tests.drivers.sftp.owner import HASH, PRINT


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
        groups=root / "run" / "sftp-groups",
        log=root / "logs" / "sshd.log",
    )


@pytest.fixture(scope="module")
def settings(server: sshd.Settings) -> sftp.Settings:
    host_key = server.host_key.with_name(f"{server.host_key.name}.pub")
    sites = server.root / "sites"
    return sftp.Settings(sshd.for_one_login(server), server.port, host_key, server.etc, UID_BASE, sites)


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
    public = serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
    return path, secret.public_key().public_bytes(*public).decode()


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
def serving(server: sshd.Settings, site_user: user.UserDriver) -> Iterator[int]:
    """Its process id."""
    sshd.prepare(server)
    with running(sshd.server(server)) as process:
        yield process.pid


@pytest.fixture
def _removed(driver: sftp.AccessDriver, key: Key) -> Iterator[None]:
    yield
    driver.write(key, None)
