"""`script/demo --simulate`: the nine steps without root and without servers, and nobody takes them for real."""

import json
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.people import Account, Person
from tests.demo.running import exit_status, serving
from tests.demo.unprivileged import NOBODY, unprivileged

STEPS = [1, 2, 2, 3, 4, 5, 5, 6, 7, 8, 9]


@pytest.fixture(scope="module")
def nobody() -> Iterator[tuple[Path, list[str]]]:
    with unprivileged() as made:
        yield made


@pytest.fixture(scope="module")
def served(nobody: tuple[Path, list[str]]) -> Iterator["subprocess.Popen[str]"]:
    _, around = nobody
    with serving([*around, "script/demo", "--simulate"]) as process:
        yield process


@pytest.fixture(scope="module")
def state(nobody: tuple[Path, list[str]], served: "subprocess.Popen[str]") -> Path:
    """Of a demonstration that carried its letter through; it serves until `ended`."""
    return nobody[0] / "demo-simulasi"


@pytest.fixture(scope="module")
def ended(state: Path, served: "subprocess.Popen[str]") -> Path:
    served.send_signal(signal.SIGINT)
    assert exit_status(served) == 130
    return state


def test_the_nine_steps_are_carried_through_and_called_simulated(state: Path) -> None:
    evidence = json.loads((state / "evidence.json").read_text())
    assert [step["sk_step"] for step in evidence["steps"]] == STEPS
    assert evidence["simulation"] is True
    assert evidence["reduced"] == ["simulasi: tidak ada mesin"]
    assert {check["name"]: check["ok"] for check in evidence["checks"]} == {
        "permohonan.selesai": True,
        "naskah.pdf": True,
        "naskah.tanpa_rahasia": True,
        "lacak.publik": True,
    }


def test_every_sheet_of_every_paper_is_marked(state: Path) -> None:
    received = "01-surat-permohonan.pdf"  # the agency's own letter: it stays as it came
    papers = sorted(paper for paper in (state / "papers").glob("*.pdf") if paper.name != received)
    assert len(papers) >= 8
    for paper in papers:
        words = subprocess.run(["pdftotext", str(paper), "-"], capture_output=True, text=True, check=True).stdout
        sheets = words.rstrip("\f").split("\f")
        assert [sheet for sheet in sheets if "SIMULASI" not in sheet] == [], paper.name


def test_every_page_is_marked_and_one_request_waits_for_the_tata_usaha(state: Path) -> None:
    accounts = json.loads((state / "office" / "accounts.json").read_text())
    portal = json.loads((state / "evidence.json").read_text())["endpoints"]["portal"]
    number = json.loads((state / "result.json").read_text())["case"]
    waited_for = []
    for role, account in accounts.items():
        person = Person(Account(**account), portal)
        with person.browser:
            pages = [person.browser.open(path) for path in ("/", "/masuk/", "/lacak/", "/tidak-ada/")]
            person.sign_in()
            pages += [person.browser.open(path) for path in ("/", f"/permohonan/{number}/")]
            if "Tidak ada permohonan yang menunggu Anda" not in person.browser.open("/beranda/").text:
                waited_for.append(role)
        assert [page.address for page in pages if "SIMULASI" not in page.text] == [], role
    assert waited_for == ["registrar"]


def test_after_ctrl_c_nothing_runs(ended: Path) -> None:
    assert _of_nobody() == []


def test_the_signed_document_holds_and_no_secret_is_anywhere(ended: Path) -> None:
    (document,) = (ended / "papers").glob("*-dokumen-hosting.pdf")
    said = subprocess.run(["pdfsig", str(document)], capture_output=True, text=True).stdout
    assert "Signature Validation: Signature is Valid." in said
    assert "Total document signed" in said
    accounts = json.loads((ended / "office" / "accounts.json").read_text())
    secrets = {account[name].encode() for account in accounts.values() for name in ("password", "totp_secret")}
    told = {"accounts.json", "steps.json", "evidence.json"}  # to who runs the demonstration
    files = [file for file in ended.rglob("*") if file.is_file() and file.name not in told]
    assert len(files) > 100  # database, logs, mails, papers
    assert [str(file) for file in files if any(secret in file.read_bytes() for secret in secrets)] == []


def _of_nobody() -> list[str]:
    done = subprocess.run(["ps", "-u", str(NOBODY), "-o", "args="], capture_output=True, text=True)
    return [line for line in done.stdout.splitlines() if "demo" in line or "panggon" in line or "postgres" in line]
