"""Keeps the bound of `core.bounds` on this machine: which sites the portal had disturbed, and the word given here."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from panggon.core import bounds
from panggon.core.errors import PermanentError
from panggon.core.plan import Plan
from panggon.node import records


@dataclass(frozen=True, slots=True)
class Bounds:
    """Two files of root's in `state`: `disturbed.json` and `allowed.json`."""

    state: Path

    def admit(self, plan: Plan, *, sites: int, now: datetime) -> None:
        """Count the plan, which the portal asked for, or refuse it. Raises PermanentError `node.bound`."""
        if not bounds.disturbs(plan):
            return
        disturbed = {**self.disturbed(now=now), plan.spec.site: now}
        most = max(bounds.most(sites), self.allowed(now=now))
        if len(disturbed) > most:
            words = (
                f"dalam 24 jam sudah {len(disturbed) - 1} situs diubah dan batas mesin ini {most}; "
                "bila memang dimaksud, jalankan di mesin ini: panggon-node allow JUMLAH, lalu ulangi"
            )
            raise PermanentError("node.bound", words)
        records.save(self.state / "disturbed.json", {site: at.isoformat() for site, at in disturbed.items()})

    def disturbed(self, *, now: datetime) -> dict[str, datetime]:
        """The sites that were disturbed within 24 hours, and when last."""
        kept = records.load(self.state / "disturbed.json") or {}
        return bounds.recent({site: datetime.fromisoformat(at) for site, at in kept.items()}, now=now)

    def allow(self, sites: int, *, now: datetime) -> None:
        """For the next 24 hours so many sites may be disturbed, those included that were already."""
        records.save(self.state / "allowed.json", {"sites": sites, "at": now.isoformat()})

    def allowed(self, *, now: datetime) -> int:
        """What was allowed here, 0 for nothing."""
        word = records.load(self.state / "allowed.json")
        return int(word["sites"]) if word and bounds.counts(datetime.fromisoformat(word["at"]), now=now) else 0
