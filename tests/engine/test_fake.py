"""The machine in memory: it behaves as drivers must, and keeps its state for a simulation."""

import pytest

from panggon.core.errors import PermanentError
from panggon.core.node.planning.driver import Check
from panggon.core.node.planning.journal import Word
from panggon.core.node.planning.resources import Key, Kind, Standing, absent, foreign, ours, partial
from panggon.drivers.fake import Killed, Machine, Mishap, Moment
from tests.core.sites.site_specs import HOST, SITE
from tests.engine.test_runner import OPEN, PREPARED, RICH
from tests.engine.worlds import World, plan_for, world

KEY = Key(Kind.USER, SITE)


@pytest.mark.parametrize(
    ("moment", "left"),
    [(Moment.BEFORE, absent(KEY)), (Moment.DURING, partial(KEY)), (Moment.AFTER, ours(KEY, uid=1))],
)
def test_kill_at_a_write_leaves_what_the_moment_says(moment, left):
    machine = Machine()
    machine.at_write[0] = Mishap(moment, Killed())
    with pytest.raises(Killed):
        machine.write(KEY, {"uid": 1})
    assert machine.read(KEY) == left
    machine.write(KEY, {"uid": 1})
    assert machine.read(KEY) == ours(KEY, uid=1)


def test_foreign_is_never_written():
    machine = Machine()
    machine.put(foreign(KEY, "baris di /etc/passwd"))
    for after in (None, {"uid": 1}):
        with pytest.raises(PermanentError, match=r"fake\.foreign"):
            machine.write(KEY, after)
    assert machine.read(KEY) == foreign(KEY, "baris di /etc/passwd")


def test_simulation_survives_its_process(tmp_path):
    path = tmp_path / "machine.json"
    machine = Machine(path)
    machine.put(foreign(Key(Kind.USER, "s900777"), "lain"))
    machine.put(partial(Key(Kind.USER, "s900778")))
    first = World(machine, plan_for(RICH, machine), machine.resources())
    assert first.run().word is Word.APPLIED
    again = Machine(path)
    assert again.resources() == machine.resources()
    assert plan_for(RICH, again).changes == ()
    again.drivers()[Kind.USER].write(KEY, None)
    assert Machine(path).read(KEY).standing is Standing.ABSENT


def test_every_proof_says_that_it_is_simulated():
    new = world(OPEN)
    evidence = new.run().evidence
    assert evidence
    assert all(check.detail.startswith("simulasi: ") for check in evidence)


def test_proof_of_the_host_fails_for_what_a_visitor_would_notice():
    new = world(PREPARED)
    new.run()
    host = Key(Kind.HOST, HOST)
    (held,) = new.machine.probe(host, PREPARED)
    (other_state,) = new.machine.probe(host, OPEN)
    new.machine.put(absent(Key(Kind.CERTIFICATE, HOST)))
    (no_certificate,) = new.machine.probe(host, PREPARED)
    assert (held.ok, other_state.ok, no_certificate.ok) == (True, False, False)
    assert isinstance(held, Check)
