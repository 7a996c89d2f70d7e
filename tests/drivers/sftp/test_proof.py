import os
import re
import shlex
import signal
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from demo.ports import free_port
from panggon.core.node.planning.resources import Key
from panggon.core.sites.spec import SiteState
from panggon.drivers import sftp
from panggon.drivers.ssh import knocking
from tests.drivers.sftp.owner import by_key, spec, visit

pytestmark = pytest.mark.real
SLOW_SECONDS = 6


@pytest.mark.usefixtures("serving", "_removed")
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
        assert checks[2].detail == "berkas di /public diunggah, diunduh, dihapus"  # the same of any two proofs
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

    def test_what_went_wrong_is_told_without_what_the_client_notes_on_its_way(
        self, driver: sftp.AccessDriver, key: Key, root: Path
    ) -> None:
        driver.write(key, {"keys": ()})
        (root / "sites" / key.name).chmod(0o777)  # where others may write, sshd lets nobody in
        check = driver.probe(key, spec=spec(key.name, SiteState.PREPARED))[0]
        (root / "sites" / key.name).chmod(0o755)
        assert (check.name, check.ok, check.detail != "") == ("sftp.login", False, True)
        # In which words it tells that the server went away is a matter of which of them was first.
        assert re.search("unshare|debug1|no such identity|Authenticated|Transferred|Bytes per", check.detail) is None

    def test_another_server_in_its_place_is_seen(
        self, settings: sftp.Settings, key: Key, owner: tuple[Path, str], tmp_path: Path
    ) -> None:
        (tmp_path / "other.pub").write_text(f"{owner[1]}\n")
        other = replace(settings, host_key=tmp_path / "other.pub")
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
        """Neither where none listens, nor where none can be started."""
        wished = spec(key.name, SiteState.PREPARED, owner[1])
        port = free_port()
        silent = sftp.AccessDriver(replace(settings, port=port)).probe(key, spec=wished)
        assert (silent[0].ok, silent[0].detail) == (False, f"tidak ada server di port {port}")
        broken = sftp.AccessDriver(replace(settings, server=("false",))).probe(key, spec=wished)
        assert [check.ok for check in broken] == [False, False, False]

    def test_a_server_that_starts_slowly_is_waited_for(
        self, settings: sftp.Settings, key: Key, owner: tuple[Path, str]
    ) -> None:
        """A busy machine may need seconds for it; what it says then counts."""
        slow = replace(settings, server=("sh", "-c", f"sleep {SLOW_SECONDS}; echo terlambat >&2"))
        login = sftp.AccessDriver(slow).probe(key, spec=spec(key.name, SiteState.PREPARED, owner[1]))[0]
        assert "terlambat" in login.detail
        assert "timed out" not in login.detail

    def test_a_server_that_hangs_is_seen(
        self,
        driver: sftp.AccessDriver,
        settings: sftp.Settings,
        key: Key,
        owner: tuple[Path, str],
        serving: int,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(knocking, "SECONDS", 0.2)
        driver.write(key, {"keys": (owner[1],)})
        os.kill(serving, signal.SIGSTOP)
        try:
            checks = driver.probe(key, spec=spec(key.name, SiteState.OPEN, owner[1]))
        finally:
            os.kill(serving, signal.SIGCONT)
        assert (checks[0].ok, checks[0].detail) == (False, f"server tidak menjawab di port {settings.port}")
        assert all(check.ok for check in checks[1:])

    def test_strangers_who_fill_the_port_keep_no_proof_away(
        self, driver: sftp.AccessDriver, settings: sftp.Settings, key: Key, owner: tuple[Path, str]
    ) -> None:
        """As many connections as the server suffers before a login (MaxStartups), from many addresses."""
        driver.write(key, {"keys": (owner[1],)})
        with ExitStack() as strangers:
            for number in range(240):
                source = (f"127.0.9.{1 + number % 24}", 0)
                strangers.enter_context(
                    socket.create_connection(("127.0.0.1", settings.port), timeout=60, source_address=source)
                )
            checks = driver.probe(key, spec=spec(key.name, SiteState.OPEN, owner[1]))
        assert all(check.ok for check in checks), checks

    def test_a_probes_key_is_worth_nothing_from_outside_or_later(
        self, driver: sftp.AccessDriver, settings: sftp.Settings, key: Key, owner: tuple[Path, str], tmp_path: Path
    ) -> None:
        def enter() -> int:
            way_in = (*by_key(owner[0]), "ProxyCommand=" + shlex.join(settings.server).replace("%", "%%"))
            return visit(settings, key.name, "ls\n", options=way_in, folder=tmp_path).returncode

        def enter_from_outside() -> int:
            return visit(settings, key.name, "ls\n", options=by_key(owner[0]), folder=tmp_path).returncode

        path = settings.etc / "probe-keys" / key.name
        with driver._at_turn(key) as (_, let_in):
            let_in(owner[1])
            line = path.read_text()
            assert (enter(), enter_from_outside()) == (0, 255)
        assert (path.exists(), enter()) == (False, 255)
        expiry = re.fullmatch(r'restrict,expiry-time="(\d{14}Z)" ssh-ed25519 \S+\n', line)[1]
        path.write_text(line.replace(expiry, "20200101000000Z"))
        assert enter() == 255
        path.unlink()

    def test_two_proofs_at_once_are_both_right_and_what_a_killed_one_left_goes(
        self, driver: sftp.AccessDriver, settings: sftp.Settings, key: Key, owner: tuple[Path, str], root: Path
    ) -> None:
        driver.write(key, {"keys": (owner[1],)})
        with ThreadPoolExecutor() as pool:
            proofs = [pool.submit(driver.probe, key, spec=spec(key.name, SiteState.OPEN, owner[1])) for _ in range(3)]
        assert all(check.ok for proof in proofs for check in proof.result()), proofs
        public, left = root / "sites" / key.name / "public", settings.etc / "probe-keys" / key.name
        with driver._at_turn(key) as (folder, let_in):
            let_in(owner[1])
            (public / f".{folder.name}").touch()
            sftp.sweep(settings, key.name, public)
            assert (folder.exists(), left.exists(), (public / f".{folder.name}").exists()) == (True, True, True)
            kept = left.read_text()
        folder.mkdir()
        left.write_text(kept)
        sftp.sweep(settings, key.name, public)
        assert (folder.exists(), left.exists(), (public / f".{folder.name}").exists()) == (False, False, False)

    def test_a_door_that_is_shut_is_proven_without_any_server(
        self, driver: sftp.AccessDriver, settings: sftp.Settings, key: Key, owner: tuple[Path, str]
    ) -> None:
        away = sftp.AccessDriver(replace(settings, server=("false",), port=free_port()))
        closed = spec(key.name, SiteState.QUARANTINED, owner[1])
        driver.write(key, {"keys": (owner[1],)})
        assert [(check.name, check.ok) for check in away.probe(key, spec=closed)] == [("sftp.locked", False)]
        driver.write(key, {"keys": ()})
        assert [(check.name, check.ok) for check in away.probe(key, spec=closed)] == [("sftp.locked", True)]
