"""The agent's side of the wish interface, against a portal over real HTTP."""

import contextlib
import gzip
import json
import socket
import threading
import tracemalloc
from datetime import UTC, datetime

import httpx
import pytest

from panggon.core.errors import PermanentError, TemporaryError
from panggon.core.node.planning.driver import Check
from panggon.core.node.planning.journal import Problem
from panggon.node.agent import client
from panggon.node.agent.client import ANSWER_MOST, Ending, Mode, Pauses, Portal, Report
from panggon.node.agent.loop import LINES_MOST
from tests.node import portal as portals
from tests.node.portal import CODE, TOKEN


@pytest.fixture
def fake():
    with portals.running() as portal:
        yield portal


def test_enrolment_trades_a_code_for_a_token(fake):
    assert Portal(fake.url).enroll(CODE, name="satu", facts={}) == (1, TOKEN)
    with pytest.raises(PermanentError, match=r"portal\.code"):
        Portal(fake.url).enroll("another", name="satu", facts={})


def sent(answer):
    """As it comes over a line."""
    return httpx.Response(answer.status_code, headers=answer.headers, stream=httpx.ByteStream(answer.content))


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (httpx.Response(404, html="<!doctype html>"), "proxy harus meneruskan /api/node/ ke port"),
        (httpx.Response(403, html="<html>Forbidden"), "proxy portal menolak mesin ini"),
        (httpx.Response(400, json={"error": "invalid", "fields": ["code"]}), "kode tidak utuh: salin seluruhnya"),
        (httpx.Response(403, json={"error": "enrol.refused"}), "tidak menerima kode ini untuk mesin satu"),
    ],
)
def test_an_enrolment_that_fails_says_what_to_do(answer, words):
    portal = Portal("https://portal.example", transport=httpx.MockTransport(lambda _request: sent(answer)))
    with pytest.raises(PermanentError, match=words) as caught:
        portal.enroll("cut", name="satu", facts={})
    assert "doctype" not in caught.value.detail
    assert "invalid" not in caught.value.detail


def test_a_wish_arrives_whole_and_does_not_show_its_secrets(fake):
    fake.wish({"any": 1}, "plan", approved_digest="d", credentials={"f": "$6$secret"})
    wish = Portal(fake.url, token=TOKEN).wish(seconds=0)
    assert (wish.number, wish.mode, wish.spec, wish.approved_digest) == (17, Mode.PLAN, {"any": 1}, "d")
    assert wish.credentials == {"f": "$6$secret"}
    assert "secret" not in repr(wish)


class Endless(httpx.SyncByteStream):
    """A body in pieces of 64 KiB; `given` counts what was taken."""

    given = 0

    def __iter__(self):
        while self.given < 64 << 20:
            self.given += 65_536
            yield b" " * 65_536


def test_an_answer_without_end_is_not_taken():
    body = Endless()
    answer = httpx.Response(200, headers={"content-type": "application/json"}, stream=body)
    portal = Portal("https://portal.example", token=TOKEN, transport=httpx.MockTransport(lambda _request: answer))
    with pytest.raises(TemporaryError, match=r"portal\.down: jawaban portal terlalu panjang"):
        portal.wish(seconds=0)
    assert body.given <= ANSWER_MOST + 2 * 65_536


def test_a_header_without_end_is_no_answer(monkeypatch):
    """On a connection that has served before; each byte comes well before anybody gives up waiting for it."""
    let_go = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def drip():
            with contextlib.suppress(OSError), listener.accept()[0] as line:
                for end in (b"\r\n\r\n", b""):
                    line.recv(65_536)
                    line.sendall(b"HTTP/1.1 204 No Content\r\nContent-Type: application/json" + end)
                while not let_go.wait(0.03):
                    line.sendall(b"x")

        threading.Thread(target=drip, daemon=True).start()
        portal = Portal(f"http://127.0.0.1:{listener.getsockname()[1]}", token=TOKEN)
        try:
            assert portal.wish(seconds=0) is None
            monkeypatch.setattr(client, "SECONDS", 0.3)
            with pytest.raises(TemporaryError, match=r"portal\.down: portal tidak terjangkau: timed out"):
                portal.wish(seconds=0)
        finally:
            let_go.set()


@pytest.mark.parametrize(
    ("packing", "content"), [("gzip", gzip.compress(b" " * (64 << 20))), ("", b"[" * 200_000)], ids=["packed", "deep"]
)
def test_an_answer_that_would_become_something_else_is_none(packing, content):
    headers = {"content-type": "application/json", "content-encoding": packing}
    asked = []

    def answer(request):
        asked.append(request.headers["accept-encoding"])
        return httpx.Response(200, headers=headers, stream=httpx.ByteStream(content))

    tracemalloc.start()
    try:
        portal = Portal("https://portal.example", token=TOKEN, transport=httpx.MockTransport(answer))
        with pytest.raises(TemporaryError, match="tidak menjawab dengan JSON"):
            portal.wish(seconds=0)
        assert tracemalloc.get_traced_memory()[1] < 16 << 20
    finally:
        tracemalloc.stop()
    assert asked == ["identity"]


