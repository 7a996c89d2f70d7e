"""The real nginx and the machine around it: proof paths, control, log, start and end."""

import json
import os
import signal
import socket
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from panggon.core.errors import PermanentError, TemporaryError
from panggon.core.sites.spec import SiteState
from panggon.drivers.nginx import control, visit
from panggon.drivers.system import processes, shell
from panggon.node.servers import nginx
from tests.drivers.running import running
from tests.node.http2 import http2
from tests.node.web_stand import HOST, OTHER_SITE, SITE, WEB, WebStand, request
from tests.waiting import until

pytestmark = pytest.mark.real


class TestProof:
    PATH = "/.well-known/panggon/site"

    @pytest.mark.parametrize("state", [SiteState.OPEN, SiteState.PREPARED])
    def test_with_the_token(self, stand: WebStand, state: SiteState) -> None:
        stand.make(state=state)
        with visit.token(stand.root / "proof", SITE, web_group="www-data") as headers:
            path = stand.root / "proof" / SITE
            assert (path.stat().st_mode & 0o777, path.stat().st_uid, path.stat().st_gid) == (0o640, 0, WEB)
            answer = stand.get(self.PATH, **headers)
            word = headers["X-Panggon-Proof"]
            for wrong in (word[:-1], word + "x", word[:-1] + chr(ord(word[-1]) ^ 1), "", "x" * len(word)):
                assert stand.get(self.PATH, **{"X-Panggon-Proof": wrong}).status in (404, 503)
        assert json.loads(answer.body) == {"site": SITE, "generation": 7, "state": state.value}
        assert not path.exists()

    @pytest.mark.parametrize(("state", "status"), [(SiteState.OPEN, 404), (SiteState.PREPARED, 503)])
    @pytest.mark.parametrize("path", [PATH, "/.well-known/panggon/php"])
    def test_without_a_token(self, stand: WebStand, state: SiteState, status: int, path: str) -> None:
        stand.make(state=state)
        assert stand.get(path).status == status
        assert stand.get(path, **{"X-Panggon-Proof": ""}).status == status
        assert stand.get(path, **{"X-Panggon-Proof": "x" * 43}).status == status

    def test_the_token_of_another_site_opens_nothing(self, other: WebStand) -> None:
        with visit.token(other.root / "proof", OTHER_SITE, web_group="www-data") as headers:
            assert other.get(self.PATH, **headers).status == 404

    def test_an_empty_token_file_opens_nothing(self, stand: WebStand) -> None:
        path = stand.root / "proof" / SITE
        path.write_text("")
        path.chmod(0o644)
        try:
            assert stand.get(self.PATH, **{"X-Panggon-Proof": ""}).status == 404
        finally:
            path.unlink()


class TestWorkers:
    def test_they_are_not_root_and_may_open_more_than_the_usual_files(self, stand: WebStand) -> None:
        for worker in stand.workers():
            assert Path(f"/proc/{worker}").stat().st_uid == WEB
            limits = Path(f"/proc/{worker}/limits").read_text()
            soft = next(line.split()[3] for line in limits.splitlines() if line.startswith("Max open files"))
            assert int(soft) > 4096

    def test_the_log_is_not_for_everybody(self, stand: WebStand) -> None:
        assert (stand.settings.logs / "access.log").stat().st_mode & 0o777 == 0o640


class TestControl:
    @pytest.mark.parametrize("host", ["", "..", "a/b", "A.example"])
    def test_only_names_can_be_forgotten(self, stand: WebStand, host: str) -> None:
        with pytest.raises(TemporaryError):
            control.forget(stand.settings.control, host, holds=bool)

    def test_only_root_reaches_it(self, stand: WebStand) -> None:
        assert stand.settings.control.parent.stat().st_mode & 0o777 == 0o700
        script = f"import socket; socket.socket(socket.AF_UNIX).connect({str(stand.settings.control)!r})"
        process = shell.start(["/usr/bin/python3", "-c", script], log=stand.base / "logs" / "x.log", user=33, group=33)
        assert process.wait(seconds=60)
        assert process.code == 1

    def test_there_is_nobody_to_forget_without_nginx(self, stand: WebStand) -> None:
        control.forget(stand.base / "none.sock", HOST, holds=bool)
        assert not control.answers(stand.base / "none.sock")


# With which a line about "/keenam" is as long as one may be.
LONGEST_AGENT = "a" * (1024 - len(f"GET{HOST}/keenam"))


