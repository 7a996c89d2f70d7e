"""Helper: whose a site's things are on this machine."""

from panggon.core.errors import PermanentError
from panggon.core.spec import SITE_ID


def uid_of(site: str, *, base: int) -> int:
    """The site's user and group id: `base` plus the number in its name, so that no machine keeps a list.

    Raises PermanentError `site.invalid`: no name that is not a site's may become a path, a user or an SQL identifier.
    """
    if not SITE_ID.fullmatch(site):
        raise PermanentError("site.invalid", site)
    return base + int(site[1:])
