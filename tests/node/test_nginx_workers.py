"""Each worker of nginx has its own memory: a change is done when every one of them says so, whatever is wrong there."""

import os
import re
import shutil
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from panggon.core.errors import TemporaryError
from panggon.core.node.planning.resources import Key, Kind
from panggon.core.sites.spec import SiteSpec, SiteState
from panggon.drivers import host_link
from panggon.drivers.nginx import control, visit
from panggon.node.command.status import worries
from panggon.node.servers import nginx
from panggon.node.sites import Sites
from tests.drivers.running import running
from tests.node import simulated
from tests.node.web_stand import HOST, OTHER_HOST, SITE, SPEC, WebStand, request
from tests.waiting import until

pytestmark = pytest.mark.real
CLOSED = {"site": SITE, "state": "quarantined"}
OBEY = "return epochs:incr(slot(host), 1, 0)"
PARSE = "local chain, chain_error = ssl.parse_pem_cert(pem)"


@contextmanager
def serving(name: str) -> Iterator[WebStand]:
    """An open site, which each worker has in its memory, on an nginx of its own."""
    with WebStand(name).serving() as stand:
        stand.make()
        stand.put("index.html", "<p>Dinas</p>")
        for _ in stand.each_worker():
            assert stand.get("/").status == 200
        yield stand


@pytest.fixture
def stand() -> Iterator[WebStand]:
    with serving("workers") as made:
        yield made


