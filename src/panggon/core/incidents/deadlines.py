"""By when the law wants whom told, by the hands of the clock: an incident knows no office hours.

Sources: UU 27/2022 article 46: the notice of a failure to protect personal data goes to the subjects and the authority
within 3 × 24 hours. Perban BSSN 1/2024 article 15: an incident of at least high risk is reported to the sector's TTIS;
only of vital infrastructure (IIV) a time was read, 1 × 24 hours. For the others there is a duty and no hour; none is
made up here.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from panggon.core.incidents.vocabulary import Duty, Risk
from panggon.core.notify.alerts import level_due

NOTICE_TIME = timedelta(hours=3 * 24)
VITAL_TIME = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Standing:
    """What the duties follow from. `known_at`: when the dinas knew of the incident; `breach_known_at`: that personal
    data were disclosed, None while that is not known or not so. `told`: what was done of it, and when.
    """

    known_at: datetime
    risk: Risk | None = None
    vital: bool = False
    breach_known_at: datetime | None = None
    told: Mapping[Duty, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Obligation:
    """`due_at` None: a duty without an hour."""

    duty: Duty
    since: datetime
    due_at: datetime | None
    told_at: datetime | None

    @property
    def open(self) -> bool:
        return self.told_at is None

    def is_late(self, now: datetime) -> bool:
        """Whether the time is over, or was when it was told."""
        return self.due_at is not None and (self.told_at or now) > self.due_at

    def level_due(self, *, given: int, now: datetime) -> int | None:
        """The percentage of the time of which people are to be told now; `given` is the highest of before."""
        if self.due_at is None or not self.open:
            return None
        return level_due((now - self.since) / (self.due_at - self.since), given=given)


def obligations(standing: Standing) -> tuple[Obligation, ...]:
    """What the law wants told of an incident that stands so."""
    return tuple(_obligations(standing))


def next_due(found: Iterable[Obligation]) -> datetime | None:
    """The nearest moment by which something has to be told that was not."""
    return min((each.due_at for each in found if each.open and each.due_at), default=None)


# ------------------------------------------------------------------------------------------------------------------


def _obligations(standing: Standing) -> Iterator[Obligation]:
    if standing.vital or standing.risk is Risk.HIGH:
        due = standing.known_at + VITAL_TIME if standing.vital else None
        yield Obligation(Duty.SECTOR_REPORT, standing.known_at, due, standing.told.get(Duty.SECTOR_REPORT))
    if standing.breach_known_at:
        for duty in (Duty.SUBJECTS_NOTICE, Duty.AUTHORITY_NOTICE):
            due = standing.breach_known_at + NOTICE_TIME
            yield Obligation(duty, standing.breach_known_at, due, standing.told.get(duty))
