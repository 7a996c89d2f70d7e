"""Python applications behind the holder: started on the first request, in their own environment, ended gently."""

import os
import socket
import struct
import threading
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

import httpx
import pytest

from panggon.drivers.system import files
from panggon.node.sockets import SocketSettings
from tests import php
from tests.node import stand as stands
from tests.node.stand import UID_BASE, Stand
from tests.waiting import until

pytestmark = pytest.mark.real
NUMBER = 900300
SITE = f"s{NUMBER}"
IDLE_SECONDS = 1.5
WHEEL = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
APPLICATION = """
import json, os, time

def app(environ, start):
    if environ["PATH_INFO"] == "/lambat":
        open("/site/private/begun", "w").close()
        time.sleep(1)
    said = {"uid": os.geteuid(), "pid": os.getpid(), "environ": dict(os.environ), "kata": KATA}
    start("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(said).encode()]

async def asgi(scope, receive, send):
    if scope["type"] == "lifespan":
        return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": json.dumps({"scheme": scope["scheme"]}).encode()})
"""


@pytest.fixture(scope="module", params=[{"stop_seconds": 5.0}])
def stand(request: pytest.FixtureRequest) -> Iterator[Stand]:
    yield from stands.started(request)


@pytest.fixture
def site(stand: Stand) -> Iterator[Stand]:
    application(stand)
    serve(stand, interface="wsgi", entry="surat.situs:app")
    yield stand
    assert stand.ask(do="drop", site=SITE)["ok"]


def application(stand: Stand, code: str = APPLICATION + "\nKATA = 'halo'\n") -> None:
    if SITE not in stand.sites:
        stand.lay_out(NUMBER, {})
    private(stand, "surat/situs.py", code)


def private(stand: Stand, name: str, content: str | bytes) -> None:
    uid, place = stand.settings.uid(SITE), stand.settings.site(SITE) / "private" / name
    files.directory(place.parent, mode=0o700, uid=uid, gid=uid)
    files.write(place, content, mode=0o600, uid=uid, gid=uid)


def serve(stand: Stand, **fields: Any) -> None:
    stand.describe(SITE, {"kind": "python", **fields})
    answer = stand.sync(SITE)
    assert answer["ok"], answer


def get(stand: Stand, path: str = "/") -> httpx.Response:
    socket = stand.settings.root / "run" / f"{SITE}.sock"
    with httpx.Client(transport=httpx.HTTPTransport(uds=str(socket)), timeout=60) as client:
        headers = {"Connection": "close", "X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9"}
        return client.get(f"http://situs{path}", headers=headers)


def said(stand: Stand, path: str = "/") -> dict[str, Any]:
    answer = get(stand, path)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_it_wakes_works_alone_and_sleeps_again(site: Stand) -> None:
    assert site.process(SITE) is None
    serve(site, interface="wsgi", entry="surat.situs:app", environment=["MODE=uji 'coba' $HOME", "A="])
    found = said(site)
    assert (found["uid"], found["kata"]) == (UID_BASE + NUMBER, "halo")
    own = {name: found["environ"].get(name) for name in ("MODE", "A", "HOME", "LISTEN_FDS")}
    assert own == {"MODE": "uji 'coba' $HOME", "A": "", "HOME": "/site/private", "LISTEN_FDS": None}
    proof = said(site, "/.well-known/panggon/python")
    known = {
        name: proof[name] for name in ("site", "generation", "uid", "interface", "environment", "shadow", "foreign")
    }
    assert known == {
        "site": SITE,
        "generation": 1,
        "uid": UID_BASE + NUMBER,
        "interface": "wsgi",
        "environment": True,
        "shadow": False,
        "foreign": [],
    }
    site.new_holder(after=site.kill_holder())
    assert said(site)["pid"] == found["pid"]
    with sleeping_after(site, IDLE_SECONDS):
        until(lambda: site.process(SITE) is None, "the application, adopted by another holder, sleeps")
    assert said(site)["kata"] == "halo"


@contextmanager
def sleeping_after(stand: Stand, idle_seconds: float) -> Iterator[None]:
    """Another holder, for which a site is idle after so long."""
    _start_anew(stand, replace(stand.settings, idle_seconds=idle_seconds))
    try:
        yield
    finally:
        _start_anew(stand, stand.settings)


def _start_anew(stand: Stand, settings: SocketSettings) -> None:
    settings.save(stand.config)
    stand.new_holder(after=stand.kill_holder())


def test_requests_keep_it_awake(site: Stand) -> None:
    with sleeping_after(site, IDLE_SECONDS):
        before, pid = time.monotonic(), said(site)["pid"]
        for _ in range(6):
            time.sleep(0.4)
            asked, former, pid = time.monotonic(), pid, said(site)["pid"]
            # Where this machine stood still, the application has been idle for its time.
            assert pid == former or time.monotonic() - before > IDLE_SECONDS
            before = asked


def test_a_change_lets_running_requests_end(site: Stand) -> None:
    said(site)
    slow: list[dict[str, Any]] = []
    thread = threading.Thread(target=lambda: slow.append(said(site, "/lambat")))
    thread.start()
    until((site.settings.site(SITE) / "private" / "begun").exists)
    serve(site, interface="asgi", entry="surat.situs:asgi", generation=2)
    thread.join()
    assert slow[0]["kata"] == "halo"
    assert said(site) == {"scheme": "https"}
    assert said(site, "/.well-known/panggon/python")["generation"] == 2
    shown = site.ask(do="show", site=SITE)["serving"]
    assert (shown["kind"], shown["interface"], shown["entry"]) == ("python", "asgi", "surat.situs:asgi")


