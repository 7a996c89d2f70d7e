"""The link of a host name, which decides what nginx answers under it: which site, and in which state."""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path

from panggon.core.errors import PermanentError
from panggon.core.node.planning.desired import REDIRECT
from panggon.core.node.planning.driver import Check
from panggon.core.node.planning.resources import Attributes, Key, Observation, Standing, absent, ours, partial, strange
from panggon.core.sites.spec import HOST, SITE_ID, SiteSpec, SiteState
from panggon.drivers.nginx import control, web
from panggon.drivers.system import files

# The first part of a link's target says the state (docs/architecture.md, "On the hosting machine").
PLACES: Mapping[str, str] = {
    SiteState.OPEN.value: "sites",
    **{state: state for state in (SiteState.PREPARED, SiteState.SUSPENDED, SiteState.QUARANTINED, REDIRECT)},
}
STATES: Mapping[str, str] = {word: state for state, word in PLACES.items()}
TARGET = re.compile(r"\.\./([a-z]+)/(s[0-9]{6})")
_HOST_OF = re.compile(r"https://([^:/]*)(?::[0-9]+)?/.*")
CLOSED_WORDS: Mapping[SiteState, str] = {
    SiteState.PREPARED: "sedang disiapkan",
    SiteState.SUSPENDED: "dihentikan sementara",
    SiteState.QUARANTINED: "ditutup sementara",
}
# Pages of the machine that an open site must not show; "missing" is an open site without content.
CLOSED_PAGES = ("prepared", "suspended", "quarantined", "closed", "down", "unknown", "misdirected")


@dataclass(frozen=True, slots=True)
class HostDriver:
    """Attributes: `site` and `state`, both from the target of one link, so they change together or not at all."""

    settings: web.Settings
    owned: frozenset[Key] = frozenset()  # on record as the site's: what is strange there is damaged

    def read(self, key: Key) -> Observation:
        path = self._path(key)
        if not path.is_symlink():
            return strange(key, f"{path} bukan tautan", owned=self.owned) if path.exists() else absent(key)
        target = files.read_link(path) or ""
        match = TARGET.fullmatch(target)
        if match is None or match[1] not in STATES:
            return strange(key, f"{path} menunjuk ke {target}", owned=self.owned)
        if wrong := files.fault(path):
            return partial(key, wrong)
        return ours(key, site=match[2], state=STATES[match[1]])

    def write(self, key: Key, after: Attributes | None) -> None:
        path = self._path(key)
        seen = self.read(key)
        if seen.standing is Standing.FOREIGN:
            raise PermanentError("host.foreign", seen.detail)
        files.sweep(path)
        if after is None:
            files.remove(path)
        else:
            files.link(path, _target(after))
        site, state = (str(after["site"]), str(after["state"])) if after else ("", "")
        # Where the site's settings are lost, nobody gets anything of it, and it can be closed as well.
        control.forget(
            self.settings.control,
            key.name,
            holds=lambda known: known.site == site and known.state in (state, web.BROKEN),
        )

    def probe(self, key: Key, *, spec: SiteSpec) -> tuple[Check, ...]:
        wished = (spec.site, spec.state.value if key.name == spec.host else REDIRECT, spec.generation)
        return (
            web.checked("web.page", lambda: self._page(key.name, spec)),
            web.checked("web.workers", lambda: web.remembered(self.settings, key.name, wished)),
            web.checked("web.unknown_host", lambda: self._unknown_host(key.name, spec)),
        )

    def _page(self, host: str, spec: SiteSpec) -> Check:
        """What a visitor sees: the site when it is open, the page of its state otherwise; of a former name the way."""
        answer = web.get(self.settings.door, spec, "/", name=host)
        page = answer.headers.get(web.PAGE_HEADER, "")
        if host != spec.host:
            target = answer.headers.get("location", "")
            leads = answer.status == 308 and _HOST_OF.sub(r"\1", target) == spec.host
            return Check("web.former_name", leads, f"{host} menuju {target}" if leads else web.seen(answer))
        if spec.state is SiteState.OPEN:
            return Check("web.page", page not in CLOSED_PAGES, f"halaman depan menjawab {web.seen(answer)}")
        body, words = answer.body.decode(errors="replace"), CLOSED_WORDS[spec.state]
        told = words in body and (spec.state is not SiteState.SUSPENDED or escape(spec.notice) in body)
        waits = (answer.status, page) == (503, spec.state.value) and told
        return Check("web.page", waits, f"“{words}”, status 503" if waits else web.seen(answer))

    def _unknown_host(self, host: str, spec: SiteSpec) -> Check:
        """A name that nobody asked for gets no site, even over a connection that was opened for a real one."""
        stranger = f"x{secrets.token_hex(8)}.{host.partition('.')[2]}"
        answer = web.get(self.settings.door, spec, "/", host=stranger, name=host)
        refused = answer.status in (404, 421) and web.PAGE_HEADER in answer.headers
        return Check("web.unknown_host", refused, f"{stranger} menjawab {web.seen(answer)}")

    def _path(self, key: Key) -> Path:
        if not HOST.fullmatch(key.name):
            raise PermanentError("host.invalid", key.name)
        return self.settings.root / "live" / key.name


def _target(after: Attributes) -> str:
    """Raises PermanentError `host.invalid` for a site or state that no link can name."""
    site, state = str(after["site"]), str(after["state"])
    if not SITE_ID.fullmatch(site) or state not in PLACES:
        raise PermanentError("host.invalid", f"{site} {state}")
    return f"../{PLACES[state]}/{site}"
