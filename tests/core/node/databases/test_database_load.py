from collections import Counter
from dataclasses import replace

from panggon.core.node.databases.database_load import (
    FIRST_FEW,
    LOCKS_MOST,
    MEMORY_MOST,
    ROW_LOCKS_PART,
    SECONDS_MOST,
    SERVER_MEMORY,
    SHARED_SOME,
    SHARED_STEP,
    STRANGERS_FEW,
    STRANGERS_MOST,
    TEMPORARY_MOST,
    UNCOUNTED_SOME,
    UNCOUNTED_STEP,
    UNDO_MOST,
    Load,
    Session,
    crowding,
    giving_way,
    growing,
    holders,
    swelling,
    too_much,
)

ONE, OTHER = "s900001", "s900002"
MEBIBYTE = 1024 * 1024
BUFFER = 128 * MEBIBYTE


def test_a_usual_site_is_let_be():
    sessions = tuple(Session(ONE, number, number, 1799.0, 25 * MEBIBYTE, 50 * MEBIBYTE, 500) for number in range(20))
    assert too_much(Load(sessions, undo=UNDO_MOST)) == {}
    assert too_much(Load(())) == {}


def test_what_goes_on_too_long_ends():
    late = Session(ONE, 1, 1, SECONDS_MOST + 1)
    assert too_much(Load((late, Session(ONE, 2, 2, SECONDS_MOST)))) == {late: "too long"}


