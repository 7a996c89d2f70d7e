"""Runs that mend what somebody's hand has left half."""

from dataclasses import replace

import pytest

from panggon.core.errors import PermanentError
from panggon.core.node.planning.journal import Word
from panggon.core.node.planning.plan import make
from panggon.core.node.planning.resources import Key, Kind, Observation, Standing, ours
from panggon.core.sites.spec import SiteKind, SiteSpec, SiteState
from panggon.drivers.fake import Killed, Mishap, Moment
from panggon.engine.observe import observe
from tests.core.sites.site_specs import HOST, SITE
from tests.engine.worlds import FACTS, World, world

PREPARED = SiteSpec(site=SITE, host=HOST, state=SiteState.PREPARED, generation=1, kind=SiteKind.STATIC)
OPEN = replace(PREPARED, state=SiteState.OPEN, generation=2)


@pytest.mark.parametrize("refused", [None, Key(Kind.HOST, HOST), Key(Kind.USER, SITE)])
def test_what_a_hand_has_left_half_is_mended_and_stays_so(refused):
    """Also where the plan is undone: nobody wants the half back."""
    old = world(OPEN, before=PREPARED)
    half = Observation(Key(Kind.USER, SITE), Standing.PARTIAL)
    old.machine.put(half)
    observed = observe(OPEN, old.machine.drivers())
    new = World(old.machine, make(OPEN, FACTS, observed, mending=True), old.machine.resources())
    if refused:
        new.machine.refused[refused] = PermanentError("uji.ditolak")
    assert new.run().word is (Word.RESTORED if refused else Word.APPLIED)
    mended = new.plan.changes[0].after
    expected = half if refused == half.key else ours(half.key, **mended)
    assert new.machine.resources() == {**(new.former if refused else new.wished()), half.key: expected}


def test_mending_is_killed_at_every_call():
    for proven in (True, False):
        for number in range(120):
            old = world(OPEN, before=PREPARED)
            old.machine.put(Observation(Key(Kind.USER, SITE), Standing.PARTIAL))
            observed = observe(OPEN, old.machine.drivers())
            new = World(old.machine, make(OPEN, FACTS, observed, mending=True), old.machine.resources())
            new.machine.calls = 0
            new.machine.at_call[number] = Mishap(Moment.DURING, Killed())
            if not proven:
                new.machine.unproven.add(Key(Kind.RECORDS, HOST))
            assert new.to_the_end().word is (Word.APPLIED if proven else Word.RESTORED)
            assert new.machine.attributes(Key(Kind.USER, SITE)) == new.plan.changes[0].after
