"""What the demonstration prints says times and posts as the pages do."""

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from demo import steps
from demo.__main__ import _show_end
from demo.browser import Page
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
    _show_end(layout, evidence, {"registrar": vars(REGISTRAR)}, waiting=waiting)
    said = capsys.readouterr().out
    assert "Tata Usaha tu rahasia TOTP" in " ".join(said.split())
    assert "registrar" not in said
    left = "Satu permohonan lagi menunggu Tata Usaha, untuk Anda lanjutkan: http://localhost:8080/permohonan/"
    assert (f"{left}PH-2026-0002/\n" in said) == (waiting != "")
    assert (left in said) == (waiting != "")
