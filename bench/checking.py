"""Whether generated cases are what the portal would have made: chains, states and clocks by its own functions."""

from random import Random

from panggon.cases.archive.log import broken_links
from panggon.cases.models import Case
from panggon.cases.selectors import clock_of
from panggon.core.cases.procedure import TABLE, Action, State
from panggon.core.schedule.clock import ClockEffect
from panggon.schedule import selectors as schedule

LEGAL = {(row.action, source, row.target) for row in TABLE.rows for source in row.sources}


def faults(random: Random, number: int) -> list[str]:
    """What is wrong with so many cases, chosen by chance."""
    keys = list(Case.objects.values_list("pk", flat=True))
    calendar = schedule.calendar()
    found: list[str] = []
    for case in Case.objects.filter(pk__in=random.sample(keys, min(number, len(keys)))):
        events = list(case.events.order_by("sequence"))
        moves = [(Action(event.action), State(event.source), State(event.target)) for event in events]
        marked = [event.at for event in events if event.clock != ClockEffect.NONE]
        clock = clock_of(case, now=marked[-1], calendar=calendar) if marked else None
        expected = (clock.due_at, clock.stopped_at) if clock else (None, None)
        used = round(clock.used.total_seconds()) if clock and clock.stopped_at else None
        found += [f"{case.number}: {fault.code}" for fault in broken_links(case)]
        found += [f"{case.number}: not legal {move}" for move in moves if move not in LEGAL]
        if (case.due_at, case.stopped_at) != expected:
            found.append(f"{case.number}: due {case.due_at}, stopped {case.stopped_at}, by the clock {expected}")
        if used is None != case.working_seconds is None or abs((used or 0) - (case.working_seconds or 0)) > 1:
            found.append(f"{case.number}: {case.working_seconds} s worked, by the clock {used}")
    return found
