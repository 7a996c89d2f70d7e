"""Helper: whose a site's things are on this machine, and who of theirs is logged in."""

import contextlib
import functools
import grp
import os
import signal
from pathlib import Path

from panggon.core.errors import PermanentError
from panggon.core.spec import SITE_ID


def uid_of(site: str, *, base: int) -> int:
    """The site's user and group id: `base` plus the number in its name, so that no machine keeps a list.

    Raises PermanentError `site.invalid`: no name that is not a site's may become a path, a user or an SQL identifier.
    """
    if not SITE_ID.fullmatch(site):
        raise PermanentError("site.invalid", site)
    return base + int(site[1:])


@functools.cache
def group_id(name: str) -> int:
    """Raises KeyError for a group that the system does not know."""
    return grp.getgrnam(name).gr_gid


def end_logins(uid: int) -> None:
    """End this user's SFTP sessions: sshd asks about keys and passwords at the beginning of one only."""
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # ended meanwhile
            if process.stat().st_uid == uid and (process / "comm").read_text().startswith("sshd"):
                os.kill(int(process.name), signal.SIGKILL)
