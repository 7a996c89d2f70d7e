"""Which scheduled task is to be started now: an agenda as a value, and the clock as an argument.

A time that comes while the same task still runs is passed over. However many times were missed while nobody looked, a
task runs once for them. When the clock is set back by a little, nothing runs twice; set back by more, it counts anew.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from panggon.core.sites import timetable
from panggon.core.sites.spec import Task

# A change to winter time and any correction of a clock; beyond that it was simply wrong before.
BACK_MOST = timedelta(hours=3)
SITE_MOST, MACHINE_MOST = 2, 32


@dataclass(frozen=True, slots=True, order=True)
class Name:
    """One task of one site."""

    site: str
    task: str


@dataclass(frozen=True, slots=True)
class Entry:
    task: Task
    due: datetime


def entry(task: Task, *, since: datetime, zone: tzinfo) -> Entry:
    """The task with its first time after `since`."""
    return Entry(task, timetable.next_after(timetable.parse(task.schedule), since, zone))


def since(looked: datetime | None, *, changed: datetime, now: datetime) -> datetime:
    """From when a task's times count, that was last changed then: nobody has missed what was not wished yet.

    `looked` is when somebody last started what was due.
    """
    if looked is None or looked - now > BACK_MOST:
        return now
    return max(looked, min(changed, now))


def due(agenda: Mapping[Name, Entry], now: datetime) -> tuple[Name, ...]:
    """What has come, the longest waiting first."""
    return tuple(
        sorted((name for name in agenda if agenda[name].due <= now), key=lambda name: (agenda[name].due, name))
    )


def to_start(waiting: Iterable[Name], running: Iterable[Name]) -> tuple[Name, ...]:
    """Which of those that wait are started: so many a site and a machine at one time, none twice; a second one of a
    site only while half of the machine's places are free, so that a few sites whose tasks run long stop nobody's.
    """
    busy = list(running)
    started = []
    for name in waiting:
        if len(busy) >= MACHINE_MOST:
            break
        of_site = sum(1 for other in busy if other.site == name.site)
        site_most = SITE_MOST if len(busy) < MACHINE_MOST // 2 else 1
        if name not in busy and of_site < site_most:
            busy.append(name)
            started.append(name)
    return tuple(started)
