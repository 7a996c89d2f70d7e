"""What the demonstration prints says times and posts as the pages do."""

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from demo.__main__ import _show_end
from demo.layout import WISHED_PORTS, Layout
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
    assert capsys.readouterr().out == f"\033[1m2. Terima Surat\033[0m — {said}"


@pytest.mark.parametrize("waiting", ["", "PH-2026-0002"])
def test_the_end_names_posts_and_what_waits(capsys: pytest.CaptureFixture[str], waiting: str) -> None:
    layout = Layout(Path("/state"), Path("/hosting"), 800_001, WISHED_PORTS, None)
    evidence = {"checks": [], "reduced": [], "site": {"host": "dinsos.panggon.test"}, "simulation": True}
    _show_end(layout, evidence, {"registrar": vars(REGISTRAR)}, waiting=waiting)
    said = capsys.readouterr().out
    assert "Tata Usaha tu rahasia TOTP" in " ".join(said.split())
    assert "registrar" not in said
    left = "Satu permohonan lagi menunggu Tata Usaha, untuk Anda lanjutkan: http://localhost:8080/permohonan/"
    assert (f"{left}PH-2026-0002/\n" in said) == (waiting != "")
    assert (left in said) == (waiting != "")
