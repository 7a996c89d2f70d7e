"""Whose logs are evidence: nobody may push out of them what they say of a break-in, by visiting or by knocking."""

from contextlib import suppress
from pathlib import Path

from panggon.core.errors import PanggonError
from panggon.core.sites.spec import SiteState
from panggon.drivers.system import files, untrusted


def is_evidence(root: Path, site: str) -> bool:
    """Whether the site is in quarantine, as the web server sees it."""
    with suppress(ValueError, PanggonError):
        said = untrusted.document(files.read(root / "sites" / site / "site.json") or b"")
        target = files.read_link(root / "live" / str(said.get("host")))
        return target == f"../{SiteState.QUARANTINED}/{site}"
    return False
