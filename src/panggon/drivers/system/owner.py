"""Whose a site's things are on this machine, and who of theirs is logged in."""

import functools
import grp
import signal

from panggon.core.errors import PermanentError
from panggon.core.sites.spec import SITE_ID
from panggon.drivers.system import processes


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
    for pid in filter(processes.is_named_openssh, processes.of_user(uid)):
        processes.send(pid, signal.SIGKILL)
