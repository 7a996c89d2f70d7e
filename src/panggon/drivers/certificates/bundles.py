"""Chain and key in one PEM text, as nginx gets them, and what may be wrong with one."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

UNUSUAL = "jenis atau panjang kuncinya tidak diterima peramban (RSA 2048 ke atas, P-256, P-384)"
# CA/Browser Forum, Baseline Requirements, section 6.1.5.
RSA_LEAST, CURVES = 2048, ("secp256r1", "secp384r1")


@dataclass(frozen=True, slots=True)
class Bundle:
    """`chain` begins with the site's own certificate."""

    chain: tuple[x509.Certificate, ...]
    key: PrivateKeyTypes

    @property
    def leaf(self) -> x509.Certificate:
        return self.chain[0]

    @property
    def _needed(self) -> tuple[x509.Certificate, ...]:
        """What visitors look at: the authority's own certificate is theirs, whatever a chain says of it."""
        return (self.leaf, *(each for each in self.chain[1:] if each.issuer != each.subject))

    @property
    def begins(self) -> datetime:
        """When all of it is good."""
        return max(each.not_valid_before_utc for each in self._needed)

    @property
    def ends(self) -> datetime:
        """When the first of it is good no more."""
        return min(each.not_valid_after_utc for each in self._needed)

    @property
    def life(self) -> timedelta:
        return self.ends - self.begins

    @property
    def names(self) -> tuple[str, ...]:
        try:
            found = self.leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        except x509.ExtensionNotFound:
            return ()
        return tuple(found.get_values_for_type(x509.DNSName))

    def covers(self, host: str) -> bool:
        """A wildcard stands for exactly one label (RFC 9525 section 6.3)."""
        return host in self.names or f"*.{host.partition('.')[2]}" in self.names

    def follows(self, issuer: x509.Certificate) -> bool:
        try:
            self.leaf.verify_directly_issued_by(issuer)
        except (ValueError, TypeError, InvalidSignature):
            return False
        return True

    def text(self) -> bytes:
        certificates = b"".join(each.public_bytes(serialization.Encoding.PEM) for each in self.chain)
        return certificates + key_text(self.key)


def load(content: bytes) -> Bundle:
    """Raises ValueError for what is no certificate with a key beside it."""
    try:
        chain = tuple(x509.load_pem_x509_certificates(content))
        return Bundle(chain, serialization.load_pem_private_key(content, None))
    except TypeError as error:  # an encrypted key
        raise ValueError(str(error)) from error


def fault(bundle: Bundle, host: str, *, now: datetime) -> str:
    """Why this bundle must not be served for the name, in words; "" when it may.

    Must-staple (RFC 7633) is refused: a certificate that is chosen for each handshake is sent without a stapled answer,
    so no browser would take it.
    """
    wrong = (
        (bundle.key.public_key() != bundle.leaf.public_key(), "kunci dan sertifikat tidak cocok"),
        (not _is_usual(bundle.key), UNUSUAL),
        (not bundle.covers(host), f"tidak berlaku untuk {host}"),
        (_must_staple(bundle.leaf), "mewajibkan OCSP stapling (must-staple)"),
        (any(not Bundle((a,), bundle.key).follows(b) for a, b in _pairs(bundle)), "rantai sertifikat terputus"),
        (now < bundle.begins, f"{_whose(bundle, now)}belum berlaku sebelum {bundle.begins:%Y-%m-%d}"),
        (now >= bundle.ends, f"{_whose(bundle, now)}sudah habis masa berlakunya {bundle.ends:%Y-%m-%d}"),
    )
    return next((words for is_wrong, words in wrong if is_wrong), "")


def key_text(key: PrivateKeyTypes) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _whose(bundle: Bundle, now: datetime) -> str:
    """Of a time at which the site's own certificate is good."""
    own = bundle.leaf.not_valid_before_utc <= now < bundle.leaf.not_valid_after_utc
    return "sertifikat antara di dalam rantainya " if own else ""


def _is_usual(key: PrivateKeyTypes) -> bool:
    """What every browser takes: Chromium has neither Ed25519 nor P-521 in its handshake."""
    if isinstance(key, rsa.RSAPrivateKey):
        return key.key_size >= RSA_LEAST
    return isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name in CURVES


def _pairs(bundle: Bundle) -> Iterator[tuple[x509.Certificate, x509.Certificate]]:
    return zip(bundle.chain, bundle.chain[1:], strict=False)


def _must_staple(leaf: x509.Certificate) -> bool:
    try:
        features = leaf.extensions.get_extension_for_class(x509.TLSFeature).value
    except x509.ExtensionNotFound:
        return False
    return x509.TLSFeatureType.status_request in features
