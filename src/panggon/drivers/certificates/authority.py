"""The machine's own certificate authority, for demonstrations and closed networks."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from panggon.core.errors import PermanentError
from panggon.drivers.certificates.bundles import key_text
from panggon.drivers.system import files

LEAF_LIFE = timedelta(days=90)
AUTHORITY_LIFE = timedelta(days=3650)
# Clocks of clients differ a little.
BACKDATED = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Authority:
    """Paths: the certificate is for everybody who shall trust it, the key is root's alone."""

    certificate: Path
    key: Path

    def load(self) -> x509.Certificate:
        """Raises ValueError when there is none."""
        return x509.load_pem_x509_certificate(files.read(self.certificate) or b"")


def create_authority(directory: Path, *, now: datetime, name: str = "Panggon lokal") -> Authority:
    """The authority in this directory, made unless there is one. The certificate is written last: with it, all is."""
    authority = Authority(directory / "ca.pem", directory / "ca-key.pem")
    if not authority.certificate.exists():
        key = ec.generate_private_key(ec.SECP256R1())
        files.directory(directory)
        files.write(authority.key, key_text(key), mode=0o600)
        # A number in the name: two authorities of one machine's life must not be taken for each other.
        common_name = x509.NameAttribute(NameOID.COMMON_NAME, f"{name} {secrets.token_hex(4)}")
        files.write(authority.certificate, _pem(_authority_certificate(key, x509.Name([common_name]), now)))
    return authority


def renew(authority: Authority, *, now: datetime) -> datetime:
    """Give the authority a new certificate of the same name and key, so that all it has signed stays good under the new
    one and under the former; its end. Raises PermanentError `certificate.authority`.
    """
    try:
        subject = authority.load().subject
    except ValueError as error:
        raise PermanentError("certificate.authority", f"{authority.certificate} is no certificate") from error
    certificate = _authority_certificate(_signer(authority), subject, now)
    files.write(authority.certificate, _pem(certificate))
    return certificate.not_valid_after_utc


def issue(authority: Authority, host: str, *, now: datetime) -> bytes:
    """A new bundle for this name. Raises PermanentError `certificate.authority`."""
    key = ec.generate_private_key(ec.SECP256R1())
    return _pem(_leaf_certificate(key, host, authority.load(), _signer(authority), now)) + key_text(key)


def _signer(authority: Authority) -> ec.EllipticCurvePrivateKey:
    signer = serialization.load_pem_private_key(authority.key.read_bytes(), None)
    if not isinstance(signer, ec.EllipticCurvePrivateKey):
        raise PermanentError("certificate.authority", f"{authority.key} is not a key of this authority")
    return signer


def _authority_certificate(key: ec.EllipticCurvePrivateKey, subject: x509.Name, now: datetime) -> x509.Certificate:
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