@pytest.fixture
def changed_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Nginx does something by these words of Lua; as a rule that is to forget."""

    def change(words: str, *, of: str = OBEY) -> None:
        shutil.copytree(nginx.CODE, tmp_path / "nginx")
        store = tmp_path / "nginx" / "store.lua"
        assert of in store.read_text()
        store.write_text(store.read_text().replace(of, words))
        monkeypatch.setattr(nginx, "CODE", tmp_path / "nginx")

    return change


def close(stand: WebStand) -> None:
    stand.hosts.write(Key(Kind.HOST, HOST), CLOSED)


def refusal(act: Callable[[], None]) -> str:
    with pytest.raises(TemporaryError) as told:
        act()
    return f"{told.value.code}: {told.value.detail}"


def statuses(stand: WebStand) -> list[int]:
    return [stand.get("/").status for _ in stand.each_worker()]


class TestForgetting:
    def test_each_worker_has_said_so(self, stand: WebStand) -> None:
        close(stand)
        assert {(known.site, known.state) for known in control.known(stand.settings.control, HOST)} == {
            (SITE, "quarantined")
        }
        assert len(control.known(stand.settings.control, HOST)) == len(stand.workers())
        stand.hosts.write(Key(Kind.HOST, HOST), None)
        assert [known.site for known in control.known(stand.settings.control, HOST)] == ["", ""]

    def test_a_site_whose_settings_are_lost_can_be_closed(self, stand: WebStand) -> None:
        """Nobody gets anything of it; with its settings it is whole again."""
        (stand.root / "sites" / SITE / "site.json").unlink()
        close(stand)
        assert {(known.site, known.state) for known in control.known(stand.settings.control, HOST)} == {
            (SITE, "broken")
        }
        assert statuses(stand) == [503, 503]
        stand.make(state=SiteState.QUARANTINED)
        assert statuses(stand) == [503, 503]

    def test_nobody_forgets(self, changed_store: Callable[[str], None]) -> None:
        changed_store("return 1")
        with serving("deaf") as stand:
            with pytest.raises(TemporaryError, match=rf"nginx\.memory: .*situs {SITE}, generasi 7, keadaan open"):
                close(stand)
            assert statuses(stand) == [200, 200]

    def test_one_worker_does_not_forget(self, changed_store: Callable[[str], None]) -> None:
        changed_store("if ngx.worker.id() == 1 then sites:delete(host) end return 1")
        with serving("one-deaf") as stand:
            with pytest.raises(TemporaryError, match=r"nginx\.memory"):
                close(stand)
            assert sorted(statuses(stand)) == [200, 503]

    def test_the_word_reaches_one_worker_at_a_time(self, changed_store: Callable[[str], None]) -> None:
        """Then each one is told."""
        changed_store("sites:delete(host) certificates:delete(host) return 1")
        with serving("one-by-one") as stand:
            close(stand)
            assert statuses(stand) == [503, 503]

    def test_another_certificate_that_one_worker_does_not_take(self, changed_store: Callable[[str], None]) -> None:
        changed_store("if ngx.worker.id() == 0 then certificates:delete(host) end return 1")
        with serving("old-certificate") as stand:
            (stand.root / "tls" / HOST / "bundle.pem").write_text("rusak")
            with pytest.raises(TemporaryError, match=r"nginx\.memory"):
                stand.certificates.write(Key(Kind.CERTIFICATE, HOST), {"issuer": "local", "valid": True})

    def test_a_certificate_that_stays_is_parsed_once(self, changed_store: Callable[..., None]) -> None:
        """Nobody is served meanwhile."""
        changed_store(f"assert(not M.parsed) M.parsed = true {PARSE}", of=PARSE)
        with serving("parsed") as stand:
            close(stand)
            assert statuses(stand) == [503, 503]


class TestWorkers:
    def test_one_that_hangs(self, stand: WebStand, monkeypatch: pytest.MonkeyPatch) -> None:
        """It is named, with what it does and what ends it."""
        monkeypatch.setattr(control, "SECONDS", 0.3)
        machine = simulated.settings(stand.base, simulate=False, services={"run": ["nginx"]})
        machine = replace(machine, dns=replace(machine.dns, servers=()))  # that nobody asks
        sites = Sites.of(machine)
        assert worries(machine, sites) == ()
        for answering in stand.each_worker():
            (silent,) = set(stand.workers()) - {answering}
            words = (
                f"proses nginx {silent} tidak menjawab: dihentikan dengan sinyal; `kill -CONT {silent}` "
                f"melanjutkannya, `kill -9 {silent}` mengakhirinya, dan penggantinya mulai seketika"
            )
            # On a slow machine the other one may not answer so soon either.
            until(lambda words=words: refusal(lambda: close(stand)) == f"nginx.worker: {words}")
            until(lambda words=words: worries(machine, sites) == (f"server web: {words}",))
        close(stand)
        assert statuses(stand) == [503, 503]

    def test_none_that_answers(self, stand: WebStand, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(control, "SECONDS", 0.3)
        for worker in stand.workers():
            os.kill(worker, signal.SIGSTOP)
        with pytest.raises(TemporaryError, match=r"nginx\.worker") as told:
            close(stand)
        for worker in stand.workers():
            os.kill(worker, signal.SIGCONT)
            assert f"proses nginx {worker} tidak menjawab: dihentikan" in told.value.detail

    def test_one_that_goes_round_and_round_until_somebody_ends_it(
        self, changed_store: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(control, "SECONDS", 1.0)
        first = f"host == '{OTHER_HOST}' and ngx.worker.id() == 0 and epochs:incr('hangs', 1, 0) == 1"
        changed_store(f"if {first} then while true do end end {OBEY}")
        with serving("round") as stand:
            words = r"nginx\.worker: proses nginx (\d+) tidak menjawab: berputar tanpa henti; `kill -9 \1` .* seketika"
            hanging = until(
                lambda: re.fullmatch(
                    words,
                    refusal(lambda: control.forget(stand.settings.control, OTHER_HOST, holds=lambda _: True)),
                )
            )
            os.kill(int(hanging[1]), signal.SIGKILL)
            close(stand)
            assert statuses(stand) == [503, 503]

    def test_one_that_was_killed_is_replaced_by_one_that_answers(self, stand: WebStand) -> None:
        former = stand.workers()
        os.kill(former[0], signal.SIGKILL)
        close(stand)
        assert set(stand.workers()) != set(former)
        assert statuses(stand) == [503, 503]

    def test_one_that_ends_answers_what_it_had_begun_as_it_is_now(
        self, stand: WebStand, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Until it has ended, its successor does not answer."""
        with begun(stand) as finish, monkeypatch.context() as hasty:
            former = stand.workers()
            for worker in former:
                os.kill(worker, signal.SIGQUIT)
            until(lambda: left_of(former, stand) == [True], "the visitor's worker is left, and ending")
            hasty.setattr(control, "SECONDS", 0.3)
            with pytest.raises(TemporaryError, match=r"nginx\.worker: .* sedang berakhir"):
                close(stand)
            assert finish().startswith(b"HTTP/1.1 503 ")
        close(stand)
        assert statuses(stand) == [503, 503]

    def test_one_that_has_outlived_its_nginx_too(self, stand: WebStand) -> None:
        with begun(stand) as finish:
            os.kill(stand.master.pid, signal.SIGKILL)
            assert stand.master.wait(seconds=60)
            with running(stand.server):
                close(stand)
                assert finish().startswith(b"HTTP/1.1 503 ")


