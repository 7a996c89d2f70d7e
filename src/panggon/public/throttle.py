"""A simple brake on guessing: so many tries in a window for one address, counted in the cache."""

from django.core.cache import cache

TRIES = 20
WINDOW_SECONDS = 300


def allowed(address: str) -> bool:
    """Counts this try; False when the address has used up its tries of the last five minutes."""
    key = f"public.track:{address}"
    cache.add(key, 0, timeout=WINDOW_SECONDS)
    try:
        return cache.incr(key) <= TRIES
    except ValueError:  # the window ended between the two calls
        return True
