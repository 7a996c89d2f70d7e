"""The only writer of the log of changes and of the seals."""

import secrets
from collections.abc import Iterable
from datetime import datetime
from itertools import chain
from typing import Any

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from panggon.audit import seals, selectors
from panggon.audit.chain import digest_of, salted
from panggon.audit.links import body
from panggon.audit.models import Change, End
from panggon.core.node.planning.resources import canonical
from panggon.core.notify.messages import MessageKind
from panggon.outbox import defer

Changes = QuerySet[Change]
_ONE_AT_A_TIME = 0x70616E67  # key of the advisory lock under which the chain grows


@transaction.atomic
def record(
    subject: str,
    *,
    before: Any,
    after: Any,
    actor: AbstractBaseUser | None,
    at: datetime,
    reason: str = "",
) -> Change | None:
    """Keep what was changed, in the transaction that changes it; None when nothing was.

    `subject` names the thing as `app.thing:key`; `before` and `after` are its plain JSON values, None for "is not".
    `actor` None is the system.
    """
    if before == after:
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_ONE_AT_A_TIME])
    last = End.objects.first()
    salt = secrets.token_hex(16)
    change = Change(
        sequence=last.sequence + 1 if last else 1,
        subject=subject,
        actor=actor,
        at=at,
        reason=reason,
        before=before,
        after=after,
        salt=salt,
        contents=salted(canonical([reason, before, after]), salt=salt),
        previous=last.digest if last else "",
    )
    change.digest = digest_of(body(change), previous=change.previous)
    change.save()
    End.objects.update_or_create(pk=1, defaults={"sequence": change.sequence, "digest": change.digest})
    return change


def erase(changes: Changes) -> int:
    """Erase what these changes say of anybody (UU 27/2022); rows and chain stay. How many they were."""
    return changes.update(reason="", before=None, after=None, salt="")


def seal(heads: Iterable[seals.Head], *, at: datetime) -> seals.Seal:
    """Seal the ends of all chains (`heads` are those of the cases) for the office's day of `at`, once a day.

    The file comes first, then its digest into the log of changes and by mail: killed in between, the next call goes on.
    Raises `PermanentError` (`seal.unreadable`) when a seal that is there is none.
    """
    own = selectors.head()
    day = timezone.localtime(at).date()
    made = seals.seal(settings.PANGGON_SEALS, chain(heads, [own] if own else []), day=day, at=at)
    with transaction.atomic():
        _record_seal(made, at=at)
    return made


def _record_seal(made: seals.Seal, *, at: datetime) -> None:
    subject = f"{selectors.SEALS}{made.day}"
    if Change.objects.filter(subject=subject).exists():
        return
    record(subject, before=None, after={"digest": made.digest}, actor=None, at=at)
    facts = {"day": str(made.day), "digest": made.digest}
    for to in settings.PANGGON_SEAL_RECIPIENTS:
        # Whoever rewrites database and seals does not reach the mail of people outside.
        defer("notify.write", kind=MessageKind.SEAL.value, reference=f"seal:{made.day}:{to}"[:80], to=to, facts=facts)
