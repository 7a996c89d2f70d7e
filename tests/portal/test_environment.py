"""What an installation sets from outside, and what is said when it is wrong."""

import pytest
from click.testing import CliRunner
from django.core.exceptions import ImproperlyConfigured
from django.db.utils import OperationalError, ProgrammingError

from panggon.portal import cli, logbook_commands
from panggon.portal.settings import environment

AWAY = "Basis data (DATABASE_URL) tidak dapat dihubungi"


def test_a_database_url_with_everything_in_it():
    assert environment.database("postgresql://us%40er:p%2Fw@db.example:5433/na%20me?sslmode=require") == {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "na me",
        "USER": "us@er",
        "PASSWORD": "p/w",
        "HOST": "db.example",
        "PORT": "5433",
        "OPTIONS": {"sslmode": "require"},
    }


def test_a_socket_directory_is_a_host():
    assert environment.database("postgresql://%2Frun%2Fpostgresql/panggon")["HOST"] == "/run/postgresql"


@pytest.mark.parametrize(
    "address", ["", "sqlite:///x", "postgresql://localhost/", "mysql://localhost/x", "postgresql://localhost:x/y"]
)
def test_another_database_will_not_do(address):
    with pytest.raises(ImproperlyConfigured, match="DATABASE_URL"):
        environment.database(address)


def test_the_secret_comes_from_its_file_and_must_be_long(tmp_path, monkeypatch):
    file = tmp_path / "secret"
    monkeypatch.setenv("PANGGON_SECRET_KEY_FILE", str(file))
    file.write_text("x" * 50 + "\n")
    assert environment.secret_key() == "x" * 50
    file.write_text("short")
    with pytest.raises(ImproperlyConfigured, match="PANGGON_SECRET_KEY_FILE"):
        environment.secret_key()


@pytest.mark.parametrize(("content", "words"), [(None, "tidak ada"), (b"\xff", "bukan berkas teks")])
def test_a_secret_whose_file_cannot_be_read_is_named(tmp_path, monkeypatch, content, words):
    file = tmp_path / "secret"
    if content is not None:
        file.write_bytes(content)
    monkeypatch.setenv("PANGGON_IMAP_PASSWORD_FILE", str(file))
    with pytest.raises(ImproperlyConfigured, match=rf"^PANGGON_IMAP_PASSWORD_FILE: {file} {words}\.$"):
        environment.secret("PANGGON_IMAP_PASSWORD")


def test_the_portals_address_has_no_slash_at_its_end(monkeypatch):
    monkeypatch.setenv("PANGGON_BASE_URL", "https://hosting.kota.example/")
    assert environment.address("PANGGON_BASE_URL", "") == "https://hosting.kota.example"


@pytest.mark.parametrize("address", ["kota.example", "https://", "ftp://a", "http://[", "http://a:x", "http://a:0"])
def test_an_address_that_is_none_is_named(monkeypatch, address):
    monkeypatch.setenv("PANGGON_BASE_URL", address)
    with pytest.raises(ImproperlyConfigured, match=r"^PANGGON_BASE_URL bukan alamat"):
        environment.address("PANGGON_BASE_URL", "")


def test_a_number_that_is_none_is_named(monkeypatch):
    monkeypatch.setenv("PANGGON_FIRST_SITE", "many")
    with pytest.raises(ImproperlyConfigured, match="PANGGON_FIRST_SITE"):
        environment.number("PANGGON_FIRST_SITE", 1)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ImproperlyConfigured("DATABASE_URL must look like this"), "DATABASE_URL must look like this"),
        (
            OperationalError('connection to server at "::1", port 1 failed: Connection refused\n\tIs it up?'),
            f"{AWAY}: tidak ada yang menjawab di alamat itu. Jalankan PostgreSQL, atau perbaiki DATABASE_URL.",
        ),
        (OperationalError("new\nthing"), f"{AWAY}: new"),
        (
            ProgrammingError('relation "x" does not exist'),
            "Basis data belum sesuai dengan versi ini. Jalankan `panggon migrate` dahulu.",
        ),
    ],
    ids=["settings", "server", "unknown", "tables"],
)
def test_what_an_installation_lacks_is_said_in_a_sentence(monkeypatch, error, words):
    def fails():
        raise error

    for module in (cli, logbook_commands):
        monkeypatch.setattr(module, "prepare", fails)
    for command in (["figures"], ["audit", "verify"]):
        answer = CliRunner().invoke(cli.main, command)
        assert (answer.exit_code, answer.stdout, answer.stderr) == (1, "", f"{words}\n")
