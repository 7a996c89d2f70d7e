"""What nginx answers for a site: root's `site.json`, and the link of the host name that decides content and state."""

import json
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from types import MappingProxyType
from typing import Any

from panggon.core.desired import ALIVE, CLOSED, REDIRECT
from panggon.core.driver import Check
from panggon.core.errors import PanggonError, PermanentError
from panggon.core.resources import Attributes, Key, Observation, Standing, Value, absent, foreign, ours, partial
from panggon.core.spec import HOST, SITE_ID, SiteKind, SiteSpec, SiteState
from panggon.drivers import control, files, htaccess, storage, visit
from panggon.drivers.owner import group_id
from panggon.drivers.visit import Answer, Door

VERSION = 1
MODE = 0o640
FIELDS = (
    "host",
    "generation",
    "kind",
    "php_version",
    "profile",
    "upload_mebibytes",
    "memory_mebibytes",
    "processes",
    "cpu_percent",
    "database",
    "outgoing",
    "document_root",
    "hsts_seconds",
    "notice",
    "names",
    # Of some kinds of site only (core/desired.py)
    "php_memory_mebibytes",
    "execution_seconds",
    "input_vars",
    "post_mebibytes",
    "environment",
    "target",
    "keep_path",
    "permanent",
    "keep_host",
    "address",
)
# The first part of a link's target says the state (docs/architecture.md, "On the hosting machine").
PLACES: Mapping[str, str] = {
    SiteState.OPEN.value: "sites",
    **{state: state for state in (SiteState.PREPARED, SiteState.SUSPENDED, SiteState.QUARANTINED, REDIRECT)},
}
STATES: Mapping[str, str] = {word: state for state, word in PLACES.items()}
TARGET = re.compile(r"\.\./([a-z]+)/(s[0-9]{6})")
_HOST_OF = re.compile(r"https://([^:/]*)(?::[0-9]+)?/.*")
# States in which no name leads here.
NAMELESS = (SiteState.PARKED, SiteState.PURGED)
PROOFS = "/.well-known/panggon"
PAGE_HEADER = "x-panggon-page"
CLOSED_WORDS: Mapping[SiteState, str] = {
    SiteState.PREPARED: "sedang disiapkan",
    SiteState.SUSPENDED: "dihentikan sementara",
    SiteState.QUARANTINED: "ditutup sementara",
}
# The state in which nginx sees a link that leads to no site (`node/nginx/store.lua`).
BROKEN = "broken"
# Pages of the machine that an open site must not show; "missing" is an open site without content.
CLOSED_PAGES = ("prepared", "suspended", "quarantined", "closed", "down", "unknown", "misdirected")


@dataclass(frozen=True, slots=True)
class Settings:
    """`control` is nginx's control socket, `door` where probes ask, `web_group` the group of nginx's workers."""

    root: Path
    control: Path
    door: Door
    web_group: str = "www-data"


