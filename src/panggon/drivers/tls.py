"""Certificates from a local authority, for demonstrations and closed networks; one bundle a name.

`bundle.pem` holds chain and key in one file: nginx can never read a key that does not belong to the certificate.
"""

import contextlib
import grp
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from panggon.core.driver import Check
from panggon.core.errors import PanggonError, PermanentError
from panggon.core.resources import Attributes, Key, Observation, Standing, absent, foreign, ours
from panggon.core.spec import HOST, SiteSpec
from panggon.drivers import control, files, visit
from panggon.drivers.visit import Door

ISSUER = "local"
LEAF_LIFE = timedelta(days=90)
AUTHORITY_LIFE = timedelta(days=3650)
# Clocks of clients differ a little.
BACKDATED = timedelta(hours=1)
MARK = ".panggon"


@dataclass(frozen=True, slots=True)
class Authority:
    """Paths: the certificate is for everybody who shall trust it, the key is root's alone."""

    certificate: Path
    key: Path


@dataclass(frozen=True, slots=True)
class Settings:
    """`control` is nginx's control socket, `door` where probes ask, `now` tells the time (UTC, aware)."""

    root: Path
    control: Path
    authority: Authority
    door: Door
    now: Callable[[], datetime]
    web_group: str = "www-data"


def create_authority(directory: Path, *, now: datetime, name: str = "Panggon lokal") -> Authority:
    """The authority in this directory, made unless there is one. The certificate is written last: with it, all is."""
    authority = Authority(directory / "ca.pem", directory / "ca-key.pem")
    if not authority.certificate.exists():
        key = ec.generate_private_key(ec.SECP256R1())
        files.directory(directory)
        files.write(authority.key, _key_text(key), mode=0o600)
        files.write(authority.certificate, _pem(_authority_certificate(key, name, now)))
    return authority


