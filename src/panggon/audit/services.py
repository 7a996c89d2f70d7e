"""The only writer of the log of changes."""

import secrets
from datetime import datetime
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import connection, transaction

from panggon.audit.chain import digest_of, salted
from panggon.audit.links import body
from panggon.audit.models import Change
from panggon.core.resources import canonical

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
    last = Change.objects.order_by("sequence").last()
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
    return change