@dataclass(frozen=True, slots=True)
class SiteDriver:
    """Attributes: the fields of `site.json`, which nginx and the holder read."""

    settings: Settings

    def read(self, key: Key) -> Observation:
        path = self._path(key)
        owned = files.is_root_file(path)
        if owned is None:
            return absent(key)
        if not owned:
            return foreign(key, f"{path} bukan berkas milik root")
        document = _decoded(files.read(path) or b"")
        if document.get("site") != key.name or document.get("version") != VERSION:
            return foreign(key, f"{path} tidak menyebut situs {key.name}")
        if not files.stands(path, mode=MODE, gid=self._group):
            return partial(key)
        return ours(key, **{name: _value(document[name]) for name in FIELDS if name in document})

    def write(self, key: Key, after: Attributes | None) -> None:
        path = self._path(key)
        seen = self.read(key)
        if seen.standing is Standing.FOREIGN:
            raise PermanentError("site.foreign", seen.detail)
        former = _decoded(files.read(path) or b"")
        files.sweep(path)
        if after is None:
            files.remove(path)
        else:
            document = {"version": VERSION, "site": key.name, **after}
            storage.write(path, json.dumps(document, indent=2) + "\n", mode=MODE, gid=self._group)
        generation = (after or {}).get("generation", 0)
        for host in sorted(_names(former.get("names")) | _names((after or {}).get("names"))):
            control.forget(
                self.settings.control,
                host,
                holds=lambda known: known.site != key.name or known.generation == generation or known.state == BROKEN,
            )

    def probe(self, key: Key, *, spec: SiteSpec) -> tuple[Check, ...]:
        """The site named itself, under its address; a parked one has none, and then nobody may. A redirect and a proxy
        are asked for what visitors will get, also before it is open.
        """
        try:
            with visit.token(self.settings.root / "proof", key.name, web_group=self.settings.web_group) as headers:
                answer = _get(self.settings.door, spec, f"{PROOFS}/site", headers=headers)
                leads = spec.kind in _LEADING and spec.state in ALIVE
                there = visit.get(self.settings.door, spec.host, f"{PROOFS}/answer", headers=headers) if leads else None
        except PanggonError as error:
            return (Check("web.site", ok=False, detail=str(error)),)
        own = (self._named(answer, spec), *self._unknown(spec))
        return (*own, _LEADING[spec.kind](there, spec)) if there else (*own, *self._unread(key, spec))

    def answers(self, spec: SiteSpec) -> bool:
        """Whether a visitor gets to the open site, behind a proxy too. Errors as `visit.get`."""
        with visit.token(self.settings.root / "proof", spec.site, web_group=self.settings.web_group) as headers:
            said = _decoded(visit.get(self.settings.door, spec.host, f"{PROOFS}/site", headers=headers).body)
            if (said.get("site"), said.get("state")) != (spec.site, SiteState.OPEN.value):
                return False
            if spec.kind is not SiteKind.PROXY:
                return True
            return _proxies(visit.get(self.settings.door, spec.host, f"{PROOFS}/answer", headers=headers), spec).ok

    def _unknown(self, spec: SiteSpec) -> tuple[Check, ...]:
        """What has no name any more, no worker remembers; of names that lead here `HostDriver` asks."""
        if spec.state not in NAMELESS:
            return ()
        return (_checked("web.workers", lambda: _remembered(self.settings, spec.host, ("", "", 0))),)

    def _unread(self, key: Key, spec: SiteSpec) -> tuple[Check, ...]:
        """Not a fault, but its owner should know: a prohibition in an `.htaccess` protects nothing here."""
        if spec.state not in ALIVE:
            return ()
        words = htaccess.summary(htaccess.found(self._path(key).with_name("public"), spec.profile))
        return (Check("web.htaccess", ok=True, detail=words),) if words else ()

    def _named(self, answer: Answer, spec: SiteSpec) -> Check:
        if spec.state in NAMELESS:
            parked = answer.headers.get(PAGE_HEADER) == "unknown"
            return Check("web.site", parked, "tidak ada situs di alamat ini" if parked else _seen(answer))
        said = _decoded(answer.body)
        wished = {"site": spec.site, "generation": spec.generation, "state": spec.state.value}
        ok = answer.status == 200 and said == wished
        words = f"situs {spec.site}, generasi {spec.generation}, keadaan {spec.state.value}"
        return Check("web.site", ok, f"https://{spec.host} menjawab: {words}" if ok else _seen(answer))

    @property
    def _group(self) -> int:
        return group_id(self.settings.web_group)

    def _path(self, key: Key) -> Path:
        if not SITE_ID.fullmatch(key.name):
            raise PermanentError("site.invalid", key.name)
        return self.settings.root / "sites" / key.name / "site.json"


@dataclass(frozen=True, slots=True)
class HostDriver:
    """Attributes: `site` and `state`, both from the target of one link, so they change together or not at all."""

    settings: Settings

    def read(self, key: Key) -> Observation:
        path = self._path(key)
        if not path.is_symlink():
            return foreign(key, f"{path} bukan tautan") if path.exists() else absent(key)
        target = files.read_link(path) or ""
        match = TARGET.fullmatch(target)
        if match is None or match[1] not in STATES:
            return foreign(key, f"{path} menunjuk ke {target}")
        if not files.stands(path):
            return partial(key)
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
            self.settings.control, key.name, holds=lambda known: known.site == site and known.state in (state, BROKEN)
        )

    def probe(self, key: Key, *, spec: SiteSpec) -> tuple[Check, ...]:
        wished = (spec.site, spec.state.value if key.name == spec.host else REDIRECT, spec.generation)
        return (
            _checked("web.page", lambda: self._page(key.name, spec)),
            _checked("web.workers", lambda: _remembered(self.settings, key.name, wished)),
            _checked("web.unknown_host", lambda: self._unknown_host(key.name, spec)),
        )

    def _page(self, host: str, spec: SiteSpec) -> Check:
        """What a visitor sees: the site when it is open, the page of its state otherwise; of a former name the way."""
        answer = _get(self.settings.door, spec, "/", name=host)
        page = answer.headers.get(PAGE_HEADER, "")
        if host != spec.host:
            target = answer.headers.get("location", "")
            leads = answer.status == 308 and _HOST_OF.sub(r"\1", target) == spec.host
            return Check("web.former_name", leads, f"{host} menuju {target}" if leads else _seen(answer))
        if spec.state is SiteState.OPEN:
            return Check("web.page", page not in CLOSED_PAGES, f"halaman depan menjawab {_seen(answer)}")
        body, words = answer.body.decode(errors="replace"), CLOSED_WORDS[spec.state]
        told = words in body and (spec.state is not SiteState.SUSPENDED or escape(spec.notice) in body)
        waits = (answer.status, page) == (503, spec.state.value) and told
        return Check("web.page", waits, f"“{words}”, status 503" if waits else _seen(answer))

    def _unknown_host(self, host: str, spec: SiteSpec) -> Check:
        """A name that nobody asked for gets no site, even over a connection that was opened for a real one."""
        stranger = f"x{secrets.token_hex(8)}.{host.partition('.')[2]}"
        answer = _get(self.settings.door, spec, "/", host=stranger, name=host)
        refused = answer.status in (404, 421) and PAGE_HEADER in answer.headers
        return Check("web.unknown_host", refused, f"{stranger} menjawab {_seen(answer)}")

    def _path(self, key: Key) -> Path:
        if not HOST.fullmatch(key.name):
            raise PermanentError("host.invalid", key.name)
        return self.settings.root / "live" / key.name


