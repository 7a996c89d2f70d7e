"""When a disk has too little room left: told before it is full, because then everything stops at once."""

GIBIBYTE = 1024**3
ALWAYS_BYTES, ENOUGH_BYTES = GIBIBYTE, 10 * GIBIBYTE
SHARE = 10  # a tenth


def is_short(*, free_bytes: int, total_bytes: int) -> bool:
    """A tenth of the disk should be free, of a large one 10 GiB, of any one 1 GiB."""
    return free_bytes < max(ALWAYS_BYTES, min(ENOUGH_BYTES, total_bytes // SHARE))
