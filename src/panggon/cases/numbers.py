"""The numbers of cases and of the agenda."""

from datetime import datetime

from panggon.papers.numbers import hold, next_number

AGENDA = "agenda"


def next_case_number(at: datetime) -> str:
    year, number = next_number("case", at=at)
    return f"HST-{year}-{number:04d}"


def next_agenda_number(at: datetime) -> str:
    year, number = next_number(AGENDA, at=at)
    return f"{number:04d}/{year}"


def hold_agenda(at: datetime) -> None:
    """While a number that somebody chose is being checked, nobody else writes into the agenda."""
    hold(AGENDA, at=at)
