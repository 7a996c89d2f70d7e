"""Which processors a site keeps that wants more of them than it may have."""

from hypothesis import given
from hypothesis import strategies as st

from panggon.core.node.sharing.lanes import lane, wants_much


def test_one_processor_of_those_that_are_not_the_first():
    assert [lane(number, 100, {0, 1}) for number in (7, 8)] == [(1,), (1,)]
    assert [lane(number, 50, {2, 4, 6}) for number in (7, 8, 9)] == [(6,), (4,), (6,)]
    assert lane(3, 200, {0, 1, 2, 3}) == (1, 2)


def test_nothing_where_there_are_not_so_many_or_nothing_is_bounded():
    assert [lane(7, 100, {0}), lane(7, 101, {0, 1}), lane(7, 0, {0, 1})] == [(), (), ()]


def test_who_uses_nearly_all_of_its_share_wants_much():
    assert [wants_much(worked, seconds=1.0, percent=100) for worked in (0.9, 0.91)] == [False, True]
    assert [wants_much(worked, seconds=2.0, percent=50) for worked in (0.9, 0.91)] == [False, True]
    assert not wants_much(9.0, seconds=1.0, percent=0)


@given(st.integers(0, 999_999), st.integers(1, 6400), st.sets(st.integers(0, 63), min_size=1))
def test_never_the_first_and_never_less_than_its_share(number, percent, processors):
    own = lane(number, percent, processors)
    assert min(processors) not in own
    assert set(own) < processors
    assert not own or 100 * len(own) >= percent
