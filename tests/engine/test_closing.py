"""What shuts a site never opens it again: whatever fails, wherever it is killed."""

import itertools
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from panggon.core.errors import PermanentError, TemporaryError
from panggon.core.node.planning import closing
from panggon.core.node.planning import plan as plans
from panggon.core.node.planning.desired import CLOSED, lets_in
from panggon.core.node.planning.journal import Word
from panggon.core.node.planning.resources import Key, Kind, Standing, foreign, ours, partial
from panggon.core.sites.spec import Access, Engine, SiteSpec, SiteState
from panggon.core.sites.tasks import Task
from panggon.drivers.fake import Killed, Mishap, Moment
from tests.core.sites.site_specs import HOST, SITE, ssh_key
from tests.engine.worlds import World, append_kills, beset, call_kills, closing_worlds, moments, plan_for, world

OPEN = SiteSpec(
    site=SITE,
    host=HOST,
    state=SiteState.OPEN,
    generation=2,
    database=Engine.MARIADB,
    access=Access((ssh_key("a"),), "sha256:one"),
    tasks=(Task("rapikan", "0 3 * * *", ("php", "private/rapikan.php"), 60),),
)
LINK = Key(Kind.HOST, HOST)
EVERY = [(state, kind) for state in CLOSED for kind in Kind]
quick = settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow])


def shut(state: SiteState) -> World:
    return world(replace(OPEN, state=state, generation=3), before=OPEN)


def is_shut(world: World) -> bool:
    """What visitors and owner would meet now."""
    spec, machine = world.plan.spec, world.machine
    link = machine.attributes(Key(Kind.HOST, spec.host)).get("state")
    keys, user = machine.attributes(Key(Kind.ACCESS, spec.site)), machine.attributes(Key(Kind.USER, spec.site))
    inside = bool(keys.get("keys") or user.get("password"))
    return link in (None, spec.state.value) and (lets_in(spec) or not inside)


@pytest.mark.parametrize(("state", "kind"), EVERY)
def test_whatever_cannot_be_written_the_rest_is_shut_and_it_goes_on_when_it_can(state, kind):
    closed = shut(state)
    refused = [change.key for change in closed.plan.changes if change.key.kind is kind]
    closed.machine.refused = {key: PermanentError("uji.ditolak", "tidak boleh") for key in refused}
    outcome = closed.run()
    done = closed.wished()
    assert {key: found for key, found in closed.machine.resources().items() if key not in refused} == {
        key: found for key, found in done.items() if key not in refused
    }
    if refused:
        is_door = kind in closing.DOORS
        begins = "Situs belum tertutup seluruhnya; " if is_door else "Situs sudah tertutup, tetapi "
        assert outcome.word is Word.STUCK
        assert outcome.problem.code == (closing.NOT_SHUT if is_door else closing.SHUT)
        assert outcome.problem.detail.startswith(f"{begins}belum dikerjakan: ")
        assert "(tidak boleh)" in outcome.problem.detail
        closed.machine.refused.clear()
        outcome = closed.resume()
    assert outcome.word is Word.APPLIED
    assert closed.machine.resources() == done


@pytest.mark.parametrize(("state", "kind"), EVERY)
def test_whatever_is_not_proven_it_stays_shut(state, kind):
    """Certificate, quota and directory are not even asked for: they have nothing to do with the doors. Nor are records,
    but that those of a parked site are gone from every server.
    """
    closed = shut(state)
    asked = [key for key in closed.plan.proven if key.kind is kind]
    closed.machine.unproven = {Key(kind, SITE), Key(kind, HOST)}
    outcome = closed.run()
    assert closed.machine.resources() == closed.wished()
    assert bool(asked) == (
        kind in (Kind.SITE, Kind.USER, Kind.DATABASE, Kind.RUNTIME)
        or (kind in (Kind.HOST, Kind.ACCESS) and state is not SiteState.PARKED)
        or (kind is Kind.RECORDS and state is SiteState.PARKED)
    )
    if asked:
        assert (outcome.word, outcome.problem.code) == (Word.STUCK, closing.SHUT)
        assert outcome.problem.detail.startswith("Situs sudah tertutup, tetapi belum terbukti: ")
        closed.machine.unproven.clear()
        outcome = closed.resume()
    assert (outcome.word, outcome.problem) == (Word.APPLIED, None)


