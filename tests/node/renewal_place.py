"""A machine's certificates, with its own authority and a clock."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from panggon.core.node.planning.resources import Key, Kind
from panggon.drivers import tls
from panggon.drivers.certificates import authority, bundles
from panggon.drivers.certificates.bundles import key_text
from panggon.drivers.nginx.visit import Door
from panggon.drivers.system import files
from panggon.drivers.tls import CertificateDriver
from panggon.node.renewal import report
from panggon.node.renewal.renewal import Renewal
from panggon.node.settings import config as configs
from tests.node.web_stand import HOST, WEB

BEGIN = datetime(2026, 9, 1, tzinfo=UTC)
SITE = "s900001"
KEY = Key(Kind.CERTIFICATE, HOST)


class Place:
    """A machine's directories with one site; `now` is what all clocks say."""

    def __init__(self, base: Path, **settings: Any) -> None:
        self.base, self.now = base, BEGIN
        paths = {name: str(base / name) for name in ("root", "state", "run", "etc", "logs")}
        document = {"dns": {"zone": "kota.example", "ipv4": ["192.0.2.1"]}, "paths": paths, **settings}
        self.config = configs.parse(document)
        root = self.config.paths.root
        files.directory(root / "tls", mode=0o750, gid=WEB)
        files.directory(root / "live")
        files.link(root / "live" / HOST, f"../sites/{SITE}")
        self.authority = authority.create_authority(base / "etc", now=BEGIN)
        self.settings = tls.Settings(
            root, base / "none.sock", self.authority, Door("127.0.0.1", 1, self.authority.certificate), lambda: self.now
        )

    def renewal(self, **changes: Any) -> Renewal:
        return Renewal(self.config, CertificateDriver(replace(self.settings, **changes)))

    def ends(self, name: str = HOST) -> datetime:
        return bundles.load((self.config.paths.root / "tls" / name / "bundle.pem").read_bytes()).ends

    def at(self, days: float, renewal: Renewal) -> tuple[str, ...]:
        """A pass on that day; what people are told."""
        self.now = BEGIN + timedelta(days=days)
        renewal.step(self.now)
        return report.load(self.config.paths.state / "renewal.json", now=self.now)


def key() -> bytes:
    return key_text(ec.generate_private_key(ec.SECP256R1()))


def chained(own: authority.Authority, name: str, *, now: datetime, must_staple: bool = False) -> bytes:
    """A bundle as others issue it: with the authority's certificate behind the name's."""
    bundle = bundles.load(authority.issue(own, name, now=now))
    signer = bundles.load(own.certificate.read_bytes() + own.key.read_bytes())
    leaf = bundle.leaf
    if must_staple:
        builder = x509.CertificateBuilder(
            leaf.issuer, leaf.subject, leaf.public_key(), leaf.serial_number, bundle.begins, bundle.ends,
            list(leaf.extensions),
        )  # fmt: skip
        feature = x509.TLSFeature([x509.TLSFeatureType.status_request])
        leaf = builder.add_extension(feature, critical=False).sign(signer.key, hashes.SHA256())  # type: ignore[arg-type]
    return replace(bundle, chain=(leaf, signer.leaf)).text()
