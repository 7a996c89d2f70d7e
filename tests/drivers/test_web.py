import errno
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from panggon.core.errors import PermanentError, TemporaryError
from panggon.core.node.planning.resources import Attributes, Key, Kind, Observation, Standing
from panggon.core.sites.spec import SiteSpec, SiteState
from panggon.drivers.host_link import HostDriver
from panggon.drivers.nginx import web
from panggon.drivers.nginx.visit import Door, Visited
from panggon.drivers.site_file import SiteDriver
from panggon.drivers.system import files
from tests.drivers.contract import Case, Contract
from tests.node.web_stand import HOST, SITE, SPEC, WebStand

pytestmark = pytest.mark.real

OTHER_PROVER = """
import sys
import threading
from pathlib import Path
from panggon.drivers.nginx import visit
ended = threading.Event()
threading.Thread(target=lambda: (sys.stdin.readline(), ended.set()), daemon=True).start()
print("began", flush=True)
while not ended.is_set():
    with visit.token(Path(sys.argv[1]), sys.argv[2], web_group="www-data"):
        pass
"""
SITE_KEY, HOST_KEY = Key(Kind.SITE, SITE), Key(Kind.HOST, HOST)
WISH: Attributes = {
    "host": HOST,
    "generation": 7,
    "kind": "static",
    "php_version": "8.2",
    "profile": "plain",
    "upload_mebibytes": 1,
    "memory_mebibytes": 256,
    "processes": 32,
    "cpu_percent": 100,
    "database": "",
    "outgoing": "none",
    "document_root": "/site/public",
    "notice": "",
    "names": (HOST,),
}


@pytest.fixture
def settings(root: Path) -> web.Settings:
    files.directory(root / "sites" / SITE)
    files.directory(root / "live")
    return web.Settings(root, root / "run" / "control.sock", Door("127.0.0.1", 1, root / "ca.pem"))


class TestSiteContract(Contract):
    @pytest.fixture
    def case(self, settings: web.Settings) -> Case:
        path = settings.root / "sites" / SITE / "site.json"
        return Case(
            driver=lambda: SiteDriver(settings),
            key=SITE_KEY,
            first=WISH,
            second={**WISH, "generation": 8, "upload_mebibytes": 64},
            plant=lambda: files.write(path, '{"version": 1, "site": "s900002"}'),
            planted=path.read_text,
            clear=path.unlink,
        )

    def test_only_nginx_may_read_it(self, case: Case, settings: web.Settings) -> None:
        case.write(case.first)
        status = (settings.root / "sites" / SITE / "site.json").stat()
        assert (status.st_uid, status.st_gid, status.st_mode & 0o777) == (0, 33, 0o640)

    def test_the_document_of_the_architecture(self, case: Case, settings: web.Settings) -> None:
        case.write(case.first)
        document = json.loads((settings.root / "sites" / SITE / "site.json").read_text())
        assert document == {"version": 1, "site": SITE, **WISH, "names": [HOST]}

    @pytest.mark.parametrize("content", ["", "{", "[1]", '{"site": "s900001"}', '{"version": 2, "site": "s900001"}'])
    def test_what_is_not_our_document_is_foreign(self, case: Case, settings: web.Settings, content: str) -> None:
        path = settings.root / "sites" / SITE / "site.json"
        path.write_text(content)
        assert case.read().standing is Standing.FOREIGN
        path.unlink()

    def test_a_member_that_nobody_wished_is_seen(self, case: Case, settings: web.Settings) -> None:
        path = settings.root / "sites" / SITE / "site.json"
        case.write(case.first)
        path.write_text(json.dumps({**json.loads(path.read_text()), "key": "x", "post_mebibytes": 9.5, "hsts": None}))
        path.chmod(0o640)
        assert case.read().attributes == {**case.first, "key": "x", "post_mebibytes": "9.5", "hsts": "null"}

    def test_a_document_of_another_user_is_foreign(self, case: Case, settings: web.Settings) -> None:
        path = settings.root / "sites" / SITE / "site.json"
        case.write(case.first)
        files.write(path, path.read_text(), uid=65534)
        assert case.read().standing is Standing.FOREIGN
        path.unlink()
        path.symlink_to("/etc/hostname")
        assert case.read().standing is Standing.FOREIGN
        path.unlink()


