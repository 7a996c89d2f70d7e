"""Who of the dinas looked at what others wrote about people (UU 27/2022, article 31): a line of the system's log.

A line and no row, because looking changes nothing in the database; the log's own service keeps and rotates it.
"""

import logging

from django.contrib.auth.base_user import AbstractBaseUser

logger = logging.getLogger("panggon.access")


def looked_at(number: str, what: str, *, by: AbstractBaseUser) -> None:
    """`number` is that of a case, complaint or incident, `what` a word of ours (`letter`, `page`)."""
    logger.info("%s of %s opened by user %s", what, number, by.pk)
