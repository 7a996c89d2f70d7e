"""Certificates for a demonstration: an authority of its own, a PKCS #12 file for each person. They prove nothing."""

from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    pkcs12,
)
from cryptography.x509.oid import NameOID
from django.conf import settings

from panggon.papers.signers.chosen import ROOT, certificate_of
from panggon.papers.signers.interface import Secret
from panggon.people.models import User

AUTHORITY_KEY = "ca-key.pem"
LASTS = timedelta(days=3 * 365)
WARNING = "SIMULASI - TIDAK SAH"


def make(user: User, passphrase: Secret, *, at: datetime) -> Path:
    """A certificate for this person, in place of any former one; the passphrase opens it and is kept nowhere."""
    folder = Path(settings.PANGGON_CERTIFICATES)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    authority, authority_key = _authority(folder, at=at)
    key = ec.generate_private_key(ec.SECP256R1())
    names = {NameOID.COMMON_NAME: user.full_name[:64], NameOID.SERIAL_NUMBER: user.nip}
    certificate = (
        _certificate(_name(names), authority.subject, key.public_key(), at=at)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_papers=True), critical=True)
        .sign(authority_key, hashes.SHA256())
    )
    packed = pkcs12.serialize_key_and_certificates(
        user.full_name.encode(), key, certificate, [authority], BestAvailableEncryption(passphrase.reveal().encode())
    )
    return _written(certificate_of(user.username), packed)


# ------------------------------------------------------------------------------------------------------------------


def _authority(folder: Path, *, at: datetime) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    """The one of this installation, made when there is none yet."""
    root, place = folder / ROOT, folder / AUTHORITY_KEY
    if root.exists() and place.exists():
        known = load_pem_private_key(place.read_bytes(), None)
        if isinstance(known, ec.EllipticCurvePrivateKey):
            return x509.load_pem_x509_certificate(root.read_bytes()), known
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name({NameOID.COMMON_NAME: f"Panggon {WARNING}"})
    certificate = (
        _certificate(name, name, key.public_key(), at=at)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_papers=False), critical=True)
        .sign(key, hashes.SHA256())
    )
    _written(place, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    _written(root, certificate.public_bytes(Encoding.PEM))
    return certificate, key


def _name(values: dict[x509.ObjectIdentifier, str]) -> x509.Name:
    named = {**values, NameOID.ORGANIZATIONAL_UNIT_NAME: WARNING}
    return x509.Name([x509.NameAttribute(kind, value) for kind, value in named.items() if value])


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, *, at: datetime
) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder(issuer, subject, key, x509.random_serial_number())
    return builder.not_valid_before(at - timedelta(days=1)).not_valid_after(at + LASTS)


def _usage(*, signs_papers: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=signs_papers,
        content_commitment=signs_papers,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=not signs_papers,
        crl_sign=not signs_papers,
        encipher_only=False,
        decipher_only=False,
    )


def _written(file: Path, data: bytes) -> Path:
    file.touch(mode=0o600)
    file.write_bytes(data)
    return file
