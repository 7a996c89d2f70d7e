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


def test_every_interval_over_ramadan_and_a_friday():
    """Thu 19 Feb 2026, the first of Ramadan: 1 h 15 are left (15.15 - 14.00). Fri 20 is the first working day after it:
    3 h 30 + 2 h, less the pause from 11.00 to 13.00 (30 min before the break, 30 min after it). Mon 23 the second: 4 h
    + 2 h 45, due at its closing, 15.15, and the 1 h of the pause later: Tue 24, 08.00-09.00.
    """
    code, lines, _ = asked("2026-02-19T14:00", "--pause", "2026-02-20T11:00/2026-02-20T13:00", *BUILT_IN)
    assert (code, lines) == (
        0,
        [
            "2026-02-24T09:00:00+07:00",
            "2026-02-19T14:00:00+07:00/2026-02-19T15:15:00+07:00",
            "2026-02-20T08:00:00+07:00/2026-02-20T11:00:00+07:00",
            "2026-02-20T13:00:00+07:00/2026-02-20T14:30:00+07:00",
            "2026-02-23T08:00:00+07:00/2026-02-23T12:00:00+07:00",
            "2026-02-23T12:30:00+07:00/2026-02-23T15:15:00+07:00",
            "2026-02-24T08:00:00+07:00/2026-02-24T09:00:00+07:00",
        ],
    )


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
    assert "Tahun 2027 belum mempunyai kalender kerja" in errors


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("besok",), 2, "“besok” bukan waktu ISO 8601. Tulis seperti 2026-11-23T09:00."),
        (("2026-11-31T09:00",), 2, "“2026-11-31T09:00” bukan waktu ISO 8601."),
        (("2026-11-23T24:30",), 2, "bukan waktu ISO 8601"),
        (("0001-01-01T00:00",), 2, "bukan waktu ISO 8601"),
        (("2026-11-23",), 2, "“2026-11-23” tidak memuat jam."),
        ((), 2, "Sebutkan waktu mulai, misalnya: panggon deadline 2026-11-23T09:00."),
        (("2026-11-23T09:00", "2026-11-24T09:00"), 2, "Sebutkan satu waktu mulai saja; jeda ditulis dengan --pause."),
        (("2026-11-23T09:00", "--jeda", "x"), 2, "Pilihan --jeda tidak dikenal. Lihat: panggon deadline --help."),
        (("2026-11-23T09:00", "--pause", "2026-11-24T10:00"), 2, "“2026-11-24T10:00” bukan jeda."),
        (("2026-11-23T09:00", "--pause", "2026-11-24T10:00/"), 2, "“2026-11-24T10:00/” bukan jeda."),
        (
            ("2026-11-23T09:00", "--pause", "2026-11-24T10:00/2026-11-24T09:00"),
            2,
            "Jeda yang mulai 2026-11-24T10:00:00+07:00 berakhir sebelum dimulai.",
        ),
        (
            ("2026-11-23T09:00", "--pause", "2026-11-23T08:00/2026-11-23T10:00"),
            2,
            "Jeda yang mulai 2026-11-23T08:00:00+07:00 mendahului 2026-11-23T09:00:00+07:00.",
        ),
        (
            (
                *("2026-11-23T09:00", "--pause", "2026-11-24T08:00/2026-11-24T10:00"),
                *("--pause", "2026-11-24T09:00/2026-11-24T11:00"),
            ),
            2,
            "mendahului 2026-11-24T10:00:00+07:00.",
        ),
        (("2026-11-23T09:00", "--days", "0"), 2, "Isi --days tidak dapat dipakai. Jumlah hari kerja adalah bilangan 1"),
        (("2026-11-23T09:00", "--days", "dua"), 2, "Isi --days tidak dapat dipakai."),
        (("2022-11-23T09:00",), 1, "Tahun 2022 belum mempunyai kalender kerja"),
        (("9999-12-31T23:59",), 1, "Tahun 9999 belum mempunyai kalender kerja"),
    ],
)
def test_clear_errors_and_exit_status(arguments, code, words):
    found, lines, errors = asked(*BUILT_IN, *arguments)
    assert (found, lines) == (code, [])
    assert words in errors
    assert not {"Error", "Usage", "Try"} & set(errors.replace(":", " ").split())


def test_an_option_without_its_value():
    assert asked("2026-11-23T09:00", "--days")[::2] == (
        2,
        "Pilihan --days memerlukan isi. Lihat: panggon deadline --help.\n",
    )
    assert asked("2026-11-23T09:00", "--calendar", "jawa")[::2] == (
        2,
        "Isi --calendar tidak dapat dipakai. Pilih database atau built-in.\n",
    )
