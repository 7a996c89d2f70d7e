"""How the server keeps a password: a verifier, from which nobody learns it (RFC 5802 section 3, RFC 7677)."""

import base64
import hashlib
import hmac
import re
import secrets

# Iterations, salt, StoredKey, ServerKey.
VERIFIER = re.compile(r"SCRAM-SHA-256\$(\d+):([A-Za-z0-9+/=]+)\$([A-Za-z0-9+/=]+):([A-Za-z0-9+/=]+)")
# They make guessing dear, and each page of an honest site too, as its client counts them again for every connection
# (4,096 take some 2 ms). Nobody guesses 256 bits of chance: one is enough.
ITERATIONS = 1
# As the server makes them of itself. A role may give itself one that takes hours, or has megabytes.
ITERATIONS_MOST, LENGTH_MOST = 4096, 256
SALT_BYTES = 16


def verifier(password: str, *, salt: bytes | None = None, iterations: int = ITERATIONS) -> str:
    """Of a password made by chance (`ITERATIONS`), in ASCII, which needs no preparation (RFC 4013)."""
    salt = secrets.token_bytes(SALT_BYTES) if salt is None else salt
    stored, server = _keys(password, salt, iterations)
    words = [base64.b64encode(each).decode() for each in (salt, stored, server)]
    return f"SCRAM-SHA-256${iterations}:{words[0]}${words[1]}:{words[2]}"


def verifies(kept: str, password: str) -> bool:
    """Whether this is the verifier of that password, and a usual one."""
    found = _usual(kept)
    if found is None:
        return False
    stored, _ = _keys(password, base64.b64decode(found[2]), int(found[1]))
    return hmac.compare_digest(stored, base64.b64decode(found[3]))


def is_usual(kept: str) -> bool:
    """Whether who logs in by it has no more work than with one that the server makes of itself."""
    return _usual(kept) is not None


def _usual(kept: str) -> re.Match[str] | None:
    found = VERIFIER.fullmatch(kept) if len(kept) <= LENGTH_MOST else None
    return found if found and int(found[1]) <= ITERATIONS_MOST else None


def _keys(password: str, salt: bytes, iterations: int) -> tuple[bytes, bytes]:
    """StoredKey and ServerKey."""
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, iterations)
    client = hmac.digest(salted, b"Client Key", "sha256")
    return hashlib.sha256(client).digest(), hmac.digest(salted, b"Server Key", "sha256")