def test_no_request_is_lost_while_it_is_replaced(site: Stand) -> None:
    serve(site, interface="asgi", entry="surat.situs:asgi")
    answered: list[int] = []
    done = threading.Event()

    def ask() -> None:
        while not done.is_set():
            answered.append(get(site).status_code)

    visitors = [threading.Thread(target=ask) for _ in range(4)]
    for visitor in visitors:
        visitor.start()
    until(lambda: len(answered) > 20, "visitors are answered")
    serve(site, interface="asgi", entry="surat.situs:asgi", generation=2)
    done.set()
    for visitor in visitors:
        visitor.join()
    assert set(answered) == {200}


def test_who_comes_while_it_ends_is_answered(site: Stand) -> None:
    """Between the word to end and the end, for a second at most: whenever it is put to sleep or replaced."""
    said(site)
    ending = threading.Thread(target=lambda: site.ask(do="stop", site=SITE))
    ending.start()
    time.sleep(0.2)  # told to end
    assert get(site).status_code == 200
    ending.join()


@pytest.mark.parametrize("called", [("wsgi", "surat.situs:app"), ("asgi", "surat.situs:asgi")])
def test_who_speaks_as_to_php_waits_for_nothing(site: Stand, called: tuple[str, str]) -> None:
    """So does the web server for a moment when a site becomes one of PHP, and its visitor waits with it."""
    serve(site, interface=called[0], entry=called[1])
    begin = struct.pack(">BBHHBxHB5x", 1, 1, 1, 8, 0, 1, 0)  # FCGI_BEGIN_REQUEST, as a responder
    with socket.socket(socket.AF_UNIX) as visitor:
        visitor.settimeout(60)
        visitor.connect(str(site.settings.root / "run" / f"{SITE}.sock"))
        visitor.sendall(begin + struct.pack(">BBHHBx", 1, 4, 1, 0, 0))
        with suppress(ConnectionResetError):
            while visitor.recv(1024):
                pass
    assert get(site).status_code == 200


def test_what_cannot_be_loaded_says_so_proves_itself_and_heals(site: Stand) -> None:
    application(site, "import tidak_ada\n")
    serve(site, interface="wsgi", entry="surat.situs:app", generation=2)
    answer = get(site)
    assert (answer.status_code, "logs/error.log" in answer.text) == (500, True)
    assert said(site, "/.well-known/panggon/python")["generation"] == 2
    assert "No module named 'tidak_ada'" in (site.settings.site(SITE) / "run" / "output.log").read_text()
    application(site)
    until(lambda: get(site).status_code == 200, "the application was loaded anew")


def test_nginx_reads_of_which_kind_the_programs_are_that_answer(site: Stand) -> None:
    mark = site.settings.root / "run" / f"{SITE}.kind"
    assert str(mark.readlink()) == "python"
    site.describe(SITE, {"kind": "php", "php_version": php.VERSION})
    assert site.sync(SITE)["ok"]
    assert str(mark.readlink()) == "php"
    assert site.ask(do="drop", site=SITE)["ok"]
    assert not os.path.lexists(mark)


def test_the_owner_asks_for_new_code(site: Stand) -> None:
    assert said(site)["kata"] == "halo"
    application(site, APPLICATION + "\nKATA = 'baru'\n")
    assert said(site)["kata"] == "halo"
    private(site, "restart.txt", "")
    until(lambda: said(site)["kata"] == "baru", "the new code answers")
    application(site, APPLICATION + "\nKATA = 'lebih baru'\n")
    private(site, "restart.txt", "")
    os.utime(site.settings.site(SITE) / "private" / "restart.txt", (0, 946_684_800))  # the clock was set back since
    until(lambda: said(site)["kata"] == "lebih baru", "the newest code answers")


def test_packages_come_from_the_owners_wheels(site: Stand) -> None:
    wheel = site.base / "kata_kota-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("kata_kota.py", "KATA = 'dari roda'\n")
        archive.writestr("kata_kota-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: kata-kota\nVersion: 1.0\n")
        archive.writestr(
            "kata_kota-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr("kata_kota-1.0.dist-info/RECORD", "")
    private(site, f"wheels/{wheel.name}", wheel.read_bytes())
    private(site, "requirements.txt", "kata-kota==1.0\n")
    application(site, APPLICATION + "\nfrom kata_kota import KATA\n")
    serve(site, interface="wsgi", entry="surat.situs:app", generation=2)
    assert said(site)["kata"] == "dari roda"
    (site.settings.site(SITE) / "private" / "requirements.txt").unlink()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"entry": "os:system('id')"}, "not an entry"),
        ({"interface": "cgi"}, "not an interface"),
        ({"kind": "perl"}, "not a kind"),
        ({"kind": "static"}, "not a kind"),
        ({"command": "/bin/sh"}, "command"),
    ],
)
def test_what_no_spec_can_ask_is_refused(site: Stand, change: dict[str, Any], words: str) -> None:
    request = {"site": SITE, "kind": "python", "interface": "wsgi", "entry": "a:b", "generation": 2, **change}
    answer = site.ask(do="sync", **request)
    assert (answer["ok"], answer["code"], words in answer["error"]) == (False, "runtime.invalid", True)


def test_variables_of_the_system_in_site_json_are_refused(site: Stand) -> None:
    site.describe(SITE, {"kind": "python", "interface": "wsgi", "entry": "a:b", "environment": ["LD_PRELOAD=/x.so"]})
    assert site.sync(SITE)["code"] == "runtime.invalid"
