"""What people were told because time passed: read and kept, so that each is told once, whatever happens to workers."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from panggon.cases.models import Alert, Case
from panggon.core.notify.alerts import AlertKind


@dataclass(frozen=True, slots=True)
class Given:
    """The highest level that was told, and when; 0 and None before the first."""

    level: int = 0
    at: datetime | None = None


def given(case: Case, kind: AlertKind, *, since: datetime) -> Given:
    """From `case.alerts`, which may have been fetched with the case."""
    told: Iterable[Alert] = (alert for alert in case.alerts.all() if alert.kind == kind and alert.since == since)
    highest = max(told, key=lambda alert: alert.level, default=None)
    return Given(highest.level, highest.at) if highest else Given()


def keep(case: Case, kind: AlertKind, *, since: datetime, level: int, at: datetime) -> bool:
    """Keep that this is told now; False when it was kept before. Belongs in the transaction that tells."""
    _, is_new = Alert.objects.get_or_create(case=case, kind=kind, since=since, level=level, defaults={"at": at})
    return is_new
