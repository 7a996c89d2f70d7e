"""Named situations of a run, with exact values."""

from dataclasses import replace

import pytest

from panggon.core.errors import PermanentError, TemporaryError
from panggon.core.node.planning.driver import Check
from panggon.core.node.planning.journal import Failed, Finished, Problem, Word, fold
from panggon.core.node.planning.resources import Key, Kind, Observation, Standing, foreign, ours
from panggon.core.sites.spec import Access, Engine, SiteKind, SiteSpec, SiteState
from panggon.drivers.fake import Killed, Mishap, Moment
from panggon.engine.observe import observe
from panggon.engine.patience import Patience
from panggon.engine.runner import drift, resume, verify
from tests.core.sites.site_specs import HOST, SITE, ssh_key
from tests.engine.worlds import FACTS, NOW, MortalJournal, World, plan_for, world

PREPARED = SiteSpec(site=SITE, host=HOST, state=SiteState.PREPARED, generation=1, kind=SiteKind.STATIC)
OPEN = replace(PREPARED, state=SiteState.OPEN, generation=2)
PARKED = replace(PREPARED, state=SiteState.PARKED, generation=3)
MAKING = ["user", "directory", "quota", "site", "certificate", "host", "access", "records"]


def phase(world: World, name: str) -> list[str]:
    return [seen.key.kind.value for seen in world.seen if seen.phase == name]


def test_a_new_site_is_made_in_order_and_proven():
    new = world(PREPARED)
    outcome = new.run()
    assert (outcome.word, outcome.problem, outcome.finished) == (Word.APPLIED, None, NOW)
    assert phase(new, "written") == MAKING
    assert phase(new, "probed") == MAKING
    assert Check("https.answer", True, f"simulasi: https://{HOST} menjawab {SITE} (prepared)") in outcome.evidence


def test_after_a_fresh_plan_only_what_is_written_is_looked_at_before():
    new = world(PREPARED)
    new.fresh = True
    assert new.run().word is Word.APPLIED
    order = [seen.phase.value for seen in new.seen]
    assert order[: order.index("probing")] == ["writing", "written"] * len(MAKING)
    assert order.count("observing") == len(new.plan.changes) + len(new.plan.unchanged)  # once, at the end


def test_proofs_may_be_asked_in_any_order_and_are_told_in_the_plans():
    one_by_one, backwards = world(PREPARED), world(PREPARED)

    def last_first(ask, keys):
        found = {key: ask(key) for key in reversed(keys)}
        return [found[key] for key in keys]

    outcome = backwards.run(together=last_first)
    assert phase(backwards, "probed") == MAKING[::-1]
    assert outcome.evidence == one_by_one.run().evidence
    machine = backwards.machine
    assert verify(PREPARED, FACTS, machine.drivers(), together=last_first) == outcome.evidence


def test_going_back_is_the_reverse_of_going():
    new = world(PREPARED)
    new.machine.refused[Key(Kind.ACCESS, SITE)] = PermanentError("uji.ditolak", "tidak boleh")
    outcome = new.run()
    assert (outcome.word, outcome.problem) == (Word.RESTORED, Problem("uji.ditolak", "tidak boleh"))
    assert phase(new, "undone") == ["access", "host", "certificate", "site", "quota", "directory", "user"]
    assert new.machine.resources() == new.former


def test_parking_takes_the_name_away_before_it_locks():
    parked = world(PARKED, before=OPEN)
    assert parked.run().word is Word.APPLIED
    assert phase(parked, "written") == ["access", "host", "site", "records"]
    assert Key(Kind.DIRECTORY, SITE) in parked.machine.resources()


def test_refused_write_is_not_undone_by_a_write_that_would_be_refused_too():
    new = world(PREPARED)
    new.machine.refused[Key(Kind.USER, SITE)] = PermanentError("uji.ditolak")
    assert new.run().word is Word.RESTORED
    assert new.machine.writes == 1


def test_temporary_error_is_waited_for_with_growing_pauses_then_counts_as_permanent():
    new = world(PREPARED)
    new.machine.refused[Key(Kind.HOST, HOST)] = TemporaryError("uji.sibuk", "server sibuk")
    outcome = new.run()
    assert (outcome.word, outcome.problem) == (Word.RESTORED, Problem("uji.sibuk", "server sibuk"))
    assert new.pauses == [0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0]
    assert new.machine.resources() == new.former


