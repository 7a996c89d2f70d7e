"""The stamp of the desk: when a paper came in. The clock counts from it, and not from the moment of its entry.

Source: SK 060/040/III Tahun 2022, step 1 ("OPD ... mengirimkan Surat permohonan hosting"): a letter that lies on the
desk is received, however late somebody enters it.
"""

from datetime import date, datetime, tzinfo

from panggon.core.errors import Fault
from panggon.core.schedule.workdays import utc

FIELD = "stamped_at"


def stamp_faults(
    stamp: datetime, *, now: datetime, zone: tzinfo, letter_date: date | None, last: datetime | None, reason: str
) -> tuple[Fault, ...]:
    """What keeps a stamp from being believed.

    `last` is the last moment that the clock of the case knows: time runs one way; a stamp tells no seconds. A stamp
    before the letter's own date happens (a letter dated ahead), but somebody has to say why: `reason`.
    """
    moment = utc(stamp)
    faults = []
    if moment > utc(now):
        faults.append(Fault("stamp.future", FIELD))
    if last is not None and moment < utc(last).replace(second=0, microsecond=0):
        faults.append(Fault("stamp.order", FIELD, {"last": last}))
    if letter_date is not None and moment.astimezone(zone).date() < letter_date and not reason.strip():
        faults.append(Fault("stamp.before_letter", "stamp_reason"))
    return tuple(faults)
