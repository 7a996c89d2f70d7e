"""`panggon` itself: how it is used, and what was typed wrongly, in Indonesian."""

from importlib import metadata
from pathlib import Path
from types import SimpleNamespace

import click
import pytest
from click.testing import CliRunner, Result

from panggon.command_line import Group, ask_secret, is_agreed
from panggon.portal.cli import main

HELP = """\
Pemakaian: panggon enrol-code [PILIHAN] NAMA

  Cetak kode pendaftaran mesin hosting NAMA.

  Kode itu berlaku untuk satu kali pendaftaran.

Pilihan:
  --hours JUMLAH  Berlakunya, dalam jam.  [bawaan: 24; 1 sampai 8760]
  --help          Tampilkan penjelasan ini.
"""
PASSED_ON = {"django"}  # to a program that explains itself


def panggon(*words: str) -> Result:
    return CliRunner().invoke(main, words, prog_name="panggon", terminal_width=80)


def every_command(group: click.Group) -> list[list[str]]:
    found: list[list[str]] = []
    for name, command in group.commands.items():
        inner = every_command(command) if isinstance(command, click.Group) else []
        found += [[name], *([name, *words] for words in inner)]
    return [words for words in found if words[0] not in PASSED_ON]


def test_how_a_command_is_used() -> None:
    assert panggon("enrol-code", "--help").stdout == HELP
    assert panggon("--help").stdout.startswith(
        "Pemakaian: panggon [PILIHAN] PERINTAH [ISI]...\n\n  Portal Pelayanan Hosting.\n"
    )


@pytest.mark.parametrize("words", [[], ["audit"]])
def test_what_each_command_does_is_said_whole(words: list[str]) -> None:
    told = panggon(*words, "--help").stdout.partition("Perintah:\n")[2].splitlines()
    assert len(told) > 1
    assert [line for line in told if line.endswith("...")] == []


@pytest.mark.parametrize("words", every_command(main), ids=" ".join)
def test_nothing_of_it_is_english(words: list[str]) -> None:
    result = panggon(*words, "--help")
    assert (result.exit_code, result.stderr) == (0, "")
    said = set(result.stdout.replace(":", " ").replace("[", " ").split())
    assert not {"Usage", "Options", "OPTIONS]", "Commands", "Show", "default", "INTEGER", "TEXT", "FILE", "the"} & said
    assert "<=x" not in result.stdout


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["frob"], "Perintah frob tidak dikenal. Lihat: panggon --help."),
        (["audit", "frob"], "Perintah frob tidak dikenal. Lihat: panggon audit --help."),
        (["worker", "--frob"], "Pilihan --frob tidak dikenal. Lihat: panggon worker --help."),
        (["enrol-code"], "NAMA belum disebut. Lihat: panggon enrol-code --help."),
        (["migrate", "a"], "Isiannya terlalu banyak. Lihat: panggon migrate --help."),
        (
            ["enrol-code", "a", "--hours", "b"],
            "Isi --hours tidak dapat dipakai. Tulis angka 1 sampai 8760. Lihat: panggon enrol-code --help.",
        ),
        (
            ["serve", "--workers", "0"],
            "Isi --workers tidak dapat dipakai. Tulis angka 1 sampai 6. Lihat: panggon serve --help.",
        ),
        (
            ["serve", "--port", "70000"],
            "Isi --port tidak dapat dipakai. Tulis angka 1 sampai 65535. Lihat: panggon serve --help.",
        ),
        (
            ["deadline", "--days", "0"],
            "Isi --days tidak dapat dipakai. Jumlah hari kerja adalah bilangan 1 sampai 366.",
        ),
    ],
)
def test_what_is_typed_wrongly_is_told_in_one_sentence(words: list[str], told: str) -> None:
    result = panggon(*words)
    assert (result.exit_code, result.stdout, result.stderr) == (2, "", f"{told}\n")


@pytest.mark.parametrize("why", [KeyboardInterrupt, EOFError, click.Abort])
def test_who_stops_it_or_answers_nothing_is_told_so(why: type[BaseException]) -> None:
    @click.command()
    def ask() -> None:
        raise why

    group = Group("panggon", commands={"ask": ask})
    result = CliRunner().invoke(group, ["ask"])
    assert (result.exit_code, result.stdout, result.stderr) == (1, "", "Dihentikan sebelum selesai.\n")


def test_its_version() -> None:
    assert panggon("--version").stdout == f"panggon {metadata.version('panggon')}\n"


def test_a_question_that_takes_yes_or_no_is_asked_until_it_is_one() -> None:
    @click.command()
    def ask() -> None:
        click.echo(is_agreed("Lanjut?"))

    for typed, said, faults in (("ya\n", "True", 0), ("\n", "False", 0), ("no\nT\n", "False", 1)):
        result = CliRunner().invoke(ask, input=typed)
        assert result.output.splitlines()[-1].endswith(said)
        assert result.stderr.count("Jawab y (ya) atau t (tidak).") == faults


@pytest.mark.django_db
def test_without_a_terminal_no_secret_is_asked_for(tmp_path: Path) -> None:
    assert panggon("seed-demo", str(tmp_path / "accounts.json")).exit_code == 0
    result = panggon("certificate", "kadis")
    words = "Frasa sandi tidak dapat ditanyakan di sini: jalankan di terminal, atau sebutkan sebagai pilihan.\n"
    assert (result.exit_code, result.stdout, result.stderr) == (2, "", words)


def test_a_secret_is_asked_for_until_both_are_the_same(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    typed, asked = ["", "kucing", "anjing", "kucing", "kucing"], []

    def answered(label: str) -> str:
        asked.append(label)
        return typed.pop(0)

    monkeypatch.setattr("sys.stdin", SimpleNamespace(isatty=lambda: True))
    monkeypatch.setattr("getpass.getpass", answered)
    assert ask_secret("Frasa sandi") == "kucing"
    assert (typed, capsys.readouterr().err) == ([], "Belum diisi.\nKeduanya tidak sama. Coba lagi.\n")
    assert asked[:3] == ["Frasa sandi: ", "Frasa sandi: ", "Ulangi frasa sandi: "]


@pytest.mark.django_db
def test_a_file_of_no_accounts_is_said(tmp_path: Path) -> None:
    place = tmp_path / "accounts"
    place.write_text("{")
    result = panggon("seed-demo", str(place))
    assert (result.exit_code, result.stderr) == (1, f"{place}: bukan berkas akun demonstrasi\n")
    result = panggon("seed-demo", str(place / "below"))
    assert (result.exit_code, result.stderr) == (1, f"{place / 'below'}: salah satu foldernya bukan folder\n")


@pytest.mark.django_db
@pytest.mark.parametrize("words", [["release-factors", "siti"], ["certificate", "siti", "--passphrase", "rahasia"]])
def test_a_login_that_nobody_has_is_said(words: list[str]) -> None:
    result = panggon(*words)
    assert (result.exit_code, result.stdout, result.stderr) == (1, "", "siti: tidak dikenal\n")
