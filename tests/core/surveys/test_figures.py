"""The public figures against figures reckoned by hand, and against a plain recount; what is not told cannot be reckoned
from what is.
"""

from collections import defaultdict
from datetime import date
from fractions import Fraction
from statistics import median

from hypothesis import given
from hypothesis import strategies as st

from panggon.core.surveys.figures import (
    SMALLEST,
    Answered,
    Answers,
    Period,
    Served,
    answers,
    hidden_of,
    month_of,
    percent,
    periods_of,
    services,
    total,
)

NOVEMBER, DECEMBER, MARCH = (Period(2026, month=month) for month in (11, 12, 3))
HOUR = 3600


def served(month=NOVEMBER, *, hours=2.0, in_time=True, **steps):
    by_step = {int(name[1:]): round(value * HOUR) for name, value in steps.items()}
    return Served(month, in_time, round(hours * HOUR), by_step)


def test_periods_and_their_names():
    assert [period.name for period in periods_of(2026)[:5]] == ["2026", "2026-Q1", "2026-01", "2026-02", "2026-03"]
    assert len(periods_of(2026)) == 1 + 4 + 12
    assert (Period(2026, 4).first, Period(2026, 4).last) == (date(2026, 10, 1), date(2026, 12, 31))
    assert (Period(2024, month=2).last, Period(2026).last) == (date(2024, 2, 29), date(2026, 12, 31))
    assert month_of(date(2026, 11, 30)) == NOVEMBER


def test_six_requests_by_hand():
    rows = [served(hours=hours, in_time=hours < 12, s2=hours / 4, s5=1) for hours in (1, 2, 3, 5, 8, 13)]
    found = services(rows, [2026], steps=(2, 5, 7))
    for period in (NOVEMBER, Period(2026, 4), Period(2026)):
        assert found[period].count == 6
        assert (found[period].in_time, found[period].percent, found[period].median_hours) == (5, 83, 4)
        assert found[period].steps == {2: (6, Fraction(1)), 5: (6, Fraction(1)), 7: (0, None)}
    assert (found[DECEMBER].count, found[DECEMBER].in_time, found[DECEMBER].median_hours) == (0, 0, None)


def test_of_four_nothing_is_told_but_how_many():
    found = services([served(s2=1)] * 4, [2026], steps=(2,))[NOVEMBER]
    assert (found.count, found.in_time, found.percent, found.median_hours, found.steps) == (
        4,
        None,
        None,
        None,
        {2: (4, None)},
    )


def test_a_step_that_few_went_through_is_not_told():
    found = services([served(s2=1), *[served()] * 5], [2026], steps=(2,))[NOVEMBER]
    assert (found.count, found.percent, found.steps) == (6, 100, {2: (1, None)})


def test_the_middle_is_rounded_half_up_to_a_tenth_of_an_hour():
    found = services([served(hours=hours) for hours in (1, 1, 1.05, 1.1, 9)], [2026], steps=())[NOVEMBER]
    assert found.median_hours == Fraction(11, 10)


def test_the_smallest_told_is_hidden_with_the_few():
    """Two in March would be the difference of the quarter and its other months."""
    counts = {Period(2026, month=1): 9, Period(2026, month=2): 6, MARCH: 2}
    assert hidden_of(counts) == {MARCH, Period(2026, month=2)}


def test_what_is_hidden_together_is_enough():
    assert hidden_of({Period(2026, month=1): 9, Period(2026, month=2): 3, MARCH: 2}) == {MARCH, Period(2026, month=2)}


def test_a_quarter_that_is_hidden_hides_its_months():
    counts = {Period(2026, month=1): 3, Period(2026, month=4): 6, Period(2026, month=7): 20}
    assert hidden_of(counts) == {
        *(Period(2026, 1), Period(2026, month=1)),
        *(Period(2026, 2), Period(2026, month=4)),
    }


def test_complaints_by_hand():
    rows = [Answered(NOVEMBER, in_time=number > 1) for number in range(7)] + [Answered(MARCH, in_time=True)]
    found = answers(rows, [2025, 2026])
    assert (found[Period(2026)], found[Period(2026)].percent) == (Answers(8, 6), 75)
    assert (found[Period(2026, 4)], found[NOVEMBER], found[MARCH]) == (
        Answers(7, None),
        Answers(7, None),
        Answers(1, None),
    )
    assert found[Period(2025)] == Answers(0, 0)


def test_percent_is_half_up():
    assert [percent(part, whole) for part, whole in ((1, 8), (1, 200), (0, 3), (3, 3), (None, 9), (0, 0))] == [
        13,
        1,
        0,
        100,
        None,
        None,
    ]


MONTHS = st.builds(lambda year, month: Period(year, month=month), st.integers(2025, 2026), st.integers(1, 12))
ROWS = st.lists(
    st.builds(
        Served,
        MONTHS,
        st.booleans(),
        st.integers(0, 90_000),
        st.dictionaries(st.integers(2, 4), st.integers(0, 40_000), max_size=3),
    ),
    max_size=60,
)


def hours_of(seconds):
    return Fraction((Fraction(median(seconds)) / HOUR * 10 + Fraction(1, 2)).__floor__(), 10)


@given(ROWS)
def test_a_plain_recount_gives_the_same(rows):
    found = services(iter(rows), [2025, 2026], steps=(2, 3, 4))
    for period, told in found.items():
        inside = [row for row in rows if row.month in period.months]
        assert told.count == len(inside)
        if told.in_time is not None:
            assert told.in_time == sum(row.in_time for row in inside)
            assert told.median_hours == (hours_of([row.seconds for row in inside]) if inside else None)
        for step, (count, middle) in told.steps.items():
            seconds = [row.by_step[step] for row in inside if step in row.by_step]
            assert count == len(seconds)
            assert middle is None or middle == hours_of(seconds)


@given(st.dictionaries(MONTHS, st.integers(0, 14)))
def test_nothing_that_can_be_reckoned_is_of_fewer_than_the_smallest(counts):
    """Whoever adds and subtracts what is told can find out about these groups, and what they make together, only."""
    hidden = hidden_of(counts)
    groups = defaultdict(int)
    for month, count in counts.items():
        groups[innermost_told(month, hidden)] += count
    groups.pop(None, None)  # of a year that is not told, nothing is
    assert all(count == 0 or count >= SMALLEST for count in groups.values())


def innermost_told(month, hidden):
    around = (month, Period(month.year, (month.month - 1) // 3 + 1), Period(month.year))
    return next((period for period in around if period not in hidden), None)


@given(st.dictionaries(MONTHS, st.integers(0, 14)))
def test_no_more_is_hidden_than_has_to_be(counts):
    hidden = hidden_of(counts)
    assert all(total(counts, period) > 0 for period in hidden)
    if all(count == 0 or count >= SMALLEST for count in counts.values()):
        assert not hidden
