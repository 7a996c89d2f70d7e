"""What the demonstration prints says times and posts as the pages do."""

import json
import time
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from demo import __main__ as demonstration
from demo import steps
from demo.browser import Page
from demo.layout import WISHED_PORTS, Layout, Places
from demo.people import Account, Person
from demo.steps import Course

REGISTRAR = Account("registrar", "Tata Usaha", "tu", "Endah Lestari", "rahasia", "TOTP")


@pytest.fixture
def machine_far_away(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("machine_far_away")
def test_steps_are_told_in_the_time_of_the_pages(capsys: pytest.CaptureFixture[str]) -> None:
    course = Course({"registrar": Person(REGISTRAR, "http://localhost")}, {})
    course.done(2, "Terima Surat", "registrar")
    western = datetime.fromisoformat(course.steps[0]["at"]) + timedelta(hours=7)
    said = f"Endah Lestari (Tata Usaha), {western:%H.%M.%S} WIB\n"
    assert capsys.readouterr().out == f"2. Terima Surat — {said}"


LINK = '<a href="/permohonan/?menunggu=on">Lihat semua</a>'
WAITS = '<a href="/permohonan/PH-2026-0002/">Layanan Bansos</a>'


@pytest.mark.parametrize(("waits", "handed_in"), [(WAITS, False), ("", True)])
def test_one_more_request_waits_whether_it_is_new_or_was_left_by_the_last_start(
    monkeypatch: pytest.MonkeyPatch, waits: str, handed_in: bool
) -> None:
    """As at a second start, where the one of the first still waits."""

    def hand_in(_person: object, _request: object) -> tuple[str, str]:
        handed.append(True)
        return "bansos", "PH-2026-0003"

    handed: list[bool] = []
    pages = {"/beranda/menunggu/": Page("", LINK + waits, status=200)}
    browser = SimpleNamespace(open=pages.__getitem__)
    registrar: Any = SimpleNamespace(sign_in=lambda: None, browser=browser)
    monkeypatch.setattr(steps, "hand_in", hand_in)
    number = steps.leave_one_more(Course({"registrar": registrar, "applicant": registrar}, {}))
    assert (number, bool(handed)) == ("PH-2026-0003" if handed_in else "PH-2026-0002", handed_in)


@pytest.mark.parametrize("waiting", ["", "PH-2026-0002"])
def test_the_end_names_posts_and_what_waits(capsys: pytest.CaptureFixture[str], waiting: str) -> None:
    layout = Layout(Path("/state"), Path("/hosting"), 800_001, WISHED_PORTS, None)
    evidence = {"checks": [], "reduced": [], "site": {"host": "dinsos.panggon.test"}, "simulation": True}
    demonstration._show_places(layout, evidence, {"registrar": vars(REGISTRAR)}, waiting=waiting)
    said = capsys.readouterr().out
    assert "Tata Usaha tu rahasia TOTP" in " ".join(said.split())
    assert "registrar" not in said
    left = "Satu permohonan lagi menunggu Tata Usaha, untuk Anda lanjutkan: http://localhost:8080/permohonan/"
    assert (f"{left}PH-2026-0002/\n" in said) == (waiting != "")
    assert (left in said) == (waiting != "")


@pytest.mark.parametrize("leave", [True, False])
def test_who_does_not_stay_is_told_that_it_has_ended_and_not_where_to_look(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, leave: bool
) -> None:
    """A demonstration without its steps and servers."""
    told = {"checks": [], "reduced": [], "site": {"host": "dinsos.panggon.test"}, "simulation": True, "waiting": ""}
    places, made = Places(tmp_path, tmp_path, 800_001), Layout(tmp_path, tmp_path, 800_001, WISHED_PORTS, None)
    made.office.mkdir(exist_ok=True)
    made.accounts.write_text("{}")
    monkeypatch.setattr(demonstration.cleaning, "reclaim", lambda _places: None)
    monkeypatch.setattr(demonstration.layout, "prepare", lambda **_places: made)
    monkeypatch.setattr(demonstration.figures, "reckon", lambda *_, **__: None)
    monkeypatch.setattr(demonstration, "_stack", lambda *_, **__: nullcontext(SimpleNamespace(wait=lambda: 0)))
    monkeypatch.setattr(demonstration, "_ready", lambda _stack: True)
    monkeypatch.setattr(demonstration, "_write_evidence", lambda *_, **__: told)

    def steps_are_done(*_: object, **__: object) -> SimpleNamespace:
        (tmp_path / "result.json").write_text(json.dumps(told))
        return SimpleNamespace(returncode=0)

    monkeypatch.setattr(demonstration.subprocess, "run", steps_are_done)
    assert demonstration._demonstrate(places, simulation=True, leave=leave) == 0
    said = capsys.readouterr().out
    assert "0 dari 0 bukti terpenuhi." in said
    assert ("http://localhost" in said, "semua server sudah berhenti" in said) == (not leave, leave)
