"""How much a site may store, for who counts it: root's `quota.json`, which `drivers.quota` writes."""

from panggon.drivers.file_systems.storage import Limit
from panggon.drivers.quota import RECORD, load_record
from panggon.node.sockets.settings import SocketSettings


def limit_of(settings: SocketSettings, site: str) -> Limit | None:
    """None where nothing is bounded, or a write of it is under way. Raises PanggonError as it cannot be read, and
    ValueError as the record is broken.
    """
    place = settings.site(site)
    record = load_record(place)
    if record is None and (place / RECORD).exists():
        raise ValueError(f"{place / RECORD} is not what Panggon has written about {site}")
    return None if record is None or record.writing else record.limit
