from panggon.core.database_load import (
    HEAVY,
    LIGHT,
    LOCKS_MOST,
    MEMORY_MOST,
    SECONDS_MOST,
    SHARED_SOME,
    SHARED_STEP,
    STRANGERS_MOST,
    TEMPORARY_MOST,
    UNDO_MOST,
    Load,
    Session,
    busiest,
    crowding,
    grew,
    heavy,
    lanes,
    niceness,
    too_much,
)

ONE, OTHER = "s900001", "s900002"
MEBIBYTE = 1024 * 1024


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


def test_who_makes_shared_room_grow_is_who_works_most():
    assert grew(SHARED_SOME, SHARED_SOME + SHARED_STEP + 1)
    assert not grew(SHARED_SOME, SHARED_SOME + SHARED_STEP)
    assert not grew(0, SHARED_SOME)
    sessions = (Session(ONE, 1, 1), Session(OTHER, 2, 2), Session(OTHER, 3, 3))
    assert set(busiest(sessions, {ONE: 0.1, OTHER: 0.9})) == {*sessions[1:]}
    assert busiest((), {}) == {}


def test_who_crowds_the_door_is_who_has_most_connections_beyond_his_sessions():
    own = [Session(ONE, number, number) for number in range(20)]
    assert crowding({ONE: STRANGERS_MOST + 20, OTHER: STRANGERS_MOST}, own) == ""
    assert crowding({ONE: STRANGERS_MOST + 21, OTHER: STRANGERS_MOST}, own) == ONE
    assert crowding({ONE: STRANGERS_MOST + 21, OTHER: STRANGERS_MOST + 2}, own) == OTHER
    assert crowding({}, ()) == ""


def test_the_sessions_of_a_site_weigh_as_much_as_one():
    assert [niceness(active) for active in (0, 1, 2, 20, 100)] == [0, 0, 3, 13, 19]
    assert 0.9 < 20 * 1.25 ** -niceness(20) < 1.1


def test_a_site_is_heavy_until_it_is_light_and_not_before_it_is_heavy():
    between = (HEAVY + LIGHT) / 2
    assert heavy(frozenset(), {ONE: HEAVY + 0.01, OTHER: between}) == {ONE}
    assert heavy({ONE}, {ONE: between, OTHER: between}) == {ONE}
    assert heavy({ONE}, {ONE: LIGHT}) == frozenset()
    assert heavy({ONE}, {}) == frozenset()


def test_each_heavy_site_has_one_processor_and_the_first_is_nobodys():
    assert lanes({"c", "a", "b"}, {3, 0, 5}) == {"a": 3, "b": 5, "c": 3}
    assert lanes({"a", "b"}, {0, 1}) == {"a": 1, "b": 1}
    assert lanes({"a"}, {0}) == {}
    assert lanes((), {0, 1}) == {}