class TestProof:
    def test_a_word_that_was_never_sent(self, stand: WebStand, monkeypatch: pytest.MonkeyPatch) -> None:
        with monkeypatch.context() as forgetful:
            forgetful.setattr(control, "forget", lambda *_, **__: None)
            close(stand)
        spec = replace(SPEC, state=SiteState.QUARANTINED)
        assert not workers_proven(stand, spec)
        close(stand)
        assert workers_proven(stand, spec)

    def test_a_parked_site_that_a_worker_remembers(self, stand: WebStand, monkeypatch: pytest.MonkeyPatch) -> None:
        with monkeypatch.context() as forgetful:
            forgetful.setattr(control, "forget", lambda *_, **__: None)
            stand.make(state=SiteState.PARKED)
        spec = replace(SPEC, state=SiteState.PARKED)
        checks = {check.name: check.ok for check in stand.sites.probe(Key(Kind.SITE, SITE), spec=spec)}
        assert not checks["web.workers"]

    def test_without_an_nginx_nothing_is_proven(self, stand: WebStand) -> None:
        settings = replace(stand.hosts.settings, control=stand.base / "none.sock")
        checks = host_link.HostDriver(settings).probe(Key(Kind.HOST, HOST), spec=SPEC)
        assert {check.name: check.ok for check in checks}["web.workers"] is False


def workers_proven(stand: WebStand, spec: SiteSpec) -> bool:
    checks = stand.hosts.probe(Key(Kind.HOST, HOST), spec=spec)
    return {check.name: check.ok for check in checks}["web.workers"]


def left_of(former: tuple[int, ...], stand: WebStand) -> list[bool]:
    """Whether it is ending, of each of these workers that has not ended."""
    found = []
    for worker in former:
        with suppress(OSError):  # it has just ended
            if worker in stand.workers():
                found.append("shutting down" in Path(f"/proc/{worker}/cmdline").read_text())
    return found


def is_read(line: socket.socket) -> bool:
    """Whether its other end, on this machine, has read all that came (proc(5), net/tcp)."""
    port = f":{line.getsockname()[1]:04X}"
    rows = [row.split() for row in Path("/proc/net/tcp").read_text().splitlines()]
    return any(queues.endswith(":00000000") for _, _, remote, _, queues, *_ in rows[1:] if remote.endswith(port))


@contextmanager
def begun(stand: WebStand) -> Iterator[Callable[[], bytes]]:
    """A visitor whose request is half sent; the rest follows when it is called, and gives the answer's beginning."""
    whole = request(HOST)
    with visit.connected(stand.door, HOST) as connection:
        connection.sendall(whole[:20])
        until(lambda: is_read(connection))

        def finish() -> bytes:
            connection.sendall(whole[20:])
            return connection.recv(4096)

        yield finish
