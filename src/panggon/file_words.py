"""Why a file that people wrote cannot be read: what the system and the readers of formats say in English."""

import errno
import re
from collections.abc import Mapping

REASONS: Mapping[int, str] = {
    errno.ENOENT: "tidak ada",
    errno.EACCES: "tidak boleh dibaca pengguna ini",
    errno.EISDIR: "berupa folder",
    errno.ENOTDIR: "salah satu foldernya bukan folder",
}
# As `json` and `tomllib` say it.
_PLACE = re.compile(r"line (\d+),? column (\d+)")


def reason(error: OSError) -> str:
    """Of the system's reasons those that people meet; others as the system says them."""
    return REASONS.get(error.errno or 0) or error.strerror or str(error)


def place(error: Exception) -> str:
    """Where a text is not of its format; what the reader says where it names no place."""
    found = _PLACE.search(str(error))
    if found:
        return f"lihat baris {found[1]}, kolom {found[2]}"
    return "lihat akhir berkas" if "end of document" in str(error) else str(error)