@dataclass(frozen=True, slots=True)
class CertificateDriver:
    """Attributes: `issuer`, and `valid`: signed by this authority for this name, its key beside it, and more than a
    third of its life left.
    """

    settings: Settings

    def read(self, key: Key) -> Observation:
        place = self._place(key)
        if not place.is_symlink() and not place.exists():
            return absent(key)
        if not _marked(place, key.name):
            return foreign(key, f"{place} tidak bertanda Panggon")
        return ours(key, issuer=ISSUER, valid=self._valid(place / "bundle.pem", key.name))

    def write(self, key: Key, after: Attributes | None) -> None:
        """`valid` false brings back what the last renewal replaced: only an undone renewal asks for it."""
        place, seen = self._place(key), self.read(key)
        if seen.standing is Standing.FOREIGN:
            raise PermanentError("certificate.foreign", seen.detail)
        files.sweep(place)
        if after is None:
            files.remove_tree(place)
        elif after["issuer"] != ISSUER:
            raise PermanentError("certificate.issuer", str(after["issuer"]))
        elif seen.standing is Standing.ABSENT:
            self._make(place, key.name)
        elif seen.attributes and seen.attributes["valid"] != after["valid"]:
            self._renew(place, key.name) if after["valid"] else self._bring_back(place)
        control.forget(self.settings.control, key.name)

    def probe(self, key: Key, *, spec: SiteSpec) -> tuple[Check, ...]:  # noqa: ARG002 - the same in every state
        """A handshake as a browser makes it: chain and name hold, and it is the very certificate on disk."""
        try:
            with visit.connected(self.settings.door, key.name) as tls:
                served, version = tls.getpeercert(binary_form=True), tls.version()
            leaf = _leaf(self._place(key) / "bundle.pem")
        except (OSError, ValueError, PanggonError) as error:
            return (Check("tls.certificate", ok=False, detail=f"{key.name}: {error}"),)
        until = f"{leaf.not_valid_after_utc:%Y-%m-%d}"
        if served != leaf.public_bytes(serialization.Encoding.DER):
            return (Check("tls.certificate", ok=False, detail="server memberi sertifikat lain"),)
        return (Check("tls.certificate", ok=True, detail=f"{version}, {key.name}, berlaku sampai {until}"),)

    def _valid(self, bundle: Path, host: str) -> bool:
        try:
            leaf, key = _leaf(bundle), serialization.load_pem_private_key(files.read(bundle) or b"", None)
            leaf.verify_directly_issued_by(_leaf(self.settings.authority.certificate))
            names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        except (ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound):
            return False
        life = leaf.not_valid_after_utc - leaf.not_valid_before_utc
        return (
            key.public_key() == leaf.public_key()
            and host in names.get_values_for_type(x509.DNSName)
            and leaf.not_valid_before_utc <= self.settings.now() < leaf.not_valid_after_utc - life / 3
        )

    def _make(self, place: Path, host: str) -> None:
        """Beside its place, then renamed: a directory under the right name is always a whole one."""
        draft = place.with_name(f".{place.name}.{secrets.token_hex(6)}.new")
        files.directory(draft, mode=0o750, gid=self._group())
        files.write(draft / MARK, _mark(host))
        self._write(draft / "bundle.pem", self._issue(host))
        with files.translated():
            draft.rename(place)

    def _renew(self, place: Path, host: str) -> None:
        bundle = place / "bundle.pem"
        for path in (bundle, place / "previous.pem"):
            files.sweep(path)
        self._write(place / "previous.pem", files.read(bundle) or b"")
        self._write(bundle, self._issue(host))

    def _bring_back(self, place: Path) -> None:
        previous = files.read(place / "previous.pem")
        if previous is None:
            raise PermanentError("certificate.previous", f"{place} has no earlier certificate")
        self._write(place / "bundle.pem", previous)

    def _write(self, path: Path, content: bytes) -> None:
        files.write(path, content, mode=0o640, gid=self._group())

    def _issue(self, host: str) -> bytes:
        authority = self.settings.authority
        key = ec.generate_private_key(ec.SECP256R1())
        signer = serialization.load_pem_private_key(authority.key.read_bytes(), None)
        if not isinstance(signer, ec.EllipticCurvePrivateKey):
            raise PermanentError("certificate.authority", f"{authority.key} is not a key of this authority")
        leaf = _leaf_certificate(key, host, _leaf(authority.certificate), signer, self.settings.now())
        return _pem(leaf) + _key_text(key)

    def _group(self) -> int:
        return grp.getgrnam(self.settings.web_group).gr_gid

    def _place(self, key: Key) -> Path:
        if not HOST.fullmatch(key.name):
            raise PermanentError("certificate.invalid", key.name)
        return self.settings.root / "tls" / key.name


def _marked(place: Path, host: str) -> bool:
    if place.is_symlink() or not place.is_dir() or place.stat().st_uid != 0:
        return False
    with contextlib.suppress(PermanentError):
        return files.read(place / MARK) == _mark(host).encode()
    return False


def _mark(host: str) -> str:
    return f"host={host}\n"


def _leaf(path: Path) -> x509.Certificate:
    """The first certificate in the file. Raises ValueError when there is none."""
    return x509.load_pem_x509_certificate(files.read(path) or b"")


def _authority_certificate(key: ec.EllipticCurvePrivateKey, name: str, now: datetime) -> x509.Certificate:
    # A number in the name: two authorities of one machine's life must not be taken for each other.
    common_name = f"{name} {secrets.token_hex(4)}"
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    return (
        _builder(subject, subject, key, now, AUTHORITY_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .sign(key, hashes.SHA256())
    )


def _leaf_certificate(
    key: ec.EllipticCurvePrivateKey,
    host: str,
    issuer: x509.Certificate,
    signer: ec.EllipticCurvePrivateKey,
    now: datetime,
) -> x509.Certificate:
    # No common name: it holds 64 characters, a host name up to 253; clients read the alternative names (RFC 9525).
    signer_id = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
    return (
        _builder(x509.Name([]), issuer.subject, key, now, LEAF_LIFE)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=True)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(signer_id, critical=False)
        .sign(signer, hashes.SHA256())
    )


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, now: datetime, life: timedelta
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(now - BACKDATED + life)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _key_text(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
