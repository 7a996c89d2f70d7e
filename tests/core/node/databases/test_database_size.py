from hypothesis import given
from hypothesis import strategies as st

from panggon.core.node.databases.database_size import MEBIBYTE, Size


@given(used=st.integers(0, 200 * MEBIBYTE), most=st.integers(1, 100))
def test_what_is_stopped_has_more_than_it_may_and_what_goes_on_has_room(used: int, most: int) -> None:
    assert Size(used, most).stops == (used > most * MEBIBYTE)
    assert Size(used, most, full=True).stops == (used > most * MEBIBYTE * 0.95)


def test_a_database_at_its_bound_does_not_flutter() -> None:
    at = 97 * MEBIBYTE
    assert (Size(at, 100).stops, Size(at, 100, full=True).stops) == (False, True)


def test_more_than_the_bound_reads_as_more() -> None:
    assert Size(100 * MEBIBYTE + 1, 100).mebibytes == 101
