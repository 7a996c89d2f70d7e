"""The machine's clock: asked at the edge, and given to what decides."""

from datetime import UTC, datetime


def now() -> datetime:
    return datetime.now(UTC)