class TestHostContract(Contract):
    @pytest.fixture
    def case(self, settings: web.Settings) -> Case:
        path = settings.root / "live" / HOST
        return Case(
            driver=lambda: HostDriver(settings),
            key=HOST_KEY,
            first={"site": SITE, "state": "prepared"},
            second={"site": SITE, "state": "open"},
            plant=lambda: path.symlink_to("/var/www"),
            planted=path.readlink,
            clear=path.unlink,
        )

    @pytest.mark.parametrize(
        ("state", "target"),
        [
            ("open", f"../sites/{SITE}"),
            ("prepared", f"../prepared/{SITE}"),
            ("suspended", f"../suspended/{SITE}"),
            ("quarantined", f"../quarantined/{SITE}"),
            ("redirect", f"../redirect/{SITE}"),
        ],
    )
    def test_the_link_of_the_architecture(self, case: Case, settings: web.Settings, state: str, target: str) -> None:
        case.write({"site": SITE, "state": state})
        assert str((settings.root / "live" / HOST).readlink()) == target

    @pytest.mark.parametrize("target", ["../sites/s1", f"../../sites/{SITE}", f"../else/{SITE}", f"/sites/{SITE}"])
    def test_a_link_of_another_form_is_foreign(self, case: Case, settings: web.Settings, target: str) -> None:
        path = settings.root / "live" / HOST
        path.symlink_to(target)
        found = case.read()
        path.unlink()
        assert found == Observation(HOST_KEY, Standing.FOREIGN, detail=f"{path} menunjuk ke {target}")

    def test_a_directory_is_foreign(self, case: Case, settings: web.Settings) -> None:
        path = settings.root / "live" / HOST
        path.mkdir()
        assert case.read().standing is Standing.FOREIGN
        path.rmdir()

    @pytest.mark.parametrize("after", [{"site": "../x", "state": "open"}, {"site": SITE, "state": "parked"}])
    def test_what_no_link_can_say_is_refused(self, case: Case, after: dict[str, str]) -> None:
        with pytest.raises(PermanentError, match=r"host\.invalid"):
            case.write(after)


@pytest.mark.parametrize("name", ["../x", "..", "", "A.example", "a.example/", "a.example.", "satu", "x\n.example"])
def test_names_that_would_be_other_paths_are_refused(settings: web.Settings, name: str) -> None:
    for driver, kind in ((HostDriver(settings), Kind.HOST), (SiteDriver(settings), Kind.SITE)):
        with pytest.raises(PermanentError, match="invalid"):
            driver.read(Key(kind, name))
        with pytest.raises(PermanentError, match="invalid"):
            driver.write(Key(kind, name), None)


@pytest.fixture(scope="module")
def server() -> Iterator[WebStand]:
    with WebStand("web-driver").serving() as stand:
        yield stand


@pytest.fixture
def stand(server: WebStand) -> Iterator[WebStand]:
    server.make()
    yield server
    server.remove()


def refuse(number: int) -> Callable[..., None]:
    def refused(*_arguments: object, **_more: object) -> None:
        raise OSError(number, os.strerror(number))

    return refused


