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


def test_where_a_look_may_last_longer_it_counts_as_long(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[-1])
    patient, found = Patience(5.0, longest_look=4.0), []
    for seconds in (4.0, 0.5, 90.0):
        clock.append(clock[-1] + seconds)
        found.append(patient.is_over())
    assert (found, patient.seconds) == ([False, False, True], -3.5)
