"""Holidays as CSV, as spreadsheets write it: what is read, and every fault by its line at once."""

from datetime import date

import pytest

from panggon.core.errors import InvalidError
from panggon.schedule.known import HolidayKind, KnownDay
from panggon.schedule.sheet import MOST_BYTES, read, text_of, write

CHRISTMAS = KnownDay(date(2026, 12, 25), "Hari Raya Natal", HolidayKind.NATIONAL)
LEAVE = KnownDay(date(2026, 12, 24), "Cuti Bersama Natal", HolidayKind.JOINT_LEAVE, source="SKB 3 Menteri")
ESTIMATE = KnownDay(date(2027, 3, 10), "Idul Fitri", HolidayKind.NATIONAL, estimated=True)
LINES = "tanggal;nama;jenis;dasar\r\n24/12/2026;Cuti Bersama Natal;cuti bersama;SKB 3 Menteri\r\n"


def faults(text: str) -> list[tuple[str, int | None]]:
    with pytest.raises(InvalidError) as raised:
        read(text)
    return [(fault.code, fault.facts.get("line")) for fault in raised.value.faults]


@pytest.mark.parametrize(
    "content",
    [
        LINES.encode(),
        LINES.encode("utf-8-sig"),
        LINES.encode("utf-16"),  # "Unicode text"
        LINES.replace(";", "\t").encode("utf-16"),
        LINES.replace(";", ",").encode("cp1252"),
        ("sep=;\r\n" + LINES).encode(),
        LINES.replace("\r\n", "\n").replace("24/12/2026", "2026-12-24").encode(),
        LINES.replace("24/12/2026", " 24-12-2026 ").encode(),
        LINES.replace("24/12/2026", "24 Desember 2026").encode(),
        LINES.replace("24/12/2026", "24-Des-26").encode(),
        LINES.upper().replace("CUTI BERSAMA NATAL", "Cuti Bersama Natal").replace("MENTERI", "Menteri").encode(),
        (LINES + ";;;\r\n\r\n").encode(),
    ],
)
def test_what_spreadsheets_write(content):
    assert read(text_of(content)) == (LEAVE,)


def test_a_name_of_another_code_page():
    line = "tanggal,nama,jenis\n01/05/2026,Hari “Buruh”,nasional\n"
    assert read(text_of(line.encode("cp1252")))[0].name == "Hari “Buruh”"


def test_what_was_written_is_read_again():
    days = (LEAVE, CHRISTMAS, ESTIMATE)
    content = write(days)
    assert content.decode("utf-8-sig").splitlines()[1] == "24/12/2026;Cuti Bersama Natal;cuti bersama;SKB 3 Menteri"
    assert read(text_of(content)) == days


def test_every_fault_by_its_line_at_once():
    text = (
        "tanggal;nama;jenis\n"
        "31/02/2026;Tidak ada;libur nasional\n"
        "25/12/2026;Natal;libur nasional\n"
        "besok;;hari raya\n"
        "25/12/2026;Natal lagi;libur nasional\n"
        "26/12/2026;=HYPERLINK(1);libur nasional\n"
        "01/01/1899;Lama;libur nasional\n"
    )
    assert faults(text) == [
        ("sheet.date", 2),
        ("sheet.date", 4),
        ("sheet.name", 4),
        ("sheet.kind", 4),
        ("sheet.twice", 5),
        ("sheet.name", 6),
        ("sheet.date", 7),
    ]


def test_a_header_that_is_another():
    assert faults("hari;apa\n24/12/2026;x\n") == [("sheet.header", 1)]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "sheet.empty"),
        (b" \r\n\r\n", "sheet.empty"),
        (b"%PDF-1.7\x00\x01\xff", "sheet.unreadable"),
        (b"\xff\xfea", "sheet.unreadable"),
        (b"a" * (MOST_BYTES + 1), "sheet.too_large"),
    ],
)
def test_files_that_are_no_sheet(content, code):
    with pytest.raises(InvalidError) as raised:
        text_of(content)
    assert [fault.code for fault in raised.value.faults] == [code]


def test_too_many_lines():
    assert faults("tanggal;nama;jenis\n" + "x;y;z\n" * 1001) == [("sheet.too_long", None)]
