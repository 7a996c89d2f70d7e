"""The code on an access document: short enough to be typed from paper, long enough not to be guessed. Pure."""

import hmac
from collections.abc import Iterable

# Without letters that are taken for digits or for each other (Crockford's base 32).
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH, GROUP = 10, 5  # 50 bits
_READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None, "–": None})


def code_of(digest: bytes) -> str:
    """The code that a digest stands for, in two groups: `7KQ2M-9TZ4B`."""
    number = int.from_bytes(digest[:8], "big")
    signs = "".join(ALPHABET[number >> (5 * place) & 31] for place in range(LENGTH))
    return f"{signs[:GROUP]}-{signs[GROUP:]}"


def fits(typed: str, codes: Iterable[str]) -> bool:
    """Whether what a person typed is one of these codes, however it is spaced and written."""
    plain = typed.upper().translate(_READ_AS).encode()
    return any(hmac.compare_digest(plain, code.translate(_READ_AS).encode()) for code in codes)
