"""Reading what exists. Nothing here writes."""

import logging
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType

from panggon.core.errors import PanggonError, PermanentError
from panggon.core.node.planning import desired
from panggon.core.node.planning.driver import Check, Driver
from panggon.core.node.planning.resources import Attributes, Key, Kind, Observation
from panggon.core.sites.spec import SiteSpec

Drivers = Mapping[Kind, Driver]
_log = logging.getLogger(__name__)


def observe(
    wanted: SiteSpec | Iterable[Key], drivers: Drivers, *, assumed: Mapping[Key, Observation] = MappingProxyType({})
) -> tuple[Observation, ...]:
    """What exists of a spec's resources, or of these. Raises TemporaryError when a system cannot be asked now, unless
    something is `assumed` of the resource then.
    """
    keys = desired.keys(wanted) if isinstance(wanted, SiteSpec) else wanted
    return tuple(_read(key, drivers, assumed.get(key)) for key in keys)


def _read(key: Key, drivers: Drivers, assumed: Observation | None) -> Observation:
    try:
        return driver_of(key, drivers).read(key)
    except PanggonError as error:
        if assumed is None:
            raise
        _log.warning("%s is taken to be as it was applied: %s", key, error)
        return assumed


def driver_of(key: Key, drivers: Drivers) -> Driver:
    """The one driver that looks after this resource. Raises PermanentError `driver.missing`."""
    if key.kind not in drivers:
        raise PermanentError("driver.missing", str(key))
    return _Guarded(drivers[key.kind])


class _Guarded:
    """A driver whose own bugs count as permanent failures, so that a run goes back and does not leave half a site."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    def read(self, key: Key) -> Observation:
        with _guard(key):
            return self._driver.read(key)

    def write(self, key: Key, after: Attributes | None) -> None:
        with _guard(key):
            self._driver.write(key, after)

    def probe(self, key: Key, *, spec: SiteSpec) -> tuple[Check, ...]:
        with _guard(key):
            return self._driver.probe(key, spec=spec)


@contextmanager
def _guard(key: Key) -> Iterator[None]:
    try:
        yield
    except PanggonError:
        raise
    except Exception as error:
        _log.exception("driver of %s", key)
        raise PermanentError("driver.broken", f"{key}: {type(error).__name__}: {error}") from error
