"""The certificate of a host name: one bundle in a directory of its own, or a link to the one that all names share.

`bundle.pem` holds chain and key in one file: nginx can never read a key that does not belong to the certificate.
Certificates come from the machine's own authority (`local`), from an ACME server one by one (`acme`), or are shared:
a wildcard by ACME (`wildcard`) or one that was bought (`bought`), which `node/renewal` puts in its place.
"""

import contextlib
import functools
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives import serialization

from panggon.core.errors import PanggonError, PermanentError, TemporaryError
from panggon.core.node.planning.driver import Check
from panggon.core.node.planning.resources import Attributes, Key, Observation, Standing, absent, ours, partial, strange
from panggon.core.sites.spec import HOST, SiteSpec
from panggon.drivers.certificates import authority, bundles
from panggon.drivers.certificates.authority import Authority
from panggon.drivers.certificates.bundles import Bundle
from panggon.drivers.nginx import control, visit
from panggon.drivers.nginx.visit import Door
from panggon.drivers.system import files
from panggon.drivers.system.owner import group_id

LOCAL, ACME = "local", "acme"
SHARED = ("wildcard", "bought")
MARK = ".panggon"
BUNDLE, PREVIOUS = "bundle.pem", "previous.pem"
FOLDER, SECRET = 0o750, 0o640
# A plan renews what would not outlive this part of its life; long before, `node/renewal` does.
LAST_PART = 10


@dataclass(frozen=True, slots=True)
class Settings:
    """`control` is nginx's control socket, `door` where probes ask, `now` tells the time (UTC, aware). `order` gets a
    bundle for a name from an ACME server, `clear` takes away what an order of it may have left in DNS or on disk when
    it was killed, `sweep` what any order has left that began before, `revoke` tells its issuer that a key is known to
    others; all raise the errors of a driver.
    """

    root: Path
    control: Path
    authority: Authority
    door: Door
    now: Callable[[], datetime]
    web_group: str = "www-data"
    issuer: str = LOCAL
    order: Callable[[str], bytes] | None = None
    clear: Callable[[str], None] | None = None
    sweep: Callable[[datetime], None] | None = None
    revoke: Callable[[Bundle], None] | None = None

    @property
    def group(self) -> int:
        return group_id(self.web_group)

    def shared(self, issuer: str) -> Path:
        """No host name begins like this."""
        return self.root / "tls" / f"_{issuer}" / BUNDLE


