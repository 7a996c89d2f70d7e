"""What nginx and the holder know of a site: root's `site.json`."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from panggon.core.errors import PanggonError, PermanentError
from panggon.core.node.planning.desired import ALIVE
from panggon.core.node.planning.driver import Check
from panggon.core.node.planning.resources import (
    Attributes,
    Key,
    Observation,
    Standing,
    Value,
    absent,
    ours,
    partial,
    strange,
)
from panggon.core.sites.spec import HOST, SITE_ID, SiteKind, SiteSpec, SiteState
from panggon.drivers.file_systems import storage
from panggon.drivers.nginx import control, htaccess, visit, web
from panggon.drivers.nginx.visit import Answer, Visited
from panggon.drivers.system import files, untrusted
from panggon.drivers.system.owner import group_id

VERSION = 1
MODE = 0o640
# States in which no name leads here.
NAMELESS = (SiteState.PARKED, SiteState.PURGED)
PROOFS = "/.well-known/panggon"


@dataclass(frozen=True, slots=True)
class SiteDriver:
    """Attributes: the members of `site.json`, which nginx and the holder read. One that nobody wished is drift."""

    settings: web.Settings
    owned: frozenset[Key] = frozenset()  # on record as the site's: what is strange there is damaged

    def read(self, key: Key) -> Observation:
        path = self._path(key)
        owned = files.is_root_file(path)
        if owned is None:
            return absent(key)
        if not owned:
            return strange(key, f"{path} bukan berkas milik root", owned=self.owned)
        document = _decoded(files.read(path) or b"")
        if document.get("site") != key.name or document.get("version") != VERSION:
            return strange(key, f"{path} tidak menyebut situs {key.name}", owned=self.owned)
        if wrong := files.fault(path, mode=MODE, gid=self._group):
            return partial(key, wrong)
        return ours(key, **{name: _value(each) for name, each in document.items() if name not in ("version", "site")})

    def write(self, key: Key, after: Attributes | None) -> None:
        path = self._path(key)
        seen = self.read(key)
        if seen.standing is Standing.FOREIGN:
            raise PermanentError("site.foreign", seen.detail)
        former = _decoded((files.read(path) or b"") if files.is_root_file(path) else b"")
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
                holds=lambda known: (
                    known.site != key.name or known.generation == generation or known.state == web.BROKEN
                ),
            )

    def probe(self, key: Key, *, spec: SiteSpec) -> tuple[Check, ...]:
        """The site named itself, under its address; a parked one has none, and then nobody may. A redirect and a proxy
        are asked for what visitors will get, also before it is open.
        """
        try:
            with visit.token(self.settings.root / "proof", key.name, web_group=self.settings.web_group) as headers:
                answer = web.get(self.settings.door, spec, f"{PROOFS}/site", headers=headers)
                leads = spec.kind in _LEADING and spec.state in ALIVE
                there = visit.get(self.settings.door, spec.host, f"{PROOFS}/answer", headers=headers) if leads else None
        except PanggonError as error:
            return (Check("web.site", ok=False, detail=str(error)),)
        own = (self._named(answer, spec), *self._unknown(spec))
        return (*own, _LEADING[spec.kind](there, spec)) if there else (*own, *self._unread(key, spec))

    def visited(self, spec: SiteSpec) -> Visited:
        """Whether a visitor gets to the open site, behind a proxy too. Errors as `visit.get`."""
        with visit.token(self.settings.root / "proof", spec.site, web_group=self.settings.web_group) as headers:
            answer = visit.get(self.settings.door, spec.host, f"{PROOFS}/site", headers=headers)
            said = _decoded(answer.body)
            answered = (said.get("site"), said.get("state")) == (spec.site, SiteState.OPEN.value)
            if answered and spec.kind is SiteKind.PROXY:
                behind = visit.get(self.settings.door, spec.host, f"{PROOFS}/answer", headers=headers)
                answered = _proxies(behind, spec).ok
        return Visited(answered, answer.certificate_until)

    def _unknown(self, spec: SiteSpec) -> tuple[Check, ...]:
        """What has no name any more, no worker remembers; of names that lead here `HostDriver` asks."""
        if spec.state not in NAMELESS:
            return ()
        return (web.checked("web.workers", lambda: web.remembered(self.settings, spec.host, ("", "", 0))),)

    def _unread(self, key: Key, spec: SiteSpec) -> tuple[Check, ...]:
        """Not a fault, but its owner should know: a prohibition in an `.htaccess` protects nothing here."""
        if spec.state not in ALIVE:
            return ()
        words = htaccess.summary(htaccess.found(self._path(key).with_name("public"), spec.profile))
        return (Check("web.htaccess", ok=True, detail=words),) if words else ()

    def _named(self, answer: Answer, spec: SiteSpec) -> Check:
        if spec.state in NAMELESS:
            parked = answer.headers.get(web.PAGE_HEADER) == "unknown"
            return Check("web.site", parked, "tidak ada situs di alamat ini" if parked else web.seen(answer))
        said = _decoded(answer.body)
        wished = {"site": spec.site, "generation": spec.generation, "state": spec.state.value}
        ok = answer.status == 200 and said == wished
        words = f"situs {spec.site}, generasi {spec.generation}, keadaan {spec.state.value}"
        return Check("web.site", ok, f"https://{spec.host} menjawab: {words}" if ok else web.seen(answer))

    @property
    def _group(self) -> int:
        return group_id(self.settings.web_group)

    def _path(self, key: Key) -> Path:
        if not SITE_ID.fullmatch(key.name):
            raise PermanentError("site.invalid", key.name)
        return self.settings.root / "sites" / key.name / "site.json"


def _names(found: object) -> set[str]:
    """The names under which nginx may have read the site."""
    return {name for name in map(str, found) if HOST.fullmatch(name)} if isinstance(found, tuple | list) else set()


def _value(found: object) -> Value:
    """A member of `site.json` as an attribute; of what no attribute can be its text, which was never wished."""
    if isinstance(found, list):
        return tuple(map(str, found))
    return found if isinstance(found, str | int) else json.dumps(found)


def _redirects(answer: Answer, spec: SiteSpec) -> Check:
    wished = spec.redirect
    target = wished.target if wished else ""
    location = target.rstrip("/") + f"{PROOFS}/answer" if wished and wished.keep_path else target
    status = 308 if wished and wished.permanent else 307
    ok = (answer.status, answer.headers.get("location")) == (status, location)
    return Check("web.redirect", ok, f"mengarah ke {target}" if ok else f"{web.seen(answer)}, bukan ke {target}")


def _proxies(answer: Answer, spec: SiteSpec) -> Check:
    """Whatever the server behind says is its own word; no word at all is a page of this machine."""
    target = spec.proxy.target if spec.proxy else ""
    ok = web.PAGE_HEADER not in answer.headers
    return Check("web.proxy", ok, f"{target} menjawab {answer.status}" if ok else f"{target} tidak menjawab")


_LEADING: Mapping[SiteKind, Callable[[Answer, SiteSpec], Check]] = MappingProxyType(
    {SiteKind.REDIRECT: _redirects, SiteKind.PROXY: _proxies}
)


def _decoded(content: bytes) -> Mapping[str, Any]:
    """The JSON object, or an empty one for anything else."""
    try:
        return untrusted.document(content)
    except ValueError:
        return {}