def test_undoing_that_cannot_be_done_now_is_stuck_and_stays_open_until_resumed():
    new = world(PREPARED)
    new.machine.refused[Key(Kind.RECORDS, HOST)] = PermanentError("uji.ditolak")

    def break_down(progress):
        if progress.phase == "undoing":
            new.machine.refused[Key(Kind.HOST, HOST)] = TemporaryError("uji.mati", "server mati")

    new.on_progress = break_down
    outcome = new.run()
    assert (outcome.word, outcome.problem) == (Word.STUCK, Problem("uji.mati", "server mati"))
    assert len(new.pauses) == 11
    assert sum(new.pauses) > 100
    assert fold(new.journal.entries()).outcome is None
    with pytest.raises(PermanentError, match=r"journal\.open: wish 17"):
        new.run()
    new.machine.refused.clear()
    new.on_progress = lambda _: None
    again = new.resume()
    assert (again.word, again.problem) == (Word.RESTORED, Problem("uji.ditolak", ""))
    assert new.machine.resources() == new.former


def test_slow_start_is_asked_again_and_only_what_failed():
    new = world(PREPARED)
    new.machine.unproven.add(Key(Kind.HOST, HOST))

    def wake(progress):
        if phase(new, "probing").count("host") == 3:
            new.machine.unproven.clear()

    new.on_progress = wake
    assert new.run().word is Word.APPLIED
    assert new.pauses == [0.3, 0.6]
    assert phase(new, "probed") == [*MAKING, "host", "host"]


def test_write_that_makes_something_else_is_a_failed_readback_and_is_undone():
    new = world(PREPARED)
    key = Key(Kind.HOST, HOST)
    honest = new.machine.write

    def crooked(written, after):
        honest(written, {**after, "state": "lain"} if written == key and after else after)

    new.machine.write = crooked
    outcome = new.run()
    assert outcome.problem == Problem("readback", f"{key}: keadaannya berbeda dari rencana")
    assert outcome.word is Word.RESTORED
    assert new.machine.resources() == new.former


@pytest.mark.parametrize("way", ["former_hosts", "retired_hosts"])
def test_no_name_is_left_before_every_server_gives_the_records_of_the_new_one(way):
    """Resolvers keep what they were told: that the new one is not there, or that the old one is there no more."""
    new_host = "baru.kota.example"
    new = world(replace(OPEN, host=new_host, generation=3, **{way: (HOST,)}), before=OPEN)
    new.machine.unproven.add(Key(Kind.RECORDS, new_host))
    assert new.run().word is Word.RESTORED
    assert Key(Kind.HOST, HOST) not in {seen.key for seen in new.seen if seen.phase in ("writing", "undoing")}
    assert Key(Kind.RECORDS, HOST) not in {seen.key for seen in new.seen if seen.phase in ("writing", "undoing")}
    assert new.machine.resources() == new.former
    new.machine.unproven.clear()
    again = World(new.machine, new.plan, new.former)
    assert again.run().word is Word.APPLIED
    (proven, *_) = [
        at for at, seen in enumerate(again.seen) if str(seen.key) == f"records:{new_host}" and seen.phase == "probed"
    ]
    (left, *_) = [at for at, seen in enumerate(again.seen) if seen.key.name == HOST and seen.phase == "writing"]
    assert proven < left


@pytest.mark.parametrize("fails", [False, True])
def test_others_keep_what_they_have_at_a_name_of_the_zone_beside_ours(fails):
    """It shows as theirs once ours are gone, whichever way the run goes."""
    renamed = replace(OPEN, host="baru.kota.example", retired_hosts=(HOST,), generation=3)
    name = HOST if not fails else renamed.host
    left = foreign(Key(Kind.RECORDS, name), f"{name} sudah memiliki HTTPS")
    new = world(renamed, before=OPEN)
    honest = new.machine.write

    def leaving(written, after):
        honest(written, after)
        if (written, after) == (left.key, None):
            new.machine.put(left)

    new.machine.write = leaving
    if fails:
        new.machine.unproven.add(left.key)
    assert new.run().word is (Word.RESTORED if fails else Word.APPLIED)
    former = new.former if fails else new.wished()
    assert new.machine.resources() == {**former, left.key: left}


