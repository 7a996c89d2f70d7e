"""Open sites whose `.htaccess` files say what has no effect here: their owners read of it beside their logs, because
nobody else knows that a folder which they believe to be closed is open.
"""

import logging
from collections.abc import Callable, Mapping, Sequence

from panggon.core.errors import PanggonError
from panggon.core.sites.htaccess import Effect
from panggon.core.sites.spec import SiteSpec
from panggon.drivers.file_systems import storage
from panggon.drivers.nginx.htaccess import Found
from panggon.drivers.system import files
from panggon.node import layout
from panggon.node.sites import Sites

NOTE = "HTACCESS.txt"
EVERY = 6 * 3600.0  # seconds: some hundred folders of a site take some milliseconds
LINES_MOST = 100
TITLE = "Berkas .htaccess tidak dibaca di server ini. Perintah yang karena itu tidak berlaku, dan gantinya:\n\n"
# What the owner does instead.
INSTEAD: Mapping[Effect, str] = {
    Effect.PROTECTION: "TIDAK melindungi apa pun; pindahkan berkas ke folder private",
    Effect.ROUTING: "pilih profil situs yang sesuai",
    Effect.PHP: "atur batas PHP situs, atau pakai .user.ini",
    Effect.ANSWER: "hanya aplikasi situs (PHP, Python) yang dapat mengirimnya",
    Effect.OTHER: "tidak ada padanannya di sini",
}

log = logging.getLogger(__name__)


class Unread:
    """Forgotten when the agent begins anew: then each is looked at once more."""

    def __init__(self, sites: Sites, clock: Callable[[], float]) -> None:
        self._sites = sites
        self._clock = clock
        self._looked: dict[str, float] = {}

    def look(self, spec: SiteSpec) -> None:
        """What cannot be read or written down is found the next time."""
        if self._clock() - self._looked.get(spec.site, -EVERY) < EVERY:
            return
        self._looked[spec.site] = self._clock()
        try:
            self._tell(spec.site, words(self._sites.unread(spec.site)))
        except (OSError, PanggonError) as error:
            log.info("what of the .htaccess of %s has no effect is told later: %s", spec.site, error)

    def _tell(self, site: str, told: str) -> None:
        settings = layout.socket_settings(self._sites.config)
        note = settings.site(site) / "logs" / NOTE
        known = files.read(note)
        if told and known != told.encode():
            storage.write(note, told, mode=0o640, gid=settings.uid(site), durable=False)
        elif not told and known is not None:
            files.remove(note)


def words(found: Sequence[Found]) -> str:
    """For the owner; "" where nothing is lost."""
    lines = [
        f"{file.path} baris {each.line}: {each.directive} – {INSTEAD[each.effect]}"
        for file in found
        for each in file.lost
    ]
    rest = [f"dan {len(lines) - LINES_MOST} lagi"] if len(lines) > LINES_MOST else []
    said = TITLE + "\n".join([*lines[:LINES_MOST], *rest]) + "\n" if lines else ""
    return said.encode(errors="replace").decode()  # names of folders need be no text