def _get(door: Door, spec: SiteSpec, path: str, *, host: str = "", name: str = "", **more: Any) -> Answer:
    """A visit under the site's name, or another. That a site is closed is so whatever its certificate is worth, which
    has a proof of its own. Errors as `visit.get`.
    """
    whose, any_certificate = host or name or spec.host, spec.state in CLOSED
    return visit.get(door, whose, path, name=name, any_certificate=any_certificate, **more)


def _checked(name: str, ask: Callable[[], Check]) -> Check:
    try:
        return ask()
    except PanggonError as error:
        return Check(name, ok=False, detail=str(error))


def _remembered(settings: Settings, host: str, wished: tuple[str, str, int]) -> Check:
    """What one visitor sees is the answer of one worker; each of them keeps its own memory."""
    found = control.known(settings.control, host)
    others = [known for known in found if (known.site, known.state, known.generation) != wished]
    words = f"{len(found)} proses nginx mengenal keadaan ini" if found else "nginx tidak menjawab"
    return Check(
        "web.workers", bool(found) and not others, f"satu proses nginx menjawab: {others[0]}" if others else words
    )


def _target(after: Attributes) -> str:
    """Raises PermanentError `host.invalid` for a site or state that no link can name."""
    site, state = str(after["site"]), str(after["state"])
    if not SITE_ID.fullmatch(site) or state not in PLACES:
        raise PermanentError("host.invalid", f"{site} {state}")
    return f"../{PLACES[state]}/{site}"


def _names(found: object) -> set[str]:
    """The names under which nginx may have read the site."""
    return {name for name in map(str, found) if HOST.fullmatch(name)} if isinstance(found, tuple | list) else set()


def _value(found: object) -> Value:
    """A member of `site.json` as an attribute; what no attribute can be reads as None, and so as changed."""
    if isinstance(found, list):
        return tuple(map(str, found))
    return found if isinstance(found, str | int) else None


def _redirects(answer: Answer, spec: SiteSpec) -> Check:
    wished = spec.redirect
    target = wished.target if wished else ""
    location = target.rstrip("/") + f"{PROOFS}/answer" if wished and wished.keep_path else target
    status = 308 if wished and wished.permanent else 307
    ok = (answer.status, answer.headers.get("location")) == (status, location)
    return Check("web.redirect", ok, f"mengarah ke {target}" if ok else f"{_seen(answer)}, bukan ke {target}")


def _proxies(answer: Answer, spec: SiteSpec) -> Check:
    """Whatever the server behind says is its own word; no word at all is a page of this machine."""
    target = spec.proxy.target if spec.proxy else ""
    ok = PAGE_HEADER not in answer.headers
    return Check("web.proxy", ok, f"{target} menjawab {answer.status}" if ok else f"{target} tidak menjawab")


_LEADING: Mapping[SiteKind, Callable[[Answer, SiteSpec], Check]] = MappingProxyType(
    {SiteKind.REDIRECT: _redirects, SiteKind.PROXY: _proxies}
)


def _decoded(content: bytes) -> Mapping[str, Any]:
    """The JSON object, or an empty one for anything else."""
    try:
        document = json.loads(content)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def _seen(answer: Answer) -> str:
    page = answer.headers.get(PAGE_HEADER)
    return f"status {answer.status}" + (f", halaman mesin “{page}”" if page else "")
