"""`panggon deadline`: the due moment alone on the first line, the counted intervals after it."""

from datetime import date

import pytest
from click.testing import CliRunner

from panggon.portal import deadline
from panggon.schedule.models import Holiday

BUILT_IN = ("--calendar", "built-in")


def asked(*arguments):
    result = CliRunner().invoke(deadline.command, arguments)
    return result.exit_code, result.stdout.splitlines(), result.stderr


def test_due_moment_and_intervals():
    code, lines, _ = asked("2026-11-23T09:00", "--pause", "2026-11-24T10:00/2026-11-24T14:00", *BUILT_IN)
    assert code == 0
    assert lines == [
        "2026-11-26T10:30:00+07:00",
        "2026-11-23T09:00:00+07:00/2026-11-23T12:00:00+07:00",
        "2026-11-23T13:00:00+07:00/2026-11-23T16:30:00+07:00",
        "2026-11-24T07:30:00+07:00/2026-11-24T10:00:00+07:00",
        "2026-11-24T14:00:00+07:00/2026-11-24T16:30:00+07:00",
        "2026-11-25T07:30:00+07:00/2026-11-25T12:00:00+07:00",
        "2026-11-25T13:00:00+07:00/2026-11-25T16:30:00+07:00",
        "2026-11-26T07:30:00+07:00/2026-11-26T10:30:00+07:00",
    ]


def test_other_offsets_and_days():
    assert asked("2026-11-23T02:00Z", "--days", "1", *BUILT_IN)[1][0] == "2026-11-24T16:30:00+07:00"
    assert asked("2026-12-30 10:00", *BUILT_IN)[1][0] == "2027-01-04T16:30:00+07:00"


def test_pauses_in_any_order():
    pauses = ("--pause", "2026-11-25T08:00/2026-11-25T09:00", "--pause", "2026-11-24T08:00/2026-11-24T09:00")
    assert asked("2026-11-23T09:00", *pauses, *BUILT_IN)[1][0] == "2026-11-26T09:30:00+07:00"


@pytest.mark.django_db
def test_the_database_decides_where_one_is_configured(office, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://configured")
    Holiday.objects.create(day=date(2026, 11, 24), name="Pilkada")
    code, lines, errors = asked("2026-11-23T09:00")
    assert (code, lines[0], errors) == (0, "2026-11-26T16:30:00+07:00", "")
    code, lines, errors = asked("2026-12-30T09:00")
    assert (code, lines) == (1, [])
    assert "The year 2027 has no calendar" in errors


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("besok",), 2, "'besok' is no moment in ISO 8601"),
        (("2026-11-31T09:00",), 2, "is no moment"),
        (("2026-11-23",), 2, "has no time of day"),
        (("2026-11-23T09:00", "--pause", "2026-11-24T10:00"), 2, "is not FROM/TO"),
        (("2026-11-23T09:00", "--pause", "2026-11-24T10:00/"), 2, "is not FROM/TO"),
        (("2026-11-23T09:00", "--pause", "2026-11-24T10:00/2026-11-24T09:00"), 2, "ends before it begins"),
        (("2026-11-23T09:00", "--pause", "2026-11-23T08:00/2026-11-23T10:00"), 2, "begins before 2026-11-23T09:00"),
        (
            (
                *("2026-11-23T09:00", "--pause", "2026-11-24T08:00/2026-11-24T10:00"),
                *("--pause", "2026-11-24T09:00/2026-11-24T11:00"),
            ),
            2,
            "begins before 2026-11-24T10:00",
        ),
        (("2026-11-23T09:00", "--days", "0"), 2, "--days"),
        (("2022-11-23T09:00",), 1, "The year 2022 has no calendar"),
    ],
)
def test_clear_errors_and_exit_status(arguments, code, words):
    found, lines, errors = asked(*arguments, *BUILT_IN)
    assert (found, lines) == (code, [])
    assert words in errors
