"""The numbers of cases and of the agenda."""

from datetime import datetime

from panggon.papers.numbers import next_number


def next_case_number(at: datetime) -> str:
    year, number = next_number("case", at=at)
    return f"HST-{year}-{number:04d}"


def next_agenda_number(at: datetime) -> str:
    year, number = next_number("agenda", at=at)
    return f"{number:04d}/{year}"