def test_foreign_found_by_the_readback_stops_everything():
    new = world(PREPARED)
    theirs = foreign(Key(Kind.HOST, HOST), "tautan ke /var/www")
    honest = new.machine.write

    def overtaken(written, after):
        honest(written, after)
        if written == theirs.key:
            new.machine.put(theirs)

    new.machine.write = overtaken
    assert new.run().word is Word.STALE
    assert new.machine.resources()[theirs.key] == theirs
    assert phase(new, "undone") == []


def test_misread_change_is_undone_also_after_a_kill():
    new = world(PREPARED)
    key = Key(Kind.HOST, HOST)
    honest = new.machine.write
    new.machine.write = lambda written, after: honest(written, {**after, "x": 1} if written == key else after)

    def kill(progress):
        if progress.phase == "undoing":
            raise Killed

    new.on_progress = kill
    with pytest.raises(Killed):
        new.run()
    new.machine.write, new.on_progress = honest, lambda _: None
    assert new.resume().word is Word.RESTORED
    assert new.machine.resources() == new.former


@pytest.mark.parametrize("moment", Moment)
def test_undoing_that_was_interrupted_is_written_again(moment):
    """What follows a driver's write (a server told to forget) may be missing although the resource reads as before."""
    new = world(PREPARED)
    new.machine.refused[Key(Kind.DIRECTORY, SITE)] = PermanentError("uji.ditolak")
    new.machine.at_write[2] = Mishap(moment, Killed())
    with pytest.raises(Killed):
        new.run()
    assert new.resume().word is Word.RESTORED
    assert new.machine.writes == 4
    assert new.machine.resources() == new.former


def test_kill_after_the_decision_to_go_back_never_goes_forward_again():
    new = world(PREPARED)
    new.machine.unproven.add(Key(Kind.HOST, HOST))
    decided = next(n for n in range(100) if _decides_at(n, PREPARED, None, Key(Kind.HOST, HOST)))
    new.journal.at_append[decided] = Moment.AFTER
    with pytest.raises(Killed):
        new.run()
    new.machine.unproven.clear()
    assert new.resume().word is Word.RESTORED
    assert new.machine.resources() == new.former


def _decides_at(number: int, wish: SiteSpec, before: SiteSpec | None, unproven: Key) -> bool:
    trial = world(wish, before=before)
    trial.machine.unproven.add(unproven)
    trial.run()
    return isinstance(trial.journal.entries()[number], Failed)


def test_foreign_that_appears_under_way_stops_everything():
    new = world(PREPARED)
    theirs = foreign(Key(Kind.HOST, HOST), "tautan ke /var/www")

    def appear(progress):
        if progress.phase == "written" and progress.key.kind is Kind.DIRECTORY:
            new.machine.put(theirs)

    new.on_progress = appear
    outcome = new.run()
    assert outcome.word is Word.STALE
    assert outcome.problem == Problem("stale", f"host:{HOST}: bukan buatan Panggon (tautan ke /var/www)")
    assert new.machine.resources()[theirs.key] == theirs
    assert phase(new, "undoing") == []


@pytest.mark.parametrize(("before", "wish"), [(None, PREPARED), (PREPARED, OPEN)], ids=["made by it", "kept by it"])
def test_clock_that_jumps_past_the_end_of_a_certificate_keeps_no_run_from_going_back(before, wish):
    new = world(wish, before=before)
    certificate = Key(Kind.CERTIFICATE, HOST)

    def jump(progress):
        if progress.phase == "probing" and progress.key == certificate:
            new.machine.put(ours(certificate, **{**new.machine.attributes(certificate), "valid": False}))
            new.machine.unproven.add(certificate)

    new.on_progress = jump
    decided = next(n for n in range(100) if _decides_at(n, wish, before, certificate))
    new.journal.at_append[decided] = Moment.AFTER  # so the next start looks at everything once more
    with pytest.raises(Killed):
        new.run()
    assert new.resume().word is Word.RESTORED
    kept = new.machine.resources()
    assert {key: each for key, each in kept.items() if key != certificate} == {
        key: each for key, each in new.former.items() if key != certificate
    }
    assert (certificate in kept) == (before is not None)


