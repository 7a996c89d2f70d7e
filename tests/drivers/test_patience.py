"""Waiting on a machine that stands still now and then."""

import time

import pytest

from panggon.drivers.system.patience import Patience


@pytest.mark.parametrize(
    ("looks", "over"),
    [
        ([0.5] * 6, False),
        ([0.5] * 7, True),
        ([0.5] * 5 + [90.0], True),
        ([0.5] * 4 + [90.0], False),
        ([90.0] * 3, False),
    ],
)
def test_a_standstill_counts_for_one_second(monkeypatch: pytest.MonkeyPatch, looks: list[float], over: bool) -> None:
    clock = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[-1])
    patient = Patience(3.0)
    for seconds in looks:
        clock.append(clock[-1] + seconds)
        found = patient.is_over()
    assert found is over