@pytest.mark.parametrize(("state", "kind"), EVERY)
def test_whatever_cannot_be_read_the_rest_is_shut(state, kind):
    """Only a door that nobody can look at keeps it from being begun."""
    closed = shut(state)
    read = closed.machine.read

    def blind(key):
        if key.kind is kind:
            raise TemporaryError("uji.mati", "server mati")
        return read(key)

    closed.machine.read = blind
    outcome = closed.run()
    changed = kind in {change.key.kind for change in closed.plan.changes}
    if changed and kind in closing.DOORS:
        assert (outcome.word, closed.machine.resources()) == (Word.RESTORED, closed.former)
        return
    assert is_shut(closed)
    assert outcome.word is (Word.STUCK if changed else Word.APPLIED)
    closed.machine.read = read
    assert closed.resume().word is Word.APPLIED
    assert closed.machine.resources() == closed.wished()


@pytest.mark.parametrize("state", CLOSED)
def test_certificate_that_ran_out_is_another_plans_matter(state):
    closed = shut(state)
    key = Key(Kind.CERTIFICATE, HOST)
    ended = ours(key, issuer="Uji CA", valid=False)
    closed.machine.put(ended)
    closed = World(closed.machine, plan_for(closed.plan.spec, closed.machine), closed.machine.resources())
    closed.machine.refused[key] = TemporaryError("acme.down", "penerbit tidak menjawab")
    assert closed.run().word is Word.APPLIED
    assert closed.machine.resources()[key] == ended
    later = plan_for(closed.plan.spec, closed.machine)  # as drift finds it
    assert ([change.key for change in later.changes], later.closes) == ([key], False)


def test_what_is_left_is_tried_without_growing_the_journal():
    """Also where a proof says the same in other words each time, as one does that asks for a name made up for it."""
    closed, words = shut(SiteState.PARKED), itertools.count()
    probe = closed.machine.probe
    closed.machine.probe = lambda *asked: tuple(replace(each, detail=f"kata {next(words)}") for each in probe(*asked))
    closed.machine.refused[Key(Kind.RECORDS, HOST)] = TemporaryError("dns.down", "server DNS tidak menjawab")
    first = closed.run()
    known = closed.journal.entries()
    assert [closed.resume().problem for _ in range(3)] == [first.problem] * 3
    assert closed.journal.entries() == known
    assert "server DNS tidak menjawab" in first.problem.detail


def test_door_that_was_made_something_else_is_written_again():
    closed = shut(SiteState.QUARANTINED)
    honest = closed.machine.write
    closed.machine.write = lambda key, after: honest(key, {**after, "state": "lain"} if key == LINK else after)
    assert closed.run().problem.code == closing.NOT_SHUT
    closed.machine.write = honest
    assert closed.resume().word is Word.APPLIED
    assert closed.machine.resources() == closed.wished()


@pytest.mark.parametrize("state", CLOSED)
def test_door_whose_word_was_lost_is_written_again(state):
    """The link says that it is shut, and the web server has not heard of it."""
    closed, heard = shut(state), []
    honest, probe = closed.machine.write, closed.machine.probe

    def deaf_once(key, after):
        honest(key, after)
        if key == LINK:
            heard.append(key)

    def probed(key, spec):
        return tuple(replace(check, ok=check.ok and len(heard) > 1) for check in probe(key, spec))

    closed.machine.write, closed.machine.probe = deaf_once, probed
    assert closed.run().word is Word.APPLIED
    assert heard == [LINK, LINK]


def test_what_others_put_in_the_way_is_left_and_the_rest_is_shut():
    closed = shut(SiteState.PARKED)
    theirs = foreign(Key(Kind.RECORDS, HOST), "dibuat orang lain")

    def appear(progress):
        if progress.phase == "written" and progress.key.kind is Kind.SITE:
            closed.machine.put(theirs)

    closed.on_progress = appear
    outcome = closed.run()
    assert (outcome.word, outcome.problem.code) == (Word.STUCK, closing.SHUT)
    assert closed.machine.resources() == {**closed.wished(), theirs.key: theirs}


