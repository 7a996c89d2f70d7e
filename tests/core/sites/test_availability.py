"""The share of visits that were answered."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from panggon.core.sites.availability import percent


def test_by_hand():
    assert percent(answered=719, visits=720) == Fraction("99.86")
    assert percent(answered=99_999, visits=100_000) == Fraction("99.99")  # 99.999 is not all
    assert percent(answered=1, visits=3) == Fraction("33.33")
    assert percent(answered=0, visits=5) == 0
    assert percent(answered=0, visits=0) is None


@given(st.integers(1, 10**7), st.data())
def test_all_is_told_of_all_only(visits, data):
    answered = data.draw(st.integers(0, visits))
    told = percent(answered=answered, visits=visits)
    assert (told == 100) == (answered == visits)
    assert 0 <= told <= Fraction(100 * answered, visits) < told + Fraction(1, 100)