class TestProbe:
    def results(self, stand: WebStand, spec: SiteSpec = SPEC) -> dict[str, bool]:
        checks = (*stand.sites.probe(SITE_KEY, spec=spec), *stand.hosts.probe(HOST_KEY, spec=spec))
        assert all(check.detail for check in checks)
        return {check.name: check.ok for check in checks}

    @pytest.mark.parametrize("state", [SiteState.OPEN, SiteState.PREPARED, SiteState.SUSPENDED, SiteState.QUARANTINED])
    def test_what_is_as_wished_is_proven(self, stand: WebStand, state: SiteState) -> None:
        wish = stand.make(state=state)
        assert self.results(stand, wish) == {
            "web.site": True,
            "web.page": True,
            "web.workers": True,
            "web.unknown_host": True,
        }
        assert not list((stand.root / "proof").iterdir())

    def test_two_provers_at_once_are_both_right(self, stand: WebStand) -> None:
        """Another process opens the same door all the while, as the agent's visits do."""
        wish = stand.make()
        words = [sys.executable, "-c", OTHER_PROVER, str(stand.root / "proof"), SITE]
        with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
            assert other.stdout
            other.stdout.readline()
            results = [self.results(stand, wish)["web.site"] for _ in range(20)]
            other.communicate("end\n")
        assert (results, other.returncode) == ([True] * 20, 0)

    def test_a_former_name_leads_to_the_new_one(self, stand: WebStand) -> None:
        wish = stand.make(host="baru.kota.example", former_hosts=(HOST,), generation=8)
        (leads, workers, _unknown) = stand.hosts.probe(HOST_KEY, spec=wish)
        assert (leads.name, leads.ok, workers.ok) == ("web.former_name", True, True)
        assert not stand.hosts.probe(HOST_KEY, spec=replace(wish, host="lain.kota.example"))[0].ok
        answer = stand.get("/a%20b/?c=d")
        port = stand.settings.https_port
        assert (answer.status, answer.headers["location"]) == (308, f"https://baru.kota.example:{port}/a%20b/?c=d")
        stand.remove(replace(wish, former_hosts=()))
        stand.make()

    def test_a_suspended_site_tells_why_as_text(self, stand: WebStand) -> None:
        wish = stand.make(state=SiteState.SUSPENDED, notice="<b>Isi</b> & “tata” 'letak' diperbaiki 100%1.")
        answer = stand.get("/apa-saja.html")
        assert (answer.status, answer.headers["x-panggon-page"]) == (503, "suspended")
        assert "&lt;b&gt;Isi&lt;/b&gt; &amp; “tata” &#x27;letak&#x27; diperbaiki 100%1." in answer.body.decode()
        assert self.results(stand, wish)["web.page"]
        assert not self.results(stand, replace(wish, notice="Sebab lain."))["web.page"]
        assert not self.results(stand, replace(wish, state=SiteState.QUARANTINED))["web.page"]

    def test_an_open_site_with_content(self, stand: WebStand) -> None:
        stand.put("index.html", "Situs kami sedang disiapkan")
        assert self.results(stand)["web.page"]

    def test_a_parked_site_answers_nobody(self, stand: WebStand) -> None:
        wish = stand.make(state=SiteState.PARKED)
        checks = stand.sites.probe(SITE_KEY, spec=wish)
        assert [(check.name, check.ok) for check in checks] == [("web.site", True), ("web.workers", True)]

    def test_a_site_that_should_be_parked_but_answers(self, stand: WebStand) -> None:
        checks = stand.sites.probe(SITE_KEY, spec=replace(SPEC, state=SiteState.PARKED))
        assert [check.ok for check in checks] == [False, False]

    @pytest.mark.parametrize(
        "wrong",
        [{"generation": 8}, {"site": "s900002"}, {"state": SiteState.PREPARED}],
        ids=lambda wrong: next(iter(wrong)),
    )
    def test_a_site_that_is_another_than_wished(self, stand: WebStand, wrong: dict[str, Any]) -> None:
        assert not self.results(stand, replace(SPEC, **wrong))["web.site"]

    def test_the_wrong_page(self, stand: WebStand) -> None:
        assert not self.results(stand, replace(SPEC, state=SiteState.PREPARED))["web.page"]
        stand.make(state=SiteState.PREPARED)
        assert not self.results(stand, SPEC)["web.page"]

    def test_a_site_that_plays_the_waiting_page(self, stand: WebStand) -> None:
        stand.put("index.html", "Situs ini sedang disiapkan")
        assert not self.results(stand, replace(SPEC, state=SiteState.PREPARED))["web.page"]

    def test_whether_a_visitor_gets_in(self, stand: WebStand, monkeypatch: pytest.MonkeyPatch) -> None:
        shown = x509.load_pem_x509_certificate((stand.root / "tls" / HOST / "bundle.pem").read_bytes())
        until = shown.not_valid_after_utc
        assert stand.sites.visited(SPEC) == Visited(True, until)
        assert stand.sites.visited(replace(SPEC, site="s900002")) == Visited(False, until)
        stand.make(state=SiteState.SUSPENDED, notice="Diperbaiki.")
        assert stand.sites.visited(SPEC) == Visited(False, until)
        assert not list((stand.root / "proof").iterdir())
        monkeypatch.setattr("panggon.drivers.nginx.visit.socket.create_connection", refuse(errno.EMFILE))
        with pytest.raises(TemporaryError, match=r"visit\.unable"):
            stand.sites.visited(SPEC)

    def test_no_certificate(self, stand: WebStand) -> None:
        stand.certificates.write(Key(Kind.CERTIFICATE, HOST), None)
        with pytest.raises(TemporaryError, match=r"visit\.failed"):
            stand.sites.visited(SPEC)
        checks = self.results(stand)
        assert checks == {"web.site": False, "web.page": False, "web.workers": True, "web.unknown_host": False}

    def test_a_certificate_of_somebody_else(self, stand: WebStand, tmp_path: Path) -> None:
        settings = replace(
            stand.sites.settings, door=replace(stand.door, authorities=Path("/etc/ssl/certs/ca-certificates.crt"))
        )
        (check,) = SiteDriver(settings).probe(SITE_KEY, spec=SPEC)
        assert not check.ok
        assert "CERTIFICATE_VERIFY_FAILED" in check.detail

    def test_nobody_answers(self, settings: web.Settings, stand: WebStand) -> None:
        door = Door("127.0.0.1", 1, stand.authority.certificate)
        checks = HostDriver(replace(settings, door=door)).probe(HOST_KEY, spec=SPEC)
        assert [check.ok for check in checks] == [False, False, False]