class TestLog:
    def test_one_line_of_json_with_the_site(self, stand: WebStand) -> None:
        stand.get("/tercatat?x=\"'", **{"User-Agent": 'a"\\\n b'.replace("\n", " ")})
        line = until(lambda: self._logged(stand, "/tercatat"), "no line in the log")
        assert (line["site"], line["status"], line["host"], line["agent"]) == (SITE, 404, HOST, 'a"\\  b')

    @pytest.mark.parametrize(
        ("path", "agent", "uri_logged", "agent_logged"),
        [
            ("/pertama", "a\x01b", "/pertama…", "a…"),
            ("/kedua?lagi=%01", "a\x7f", "/kedua?lagi=%01…", "a…"),
            ("/ketiga", "a" * 1100, "/ketiga…", "a" * 256 + "…"),
            ("/keempat" + "a" * 1100, "a", "/keempat" + "a" * 504 + "…", "a…"),
            ("/kelima//../%6b?cari=satu", "a", "/kelima//../%6b?cari=satu", "a"),
            ("/keenam", LONGEST_AGENT, "/keenam", LONGEST_AGENT),
            ("/ketujuh", LONGEST_AGENT, "/ketujuh…", "a" * 256 + "…"),
        ],
    )
    def test_nobody_makes_a_line_of_kibibytes(
        self, stand: WebStand, path: str, agent: str, uri_logged: str, agent_logged: str
    ) -> None:
        """HTTP/2 lets a visitor say the same again in one byte, and what cannot be printed is logged as six."""
        with http2(stand, HOST) as line:
            line.get(HOST, path, more=[("user-agent", agent)])
        found = until(lambda: self._logged(stand, path[:6]), "no line in the log")
        assert (found["site"], found["status"], found["host"], found["method"]) == (SITE, 404, HOST, "GET")
        assert (found["uri"], found["agent"]) == (uri_logged, agent_logged)

    @pytest.mark.parametrize(("sent_bytes", "whole"), [(999, True), (1000, False)])
    def test_a_short_request_of_http_1_is_logged_whole(self, stand: WebStand, sent_bytes: int, whole: bool) -> None:
        """Its line has six times as many bytes as came at most."""
        path = f"/kesebelas-{sent_bytes}"
        least = len(request(HOST, path=path, headers="User-Agent: \r\n"))
        agent = "a\x01".ljust(sent_bytes - least, "b")
        stand.raw(request(HOST, path=path, headers=f"User-Agent: {agent}\r\n"))
        found = until(lambda: self._logged(stand, path), "no line in the log")
        assert (found["uri"], found["agent"]) == ((path, agent) if whole else (f"{path}…", "a…"))

    @staticmethod
    def _logged(stand: WebStand, path: str) -> dict[str, Any] | None:
        """nginx writes the line when the request is over, which the visitor may see before."""
        lines = (stand.settings.logs / "access.log").read_text().splitlines()
        return next((entry for entry in map(json.loads, lines) if entry["uri"].startswith(path)), None)


def test_a_killed_nginx_starts_again_at_once() -> None:
    """The workers of a killed master end, its socket is cleared away."""
    stand = WebStand("nginx-killed")
    with stand.serving():
        stand.make()
        workers = stand.workers()
        os.kill(stand.master.pid, signal.SIGKILL)
        assert stand.master.wait(seconds=60)
        with running(stand.server) as second:
            assert stand.get("/").status == 404
            until(lambda: not any(processes.start_time(pid) for pid in workers), "workers of the killed master stay")
            assert second.running()


def usual_settings(place: Path) -> dict[str, Any]:
    return {"run": place, "configuration": place / "x", "logs": place, "addresses": ("127.0.0.1",)}


def test_paths_that_could_become_configuration_are_refused(tmp_path: Path) -> None:
    usual = usual_settings(tmp_path)
    for root in ("/srv/a b", '/srv/a";', "/srv/$x", "relative"):
        settings = nginx.Settings(root=Path(root), http_port=1, https_port=2, **usual)
        with pytest.raises(PermanentError, match=r"nginx\.path"):
            nginx._configuration(settings)


@pytest.mark.parametrize(
    ("built", "words"),
    [
        ({"nginx/": (1, 22, 1), "OpenSSL ": (3, 0, 19)}, ["listen 127.0.0.1:2 ssl http2;", "curve X25519:"]),
        (
            {"nginx/": (1, 26, 3), "OpenSSL ": (3, 5, 9)},
            ["listen 127.0.0.1:2 ssl;\n        http2 on;", "curve X25519MLKEM768:X25519:"],
        ),
    ],
)
def test_each_nginx_is_told_in_its_own_words(tmp_path: Path, monkeypatch, built, words) -> None:
    usual = usual_settings(tmp_path)
    monkeypatch.setattr(nginx, "_built", built.get)
    configuration = nginx._configuration(nginx.Settings(root=tmp_path, http_port=1, https_port=2, **usual))
    assert [word in configuration for word in words] == [True, True]


def test_ports_that_are_taken_stop_it_with_a_sentence() -> None:
    stand = WebStand("nginx-taken")
    with stand.serving(), closing(socket.socket()) as taken:
        assert taken.connect_ex(("127.0.0.1", stand.settings.https_port)) == 0
        second = WebStand("nginx-second")
        try:
            settings = nginx.Settings(
                root=second.root,
                run=second.settings.run,
                configuration=second.settings.configuration,
                logs=second.settings.logs,
                addresses=("127.0.0.1",),
                http_port=stand.settings.http_port,
                https_port=second.settings.https_port,
            )
            nginx.prepare(settings)
            process = shell.start(nginx.server(settings).argv, log=settings.logs / "nginx.log")
            assert process.wait(seconds=60)
            assert process.code == 1
            assert "Address already in use" in (settings.logs / "nginx.log").read_text()
        finally:
            second.discard()
