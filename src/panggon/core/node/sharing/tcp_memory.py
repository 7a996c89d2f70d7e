"""Whose connections take the memory that the kernel has for those of all (tcp(7), `tcp_mem`): where it is short, nobody
on the machine is sent anything any more.

No control group bounds what waits in a connection that its program has not accepted: the kernel counts it as somebody's
only from then on.
"""

from collections.abc import Mapping

# Of what the kernel gives out before it begins to save: there is time to look, and few machines ever come so far.
PART = 1 / 3
# Unread in the connections of one site among its own programs; downloads that it makes itself have a few.
BYTES_MOST = 16 * 1024 * 1024


def is_short(taken: int, *, saving_from: int) -> bool:
    """Both in pages."""
    return taken > PART * saving_from


def hoarder(unread: Mapping[str, int]) -> str:
    """The site with most bytes that nobody reads; "" where none has many."""
    site = max(unread, key=lambda each: unread[each], default="")
    return site if unread.get(site, 0) > BYTES_MOST else ""
