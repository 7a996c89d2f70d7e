"""What becomes of an order where the ACME server is not well, or no ACME server at all."""

import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from panggon.core.errors import PanggonError, PermanentError, TemporaryError
from panggon.drivers.certificates import acme_orders, authority
from panggon.drivers.certificates.acme_orders import Settings
from tests.drivers import strange_ca
from tests.drivers.dripping import serve
from tests.drivers.strange_ca import PROBLEM, StrangeCa

pytestmark = pytest.mark.real

HOST = "opd.kota.example"
Said = Callable[[StrangeCa], dict[str, tuple[int, Any]]]


class Nothing:
    type = "dns-01"

    def plant(self, host: str, place: str, value: str) -> None: ...

    def clear(self, host: str, place: str, value: str) -> None: ...


@dataclass(frozen=True)
class Stand:
    server: StrangeCa
    settings: Settings

    def refusal(self, said: Said) -> PanggonError:
        """How an order ends where the server says this."""
        self.server.said = said(self.server)
        with pytest.raises(PanggonError) as refused:
            acme_orders.order(self.settings, HOST)
        return refused.value


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    place: Path = tmp_path_factory.mktemp("strange-ca")
    with strange_ca.serving() as server:
        challenge = Nothing()
        yield Stand(
            server, Settings(f"{server.url}/directory", place / "account.pem", place / "planted", challenge, seconds=30)
        )


@pytest.mark.parametrize(
    ("said", "words"),
    [
        pytest.param(lambda _: {"/directory": (200, {"message": "hello"})}, "newAccount", id="another-page"),
        pytest.param(lambda _: {"/directory": (200, [])}, "", id="a-list"),
        pytest.param(lambda _: {"/directory": (301, b"")}, "", id="moved"),
        pytest.param(lambda _: {"/account": (500, b"")}, "500", id="broken"),
        pytest.param(lambda _: {"/order": (201, {"status": "pending"})}, "", id="no-authorizations"),
        pytest.param(lambda ca: {"/order": (201, ca.order(status="odd"))}, "odd", id="unknown-status"),
        pytest.param(lambda ca: {"/authorization": (200, ca.authorization(status="expired"))}, "expired", id="expired"),
        pytest.param(
            lambda ca: {"/authorization": (200, ca.authorization(status="pending", challenges=None))}, "", id="none"
        ),
    ],
)
def test_a_server_that_says_something_else_is_one_that_is_down(stand: Stand, said: Said, words: str) -> None:
    """And why is told: nothing else says what is wrong with the address in the settings."""
    refused = stand.refusal(said)
    assert isinstance(refused, TemporaryError)
    assert refused.code == "acme.down"
    reason = refused.detail.removeprefix(f"{stand.settings.directory}: ")
    assert reason
    assert words in reason


def test_a_server_that_never_comes_to_an_end_is_down_too(stand: Stand) -> None:
    refused = replace(stand, settings=replace(stand.settings, seconds=0)).refusal(lambda _: {})
    assert (refused.code, refused.detail) == ("acme.down", f"{stand.settings.directory}: TimeoutError")


def test_a_damaged_key_of_the_account_is_named(stand: Stand, tmp_path: Path) -> None:
    account = tmp_path / "account.pem"
    account.write_text("rusak")
    refused = replace(stand, settings=replace(stand.settings, account=account)).refusal(lambda _: {})
    assert (refused.code, str(account) in refused.detail) == ("acme.account", True)
    account.unlink()  # what a person would do
    with pytest.raises(TemporaryError, match="TimeoutError"):
        acme_orders.order(replace(stand.settings, account=account, seconds=0), HOST)


@pytest.mark.parametrize(
    ("code", "kind"), [("rateLimited", TemporaryError), ("serverInternal", TemporaryError), ("caa", PermanentError)]
)
def test_what_it_refuses_with_the_order_is_a_refusal(stand: Stand, code: str, kind: type[PanggonError]) -> None:
    """Asked for the order, or found in it after everything was proven."""
    problem = {"type": f"{PROBLEM}{code}", "detail": "bukan sekarang"}
    for said in (
        {"/order": (403, problem)},
        {"/order/1": (200, stand.server.order(status="invalid", error=problem))},
    ):
        refused = stand.refusal(lambda _, said=said: said)
        assert type(refused) is kind
        assert refused.code == "acme.refused"
        assert "bukan sekarang" in refused.detail


def test_an_answer_without_end_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the lines of its header, each byte well before anybody gives up waiting for it."""
    monkeypatch.setattr(acme_orders, "BESIDES", 1.0)
    own = authority.create_authority(tmp_path, now=datetime.now(UTC))
    (tmp_path / "bundle.pem").write_bytes(authority.issue(own, "localhost", now=datetime.now(UTC)))
    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor() as pool:
        pool.submit(serve, listener, b"HTTP/1.1 200 OK\r\nX-Long: ", drops=600, bundle=tmp_path / "bundle.pem")
        place = f"https://localhost:{listener.getsockname()[1]}/directory"
        settings = Settings(
            place, tmp_path / "account.pem", tmp_path / "planted", Nothing(), ca=own.certificate, seconds=0.5
        )
        with pytest.raises(TemporaryError, match=r"acme\.down: .* timed out"):
            acme_orders.order(settings, HOST)
