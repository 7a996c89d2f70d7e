"""The index of satisfaction against figures reckoned by hand (PermenPAN-RB 14/2017)."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panggon.core.errors import InvalidError
from panggon.core.surveys.survey import (
    BAND_LABELS,
    QUESTIONS,
    Band,
    Element,
    band_of,
    result_of,
    rounded,
    sample_size,
    sums_of,
)
from panggon.core.surveys.survey_sheet import read_answers

HEAD = "U1,U2,U3,U4,U5,U6,U7,U8,U9\n"
answer_rows = st.lists(st.tuples(*[st.integers(1, 4)] * 9), min_size=1, max_size=30)


def index_of(rows: list[tuple[int, ...]]) -> Fraction:
    result = result_of(sums_of(rows), respondents=len(rows))
    assert result is not None
    return result.index


def test_all_fours_are_one_hundred_and_all_ones_twenty_five() -> None:
    assert index_of([(4,) * 9]) == 100
    assert index_of([(1,) * 9] * 3) == 25
    assert result_of(dict.fromkeys(Element, 0), respondents=0) is None


def test_a_result_by_hand() -> None:
    """Sums 7 7 6 8 7 6 7 5 6 of two respondents: 59 / 2 / 9 × 25 = 81.944…"""
    result = result_of(sums_of([(3, 4, 3, 4, 3, 3, 4, 2, 3), (4, 3, 3, 4, 4, 3, 3, 3, 3)]), respondents=2)
    assert result is not None
    assert (result.respondents, result.index, result.band) == (2, Fraction("81.94"), Band.B)
    assert result.means[Element.REQUIREMENTS] == Fraction(7, 2)
    assert result.weakest == (Element.COMPLAINTS,)


@pytest.mark.parametrize(
    ("exact", "index", "band"),
    [
        ("64.994", "64.99", Band.D),
        ("64.995", "65.00", Band.C),
        ("76.604", "76.60", Band.C),
        ("76.605", "76.61", Band.B),
        ("88.304", "88.30", Band.B),
        ("88.305", "88.31", Band.A),
        ("25", "25", Band.D),
        ("100", "100", Band.A),
    ],
)
def test_the_borders_of_the_bands(exact: str, index: str, band: Band) -> None:
    value = rounded(Fraction(exact), decimals=2)
    assert (value, band_of(value)) == (Fraction(index), band)


def test_a_border_is_reached_by_answers() -> None:
    """64.995 exactly: 2.5998 is the mean of 1,000 respondents with 23,398.2 in all, so of 5,000 with 116,991."""
    sums = dict.fromkeys(Element, 12_999)
    result = result_of(sums, respondents=5_000)
    assert result is not None
    assert (result.index, result.band) == (Fraction("65.00"), Band.C)
    one_less = result_of({**sums, Element.FEE: 12_998}, respondents=5_000)
    assert one_less is not None
    assert (one_less.index, one_less.band) == (Fraction("64.99"), Band.D)


@given(answer_rows)
def test_the_order_of_respondents_and_their_doubling_change_nothing(rows: list[tuple[int, ...]]) -> None:
    index = index_of(rows)
    assert 25 <= index <= 100
    assert index_of(rows[::-1]) == index == index_of(rows * 2)


@given(answer_rows)
def test_a_sheet_says_what_was_answered(rows: list[tuple[int, ...]]) -> None:
    assert read_answers(HEAD + "\n".join(",".join(map(str, row)) for row in rows)) == rows


def test_the_regulation_s_own_numbers_and_words() -> None:
    assert [element.number for element in Element] == [f"U{n}" for n in range(1, 10)]
    assert set(QUESTIONS) == set(Element)
    assert set(BAND_LABELS) == set(Band)
    assert QUESTIONS[Element.FEE].answers[3] == "Ya, gratis"


@pytest.mark.parametrize(
    ("population", "sample"),
    [(0, 0), (1, 1), (10, 10), (15, 14), (100, 80), (500, 217), (1_000, 278), (10_000, 370), (100_000, 383)],
)
def test_the_table_of_krejcie_and_morgan(population: int, sample: int) -> None:
    assert sample_size(population) == sample


@pytest.mark.parametrize(
    "text",
    [
        "nama;u1;U2;U3;U4;U5;U6;U7;U8;U9;saran\nBudi;4;4;4;4;4;4;4;4;4;bagus\n\n;3;3;3;3;3;3;3;3;3;\n",
        "\ufeffU9,U8,U7,U6,U5,U4,U3,U2,U1\n4,4,4,4,4,4,4,4,4\r\n 3 ,3,3,3,3,3,3,3,3\r\n",
        "U1\tU2\tU3\tU4\tU5\tU6\tU7\tU8\tU9\n4\t4\t4\t4\t4\t4\t4\t4\t4\n3\t3\t3\t3\t3\t3\t3\t3\t3",
    ],
)
def test_what_spreadsheets_write_is_read(text: str) -> None:
    assert read_answers(text) == [(4,) * 9, (3,) * 9]


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("", ["survey.empty"]),
        (HEAD, ["survey.empty"]),
        ("U1,U2,U3\n1,2,3", ["survey.columns"]),
        ("U1," + HEAD + "1,1,2,3,4,1,2,3,4,1", ["survey.twice"]),
        (HEAD + "1,2,3,4,1,2,3,4", ["survey.row"]),
        (HEAD + "1,2,3,4,1,2,3,4,1,1", ["survey.row"]),
        (HEAD + "0,2,3,5,1,2,3,4,\n1,1,1,1,1,1,1,1,x", ["survey.answer"] * 4),
        (HEAD + "5,2,3,4,1,2,3,4,1\n" * 30, ["survey.answer"] * 20),
        (HEAD + "４,2,3,4,1,2,3,4,1", ["survey.answer"]),
    ],
)
def test_what_is_no_answer_is_named(text: str, codes: list[str]) -> None:
    with pytest.raises(InvalidError) as refused:
        read_answers(text)
    assert [fault.code for fault in refused.value.faults] == codes


def test_a_fault_says_where() -> None:
    with pytest.raises(InvalidError) as refused:
        read_answers(HEAD + "1,2,3,4,1,2,3,4,1\n1,2,3,4,1,2,7,4,1")
    assert dict(refused.value.faults[0].facts) == {"line": 3, "column": "U7", "value": "7"}
