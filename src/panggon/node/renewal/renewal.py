"""One pass over all certificates: renew what is due, put shared ones in their place, say what people have to know.

A renewal that fails leaves the former certificate where it is. The new one is had before anything is changed, and is
put in its place while nobody else writes to the site (the lock of its journal).
"""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from panggon.core.errors import PanggonError, PermanentError, TemporaryError
from panggon.core.node.planning.resources import Key, Kind
from panggon.core.node.renewal import Lifetime, authority_ends, pause, waits, wanted, worries
from panggon.core.sites.spec import HOST
from panggon.drivers.certificates import bundles, handshake
from panggon.drivers.certificates.bundles import Bundle
from panggon.drivers.system import files
from panggon.drivers.tls import BUNDLE, CertificateDriver, link_to
from panggon.engine import journal_file
from panggon.node.renewal import report
from panggon.node.renewal.asked import Asked
from panggon.node.renewal.report import Failures
from panggon.node.settings.config import NodeConfig

log = logging.getLogger(__name__)

# A clock that jumps makes everything due at once. Let's Encrypt takes 300 orders of an account in three hours; a pass
# comes every ten minutes.
ORDERS_A_PASS = 15
ORDER_LONGEST = timedelta(hours=1)  # far longer than any takes


@dataclass(slots=True)
class Renewal:
    config: NodeConfig
    driver: CertificateDriver
    _orders: int = 0  # in this pass
    _ordered: dict[str, bytes] = field(default_factory=dict)  # by host, what is not in place yet
    _unwritten: dict[str, Failures] = field(default_factory=dict)  # as long as the disk is full
    _wanted: frozenset[str] = frozenset()  # whose certificate people want replaced
    _dates: dict[Path, tuple[float, Lifetime]] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        return self.config.paths.state / "renewal"

    @property
    def asked(self) -> Asked:
        return Asked(self.config)

    def step(self, now: datetime) -> None:
        """One pass. Raises nothing of the issuer's: what failed is kept, and tried again later. Raises OSError and
        TemporaryError where nobody can be told of it, after all was attended.
        """
        said: list[str] = []
        self._orders, self._wanted = 0, frozenset(self.asked.when())
        self._sweep(now - ORDER_LONGEST)
        attended = {"_wildcard", "_bought"}
        issuer = self.config.tls.issuer
        if issuer == "wildcard":
            said += self._attend(f"_{issuer}", self._renew_wildcard, now)
        elif issuer == "bought":
            said += self._attend(f"_{issuer}", self._take_bought, now)
        elif issuer == "local":
            said += self._look_at_authority(now)
        for host in sorted(self._hosts(), key=self._turn):
            said += self._attend(host, partial(self._renew, host), now)
            attended.add(host)
        said += self._asked_for(now)
        report.forget_others(self.folder, attended)
        report.save(self.config.paths.state / "renewal.json", said, now=now)

    def _look_at_authority(self, now: datetime) -> list[str]:
        """Nobody renews it for people: they have to carry the new certificate to those who believe the former."""
        own = self.driver.settings.authority
        try:
            ends = own.load().not_valid_after_utc
        except (ValueError, PanggonError) as error:
            return [f"sertifikat: {own.certificate} tidak dapat dibaca: {error}"]
        if not authority_ends(ends, now=now):
            return []
        words = f"sertifikat: otoritas mesin ini ({own.certificate}) berlaku sampai {ends:%Y-%m-%d}"
        return [f"{words}; jalankan panggon-node renew-authority, lalu bagikan yang baru"]

    def _sweep(self, before: datetime) -> None:
        if sweep := self.driver.settings.sweep:
            try:
                sweep(before)
            except (OSError, ValueError, PanggonError) as error:
                log.warning("what orders have left is taken away later: %s", error)

    def names(self) -> Iterator[str]:
        """Whose certificates are ordered by themselves: each name's, or the one that all share."""
        yield from ["_wildcard"] if self.config.tls.issuer == "wildcard" else []
        yield from self._hosts()

    def _hosts(self) -> Iterator[str]:
        """Every name that is served with a certificate of its own; a parked site's name is not."""
        root = self.config.paths.root
        for place in sorted((root / "tls").iterdir()):
            if not HOST.fullmatch(place.name) or (place / BUNDLE).is_symlink():
                continue
            if (root / "live" / place.name).is_symlink():
                yield place.name

    def _turn(self, host: str) -> tuple[bool, datetime]:
        """Who was asked for comes first, who failed stands behind those that were not tried yet: the orders of a pass
        may not do for all.
        """
        return host not in self._wanted, self._failures(host).again or datetime.min.replace(tzinfo=UTC)

    def _attend(self, name: str, renew: Callable[[], None], now: datetime) -> list[str]:
        """Renew what is due; the sentence for people, if there is one."""
        lifetime, failed = self._lifetime(name), self._failures(name)
        bought = name == "_bought"
        due = bought or lifetime is None or wanted(lifetime, name, now=now) or self._is_asked(name)
        waiting = not bought and waits(failed.again, now=now)  # nobody counts how often two files are read
        if due and not waiting and self._may_order():
            failed = self._try(name, renew, failed, lifetime, now)
            lifetime = self._lifetime(name)
        words = f"sertifikat: {self.named(name)}"
        if lifetime is None:
            return [f"{words} belum ada: {failed.problem}"]
        if not worries(lifetime, failures=failed.count, bought=bought, now=now):
            return []
        until = "berlaku sampai" if now < lifetime.ends else "HABIS sejak"
        tries = "berkasnya tidak dapat dipakai" if bought else f"pembaruan gagal {failed.count} kali"
        why = f", {tries}: {failed.problem}" if failed.count else ""
        what = f"; taruh yang baru di {self.config.tls.certificate} dan {self.config.tls.key}" if bought else ""
        return [f"{words} {until} {lifetime.ends:%Y-%m-%d}{why}{what}"]

    def _is_asked(self, name: str) -> bool:
        return name in self._wanted and self.asked.wants(name)

    def _asked_for(self, now: datetime) -> list[str]:
        """What is left of what people have asked for."""
        left = self.asked.fulfil(
            now=now, failed=lambda name: self._failures(name).problem, revoke=self.driver.settings.revoke
        )
        waiting = sum(not problem for problem in left.values())
        said = [
            f"sertifikat: {self.named(name)} diminta diganti: {problem}" for name, problem in left.items() if problem
        ]
        return [*said, *([f"sertifikat: {waiting} menunggu giliran diganti"] if waiting else [])]

    def named(self, name: str) -> str:
        """As people know it."""
        zone = self.config.dns.zone
        return {"_wildcard": f"*.{zone}", "_bought": "yang dibeli"}.get(name, name)

    def _may_order(self) -> bool:
        self._orders += 1
        return self.config.tls.issuer != "acme" or self._orders <= ORDERS_A_PASS

    def _try(
        self, name: str, renew: Callable[[], None], failed: Failures, lifetime: Lifetime | None, now: datetime
    ) -> Failures:
        try:
            renew()
        except Exception as error:  # whatever it is, it must keep no other name from being renewed
            foreseen = isinstance(error, OSError | ValueError | PanggonError)
            log.warning("%s cannot be renewed: %s", name, error, exc_info=not foreseen)
            if isinstance(error, TemporaryError) and error.code == "journal.busy":
                return failed  # at the next pass
            count = failed.count + 1
            left = lifetime.ends - now if lifetime else timedelta(days=1)
            found = Failures(count, str(error)[:500], now + pause(count, left=left))
            self._keep(name, found)
            return found
        self._unwritten.pop(name, None)
        report.forget_failures(self.folder, name)
        return Failures()

    def _failures(self, name: str) -> Failures:
        return self._unwritten.get(name) or report.failures(self.folder, name)

    def _keep(self, name: str, found: Failures) -> None:
        """A full disk, on which the renewal itself has perhaps failed, must not make it forgotten: the same name would
        be ordered anew at once, and an issuer takes few orders.
        """
        self._unwritten[name] = found
        try:
            report.keep_failures(self.folder, name, found)
        except (OSError, PanggonError) as error:
            log.warning("%s: that it failed is known only until this process ends: %s", name, error)
        else:
            del self._unwritten[name]

    def _renew(self, host: str) -> None:
        """Nobody who works on the site waits for an order; what cannot be put in place now is kept, because an ACME
        server gives few of one name.
        """
        key = Key(Kind.CERTIFICATE, host)
        self.driver.demand_ours(key)
        content = self._ordered.pop(host, b"") or self.driver.issue(host)
        bundle, self._ordered[host] = self._checked(content, host), content
        site = self._site(host)
        if site is not None:  # its name may have been taken off it just now
            with journal_file.writing(self.config.paths.state / "journal" / f"{site}.jsonl"):
                self.driver.install(key, bundle.text())
            log.info("%s is renewed until %s", host, bundle.ends)
        del self._ordered[host]

    def _renew_wildcard(self) -> None:
        """What cannot be put in place is kept, as of a single name."""
        wildcard = f"*.{self.config.dns.zone}"
        content = self._ordered.pop(wildcard, b"") or self.driver.issue(wildcard)
        bundle, self._ordered[wildcard] = self._checked(content, wildcard), content
        self._share("_wildcard", bundle)
        del self._ordered[wildcard]

    def _take_bought(self) -> None:
        """Whoever bought a certificate puts its files where the settings say; a good one is served within minutes."""
        tls = self.config.tls
        content = b"\n".join((path and files.read(path)) or b"" for path in (tls.certificate, tls.key))
        settings, zone = self.driver.settings, self.config.dns.zone
        bundle = self._checked(content, f"*.{zone}")
        if bundle.text() == files.read(settings.shared("bought")):
            return
        # Who leaves out the certificate between his own and the authority's gets all sites refused.
        if refused := handshake.refusal(bundle, f"situs.{zone}", authorities=settings.door.authorities):
            raise PermanentError("certificate.unusable", f"ditolak pengunjung (rantai tidak lengkap?): {refused}")
        if missing := [name for name in self._served("bought") if not bundle.covers(name)]:
            raise PermanentError("certificate.unusable", f"tidak berlaku untuk {', '.join(missing)}, yang dilayani")
        self._share("_bought", bundle)

    def _served(self, issuer: str) -> list[str]:
        """Names that visitors reach with this issuer's shared certificate now: one that was bought may have more of
        them than the zone's wildcard, and the next one fewer.
        """
        root, settings = self.config.paths.root, self.driver.settings
        try:
            former = bundles.load(files.read(settings.shared(issuer)) or b"")
        except ValueError:
            return []
        if settings.now() >= former.ends:
            return []
        places = sorted(place for place in (root / "tls").iterdir() if HOST.fullmatch(place.name))
        links = {place.name: place / BUNDLE for place in places if (place / BUNDLE).is_symlink()}
        sharing = [name for name, path in links.items() if files.read_link(path) == link_to(issuer)]
        return [name for name in sharing if former.covers(name) and (root / "live" / name).is_symlink()]

    def _share(self, name: str, bundle: Bundle) -> None:
        settings = self.driver.settings
        place = settings.root / "tls" / name
        files.directory(place, mode=0o750, gid=settings.group)
        files.sweep(place / BUNDLE)
        files.write(place / BUNDLE, bundle.text(), mode=0o640, gid=settings.group)
        self.driver.announce(name)
        log.info("%s is served until %s", name, bundle.ends)

    def _checked(self, content: bytes, name: str) -> Bundle:
        """Nothing bad takes the place of something good. Raises ValueError, PermanentError `certificate.unusable`."""
        bundle = bundles.load(content)
        if wrong := bundles.fault(bundle, name, now=self.driver.settings.now()):
            raise PermanentError("certificate.unusable", wrong)
        return bundle

    def _site(self, host: str) -> str | None:
        """Whose the name is; None where it leads nowhere."""
        target = files.read_link(self.config.paths.root / "live" / host)
        return target.rpartition("/")[2] if target else None

    def _lifetime(self, name: str) -> Lifetime | None:
        """Kept while the file is the same: reading 5,000 certificates takes a second."""
        path = self.config.paths.root / "tls" / name / BUNDLE
        try:
            changed = path.stat().st_mtime
            if self._dates.get(path, (0.0, None))[0] != changed:
                bundle = bundles.load(files.read(path) or b"")
                self._dates[path] = changed, Lifetime(bundle.begins, bundle.ends)
            return self._dates[path][1]
        except (OSError, ValueError, PanggonError):
            return None
