"""How long a site has been parked, by the time that its machine was seen to run: a purge has no way back, so no clock
that jumps ahead may make it possible.

Time while the machine is off does not count: afterwards nobody can tell it from a jump.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Uptime:
    """How many seconds a machine runs since it was started; `boot` names that start."""

    boot: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Since:
    """Which record of a site says that it is parked, and how much had been seen to pass by then."""

    record: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Parked:
    """`seconds` were seen to pass in all, the last of them at `uptime`; `sites` are those that are parked."""

    uptime: Uptime
    seconds: float = 0.0
    sites: Mapping[str, Since] = field(default_factory=dict)


def onward(parked: Parked, uptime: Uptime) -> Parked:
    """The same at a later time."""
    same = uptime.boot == parked.uptime.boot and uptime.seconds >= parked.uptime.seconds
    passed = uptime.seconds - parked.uptime.seconds if same else uptime.seconds
    return Parked(uptime, parked.seconds + passed, parked.sites)


def with_sites(parked: Parked, records: Mapping[str, int]) -> Parked:
    """With these sites parked, by their records; for a new record, waiting begins now."""
    known = {site: parked.sites.get(site) for site in records}
    sites = {
        site: since if since and since.record == records[site] else Since(records[site], parked.seconds)
        for site, since in known.items()
    }
    return Parked(parked.uptime, parked.seconds, sites)


def waited(parked: Parked, site: str, record: int) -> timedelta:
    """How long the site was seen to be parked by this record."""
    since = parked.sites.get(site)
    return timedelta(seconds=parked.seconds - since.seconds) if since and since.record == record else timedelta()
