"""Reading what exists. Nothing here writes."""

from collections.abc import Iterable, Mapping

from panggon.core import plan as plans
from panggon.core.driver import Driver
from panggon.core.errors import PermanentError
from panggon.core.resources import Key, Kind, Observation
from panggon.core.spec import SiteSpec

Drivers = Mapping[Kind, Driver]


def observe(wanted: SiteSpec | Iterable[Key], drivers: Drivers) -> tuple[Observation, ...]:
    """What exists of a spec's resources, or of these. Raises TemporaryError when a system cannot be asked now."""
    keys = plans.keys(wanted) if isinstance(wanted, SiteSpec) else wanted
    return tuple(driver_of(key, drivers).read(key) for key in keys)


def driver_of(key: Key, drivers: Drivers) -> Driver:
    """The one driver that looks after this resource. Raises PermanentError `driver.missing`."""
    if key.kind not in drivers:
        raise PermanentError("driver.missing", str(key))
    return drivers[key.kind]
