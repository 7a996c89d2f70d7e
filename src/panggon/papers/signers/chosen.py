"""The way of signing that the department has chosen, with what the installation knows of it."""

from pathlib import Path

from asn1crypto import pem, x509
from django.conf import settings

from panggon.core.papers.signing import Method
from panggon.office.selectors import office
from panggon.papers.signed import Trust
from panggon.papers.signers.bsre import FirstVersion, SecondVersion
from panggon.papers.signers.gateway import Gateway
from panggon.papers.signers.interface import Signer
from panggon.papers.signers.upload import Upload

ROOT = "ca.pem"  # of the certificates of a demonstration


def method() -> Method:
    return Method(office().signing.method)


def signer(username: str) -> Signer:
    """For the account of whoever signs now."""
    signing, way = office().signing, method()
    if way is Method.UPLOAD:
        return Upload()
    if way is Method.LOCAL:
        from panggon.papers.signers.local import Local  # noqa: PLC0415 (a large library, for a demonstration only)

        stamps = Gateway(signing.time_stamps, seconds=20, is_plain=True) if signing.time_stamps else None
        return Local(certificate_of(username), _certificates(settings.PANGGON_CERTIFICATES / ROOT), stamps)
    gateway = Gateway(
        signing.gateway,
        settings.PANGGON_ESIGN_USER,
        settings.PANGGON_ESIGN_PASSWORD,
        settings.PANGGON_ESIGN_CA,
        settings.PANGGON_ESIGN_SECONDS,
    )
    version = SecondVersion if way is Method.BSRE_V2 else FirstVersion
    return version(gateway, signing.from_above)


def certificate_of(username: str) -> Path:
    """Where the PKCS #12 file of an account lies, in a demonstration."""
    return Path(settings.PANGGON_CERTIFICATES) / f"{Path(username).name}.p12"


def trust(*, asks: bool, way: Method | None = None) -> Trust:
    """Whose certificates count: for what is signed this way, or (None) for whatever this portal ever issued."""
    local = _certificates(settings.PANGGON_CERTIFICATES / ROOT) if way in (Method.LOCAL, None) else ()
    others = _certificates(Path(settings.PANGGON_SIGNATURE_ROOTS)) if settings.PANGGON_SIGNATURE_ROOTS else ()
    return Trust(tuple(root.dump() for root in (*local, *others)), asks)


# ------------------------------------------------------------------------------------------------------------------


def _certificates(file: Path) -> tuple[x509.Certificate, ...]:
    """Those in a PEM file; none where there is no file."""
    if not file.is_file():
        return ()
    blocks = pem.unarmor(file.read_bytes(), multiple=True)
    return tuple(x509.Certificate.load(block) for name, _headers, block in blocks if name == "CERTIFICATE")
