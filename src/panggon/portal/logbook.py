"""The whole log: the chains of all cases, the chain of changes, and the seals over both."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from panggon.audit import seals, selectors, services
from panggon.audit.seals import Head, Seal
from panggon.cases.archive import log
from panggon.core.errors import Fault, PermanentError

BATCH = 5000
OVERDUE = timedelta(days=2)


def seal(*, at: datetime) -> Seal:
    """Seal all chains for the office's day of `at`; a day that is sealed stays as it is."""
    return services.seal(log.heads(), at=at)


def newest_seal() -> Seal | None:
    """None as well when the newest cannot be read: `broken` names it."""
    try:
        return seals.newest(settings.PANGGON_SEALS)
    except PermanentError:
        return None


def broken(*, now: datetime) -> Iterator[tuple[str, Fault]]:
    """Every break, with the name of the chain that it is in. Memory does not grow with the length of the log."""
    yield from log.broken()
    for fault in selectors.broken_links():
        yield _("Catatan perubahan"), fault
    for fault in seals.faults(settings.PANGGON_SEALS, recorded=selectors.recorded_seals()):
        yield _("Segel"), fault
    yield from _overdue(now)
    yield from _not_as_sealed()


# ------------------------------------------------------------------------------------------------------------------


def _overdue(now: datetime) -> Iterator[tuple[str, Fault]]:
    newest = newest_seal()
    if newest and timezone.localdate(now) - newest.day > OVERDUE:
        yield _("Segel"), Fault("seal.overdue", facts={"day": str(newest.day)})


def _not_as_sealed() -> Iterator[tuple[str, Fault]]:
    """What is in the database otherwise than it was when it was sealed, even if it was rewritten without a break."""
    sealed = seals.sealed_heads(settings.PANGGON_SEALS)
    while batch := list(islice(sealed, BATCH)):
        of_changes = [head for head in batch if head.chain == selectors.CHANGES]
        of_cases = [head for head in batch if head.chain != selectors.CHANGES]
        for head in log.not_as_sealed(of_cases):
            yield head.chain, _differs(head)
        for head in selectors.not_as_sealed(of_changes):
            yield _("Catatan perubahan"), _differs(head)


def _differs(head: Head) -> Fault:
    return Fault("sealed.differs", facts={"sequence": head.sequence})
