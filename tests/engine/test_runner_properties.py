"""What holds for every wish on every history, stopped and failing anywhere."""

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from panggon.core.errors import PermanentError, TemporaryError
from panggon.core.node.planning import plan as plans
from panggon.core.node.planning.journal import Word, fold
from panggon.core.node.planning.resources import Observation, Standing, absent, foreign, ours, partial
from panggon.drivers.fake import Killed, Mishap
from panggon.engine.runner import drift, verify
from panggon.engine.steps import Progress
from tests.engine.worlds import (
    FACTS,
    World,
    append_kills,
    beset,
    call_kills,
    moments,
    ordinary,
    plan_for,
    purging,
    worlds,
)

quick = settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow])


@quick
@given(worlds(), call_kills, append_kills)
def test_stopped_anywhere_and_resumed_it_reaches_exactly_the_wish(world, calls, appends):
    beset(world, calls, appends)
    outcome = world.to_the_end()
    assert outcome.word is Word.APPLIED
    assert world.machine.resources() == world.wished()
    assert all(check.ok for check in outcome.evidence)
    assert len(outcome.evidence) == len(world.plan.proven)
    assert outcome.problem is None


@quick
@given(ordinary, st.data(), moments)
def test_permanent_failure_at_any_write_restores_exactly_the_former_state(world, data, moment):
    assume(world.plan.changes)
    number = data.draw(st.integers(0, len(world.plan.changes) - 1))
    world.machine.at_write[number] = Mishap(moment, PermanentError("uji.ditolak", "tidak boleh"))
    outcome = world.run()
    assert outcome.word is Word.RESTORED
    assert world.machine.resources() == world.former
    assert (outcome.problem.code, outcome.problem.detail) == ("uji.ditolak", "tidak boleh")


@quick
@given(ordinary, st.data(), call_kills, append_kills)
def test_resource_that_no_write_changes_restores_the_rest_through_kills(world, data, calls, appends):
    assume(world.plan.changes)
    change = data.draw(st.sampled_from(world.plan.changes))
    world.machine.refused[change.key] = PermanentError("uji.ditolak")
    beset(world, calls, appends)
    outcome = world.to_the_end()
    # A kill in the middle of a write that would have been refused leaves half of it, and the refusal then also holds
    # for mending it: the run says that it is stuck and does not claim more.
    half = world.machine.resources().get(change.key, None)
    if outcome.word is Word.STUCK:
        assert half.standing is Standing.PARTIAL
        assert fold(world.journal.entries()).outcome is None
        world.machine.refused.clear()
        outcome = world.to_the_end()
    assert outcome.word is Word.RESTORED
    assert world.machine.resources() == world.former


@quick
@given(ordinary, st.data(), call_kills, append_kills)
def test_proof_that_does_not_hold_restores_exactly_the_former_state_through_kills(world, data, calls, appends):
    assume(world.plan.present)
    key = data.draw(st.sampled_from(world.plan.proven))
    world.machine.unproven.add(key)
    beset(world, calls, appends)
    outcome = world.to_the_end()
    assert outcome.word is Word.RESTORED
    assert world.machine.resources() == world.former
    assert outcome.problem.code == "unproven"
    assert len([check for check in outcome.evidence if not check.ok]) == 1


@quick
@given(worlds(wishes=purging), st.data(), moments, call_kills, append_kills)
def test_begun_purge_reaches_the_wish_through_failures_and_kills(world, data, moment, calls, appends):
    assume(world.plan.changes)
    number = data.draw(st.integers(0, len(world.plan.changes) - 1))
    world.machine.at_write[number] = Mishap(moment, PermanentError("uji.ditolak"))
    beset(world, calls, appends)
    outcomes = [world.to_the_end(), world.to_the_end()]
    assert [outcome.word for outcome in outcomes] in ([Word.STUCK, Word.APPLIED], [Word.APPLIED, Word.APPLIED])
    assert world.machine.resources() == world.wished()


@quick
@given(ordinary, st.integers(0, 12), moments, call_kills, append_kills)
def test_failure_and_kills_end_in_the_wish_or_in_the_former_state_never_between(world, number, moment, calls, appends):
    world.machine.at_write[number] = Mishap(moment, PermanentError("uji.ditolak"))
    beset(world, calls, appends)
    outcome = world.to_the_end()
    if outcome.word is Word.STUCK:  # the failure befell the undoing, when a kill had come first
        outcome = world.to_the_end()
    expected = {Word.APPLIED: world.wished(), Word.RESTORED: world.former}[outcome.word]
    assert world.machine.resources() == expected


@quick
@given(worlds(), st.sets(st.integers(0, 60), max_size=4), moments)
def test_what_passes_by_itself_does_not_hinder(world, numbers, moment):
    world.machine.at_call |= {number: Mishap(moment, TemporaryError("uji.sibuk")) for number in numbers}
    assert world.run().word is Word.APPLIED
    assert world.machine.resources() == world.wished()


