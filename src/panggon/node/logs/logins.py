"""From the SFTP server's log to one small record a site: who came in first, and the last tries.

`<state>/logins/<id>.json`. The log has no times, so a try has the moment at which it was read, a second later at most.
"""

import logging
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from panggon.core.node.logs import logins
from panggon.core.node.logs.logins import Login, Logins
from panggon.core.sites.spec import SITE_ID
from panggon.node.logs.evidence import is_evidence
from panggon.node.logs.settings import LogSettings
from panggon.node.logs.sources import Source
from panggon.node.state import records

log = logging.getLogger(__name__)


@dataclass(slots=True)
class LoginWatch:
    settings: LogSettings
    source: Source = field(init=False)

    def __post_init__(self) -> None:
        known: dict[str, Any] = _recorded(self.settings.login_offsets) or {}
        offsets = {int(inode): int(offset) for inode, offset in known.items()}
        self.source = Source(self.settings.logs / "sshd.log", offsets)
        self.source.forget_missing()

    def step(self, now: datetime) -> bool:
        """Take one part of the log; whether there may be more. After a kill a part is read again: known tries are not
        counted twice.
        """
        part = self.source.next()
        if part is None:
            return False
        inode, offset, lines = part
        found: dict[str, list[Login]] = defaultdict(list)
        for line in lines.decode(errors="replace").splitlines():
            if told := logins.login_of(line, at=now):
                found[told[0]].append(told[1])
        for site, tries in found.items():
            self._keep(site, tries, now)
        self.source.offsets[inode] = offset + len(lines)
        self.source.forget_missing()
        records.save(self.settings.login_offsets, self.source.offsets)
        return True

    def _keep(self, site: str, tries: list[Login], now: datetime) -> None:
        """A name that is no site of this machine gets no file: strangers try what they like. Nobody comes into one in
        quarantine, and its last tries stay what they were.
        """
        if not (self.settings.root / "sites" / site).is_dir() or is_evidence(self.settings.root, site):
            return
        path = self.settings.logins / f"{site}.json"
        records.save(path, logins.dump(known(path).after(tries, now=now)))


def known(path: Path) -> Logins:
    """What a record says; nothing where there is none or it is damaged."""
    document = _recorded(path)
    try:
        return logins.load(document) if document else Logins()
    except (KeyError, TypeError, ValueError):
        log.warning("%s is damaged", path)
        return Logins()


def sites_with(folder: Path) -> dict[str, float]:
    """Every site of which there is a record, and when it was last written."""
    return {path.stem: path.stat().st_mtime for path in folder.glob("s??????.json") if SITE_ID.fullmatch(path.stem)}


def _recorded(path: Path) -> Any:
    try:
        return records.load(path)
    except ValueError:
        return None
