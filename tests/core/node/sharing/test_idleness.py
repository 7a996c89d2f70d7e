"""How long the programs of a site that nobody visits stay."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panggon.core.node.sharing.idleness import patience

PARTS = st.floats(0, 1)


@pytest.mark.parametrize(
    ("taken", "seconds"),
    [(0.0, 600.0), (0.125, 450.0), (0.25, 300.0), (0.475, 30.0), (0.5, 30.0), (1.0, 30.0), (1.5, 30.0)],
)
def test_the_less_room_there_is_the_shorter_a_site_stays_for_nobody(taken: float, seconds: float) -> None:
    assert patience(taken, least=30.0, most=600.0) == pytest.approx(seconds)


@given(PARTS, PARTS)
def test_a_fuller_machine_never_waits_longer(one: float, other: float) -> None:
    fuller, emptier = (patience(each, least=30.0, most=600.0) for each in (max(one, other), min(one, other)))
    assert 30.0 <= fuller <= emptier <= 600.0


def test_where_less_is_wanted_than_each_may_stay_anyway_that_counts() -> None:
    assert patience(0.0, least=60.0, most=0.0) == 60.0
