"""The files that pages load: where they lie, and a name that changes whenever one of them does."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

PACKAGES: Mapping[str, tuple[str, str]] = {  # by the prefix of their addresses: package and folder in it
    "tabler": ("@tabler/core", "dist"),
    "htmx": ("htmx.org", "dist"),
    "inter": ("@fontsource-variable/inter", ""),
}


def folders(assets: Path) -> list[tuple[str, str]]:
    """For `STATICFILES_DIRS`; without those of others on a machine that has none, such as one that only runs jobs."""
    found = {prefix: assets / package / folder for prefix, (package, folder) in PACKAGES.items()}
    return [(prefix, str(folder)) for prefix, folder in found.items() if folder.is_dir()]


def digest(own: Path, assets: Path) -> str:
    """Of our own files and of the versions of the others: a browser may keep for good what it loaded below it."""
    versions = [assets / package / "package.json" for package, _ in PACKAGES.values()]
    known = hashlib.sha256()
    for path in [*sorted(path for path in own.rglob("*") if path.is_file()), *versions]:
        known.update(path.read_bytes() if path.exists() else b"")
    return known.hexdigest()[:12]