def test_of_a_site_that_takes_too_much_the_largest_go_until_half_is_left():
    parts = (MEMORY_MOST // 2, MEMORY_MOST // 4, MEMORY_MOST // 4, 1)
    own = [Session(ONE, number, number, memory=size) for number, size in enumerate(parts)]
    beside = Session(OTHER, 9, 9, memory=MEMORY_MOST)
    assert too_much(Load((beside, *own))) == {
        own[0]: f"memory: {MEMORY_MOST + 1}",
        own[1]: f"memory: {MEMORY_MOST + 1}",
    }


def test_temporary_files_and_locks_are_counted_alike():
    files, locks = Session(ONE, 1, 1, temporary=TEMPORARY_MOST + 1), Session(OTHER, 2, 2, locks=LOCKS_MOST + 1)
    assert too_much(Load((files, locks))) == {
        files: f"temporary files: {TEMPORARY_MOST + 1}",
        locks: f"locks: {LOCKS_MOST + 1}",
    }


def test_row_locks_leave_room_for_the_data_of_all():
    usual = Session(ONE, 1, 1, row_locks=BUFFER // ROW_LOCKS_PART)
    assert too_much(Load((usual,), buffer=BUFFER)) == {}
    more = Session(ONE, 2, 2, row_locks=1)
    assert too_much(Load((more, usual), buffer=BUFFER)) == {usual: f"row locks: {usual.row_locks + 1}"}
    assert too_much(Load((more, usual))) == {}, "they lie elsewhere"


def test_where_row_locks_of_many_sites_leave_none_those_go_that_have_most():
    size = BUFFER // ROW_LOCKS_PART
    sessions = [Session(f"s{number:06d}", number, number, row_locks=size - number) for number in range(5)]
    assert too_much(Load((*sessions[:4],), buffer=BUFFER)) == {}
    assert too_much(Load((*sessions,), buffer=BUFFER)) == dict.fromkeys(sessions[:3], "row locks of all")


def test_where_too_much_can_be_taken_back_the_largest_transaction_goes():
    small, large = Session(ONE, 1, 1, changed=5), Session(OTHER, 2, 2, changed=90_000)
    assert too_much(Load((small, large), undo=UNDO_MOST + 1)) == {large: "changed 90000 rows"}
    assert too_much(Load((Session(ONE, 1, 1),), undo=UNDO_MOST + 1)) == {}


def test_before_that_who_keeps_it_from_being_given_back():
    """Who only looks, and does so for minutes, changes nothing; who goes on with small changes fills the room."""
    looking, small = Session(ONE, 1, 1, seconds=61.0), Session(OTHER, 2, 2, seconds=1.0, changed=90_000)
    assert too_much(Load((looking, small), undo=UNDO_MOST + 1)) == {
        looking: "sees what others have changed for 61 seconds"
    }


def test_who_makes_most_of_it_in_a_transaction_that_goes_on_goes_before_a_copy_of_another_site():
    copy, small = Session(ONE, 1, 1, seconds=300.0), Session(ONE, 2, 2, seconds=9.0, changed=400)
    before = Load((copy, small, Session(OTHER, 3, 3, seconds=8.0, changed=70_000)), undo=UNDO_MOST + 1, history=9)
    changing = Session(OTHER, 3, 3, seconds=9.0, changed=90_000)
    sessions = (copy, replace(small, changed=20_000), changing)
    assert too_much(Load(sessions, undo=UNDO_MOST + 2, history=9), before) == {changing: "changed 90000 rows"}
    assert too_much(Load(sessions, undo=UNDO_MOST + 1, history=8), before) == {}, "it is being given back"
    assert too_much(Load(sessions, undo=UNDO_MOST + 1, history=9), before) == {
        copy: "sees what others have changed for 300 seconds"
    }


WORKING, WAITING = Session(ONE, 1, 1, changed=3, written=10 * MEBIBYTE), Session(OTHER, 2, 2, changed=9)
BUSY = {ONE: 0.7, OTHER: 0.4}
NOBODY: frozenset[str] = frozenset()


def test_who_makes_sorted_files_grow_is_who_has_written_and_not_who_works():
    before = Load((WORKING, WAITING), sorting=SHARED_SOME)
    writing = replace(WAITING, written=SHARED_STEP)
    after = Load((replace(WORKING, written=11 * MEBIBYTE), writing), sorting=SHARED_SOME + SHARED_STEP + 1)
    assert growing(after, before, BUSY, spared=NOBODY) == {writing: "temporary room"}
    assert growing(Load(after.sessions, sorting=SHARED_SOME + SHARED_STEP), before, BUSY, spared=NOBODY) == {}
    assert growing(Load(after.sessions, sorting=SHARED_SOME), Load(()), BUSY, spared=NOBODY) == {}


def test_who_makes_temporary_tables_grow_changes_something_and_goes_in_turns():
    """The server writes them for all, and does not say for whom."""
    before = Load((), tables=SHARED_SOME)
    after = Load((WORKING, WAITING, Session(OTHER, 3, 3)), tables=SHARED_SOME + SHARED_STEP + 1)
    assert {each.site for each in growing(after, before, BUSY, spared=NOBODY)} == {ONE}
    assert set(growing(after, before, BUSY, spared={ONE})) == {*after.sessions[1:]}
    looking = replace(after, sessions=(replace(WORKING, changed=0), *after.sessions[1:]))
    for spared in (NOBODY, {OTHER}):
        assert set(growing(looking, before, BUSY, spared=spared)) == {*after.sessions[1:]}
    assert growing(replace(after, sessions=()), before, {}, spared=NOBODY) == {}
    alone = replace(after, sessions=(Session(ONE, 1, 1),))
    assert set(growing(alone, before, BUSY, spared=NOBODY)) == {*alone.sessions}


def test_who_makes_the_servers_own_memory_grow_is_whom_the_kernel_has_given_most_since_and_goes_in_turns():
    """The server counts it as nobody's."""
    buffer, some = 128 * MEBIBYTE, 128 * MEBIBYTE + UNCOUNTED_SOME
    given, little = replace(WAITING, fresh=30 * MEBIBYTE), replace(WORKING, fresh=91 * MEBIBYTE)
    before = Load((replace(little, fresh=90 * MEBIBYTE),), buffer=buffer, resident=some)
    after = Load((little, given), buffer=buffer, resident=some + UNCOUNTED_STEP + 1)
    assert swelling(after, before, by=UNCOUNTED_STEP, spared=NOBODY) == {given: SERVER_MEMORY}
    assert swelling(after, before, by=UNCOUNTED_STEP, spared={OTHER}) == {little: SERVER_MEMORY}
    assert swelling(after, before, by=UNCOUNTED_STEP, spared={ONE, OTHER}) == {given: SERVER_MEMORY}
    slowly = replace(after, resident=some + UNCOUNTED_STEP)
    counted = replace(after, sessions=(replace(WORKING, memory=UNCOUNTED_STEP), WAITING))
    kept = replace(before, sessions=(replace(WAITING, memory=UNCOUNTED_SOME),), resident=after.resident)
    few = replace(after, resident=some), replace(before, resident=0)
    for calm in ((slowly, before), (counted, before), (after, kept), few, (Load(after.sessions), before)):
        assert swelling(*calm, by=UNCOUNTED_STEP, spared=NOBODY) == {}


def test_who_crowds_the_door_is_who_has_most_connections_beyond_his_sessions():
    own = [Session(ONE, number, number) for number in range(20)]
    assert crowding({ONE: STRANGERS_MOST + 20, OTHER: STRANGERS_MOST}, own, STRANGERS_MOST) == ""
    assert crowding({ONE: STRANGERS_MOST + 21, OTHER: STRANGERS_MOST}, own, STRANGERS_MOST) == ONE
    assert crowding({ONE: STRANGERS_MOST + 21, OTHER: STRANGERS_MOST + 2}, own, STRANGERS_MOST) == OTHER
    assert crowding({}, (), STRANGERS_MOST) == ""


def test_of_a_crowd_programs_go_until_half_of_what_may_be_is_left_however_they_share_it():
    half = STRANGERS_MOST // 2
    assert holders({1: 1, 2: 70, 3: 30, 4: half - 1}, 0, STRANGERS_MOST) == (2, 3)
    spread = dict.fromkeys(range(100), 5)
    assert holders(spread, 0, STRANGERS_MOST) == tuple(range(95))
    assert holders(spread, 20, STRANGERS_MOST) == tuple(range(91))
    assert holders({1: half, 2: 10}, 10, STRANGERS_MOST) == ()


def test_where_few_places_are_left_fewer_strangers_are_too_many():
    """Of many sites with some each the one with most, and again at the next look; none below what it may log in by."""
    many = {f"s90{number:04}": STRANGERS_FEW + number for number in range(17)}
    assert crowding(many, (), Load((), strangers=561).strangers_most) == ""
    most = Load((), strangers=561, places=500).strangers_most
    assert crowding(many, (), most) == "s900016"
    assert crowding(dict.fromkeys(many, STRANGERS_FEW), (), most) == ""
    assert holders({1: 20, 2: 21}, 0, most) == (2, 1)
    assert holders({1: 12, 2: 14}, 0, most) == (2,)


def test_where_few_places_are_left_who_has_most_gives_way_and_nobody_loses_the_first_few():
    many = tuple(Session(ONE, number, number, active=number % 2 == 0) for number in range(60))
    some = tuple(Session(OTHER, number, number, active=True) for number in range(100, 120))
    crowd = Load((*many, *some), places=100)
    assert giving_way(crowd) == {}
    found = giving_way(replace(crowd, strangers=1))
    assert (len(found), {session.site for session in found}) == (11, {ONE})
    assert not any(session.active for session in found)
    found = giving_way(replace(crowd, places=5))
    left = Counter(session.site for session in crowd.sessions if session not in found)
    assert left == {ONE: FIRST_FEW, OTHER: FIRST_FEW}
    assert giving_way(replace(crowd, places=0)) == {}


def test_a_crowd_of_strangers_costs_nobody_else_a_session():
    sessions = tuple(Session(ONE, number, number, active=True) for number in range(40))
    assert giving_way(Load(sessions, strangers=380, places=500)) == {}
    assert len(giving_way(Load(sessions, strangers=380, places=100))) == 40 + STRANGERS_MOST - 70
