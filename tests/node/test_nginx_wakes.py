"""How many sleeping sites a visitor wakes, as nginx sees it: a program's socket that is asked for something."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace

import pytest

from panggon.core.sites.spec import SiteSpec
from tests.node.echo import TARGET, Echo, TcpServer, UnixServer, serving
from tests.node.every_kind import PROXY_SPEC, PYTHON_SPEC
from tests.node.web_stand import HOST, WebStand, request
from tests.waiting import until

pytestmark = pytest.mark.real
MOST = 40
SITES = range(910_001, 910_041)
STRANGER, NEIGHBOUR, OTHER = "127.0.9.1", "127.0.9.200", "127.0.8.1"  # the first two are of one network
MACHINE = "127.0.0.1"


def host_of(number: int) -> str:
    return f"situs{number}.kota.example"


@contextmanager
def sleeping(name: str, **settings: float) -> Iterator[WebStand]:
    """As many sites of Python, whose sockets are one program's: each answer of it is a wake."""
    with ExitStack() as stack:
        stand = stack.enter_context(WebStand(name, wakes_most=MOST, **settings).serving())
        proxied = stack.enter_context(TcpServer(("127.0.0.1", 0), Echo))
        stack.enter_context(serving(proxied))
        stand.proxies = {TARGET: f"127.0.0.1:{proxied.server_address[1]}"}
        stand.make()
        stand.make(PROXY_SPEC)
        stand.put("index.html", "<p>Dinas</p>")
        run = stand.root / "run"
        run.mkdir(exist_ok=True)
        program = stack.enter_context(UnixServer(str(run / "program.sock"), Echo))
        stack.enter_context(serving(program))
        (run / "program.sock").chmod(0o666)
        for number in SITES:
            made: SiteSpec = replace(PYTHON_SPEC, site=f"s{number}", host=host_of(number))
            stand.make(made)
            (run / f"{made.site}.sock").symlink_to("program.sock")
        yield stand


def ask(stand: WebStand, host: str, *, come_from: str = STRANGER) -> tuple[int, bytes]:
    """Status and the whole answer."""
    context = ssl.create_default_context(cafile=str(stand.door.authorities))
    door, answer = (stand.door.address, stand.door.port), b""
    with (
        socket.create_connection(door, timeout=60, source_address=(come_from, 0)) as plain,
        context.wrap_socket(plain, server_hostname=host) as line,
    ):
        line.sendall(request(host))
        while part := line.recv(65_536):
            answer += part
    return int(answer[9:12]), answer


def statuses(stand: WebStand, *, come_from: str) -> list[int]:
    """Of one site after the other."""
    return [ask(stand, host_of(number), come_from=come_from)[0] for number in SITES]


@pytest.fixture(scope="module")
def stand() -> Iterator[WebStand]:
    with sleeping("wakes", idle_seconds=600) as made:
        yield made


class TestAStrangerWhoAsksForEverySite:
    """Each test goes on where the one before has left the stand."""

    def test_wakes_half_of_what_may_be_woken(self, stand: WebStand) -> None:
        assert statuses(stand, come_from=STRANGER) == [200] * 20 + [429] * 20

    def test_reads_why_and_when_to_come_again(self, stand: WebStand) -> None:
        status, answer = ask(stand, host_of(SITES[-1]), come_from=NEIGHBOUR)
        assert status == 429
        assert b"<h1>Terlalu banyak situs sekaligus</h1>" in answer
        assert b"\r\nRetry-After: 30\r\n" in answer
        assert b"\r\nX-Panggon-Page: asleep\r\n" in answer
        log = stand.settings.errors.read_text()
        assert log.count(f"a network has woken as many sleeping sites as it may: that of {STRANGER}") == 1

    def test_is_served_by_all_that_is_awake(self, stand: WebStand) -> None:
        assert statuses(stand, come_from=STRANGER) == [200] * 20 + [429] * 20
        assert ask(stand, HOST)[0] == 200
        assert ask(stand, PROXY_SPEC.host)[0] == 200

    def test_leaves_others_theirs(self, stand: WebStand) -> None:
        assert statuses(stand, come_from=OTHER) == [200] * 36 + [429] * 4
        assert statuses(stand, come_from=STRANGER) == [200] * 36 + [429] * 4

    def test_the_machine_itself_looks_at_every_site(self, stand: WebStand) -> None:
        assert statuses(stand, come_from=MACHINE) == [200] * 40
        assert statuses(stand, come_from=STRANGER) == [200] * 40


def test_a_moment_later_he_may_wake_more() -> None:
    with sleeping("wakes-soon", idle_seconds=2) as stand:
        until(lambda: 429 in statuses(stand, come_from=STRANGER))
        until(lambda: ask(stand, host_of(SITES[-1]))[0] == 200)
