"""Open sites that their file system lets store no more: their people are told, as the holder tells them of those that
are counted (`sockets.quota.full`).
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from panggon.core.errors import PanggonError
from panggon.core.sites.spec import SiteSpec
from panggon.drivers.file_systems import storage
from panggon.drivers.system import files
from panggon.node import layout
from panggon.node.settings.config import NodeConfig
from panggon.node.sockets.quota.full import NOTE
from panggon.node.state import records

NOTE_WORDS = """Situs ini sudah memakai semua ruang yang diizinkan paketnya.
Situs tetap dapat dibaca, tetapi tidak dapat menyimpan apa pun lagi sampai ada yang dihapus lewat SFTP.
"""

log = logging.getLogger(__name__)


class Filled:
    """Kept in a record, for `command.status` and for an agent that begins anew."""

    def __init__(self, config: NodeConfig, is_full: Callable[[SiteSpec], bool]) -> None:
        self._config = config
        self._is_full = is_full
        self._record = layout.filled_record(config)
        self._sites = set(known(config))

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._sites))

    def look(self, spec: SiteSpec) -> None:
        """At an open site. What cannot be asked or written down is found the next time."""
        with _another_time(spec.site):
            self._tell(spec.site, full=self._is_full(spec))

    def forget(self, site: str) -> None:
        """One that is open no more: there may be room when it is again. Else as `look`."""
        with _another_time(site):
            self._tell(site, full=False)

    def _tell(self, site: str, *, full: bool) -> None:
        if full == (site in self._sites):
            return
        settings = layout.socket_settings(self._config)
        note = settings.site(site) / "logs" / NOTE
        if full:
            storage.write(note, NOTE_WORDS, mode=0o640, gid=settings.uid(site), durable=False)
        else:
            files.remove(note)
        sites = self._sites | {site} if full else self._sites - {site}
        records.save(self._record, sorted(sites))
        self._sites = sites
        log.info("%s %s", site, "is full" if full else "is full no more")


@contextmanager
def _another_time(site: str) -> Iterator[None]:
    try:
        yield
    except PanggonError as error:
        log.info("whether %s is full is not known: %s", site, error)


def known(config: NodeConfig) -> tuple[str, ...]:
    return records.known(layout.filled_record(config), lambda document: tuple(map(str, document)), otherwise=())


def sentence(site: str) -> str:
    """For people, as the machine says it of sites that are counted; it begins with the site."""
    return f"{site}: situs sudah memakai semua ruang yang diizinkan paketnya, dan tidak dapat menyimpan apa pun lagi"