def test_all_that_is_stale_is_named_at_once():
    new = world(PREPARED)
    new.machine.put(ours(Key(Kind.USER, SITE), uid=1))
    new.machine.put(Observation(Key(Kind.SITE, SITE), Standing.PARTIAL))
    assert new.run().problem == Problem(
        "stale", f"user:{SITE}: keadaannya berbeda dari rencana; site:{SITE}: setengah tertulis"
    )


def test_finished_run_gives_its_outcome_again_and_touches_nothing():
    new = world(PREPARED)
    outcome = new.run()
    calls = new.machine.calls
    assert new.resume() == outcome
    assert new.machine.calls == calls
    assert new.journal.entries()[-1] == Finished(outcome)


def test_second_wish_follows_in_the_same_journal():
    new = world(PREPARED)
    new.run()
    second = World(new.machine, plan_for(OPEN, new.machine), new.machine.resources(), journal=new.journal)
    assert second.run().word is Word.APPLIED
    assert new.machine.attributes(Key(Kind.HOST, HOST))["state"] == "open"


def test_resuming_nothing_is_refused():
    new = world(PREPARED)
    with pytest.raises(PermanentError, match=r"journal\.empty"):
        resume(MortalJournal(), drivers=new.machine.drivers(), now=lambda: NOW, progress=print)


def test_drift_and_verify_tell_what_was_altered():
    new = world(PREPARED)
    new.run()
    key = Key(Kind.HOST, HOST)
    new.machine.put(ours(key, site=SITE, state="open"))
    (found,) = drift(PREPARED, FACTS, new.machine.drivers())
    assert (found.key, found.before["state"], found.after["state"]) == (key, "open", "prepared")
    failed = [check.name for check in verify(PREPARED, FACTS, new.machine.drivers()) if not check.ok]
    assert failed == ["https.answer"]


def test_system_that_cannot_be_asked_is_a_proof_that_does_not_hold():
    new = world(PREPARED)
    new.run()
    new.machine.at_call[new.machine.calls] = Mishap(Moment.BEFORE, TemporaryError("uji.mati", "server mati"))
    checks = verify(PREPARED, FACTS, new.machine.drivers())
    assert checks[0] == Check("user.probe", False, "uji.mati: server mati")
    assert all(check.ok for check in checks[1:])


def test_kind_without_a_driver_is_named():
    with pytest.raises(PermanentError, match=rf"driver\.missing: user:{SITE}"):
        observe(PREPARED, {})


def test_bug_in_a_driver_goes_back_too():
    new = world(PREPARED)
    new.machine.refused[Key(Kind.HOST, HOST)] = KeyError("state")
    outcome = new.run()
    assert outcome.word is Word.RESTORED
    assert outcome.problem == Problem("driver.broken", f"host:{HOST}: KeyError: 'state'")
    assert new.machine.resources() == new.former


def test_pauses_double_up_to_the_longest():
    assert list(Patience(attempts=6, first=1, longest=5).pauses()) == [1, 2, 4, 5, 5]


RICH = replace(OPEN, kind=SiteKind.PHP, database=Engine.MARIADB, access=Access((ssh_key("a"),), "sha256:one"))
PLACES = [(number, moment) for number in range(140) for moment in Moment]


@pytest.mark.parametrize("proven", [True, False], ids=["forward", "back"])
def test_one_kill_at_every_single_call(proven):
    ended = []
    for number, moment in PLACES:
        new = world(RICH)
        new.machine.calls = 0
        new.machine.at_call[number] = Mishap(moment, Killed())
        if not proven:
            new.machine.unproven.add(Key(Kind.RECORDS, HOST))
        ended.append(new.to_the_end().word)
        assert new.machine.resources() == (new.wished() if proven else new.former)
    assert set(ended) == {Word.APPLIED if proven else Word.RESTORED}


def test_what_is_changed_while_it_is_proven_is_no_success():
    """No proof asks for it, but somebody has turned it into something else after it was written."""
    new = world(PREPARED)
    theirs = ours(Key(Kind.QUOTA, SITE), mebibytes=1, files=1)

    def meddle(progress):
        if progress.phase == "probed" and progress.key.kind is Kind.RECORDS:
            new.machine.put(theirs)

    new.on_progress = meddle
    outcome = new.run()
    assert (outcome.word, outcome.problem.detail) == (Word.STALE, f"quota:{SITE}: keadaannya berbeda dari rencana")
    assert all(check.ok for check in outcome.evidence)
    assert new.machine.resources()[theirs.key] == theirs