def test_no_wish_is_none(fake):
    assert Portal(fake.url, token=TOKEN).wish(seconds=0) is None


def test_words_that_are_no_text_are_still_reported(fake):
    fake.wish({})
    Portal(fake.url, token=TOKEN).report(
        17, Report(Ending.VERIFIED, evidence=(Check("php.answer", ok=True, detail="a\ud800b"),)), reduced=()
    )
    assert fake.reports[17]["evidence"] == [{"name": "php.answer", "ok": True, "detail": "a?b"}]


def test_errors_of_systems_are_reported_in_indonesian(fake):
    fake.wish({})
    evidence = (Check("database.login", ok=False, detail="(4151, 'Access denied, this account is locked')"),)
    problem = Problem("runtime.holder", "/run/x.sock: [Errno 111] Connection refused")
    Portal(fake.url, token=TOKEN).report(17, Report(Ending.UNPROVEN, evidence=evidence, problem=problem), reduced=())
    assert fake.reports[17]["evidence"][0]["detail"] == "akunnya terkunci (MariaDB 4151)"
    assert fake.reports[17]["problem"]["detail"] == "/run/x.sock: tidak ada yang menjawab di sana (galat 111)"


def test_a_report_is_cut_to_what_the_portal_takes(fake):
    fake.wish({})
    report = Report(
        Ending.RESTORED,
        plan={"changes": []},
        digest="d",
        evidence=(Check("n" * 99, ok=False, detail="x\0" * 3000),),
        proved_at=datetime(2026, 11, 2, 3, tzinfo=UTC),
        problem=Problem("c" * 99, "w" * 5000),
    )
    Portal(fake.url, token=TOKEN).report(17, report, reduced=("memory: none",))
    assert fake.reports[17] == {
        "outcome": "restored",
        "plan": {"changes": []},
        "digest": "d",
        "evidence": [{"name": "n" * 80, "ok": False, "detail": "x" * 3000}],
        "proved_at": "2026-11-02T03:00:00+00:00",
        "problem": {"code": "c" * 80, "detail": "w" * 4000},
        "reduced": ["memory: none"],
    }


def test_a_status_of_many_long_lines_is_one_that_the_portal_takes() -> None:
    """More than 1 MiB is refused (413), and nobody would hear what this machine cannot protect."""
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return sent(httpx.Response(204))

    Portal("https://portal.example", token=TOKEN, transport=httpx.MockTransport(answer)).status(
        version="1",
        reduced=("\u1b83" * 4000,) * LINES_MOST,
        sites=5000,
        drift=("\x01" * 4000,) * LINES_MOST,
        php_versions=("8.2",),
        generations={f"s{number:06}": 2_147_483_647 for number in range(5000)},
    )
    told = json.loads(asked[0].content)
    assert {*told["drift"], *told["reduced"]} == {"\u1b83" * 500, "\x01" * 500}
    assert len(asked[0].content) < 1024 * 1024 - 20_000


def test_what_is_no_text_at_all_is_refused_and_not_tried_for_ever(fake):
    with pytest.raises(PermanentError, match=r"portal\.refused"):
        Portal(fake.url, token=TOKEN).report(17, Report(Ending.PLANNED, plan={"name": "\ud800"}), reduced=())


def test_an_unknown_token_says_what_to_do(fake):
    with pytest.raises(PermanentError, match="daftarkan lagi dengan panggon-node enroll") as caught:
        Portal(fake.url, token="other").wish(seconds=0)
    assert caught.value.code == "portal.token"


@pytest.mark.parametrize("status", [500, 502, 503, 429])
def test_a_portal_in_trouble_may_recover(fake, status):
    fake.refusing = status
    with pytest.raises(TemporaryError, match=f"portal menjawab {status}"):
        Portal(fake.url, token=TOKEN).wish(seconds=0)


def test_a_portal_that_is_away_may_come_back():
    with portals.running() as gone:
        url = gone.url
    with pytest.raises(TemporaryError, match=r"portal\.down"):
        Portal(url, token=TOKEN).wish(seconds=0)


def test_a_refusal_is_not_repeated_blindly(fake):
    fake.refusing = 400
    with pytest.raises(PermanentError, match="portal menjawab 400"):
        Portal(fake.url, token=TOKEN).wish(seconds=0)


@pytest.mark.parametrize(
    "url", ["http://portal.example", "http://192.0.2.1:8081", "http://127.0.0.1.example", "ftp://localhost", "portal"]
)
def test_the_token_never_travels_in_the_clear(url):
    with pytest.raises(PermanentError, match=r"portal\.url"):
        Portal(url)


@pytest.mark.parametrize(
    "url", ["https://portal.example", "http://127.0.0.1:1", "http://localhost:1", "http://[::1]:1"]
)
def test_https_anywhere_and_plain_http_to_this_machine(url):
    Portal(url)


def test_pauses_grow_to_a_limit_and_start_over():
    pauses = Pauses(first=1, longest=8)
    drawn = [pauses.next() for _ in range(6)]
    assert all(limit / 2 <= pause <= limit for pause, limit in zip(drawn, [1, 2, 4, 8, 8, 8], strict=True))
    pauses.reset()
    assert pauses.next() <= 1
