"""Which entrance of a database server a site has, and when it is shut."""

import pytest

from panggon.core.node.databases.entrances import (
    FEWER_TIMES,
    GONE_LOOKS,
    QUEUE_MOST,
    QUEUE_SECONDS,
    REFUSED_EACH,
    REFUSED_GLANCES,
    WAITING_SECONDS,
    Left,
    Queue,
    always_waiting,
    deserted,
    flooded,
    in_order,
    left,
    long_queues,
    refused_most,
    to_be_last,
)

LONG = QUEUE_MOST + 1


@pytest.mark.parametrize(
    ("sharing", "found"),
    [
        ((0, 0, 0, 0), (3, 0, 1, 2)),
        ((0, 0, 0, 1), (0, 1, 2, 3)),
        ((1, 1, 0, 1), (2, 3, 0, 1)),
        ((1, 1, 1, 2), (0, 1, 2, 3)),
        ((2, 3, 1, 2), (2, 3, 0, 1)),
    ],
)
def test_for_a_site_one_is_best_that_nobody_has_or_that_fewest_share(
    sharing: tuple[int, ...], found: tuple[int, ...]
) -> None:
    assert in_order(7, sharing) == found


def test_as_many_sites_as_there_are_entrances_have_one_each() -> None:
    sharing = [0] * 60
    for number in range(1, 600, 10):
        sharing[in_order(number, sharing)[0]] += 1
    assert sharing == [1] * 60


def looks(*lengths: int, every: float = QUEUE_SECONDS / 2) -> tuple[int, ...]:
    """The entrances that are to be shut after looks that found so many at the seventh."""
    queues: dict[int, Queue] = {}
    for place, length in enumerate(lengths):
        queues = long_queues(queues, {6: 0, 7: length}, now=100 + place * every)
    return flooded(queues, now=100 + (len(lengths) - 1) * every)


@pytest.mark.parametrize(
    ("lengths", "found"),
    [
        ((LONG, LONG, LONG), (7,)),
        ((LONG, 400, LONG), (7,)),
        ((LONG, LONG), ()),
        ((QUEUE_MOST, QUEUE_MOST, QUEUE_MOST), ()),
        ((LONG, QUEUE_MOST, LONG), ()),
        ((400, 390, 380, 370, 360, 350), ()),  # what waited while the server was away
        ((400, 390, 390, 391), (7,)),
    ],
)
def test_one_is_shut_where_too_many_wait_and_do_not_become_fewer(lengths: tuple[int, ...], found: tuple[int]) -> None:
    assert looks(*lengths) == found


@pytest.mark.parametrize(
    ("lengths", "found"), [((1, 3, 1), (7,)), ((3, 1), ()), ((1, 0, 1), ()), ((1, 1, 0), ()), ((0, 1, 1, 2), (7,))]
)
def test_one_where_somebody_waits_all_the_time_comes_last(lengths: tuple[int, ...], found: tuple[int]) -> None:
    waiting: dict[int, float] = {}
    for place, length in enumerate(lengths):
        now = 100 + place * WAITING_SECONDS / 2
        waiting = always_waiting(waiting, {6: 0, 7: length}, now=now)
    assert to_be_last(waiting, now=now) == found


def gone(*numbers: int) -> tuple[int, ...]:
    """The entrances that are to be shut after looks that found so many gone at the seventh."""
    found: dict[int, Left] = {}
    for number in numbers:
        found = left(found, {6: 0, 7: number})
    return deserted(found)


@pytest.mark.parametrize(
    ("numbers", "found"),
    [
        ((3, 2, 5, 1, 4, 2, 6, 3), (7,)),
        ((3, 2, 5, 1, 4, 2, 6), ()),
        ((3, 2, 5, 1, 0, 4, 2, 6, 3), ()),
        ((3, 2, 5, 1, 0, 4, 2, 6, 3, 4), (7,)),
        ((1, 2, 3, 4, 4, 4, 5, 6, 7, 8), ()),  # who gave up waiting, at a server that takes nobody in
        ((1, 2, 3, 4, 4, 4, 5, 6, 2, 1), (7,)),
        ((1, 0) * 30, ()),
        ((0, 1) * 30, ()),
        ((1, 0, 0) * 30 + (1,) * (GONE_LOOKS - 1), ()),
    ],
)
def test_one_is_shut_where_nobody_means_to_come_in(numbers: tuple[int, ...], found: tuple[int, ...]) -> None:
    assert gone(*numbers) == found


def test_who_is_let_in_again_is_shut_out_again_at_the_next_looks() -> None:
    """What is known of him does not grow without end, so it is over as soon as it began."""
    found: dict[int, Left] = {}
    for number in (5, 3) * 400:
        found = left(found, {7: number})
    assert found[7].looks == GONE_LOOKS
    for _ in range(GONE_LOOKS):
        found = left(found, {7: 0})
    assert found == {}
    assert FEWER_TIMES < GONE_LOOKS


@pytest.mark.parametrize(
    ("strangers", "glances", "found"),
    [
        ({"s000001": 60, "s000002": 7}, REFUSED_GLANCES, "s000001"),
        ({"s000001": 60, "s000002": 60}, REFUSED_GLANCES, "s000001"),
        ({"s000001": 2}, REFUSED_GLANCES, "s000001"),
        ({"s000001": 60}, REFUSED_GLANCES - 1, ""),
        ({"s000001": 1}, REFUSED_GLANCES, ""),
        ({"s000001": 2}, 2 * REFUSED_EACH + 1, ""),
        ({"s000001": 0}, REFUSED_GLANCES, ""),
        ({}, REFUSED_GLANCES, ""),
    ],
)
def test_who_had_most_strangers_is_the_one_that_is_refused(strangers: dict[str, int], glances: int, found: str) -> None:
    assert refused_most(strangers, glances=glances) == found
