"""How `panggon-node` is used, what was typed wrongly, and what it says on a terminal; no machine is asked."""

import io
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from rich.console import Console

from panggon.core.node.planning.driver import Check
from panggon.core.sites.htaccess import Effect, Lost
from panggon.drivers.nginx.htaccess import Found
from panggon.node.command import show
from panggon.node.command.cli import cli
from tests.node import simulated

HELP = """\
Pemakaian: panggon-node drift [PILIHAN] [SPEC.json|SITUS]

  Tunjukkan yang sudah menyimpang; status 1 bila ada.

  Dari SPEC.json, atau tanpanya: di semua situs dari yang terakhir dibuat.

Pilihan:
  --json  Keluaran JSON untuk program.
  --help  Tampilkan penjelasan ini.
"""


@pytest.mark.parametrize("words", [[], ["services"]])
def test_what_each_command_does_is_said_whole(words):
    told = CliRunner().invoke(cli, [*words, "--help"], terminal_width=80).stdout.partition("Perintah:")[2]
    assert len(told.splitlines()) > 2
    assert [line for line in told.splitlines() if line.endswith("...")] == []


def every_command(group: click.Group) -> list[list[str]]:
    found: list[list[str]] = []
    for name, command in group.commands.items():
        inner = every_command(command) if isinstance(command, click.Group) else []
        found += [[name], *([name, *words] for words in inner)]
    return found


@pytest.mark.parametrize("words", every_command(cli), ids=" ".join)
def test_nothing_of_it_is_english(words):
    said = CliRunner().invoke(cli, [*words, "--help"], prog_name="panggon-node").stdout
    assert not re.search(r"\b(?:Usage|Options|Commands|Show|default|INTEGER|TEXT|PATH|FILE|the)\b|<=x", said)


def test_how_a_command_is_used_is_said_in_indonesian():
    assert CliRunner().invoke(cli, ["drift", "--help"], prog_name="panggon-node").stdout == HELP
    whole = CliRunner().invoke(cli, ["--help"], prog_name="panggon-node").stdout
    assert whole.startswith("Pemakaian: panggon-node [PILIHAN] PERINTAH [ISI]...\n")
    assert "\nPilihan:\n  --config BERKAS  Pengaturan mesin (TOML).\n  --version        Tampilkan versinya.\n" in whole


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["frob"], "Perintah frob tidak dikenal. Lihat: panggon-node --help."),
        (["services", "frob"], "Perintah frob tidak dikenal. Lihat: panggon-node services --help."),
        (["--frob"], "Pilihan --frob tidak dikenal. Lihat: panggon-node --help."),
        (
            ["plan", "a", "--config", "b"],
            "Pilihan --config ditulis sebelum perintahnya. Lihat: panggon-node plan --help.",
        ),
        (
            ["services", "run", "--config", "b"],
            "Pilihan --config ditulis sebelum perintahnya. Lihat: panggon-node services run --help.",
        ),
        (["plan"], "SPEC.json|SITUS belum disebut. Lihat: panggon-node plan --help."),
        (["plan", "a", "b"], "Isiannya terlalu banyak. Lihat: panggon-node plan --help."),
        (["--config", "a"], "Perintahnya belum disebut. Lihat: panggon-node --help."),
        (["dump", "a", "--to"], "Isi pilihan --to kurang atau tidak pada tempatnya."),
        (
            ["allow", "0"],
            "Isi JUMLAH tidak dapat dipakai. Tulis bilangan bulat mulai dari 1. Lihat: panggon-node allow --help.",
        ),
        (
            ["load", "a", "/nowhere"],
            "Isi BERKAS tidak dapat dipakai. Sebutkan berkas yang ada. Lihat: panggon-node load --help.",
        ),
    ],
)
def test_what_is_typed_wrongly_is_told_in_one_sentence(words, told):
    result = CliRunner().invoke(cli, words, prog_name="panggon-node")
    assert (result.exit_code, result.stdout, result.stderr) == (2, "", f"{told}\n")


@pytest.mark.parametrize("words", [["--help"], ["apply", "--help"], ["services", "run", "--help"]])
def test_help_needs_no_settings(words):
    result = CliRunner().invoke(cli, ["--config", "/nowhere.toml", *words])
    assert result.exit_code == 0
    assert "Pemakaian: " in result.stdout


@pytest.fixture
def open_to_all():
    """A place that everybody may look into, as pytest's own are not."""
    with tempfile.TemporaryDirectory() as place:
        Path(place).chmod(0o755)
        yield Path(place)


def test_a_real_machine_wants_root(open_to_all):
    config = simulated.toml(open_to_all)
    config.write_text(config.read_text().replace("simulate = true", ""))
    result = _as_nobody(config)
    assert (result.returncode, result.stderr) == (1, "panggon-node harus dijalankan sebagai root (node.root)\n")


def test_what_belongs_to_another_is_one_sentence(open_to_all):
    state = simulated.settings(open_to_all).paths.state
    state.mkdir(mode=0o700)
    result = _as_nobody(simulated.toml(open_to_all))
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == f"{state}/specs tidak boleh dipakai pengguna ini (disk.refused)\n"


def _as_nobody(config):
    # The rights go after the import: the checkout may lie where only root may enter.
    program = (
        "import os, sys; from panggon.node.command.cli import main; "
        "os.setgid(65534); os.setuid(65534); sys.exit(main())"
    )
    argv = [sys.executable, "-c", program, "--config", str(config), "status"]
    return subprocess.run(argv, capture_output=True, text=True)


@pytest.mark.parametrize(
    "said", ["\x1b]0;owned\x07\x1b[31mmerah", "\x9b31m", "\udcff", "\u202ekanan", "\r\n[bold]a[/bold]"]
)
def test_what_a_site_says_obeys_nobody_s_terminal(said):
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    console = Console(file=out, force_terminal=True, color_system=None, width=200)
    show.evidence(console, [Check("php.answer", ok=False, detail=f"awal {said} akhir")])
    show.unread(console, [Found(f"folder/{said}/.htaccess", (Lost(1, f"Deny {said}", Effect.PROTECTION),))])
    console.print(show.text(show.problem("unproven", said * 5000)))
    out.seek(0)
    shown = out.read()
    assert "\x1b" not in shown
    assert all(each.isprintable() or each == "\n" for each in shown)
    assert len(shown) < 10_000
    assert re.search("awal .* akhir", shown)