def test_newer_wish_takes_the_place_of_one_that_waits():
    closed = shut(SiteState.SUSPENDED)
    closed.machine.unproven.add(LINK)
    assert closed.run().word is Word.STUCK
    again = replace(OPEN, generation=4)
    opened = World(closed.machine, plan_for(again, closed.machine), closed.machine.resources(), closed.journal)
    closed.machine.unproven.clear()
    assert opened.run().word is Word.APPLIED


def test_door_that_a_kill_left_half_while_it_was_shut_once_more_is_shut():
    closed = shut(SiteState.PARKED)
    door = closed.plan.changes[0]
    assert door.key.kind in closing.DOORS
    closed.machine.refused[closed.plan.changes[-1].key] = PermanentError("uji.ditolak")
    assert closed.run().word is Word.STUCK
    closed.machine.refused.clear()
    closed.machine.put(partial(door.key))
    assert closed.resume().word is Word.APPLIED
    assert closed.machine.resources() == closed.wished()


def test_only_a_closing_gives_way():
    new = world(OPEN)
    new.machine.at_write[1] = Mishap(Moment.BEFORE, Killed())
    with pytest.raises(Killed):
        new.run()
    before = new.journal.entries()
    with pytest.raises(PermanentError, match=r"journal\.open"):
        new.run()
    assert new.journal.entries() == before


@quick
@given(closing_worlds(), st.data(), moments, call_kills, append_kills)
def test_what_fails_and_is_killed_never_ends_open(world, data, moment, calls, appends):
    number = data.draw(st.integers(0, len(world.plan.changes) - 1))
    world.machine.at_write[number] = Mishap(moment, PermanentError("uji.ditolak"))
    world.machine.unproven = data.draw(st.sets(st.sampled_from(world.plan.proven), max_size=3))
    beset(world, calls, appends)
    failed = failing_writes(world)
    outcome = world.to_the_end()
    assert outcome.word in (Word.APPLIED, Word.STUCK)
    assert outcome.word is Word.STUCK or not world.machine.unproven
    if outcome.word is Word.STUCK:
        told_shut = outcome.problem.code == closing.SHUT
        assert told_shut <= is_shut(world)
        assert told_shut or not failed.isdisjoint(closing.DOORS)
        world.machine.unproven.clear()
        outcome = world.to_the_end()
    assert outcome.word is Word.APPLIED
    assert is_shut(world)
    assert world.machine.resources() == world.wished()


@quick
@given(closing_worlds(), st.data(), call_kills, append_kills)
def test_once_a_door_is_written_no_kill_and_no_failure_opens_it(world, data, calls, appends):
    refused = data.draw(st.sets(st.sampled_from([way.key for way in world.plan.changes]), max_size=4))
    world.machine.refused = {key: PermanentError("uji.ditolak") for key in refused}
    beset(world, calls, appends)
    shut_since = set()

    def look(_progress):
        doors = [way for way in world.plan.changes if way.key.kind in closing.DOORS]
        now = {way.key for way in doors if reads(world, way)}
        # A kill in the middle of a second writing leaves it half written: no open door, and the end is looked at below.
        assert shut_since.isdisjoint(way.key for way in doors if reads(world, replace(way, after=way.before)))
        shut_since.update(now)

    world.on_progress = look
    world.to_the_end()
    look(None)
    assert refused.isdisjoint(shut_since)
    assert {way.key for way in world.plan.changes if way.key.kind in closing.DOORS} <= shut_since | refused


def reads(world: World, change: plans.Change) -> bool:
    found = world.machine.resources().get(change.key)
    if found is None or found.standing is not Standing.OURS:
        return found is None and change.after is None
    return change.after is not None and plans.same(found.attributes, change.after)


def failing_writes(world: World) -> set[Kind]:
    """Filled while the world runs: after a kill, the number of a write says no longer whose it is."""
    found, honest = set(), world.machine.write

    def write(key, after):
        try:
            honest(key, after)
        except PermanentError:
            found.add(key.kind)
            raise

    world.machine.write = write  # type: ignore[method-assign]  # it watches the real one
    return found
