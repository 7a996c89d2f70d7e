"""No database, or one of another version: programs say so and do not start, visitors get a page that says so."""

import pytest
from click.testing import CliRunner
from django.db import connection
from django.test import Client

from demo.ports import free_port
from panggon.portal import cli, working

NOBODY = (
    "Basis data (DATABASE_URL) tidak dapat dihubungi: tidak ada yang menjawab di alamat itu. "
    "Jalankan PostgreSQL, atau perbaiki DATABASE_URL.\n"
)
UNFIT = "Basis data belum sesuai dengan versi ini. Jalankan `panggon migrate` dahulu.\n"
PROGRAMS = [["serve"], ["serve", "--nodes"], ["worker"]]


@pytest.fixture
def another(django_db_blocker, monkeypatch):
    """Another database than that of the test run, by its settings."""
    with django_db_blocker.unblock():
        connection.close()
        with monkeypatch.context() as patch:
            yield lambda name, value: patch.setitem(connection.settings_dict, name, value)
        connection.close()


@pytest.fixture
def away(another):
    another("HOST", "127.0.0.1")
    another("PORT", str(free_port()))


@pytest.fixture
def started(monkeypatch):
    """What was started all the same; nothing of it runs here."""
    found: list[str] = []

    class Server:
        def __init__(self, target: str, **_options: object) -> None:
            found.append(target)

        def serve(self) -> None: ...

    monkeypatch.setattr("granian.Granian", Server)
    monkeypatch.setattr(working, "run", lambda _app: found.append("worker"))
    monkeypatch.setattr("panggon.portal.memory.keep_out_of_dumps", lambda: None)  # it would count for all tests
    return found


def said(words: list[str]) -> tuple[int, str, str]:
    result = CliRunner().invoke(cli.main, words)
    return result.exit_code, result.stdout, result.stderr


@pytest.mark.parametrize("words", PROGRAMS, ids=" ".join)
def test_without_a_database_nothing_is_started(away, started, words):
    assert said(words) == (1, "", NOBODY)
    assert started == []


@pytest.mark.parametrize("words", PROGRAMS, ids=" ".join)
def test_nor_with_one_that_was_not_brought_to_this_version(private_postgres, django_db_setup, another, started, words):
    another("NAME", "postgres")
    assert said(words) == (1, "", UNFIT)
    assert started == []


@pytest.mark.django_db
@pytest.mark.parametrize("words", [*PROGRAMS[:2]], ids=" ".join)
def test_with_it_they_are(started, words):
    assert said(words) == (0, "", "")
    assert started == [f"panggon.portal.served:{'nodes' if words[1:] else 'pages'}"]


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_visitor_is_told_that_it_can_be_tried_again(away, method, caplog):
    answer = getattr(Client(raise_request_exception=False), method)("/pengaduan/")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'self'")
    page = answer.content.decode()
    assert "<h1>Sedang tidak dapat dilayani</h1>" in page
    assert "Yang sudah tersimpan tetap aman." in page
    assert "Terjadi gangguan" not in page


def test_a_program_is_told_by_a_code(away):
    answer = Client(raise_request_exception=False).get("/api/v1/cases/x", headers={"Authorization": "Bearer panggon_x"})
    assert (answer.status_code, answer.headers["Content-Type"]) == (503, "application/problem+json")
    assert answer.json()["code"] == "unavailable"


def test_a_hosting_machine_is_told_by_a_code(away, settings):
    settings.ROOT_URLCONF = "panggon.portal.urls_nodes"
    answer = Client(raise_request_exception=False).get("/api/node/wish", headers={"Authorization": "Bearer x"})
    assert (answer.status_code, answer.json()) == (503, {"error": "unavailable"})


def test_the_log_says_it_in_one_line(away, caplog):
    Client(raise_request_exception=False).get("/masuk/")
    lines = [record.getMessage() for record in caplog.records if record.name == "django.request"]
    assert lines == [f"Service Unavailable: /masuk/: {NOBODY.strip()}"]
    assert [record for record in caplog.records if record.exc_info] == []


def test_another_fault_stays_one(monkeypatch, settings):
    def fails(*_arguments: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("panggon.portal.middleware.remembering", fails)
    answer = Client(raise_request_exception=False).get("/masuk/")
    assert (answer.status_code, "<h1>Terjadi gangguan</h1>" in answer.content.decode()) == (500, True)
