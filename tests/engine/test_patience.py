"""How long the engine waits for what may pass by itself."""

import pytest

from panggon.core.errors import TemporaryError
from panggon.core.node.planning.journal import Word
from panggon.core.node.planning.resources import Key, Kind
from panggon.core.sites.spec import SiteKind, SiteSpec, SiteState
from panggon.engine import patience
from panggon.engine.patience import USUAL, patiently
from panggon.engine.steps import Progress
from tests.core.sites.site_specs import HOST, SITE
from tests.engine.worlds import world

PREPARED = SiteSpec(site=SITE, host=HOST, state=SiteState.PREPARED, generation=1, kind=SiteKind.STATIC)


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


def test_a_proof_that_fails_slowly_is_not_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A DNS server that says nothing would keep all other sites waiting for minutes."""
    new, clock = world(PREPARED), [0.0]
    new.machine.unproven.add(Key(Kind.HOST, HOST))

    def wait(progress: Progress) -> None:
        if (progress.phase, progress.key.kind) == ("probing", Kind.HOST):
            clock[0] += 31

    new.on_progress = wait
    monkeypatch.setattr(patience.time, "monotonic", lambda: clock[0])  # type: ignore[attr-defined]
    assert new.run().word is Word.RESTORED
    assert new.pauses == [0.3]
    probed = [seen.key.kind for seen in new.seen if seen.phase == "probed"]
    assert (probed[-1], len(probed), len(set(probed))) == (Kind.HOST, 9, 8)  # each once, and what failed once more
