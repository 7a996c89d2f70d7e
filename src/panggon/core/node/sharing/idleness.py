"""How long the programs of a site that nobody visits stay: the next visitor waits for no start then, and PHP still has
the site's pages compiled.
"""

# Of what all sites may have: once they have taken so much of it, none stays for nobody any longer than it must.
TAKEN_MOST = 0.5


def patience(taken: float, *, least: float, most: float) -> float:
    """Seconds; from `most`, while nothing is taken, down to `least`. `taken` is which part of what all sites may have
    they take: the fuller it is the shorter each may stay, so that who has been idle longest goes first.
    """
    return max(least, most * (1 - taken / TAKEN_MOST))