@dataclass(frozen=True, slots=True)
class CertificateDriver:
    """Attributes: `issuer`, and `valid`: of this issuer for this name, its key beside it, and more than a tenth of its
    life left.
    """

    settings: Settings
    owned: frozenset[Key] = frozenset()  # on record as the site's: what is strange there is damaged

    def read(self, key: Key) -> Observation:
        place = self._place(key)
        if not place.is_symlink() and not place.exists():
            return absent(key)
        if not _marked(place, key.name):
            return strange(key, f"{place} tidak bertanda Panggon", owned=self.owned)
        if wrong := self._fault(place):
            return partial(key, wrong)
        issuer, bundle = self._found(place / BUNDLE)
        return ours(key, issuer=issuer, valid=bundle is not None and self._lasts(bundle, key.name))

    def write(self, key: Key, after: Attributes | None) -> None:
        """`valid` false, or another issuer than this machine's, brings back what the last renewal replaced: only an
        undone renewal asks for it.
        """
        place, seen = self._place(key), self.read(key)
        if seen.standing is Standing.FOREIGN:
            raise PermanentError("certificate.foreign", seen.detail)
        files.sweep(place)
        if seen.standing is Standing.PARTIAL:
            self._close(place, key.name)
            seen = self.read(key)
        if after is None:
            if self.settings.clear:
                self.settings.clear(key.name)
            files.remove_tree(place)
        elif seen.standing is Standing.ABSENT:
            self._demand_issuer(after)
            self._make(place, key.name)
        elif dict(seen.attributes or {}) != dict(after):
            self._change(place, key.name, after)
        self.announce(key.name)

    def probe(self, key: Key, *, spec: SiteSpec) -> tuple[Check, ...]:  # noqa: ARG002 - the same in every state
        """A handshake as a browser makes it: chain and name hold, and it is the very certificate on disk."""
        try:
            with visit.connected(self.settings.door, key.name) as tls:
                served, version = tls.getpeercert(binary_form=True), tls.version()
            bundle = self._found(self._place(key) / BUNDLE)[1]
        except (OSError, ValueError, PanggonError) as error:
            return (Check("tls.certificate", ok=False, detail=f"{key.name}: {error}"),)
        if bundle is None or served != bundle.leaf.public_bytes(serialization.Encoding.DER):
            return (Check("tls.certificate", ok=False, detail="server memberi sertifikat lain"),)
        until = f"{bundle.ends:%Y-%m-%d}"
        return (Check("tls.certificate", ok=True, detail=f"{version}, {key.name}, berlaku sampai {until}"),)

    def issue(self, host: str) -> bytes:
        """A new bundle for the name; nothing is changed by it. Raises the errors of the issuer."""
        settings = self.settings
        if settings.issuer == LOCAL:
            return authority.issue(settings.authority, host, now=settings.now())
        if settings.order is None:
            raise PermanentError("certificate.issuer", settings.issuer)
        return settings.order(host)

    def demand_ours(self, key: Key) -> None:
        """Raises PermanentError `certificate.foreign` where the name's certificate is somebody else's, or gone."""
        place = self._place(key)
        if not _marked(place, key.name):
            raise PermanentError("certificate.foreign", f"{place} tidak bertanda Panggon")

    def install(self, key: Key, bundle: bytes) -> None:
        """Put a newly issued bundle in the place of the one that is there. Raises PermanentError."""
        self.demand_ours(key)
        place = self._place(key)
        self._replace(place, lambda path: self._write(path, bundle))
        self.announce(key.name)

    def announce(self, name: str) -> None:
        """Nginx serves from now on what lies in this directory. Errors as `control.forget`."""
        digests = _digests(self.settings.root / "tls" / name / BUNDLE)
        control.forget(self.settings.control, name, holds=lambda known: known.certificate in digests)

    def _fault(self, place: Path) -> str:
        """By what the keys are not closed to all but nginx; what is not there is missed elsewhere."""
        group = self.settings.group
        faults = (
            files.fault(place / name, mode=SECRET, gid=0 if (place / name).is_symlink() else group)
            for name in (BUNDLE, PREVIOUS)
            if _there(place / name)
        )
        return next(filter(None, (files.fault(place, mode=FOLDER, gid=group), *faults)), "")

    def _close(self, place: Path, host: str) -> None:
        files.directory(place, mode=FOLDER, gid=self.settings.group)
        files.write(place / MARK, _mark(host))
        for path in (place / BUNDLE, place / PREVIOUS):
            if _there(path):
                _copy(path, path, functools.partial(self._write, path))

    def _demand_issuer(self, after: Attributes) -> None:
        if after["issuer"] != self.settings.issuer:
            raise PermanentError("certificate.issuer", str(after["issuer"]))

    def _change(self, place: Path, host: str, after: Attributes) -> None:
        former = self._found(place / PREVIOUS)[0] if _there(place / PREVIOUS) else ""
        if after["valid"] and after["issuer"] == self.settings.issuer:
            self._replace(place, lambda path: self._put(path, host))
        elif after["issuer"] == former:
            _copy(place / PREVIOUS, place / BUNDLE, lambda content: self._write(place / BUNDLE, content))
        else:
            self._demand_issuer(after)
            raise PermanentError("certificate.previous", f"{place} has no earlier certificate")

    def _found(self, path: Path) -> tuple[str, Bundle | None]:
        """Who issued what lies there, and the bundle; for a damaged one it is who would."""
        settings = self.settings
        shared = next((each for each in SHARED if path.is_symlink() and link_to(each) == files.read_link(path)), "")
        try:
            bundle = bundles.load(files.read(settings.shared(shared) if shared else path) or b"")
        except (ValueError, PermanentError):
            return shared or settings.issuer, None
        if shared:
            return shared, bundle
        with contextlib.suppress(ValueError):
            if bundle.follows(settings.authority.load()):
                return LOCAL, bundle
        return (ACME if len(bundle.chain) > 1 else settings.issuer), (bundle if len(bundle.chain) > 1 else None)

    def _lasts(self, bundle: Bundle, host: str) -> bool:
        now = self.settings.now()
        return not bundles.fault(bundle, host, now=now) and now < bundle.ends - bundle.life / LAST_PART

    def _make(self, place: Path, host: str) -> None:
        """Beside its place, then renamed: a directory under the right name is always a whole one."""
        draft = files.spare(place)
        files.directory(draft, mode=FOLDER, gid=self.settings.group)
        try:
            files.write(draft / MARK, _mark(host))
            self._put(draft / BUNDLE, host)
            with files.translated():
                draft.rename(place)
        except PanggonError:  # an issuer that refuses, a full disk
            files.sweep(place)
            raise

    def _put(self, path: Path, host: str) -> None:
        """What this machine's issuer gives for the name."""
        issuer = self.settings.issuer
        if issuer not in SHARED:
            self._write(path, self.issue(host))
            return
        shared = self.settings.shared(issuer)
        if not shared.is_file():
            raise TemporaryError("certificate.awaited", "sertifikat bersama mesin ini belum ada")
        if not bundles.load(files.read(shared) or b"").covers(host):
            raise PermanentError("certificate.unusable", f"sertifikat bersama mesin ini tidak berlaku untuk {host}")
        files.link(path, link_to(issuer))

    def _replace(self, place: Path, put: Callable[[Path], None]) -> None:
        """The new one is had before the former one is touched."""
        bundle, previous, draft = place / BUNDLE, place / PREVIOUS, place / "next.pem"
        for path in (bundle, previous, draft):
            files.sweep(path)
        put(draft)
        if _there(bundle):
            _copy(bundle, previous, lambda content: self._write(previous, content))
        with files.translated():
            draft.replace(bundle)

    def _write(self, path: Path, content: bytes) -> None:
        files.write(path, content, mode=SECRET, gid=self.settings.group)

    def _place(self, key: Key) -> Path:
        if not HOST.fullmatch(key.name):
            raise PermanentError("certificate.invalid", key.name)
        return self.settings.root / "tls" / key.name


def link_to(issuer: str) -> str:
    """Where the link of a name leads that shares this issuer's bundle."""
    return f"../_{issuer}/{BUNDLE}"


def _digests(path: Path) -> frozenset[int]:
    """By which nginx may know what lies there; 0 where nothing does, or what it may refuse as we do."""
    try:
        content = path.read_bytes()
        bundles.load(content)
    except OSError:
        return frozenset({0})
    except ValueError:
        return frozenset({0, zlib.crc32(content)})
    return frozenset({zlib.crc32(content)})


def _there(path: Path) -> bool:
    return path.is_symlink() or path.exists()


def _copy(source: Path, target: Path, write: Callable[[bytes], None]) -> None:
    if source.is_symlink():
        files.link(target, files.read_link(source) or "")
    else:
        write(files.read(source) or b"")


def _marked(place: Path, host: str) -> bool:
    if place.is_symlink() or not place.is_dir() or place.stat().st_uid != 0:
        return False
    with contextlib.suppress(PermanentError):
        return files.read(place / MARK) == _mark(host).encode()
    return False


def _mark(host: str) -> str:
    return f"host={host}\n"
