"""A ZIP that is sent while it is made: in memory is one of its files at a time."""

import io
from collections.abc import Iterable, Iterator
from datetime import datetime
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

FIRST_YEAR = 1980  # of the format


class _Outlet(io.RawIOBase):
    """A file that cannot be sought in and that gives away what was written."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self._parts.append(bytes(data))
        return len(data)

    def taken(self) -> bytes:
        parts, self._parts = self._parts, []
        return b"".join(parts)


def zipped(members: Iterable[tuple[str, bytes]], *, at: datetime) -> Iterator[bytes]:
    """The parts of the ZIP of these files; `at` (local time) is the time of all of them."""
    outlet = _Outlet()
    moment = (max(at.year, FIRST_YEAR), at.month, at.day, at.hour, at.minute, at.second)
    with ZipFile(outlet, "w") as archive:
        for name, content in members:
            entry = ZipInfo(name, date_time=moment)
            entry.compress_type = ZIP_STORED if name.endswith(".pdf") else ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
            yield outlet.taken()
    yield outlet.taken()
