"""How long the engine waits for what may pass by itself."""

import pytest

from panggon.core.errors import TemporaryError
from panggon.engine import patience
from panggon.engine.patience import USUAL, patiently


@pytest.mark.parametrize(("seconds", "times"), [(0.1, 8), (15.0, 4), (90.0, 1)])
def test_what_fails_slowly_is_tried_less_often(monkeypatch: pytest.MonkeyPatch, seconds: float, times: int) -> None:
    """Who waits 90 s for an order at an ACME server would else wait twelve minutes, and no site be shut meanwhile."""
    clock, tries = [0.0], list[float]()

    def passes(more: float) -> None:
        clock[0] += more

    def attempt() -> None:
        tries.append(clock[0])
        passes(seconds)
        raise TemporaryError("acme.down")

    monkeypatch.setattr(patience.time, "monotonic", lambda: clock[0])  # type: ignore[attr-defined]
    with pytest.raises(TemporaryError):
        patiently(attempt, USUAL.writing, passes)
    assert len(tries) == times