@quick
@given(ordinary, st.data())
def test_changed_world_is_stale_before_the_first_write(world, data):
    world.fresh = False
    change = data.draw(st.sampled_from((*world.plan.changes, *world.plan.unchanged)))
    world.machine.put(data.draw(st.sampled_from(strangers(change))))
    now = world.machine.resources()
    outcome = world.run()
    assert outcome.word is Word.STALE
    assert str(change.key) in outcome.problem.detail
    assert world.machine.resources() == now
    assert world.machine.writes == 0


@quick
@given(ordinary, st.data())
def test_what_changes_right_after_a_fresh_plan_is_found_and_is_not_written_over(world, data):
    """As a proof that fails, where it is asked for before all is looked at again."""
    world.fresh = True
    change = data.draw(st.sampled_from((*world.plan.changes, *world.plan.unchanged)))
    found = data.draw(st.sampled_from(strangers(change)))
    world.machine.put(found)
    outcome = world.run()
    if outcome.word is Word.RESTORED:
        assert outcome.problem.code == "unproven"
        assert world.machine.resources() == {**world.former, change.key: found}
    else:
        assert outcome.word is Word.STALE
        assert str(change.key) in outcome.problem.detail
        assert world.machine.resources()[change.key] == found


@quick
@given(ordinary, st.data())
def test_changed_world_is_stale_on_resume_but_for_the_change_under_way(world, data):
    assume(world.plan.changes)
    stop = data.draw(st.integers(0, len(world.plan.changes) - 1))
    world.machine.at_write[stop] = Mishap(data.draw(moments), Killed())
    with_kill(world)
    wrong = [*map(put_back, world.plan.changes[:stop]), *map(carried_out, world.plan.changes[stop + 1 :])]
    others = (*world.plan.changes[:stop], *world.plan.changes[stop + 1 :], *world.plan.unchanged)
    wrong += [stranger for change in others for stranger in strangers(change)]
    found = data.draw(st.sampled_from(wrong))
    world.machine.put(found)
    now, writes = world.machine.resources(), world.machine.writes
    outcome = world.resume()
    assert outcome.word is Word.STALE
    assert str(found.key) in outcome.problem.detail
    assert (world.machine.resources(), world.machine.writes) == (now, writes)
    assert world.resume() == outcome


@quick
@given(ordinary, st.data(), st.booleans())
def test_foreign_is_never_touched_whenever_it_appears(world, data, failing):
    change = data.draw(st.sampled_from((*world.plan.changes, *world.plan.unchanged)))
    at = data.draw(st.integers(0, 60))
    theirs = foreign(change.key, "dibuat orang lain")
    if failing:
        world.machine.unproven.add(data.draw(st.sampled_from(world.plan.present)))

    def appear(_: Progress) -> None:
        if len(world.seen) == at:
            world.machine.put(theirs)

    world.on_progress = appear
    outcome = world.run()
    if len(world.seen) >= at > 0:
        assert world.machine.resources()[change.key] == theirs
        assert outcome.word in (Word.STALE, Word.RESTORED, Word.APPLIED)


@quick
@given(worlds())
def test_satisfied_wish_has_no_changes_and_holds(world):
    world.run()
    again = plan_for(world.plan.spec, world.machine)
    assert again.changes == ()
    assert drift(world.plan.spec, FACTS, world.machine.drivers()) == ()
    assert all(check.ok for check in verify(world.plan.spec, FACTS, world.machine.drivers()))
    writes = world.machine.writes
    assert World(world.machine, again, world.machine.resources()).run().word is Word.APPLIED
    assert world.machine.writes == writes


@quick
@given(worlds(), call_kills)
def test_progress_names_every_change_and_every_proof(world, calls):
    beset(world, calls, {})
    world.to_the_end()
    assert {seen.key for seen in world.seen if seen.phase == "written"} == {way.key for way in world.plan.changes}
    assert {seen.key for seen in world.seen if seen.phase == "probed"} == set(world.plan.proven)
    assert all(1 <= seen.step <= seen.steps for seen in world.seen)


def strangers(change: plans.Change) -> list[Observation]:
    """Readings that neither the plan nor the journal explains."""
    return [foreign(change.key, "dibuat orang lain"), partial(change.key), ours(change.key, uid=1)]


def put_back(change: plans.Change) -> Observation:
    return absent(change.key) if change.before is None else ours(change.key, **change.before)


def carried_out(change: plans.Change) -> Observation:
    return put_back(change.inverse())


def with_kill(world: World) -> None:
    try:
        world.run()
    except Killed:
        return
    raise AssertionError("the kill did not come")
