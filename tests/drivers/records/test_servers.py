"""Servers that refuse, are killed, or answer in another order."""

import shutil
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rrset
import dns.tsig
import dns.update
import dns.xfr
import pytest

from demo.ports import free_port
from panggon.core.errors import PanggonError, PermanentError, TemporaryError
from panggon.core.node.planning.resources import Key, Kind, Standing
from panggon.drivers.dns import RecordsDriver
from panggon.drivers.system import shell
from panggon.drivers.zones import transfer, zone
from panggon.drivers.zones.zone import Server, Settings, Zone
from panggon.node.servers import knot
from tests.drivers import bind, secondary
from tests.drivers.dripping import serve
from tests.drivers.records.zone import (
    FIRST,
    HOST,
    KEY,
    SECOND,
    ZONE,
    driver_settings,
    everything,
    knot_settings,
    proven,
)
from tests.drivers.running import running
from tests.waiting import until

pytestmark = pytest.mark.real


class TestRefusals:
    def test_a_wrong_key_is_named(self, settings: Settings, driver: RecordsDriver) -> None:
        for wrong in (replace(settings, secret="d3Jvbmc="), replace(settings, key_name="lain")):
            with pytest.raises(PermanentError, match=rf"dns\.refused: .* menolak kunci TSIG {wrong.key_name}"):
                RecordsDriver(wrong).write(KEY, FIRST)
        assert driver.read(KEY).standing is Standing.ABSENT

    @pytest.mark.parametrize("ahead", [-3600, 3600])
    def test_a_wrong_clock_is_named_and_may_be_set_right(
        self, settings: Settings, driver: RecordsDriver, monkeypatch: pytest.MonkeyPatch, ahead: int
    ) -> None:
        """That of who signs; five minutes are allowed (RFC 8945 section 10)."""
        monkeypatch.setattr(dns.message, "time", SimpleNamespace(time=lambda: time.time() + ahead))
        with pytest.raises(TemporaryError, match=r"dns\.refused: .* jam mesin ini dan jam server itu berbeda"):
            driver.write(KEY, FIRST)
        assert driver.read(KEY).standing is Standing.ABSENT

    def test_an_unsigned_update_is_refused_by_the_server(self, settings: Settings) -> None:
        update = dns.update.UpdateMessage(ZONE)
        update.add(f"{HOST}.", 300, "A", "203.0.113.7")
        response = dns.query.tcp(update, "127.0.0.1", port=settings.primary.port, timeout=60)
        assert response.rcode() == dns.rcode.NOTAUTH

    def test_a_zone_that_comes_byte_after_byte_is_none(
        self, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(transfer, "LONGEST", 0.5)

        with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor() as pool:
            pool.submit(serve, listener, b"\xff\xff", drops=400)
            with pytest.raises(TemporaryError, match=r"dns\.down: .* timed out"):
                transfer.names(replace(settings, primary=Server("127.0.0.1", listener.getsockname()[1])))

    def test_a_server_that_is_down_may_come_back(self, settings: Settings) -> None:
        away = RecordsDriver(replace(settings, primary=Server("127.0.0.1", free_port())))
        for ask in (lambda: away.read(KEY), lambda: away.write(KEY, FIRST)):
            with pytest.raises(TemporaryError, match=r"dns\.down"):
                ask()

    def test_one_that_says_nothing_is_not_asked_again_for_long(self, settings: Settings, driver: RecordsDriver) -> None:
        """As a frozen one. While its time runs out nothing else is done here."""
        driver.write(KEY, FIRST)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as frozen:
            frozen.bind(("127.0.0.1", 0))
            silent = Server("127.0.0.1", frozen.getsockname()[1])
            asked = replace(settings, authoritative=(settings.primary, silent), timeout=1.5, settle=2.0)
            (told,) = [check for check in proven(asked, FIRST) if not check.ok]
            frozen.setblocking(False)
            times = 0
            with suppress(BlockingIOError):
                while frozen.recv(512):
                    times += 1
        assert (told.name, str(silent) in told.detail, times) == ("dns.answer", True, 2)

    @pytest.mark.parametrize("name", ["opd.kota.lain", ZONE, "opd.bukankota.example", "o pd.kota.example", "."])
    def test_names_outside_the_zone_are_refused(self, driver: RecordsDriver, name: str) -> None:
        with pytest.raises(PermanentError, match=r"dns\.name"):
            driver.write(Key(Kind.RECORDS, name), FIRST)

    def test_a_server_of_another_zone_is_named(self, settings: Settings) -> None:
        lost = RecordsDriver(replace(settings, zone="lain.example"))
        with pytest.raises(
            PermanentError, match=r"dns\.refused: .* tidak menjawab untuk lain\.example \(REFUSED\): zona itu tidak ada"
        ):
            lost.read(Key(Kind.RECORDS, "opd.lain.example"))


def test_a_zone_that_is_changed_and_another_that_is_answered_are_told(root: Path) -> None:
    """Views of BIND that go by keys: what was written there is seen by nobody here, nor taken away again."""
    with bind.serving(root / "views", ZONE, views=True) as served:
        driver = RecordsDriver(served)
        with pytest.raises(
            PermanentError, match=rf"dns\.views: .* hapus rekaman di {HOST} dan _panggon\.{HOST} di sana$"
        ):
            driver.write(KEY, FIRST)
        assert driver.read(KEY).standing is Standing.ABSENT
        assert Zone(served).holds(dns.name.from_text(HOST), "A")


class TestKnot:
    def test_records_survive_a_kill_and_another_preparation(self, root: Path) -> None:
        """And nobody fetches the zone where no secondary is named."""
        server = knot_settings(root / "killed")
        knot.prepare(server)
        driver = RecordsDriver(driver_settings(server))
        with running(knot.server(server)) as process:
            with pytest.raises(dns.xfr.TransferError, match="NOTAUTH"):
                list(dns.query.xfr("127.0.0.1", ZONE, port=server.port))
            driver.write(KEY, FIRST)
            held = driver.settings
            assert transfer.names(held).addresses[HOST] == {"192.0.2.1", "2001:db8::1"}
            for stranger in (replace(held, key_name="lain"), replace(held, zone="lain.example")):
                with pytest.raises(PermanentError, match=r"dns\.refused: .* menjawab AXFR dengan (NOTAUTH|REFUSED)"):
                    transfer.names(stranger)
            process.kill_session()
        secret = knot.tsig_secret(server)
        knot.prepare(server)
        assert knot.tsig_secret(server) == secret
        with running(knot.server(server)):
            assert driver.read(KEY).attributes == FIRST
            driver.write(KEY, SECOND)
            checks = proven(driver.settings, SECOND)
            assert [(check.name, check.ok) for check in checks] == [
                ("dns.answer", True),
                ("dns.mark", True),
                ("dns.safety", True),
                ("dns.signed", True),
            ]

    def test_a_change_does_not_rewrite_the_zone_file(self, server: knot.Settings, driver: RecordsDriver) -> None:
        zone = server.data / "zones" / f"{ZONE}.zone"
        before = zone.stat()
        for _ in range(15):  # more than the 20 changes that a journal keeps by itself
            driver.write(KEY, FIRST)
            driver.write(KEY, None)
        assert (zone.stat().st_ino, zone.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)

    def test_a_secondary_is_told_of_each_change(self, root: Path) -> None:
        primary = replace(knot_settings(root / "told"), secondaries=(("127.0.0.1", free_port()),))
        knot.prepare(primary)
        place, port = root / "secondary", primary.secondaries[0][1]
        usual = driver_settings(primary)
        both = replace(usual, authoritative=(usual.primary, Server("127.0.0.1", port)))
        driver = RecordsDriver(both)
        with secondary.serving(place, ZONE, port=port, primary=primary.port), running(knot.server(primary)):
            for wished in (FIRST, SECOND):
                driver.write(KEY, wished)
                checks = proven(both, wished)
                assert [check.detail for check in checks if not check.ok] == []
                assert sum(check.name == "dns.answer" for check in checks) == 2
                found = Zone(both).texts((dns.name.from_text(HOST), "A"), server=both.authoritative[1])
                assert list(found.values()) == [wished["a"]]

    def test_a_secondary_that_is_ahead_of_a_primary_from_its_backup_is_told_with_what_helps(self, root: Path) -> None:
        primary = replace(knot_settings(root / "ahead"), secondaries=(("127.0.0.1", free_port()),))
        knot.prepare(primary)
        with running(knot.server(primary)):
            pass
        backup = root / "ahead" / "backup"
        shell.check(["cp", "-a", str(primary.data), str(backup)])
        port = primary.secondaries[0][1]
        usual = driver_settings(primary)
        both = replace(usual, authoritative=(usual.primary, Server("127.0.0.1", port)))
        with secondary.serving(root / "ahead" / "secondary", ZONE, port=port, primary=primary.port):
            with running(knot.server(primary)):
                for wished in (FIRST, SECOND) * 2:
                    RecordsDriver(both).write(KEY, wished)
                assert [check.detail for check in proven(both, SECOND) if not check.ok] == []
                in_step = [check.detail for check in proven(replace(both, settle=0), FIRST) if not check.ok]
            shutil.rmtree(primary.data)
            backup.rename(primary.data)
            with running(knot.server(primary)):
                RecordsDriver(both).write(KEY, FIRST)
                behind = [check.detail for check in proven(replace(both, settle=1), FIRST) if not check.ok]
        assert in_step
        assert not any("lebih baru" in each for each in in_step)
        assert behind
        assert all(each.startswith(f"127.0.0.1#{port}: ") for each in behind), behind
        assert all(each.endswith(": ambil ulang zona di server itu") for each in behind), behind

    @pytest.mark.parametrize("apex", [f"bagian.{ZONE}", f"situs.bagian.{ZONE}"])
    def test_nothing_is_made_in_a_zone_that_the_server_has_below(self, root: Path, apex: str) -> None:
        """The server would take it, into the zone above, and answer from the one below."""
        server = knot_settings(root / apex)
        knot.prepare(server)
        place = server.data / "zones" / f"{apex}.zone"
        place.write_text(f"{apex}. 3600 SOA ns1.{ZONE}. admin.{ZONE}. 1 3600 900 1209600 300\n{apex}. NS ns1.{ZONE}.\n")
        shutil.chown(place, knot.USER)
        with server.configuration.open("a") as configuration:
            configuration.write(f'  - domain: {apex}\n    file: "{place}"\n')
        driver, key = RecordsDriver(driver_settings(server)), Key(Kind.RECORDS, f"situs.bagian.{ZONE}")
        with running(knot.server(server)):
            before, found = everything(driver.settings), driver.read(key)
            has = "zona sendiri" if apex == key.name else f"zona sendiri di {apex}"
            assert (found.standing, found.detail) == (Standing.FOREIGN, f"{key.name} sudah memiliki {has}")
            with pytest.raises(PermanentError, match=r"dns\.foreign"):
                driver.write(key, SECOND)
            assert everything(driver.settings) == before

    def test_the_secret_is_for_root_and_the_server_only(self, server: knot.Settings) -> None:
        assert oct(server.secret.stat().st_mode & 0o777) == "0o600"
        for path in (server.secret, server.configuration):
            assert path.stat().st_uid == 0
        fresh = replace(server, configuration=server.configuration.with_name("fresh.conf"))
        knot.prepare(fresh)
        assert oct(fresh.configuration.stat().st_mode & 0o777) == "0o640"


def test_answers_in_another_order_find_their_questions() -> None:
    """RFC 7766 section 7: a server may give them as they are ready."""
    first, second = ((dns.name.from_text(f"{label}.kota.example"), "TXT") for label in "ab")
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            line, _ = listener.accept()
            with line:
                for query in reversed([dns.query.receive_tcp(line)[0] for _ in range(2)]):
                    response = dns.message.make_response(query)
                    name = query.question[0].name
                    response.answer.append(dns.rrset.from_text(name, 1, "IN", "TXT", f'"{name.labels[0].decode()}"'))
                    dns.query.send_tcp(line, response)

        server = Server("127.0.0.1", listener.getsockname()[1])
        asked = Zone(Settings("kota.example", server, (server,), "key", ""))
        with ThreadPoolExecutor() as pool:
            pool.submit(answer)
            assert asked.texts(first, second) == {first: ('"a"',), second: ('"b"',)}


def test_a_server_that_ends_the_connection_after_each_answer_is_asked_again() -> None:
    asked = [(dns.name.from_text(f"{label}.kota.example"), "TXT") for label in "abc"]
    with answering(dns.message.make_response) as server:
        found = Zone(Settings("kota.example", server, (server,), "key", "")).texts(*asked)
    assert found == dict.fromkeys(asked, ())


@pytest.mark.parametrize(
    ("rcode", "error", "said"),
    [
        (
            "REFUSED",
            PermanentError,
            r"dns\.refused: .* \(REFUSED\): kunci TSIG belum boleh .*, atau zona itu dibekukan",
        ),
        ("NOTAUTH", PermanentError, r"dns\.refused: .* \(NOTAUTH\): server itu bukan server utama"),
        ("NOTIMP", PermanentError, r"dns\.refused: .* \(NOTIMP\): server itu tidak menerima pembaruan"),
        ("NOTZONE", PermanentError, r"dns\.refused: .* \(NOTZONE\)$"),
        ("SERVFAIL", TemporaryError, r"dns\.down: .* \(SERVFAIL\): catatan server itu menyebut sebabnya"),
        ("YXRRSET", TemporaryError, r"dns\.changed"),
        ("", PermanentError, r"dns\.refused: .*: jawabannya tidak ditandatangani"),
    ],
)
def test_what_a_server_has_against_an_update_is_said(rcode: str, error: type[PanggonError], said: str) -> None:
    """Also where it does not sign that, as one that knows no updates: whoever sits between could have said it."""

    def answer(query: dns.message.Message) -> dns.message.Message:
        response = dns.message.make_response(query if rcode else dns.message.from_wire(query.to_wire(), keyring=False))
        response.set_rcode(dns.rcode.from_text(rcode or "NOERROR"))
        return response

    secret = "cmFoYXNpYQ=="
    with answering(answer, {dns.name.from_text("key"): dns.tsig.Key("key", secret)}) as server:
        zone = Zone(Settings("kota.example", server, (server,), "key", secret))
        with pytest.raises(error, match=said):
            zone.send(dns.update.UpdateMessage("kota.example"))


@pytest.mark.parametrize(
    "message",
    [
        b"\0\1\2",
        # A header, and an address of three bytes.
        bytes.fromhex("0000 8400 0000 0001 0000 0000 00 0001 0001 00000000 0003 010203"),
    ],
)
def test_a_zone_that_is_garbled_is_none(settings: Settings, message: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor() as pool:
        pool.submit(serve, listener, len(message).to_bytes(2, "big") + message, drops=1)
        with pytest.raises(TemporaryError, match=r"dns\.down"):
            transfer.names(replace(settings, primary=Server("127.0.0.1", listener.getsockname()[1])))


@contextmanager
def answering(
    answer: Callable[[dns.message.Message], dns.message.Message],
    keys: dict[dns.name.Name, dns.tsig.Key] | None = None,
) -> Iterator[Server]:
    """A server that gives one answer over each connection."""
    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor() as pool:

        def serve() -> None:
            while True:
                line, _ = listener.accept()
                with line:
                    try:
                        dns.query.send_tcp(line, answer(dns.query.receive_tcp(line, keyring=keys)[0]))
                    except EOFError:
                        return

        pool.submit(serve)
        address, port = listener.getsockname()
        yield Server(address, port)
        socket.create_connection((address, port)).close()


class TestAfterwards:
    @pytest.mark.usefixtures("_clean")
    def test_nothing_is_left_for_the_next_second(self, server: knot.Settings, driver: RecordsDriver) -> None:
        """What Knot puts off until then holds up the updates that come then."""
        for after in (FIRST, SECOND) * 3:  # a write that ends in another second than it began tells nothing
            until(lambda: not self.puts_off(server))
            second = int(time.time())
            driver.write(KEY, after)
            while self.puts_off(server) and int(time.time()) == second:
                pass
            if int(time.time()) == second:
                return
        raise AssertionError("something is left")

    def puts_off(self, server: knot.Settings) -> bool:
        said = shell.check(["knotc", "-s", str(server.run / "knot.sock"), "zone-status", ZONE, "+events"])
        assert "re-sign" in said
        return "notify" in said

    @pytest.mark.usefixtures("_clean")
    @pytest.mark.parametrize("command", [("false",), ("tidak-ada-program-ini",), ("sleep", "60")])
    def test_an_update_stands_whatever_comes_of_it(
        self, settings: Settings, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
    ) -> None:
        monkeypatch.setattr(zone, "AFTERWARDS_SECONDS", 0.1)
        driver = RecordsDriver(replace(settings, afterwards=command))
        driver.write(KEY, FIRST)
        assert driver.read(KEY).attributes == FIRST
