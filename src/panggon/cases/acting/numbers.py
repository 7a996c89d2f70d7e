"""The numbers of cases and of the agenda."""

from datetime import datetime

from panggon.papers.numbers import given, hold, next_number, upcoming

CASE, AGENDA = "case", "agenda"


def next_case_number(at: datetime) -> str:
    return case_number(*next_number(CASE, at=at))


def case_number(year: int, number: int) -> str:
    return f"{prefix(year)}{number:04d}"


def prefix(year: int) -> str:
    """What the numbers of all cases of a year begin with."""
    return f"HST-{year}-"


def given_case_numbers() -> dict[int, int]:
    """How many cases were numbered in each year."""
    return given(CASE)


def hold_cases(at: datetime) -> None:
    """Until the transaction ends nobody else begins a case."""
    hold(CASE, at=at)


def next_agenda_number(at: datetime) -> str:
    return agenda_number(*next_number(AGENDA, at=at))


def upcoming_agenda_number(at: datetime) -> tuple[int, int]:
    """Year and number that the counter would give next."""
    return upcoming(AGENDA, at=at)


def agenda_number(year: int, number: int) -> str:
    return f"{number:04d}/{year}"


def hold_agenda(at: datetime) -> None:
    """While a number that somebody chose is being checked, nobody else writes into the agenda."""
    hold(AGENDA, at=at)
