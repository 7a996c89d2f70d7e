from hypothesis import given
from hypothesis import strategies as st

from panggon.core.node.databases.haste import MOST, SECONDS, SECONDS_MOST, Haste, bound, confined, found, hasty
from panggon.core.node.databases.heaviness import HASTY_DOOR
from panggon.core.sites.spec import Engine

ONE, OTHER = "s900001", "s900002"


def test_a_site_is_hasty_from_two_hundred_sessions_a_second_on_and_for_a_while_after():
    first = found({}, {ONE: MOST + 1, OTHER: MOST}, most=MOST, now=1.0)
    assert first == {ONE: Haste(1.0, SECONDS)}
    assert hasty(first, now=0.9 + SECONDS) == {ONE}
    assert hasty(first, now=1.0 + SECONDS) == set()
    assert found(first, {ONE: 100.0}, most=MOST, now=9.0) == first
    assert found(first, {ONE: MOST + 1}, most=MOST, now=9.0) == {ONE: Haste(9.0, SECONDS)}


def test_who_is_at_it_again_as_soon_as_it_is_over_waits_for_twice_as_long_each_time():
    """Nobody else has more than a second in each hundred from it then."""
    known: dict[str, Haste] = {}
    now, times = 0.0, []
    for _ in range(6):
        known = found(known, {ONE: 5000.0}, most=MOST, now=now)
        times.append(known[ONE].seconds)
        now += known[ONE].seconds + 1
    assert times == [20.0, 40.0, 80.0, 160.0, 160.0, 160.0]
    assert SECONDS_MOST / 1.5 > 100


def test_who_was_good_for_as_long_as_he_waited_begins_anew():
    last = {ONE: Haste(0.0, 80.0)}
    assert found(last, {}, most=MOST, now=159.9) == last
    assert found(last, {ONE: MOST + 1}, most=MOST, now=159.9) == {ONE: Haste(159.9, 160.0)}
    assert found(last, {}, most=MOST, now=160.0) == {}
    assert found(last, {ONE: MOST + 1}, most=MOST, now=160.0) == {ONE: Haste(160.0, SECONDS)}


def test_where_a_session_is_a_process_fewer_are_too_many_on_a_small_machine():
    """A quarter of its processors; and what a large one can carry is no reason to let one site have more of it."""
    assert [bound(Engine.POSTGRESQL, processors) for processors in (1, 2, 4, 64)] == [50.0, 100.0, 200.0, 200.0]
    assert [bound(Engine.MARIADB, processors) for processors in (1, 64)] == [MOST, MOST]


@given(st.lists(st.dictionaries(st.sampled_from((ONE, OTHER)), st.floats(0, 10 * MOST)), max_size=120))
def test_who_is_let_in_a_usual_number_of_times_never_waits_and_who_waits_has_been_hasty(seconds):
    """A look a second, whatever the neighbour does meanwhile; until when each waits is reckoned for it alone."""
    known: dict[str, Haste] = {}
    until: dict[str, tuple[int, int]] = {}  # the end, and how long that is from when it was hasty last
    for now, begun in enumerate(map(dict, seconds)):
        for site in [site for site, number in begun.items() if number > MOST]:
            end, long = until.get(site, (-1000, 0))
            again = 2 * long if end <= now < end + long else long if now < end else 20
            until[site] = now + min(160, again), min(160, again)
        known = found(known, begun, most=MOST, now=float(now))
        assert hasty(known, now=float(now)) == {site for site, (end, _) in until.items() if now < end}


def test_what_the_places_of_a_site_are_worth_at_the_door_is_less_than_makes_it_hasty():
    assert 25 / HASTY_DOOR == 25 < MOST


def test_only_where_a_session_is_a_process_does_the_door_let_in_what_is_worth_a_processor_of_its_own():
    assert confined(Engine.MARIADB, heavy={ONE}, hasty={OTHER}) == {ONE}
    assert confined(Engine.POSTGRESQL, heavy={ONE}, hasty={OTHER}) == {ONE, OTHER}
