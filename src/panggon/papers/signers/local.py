"""Signing with a certificate in a file (PKCS #12): for demonstrations and tests; the papers say so on every page."""

import asyncio
import io
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from asn1crypto import tsp, x509
from pyhanko.pdf_utils import layout
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.general import SigningError
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko.sign.timestamps import TimeStamper, TimestampRequestError
from pyhanko.sign.timestamps.common_utils import set_tsp_headers
from pyhanko.stamp import StaticStampStyle
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.errors import PathError
from pyhanko_certvalidator.fetchers.requests_fetchers import RequestsFetcherBackend

from panggon.core.errors import PermanentError, TemporaryError
from panggon.core.papers.signing import Place, Signatory
from panggon.papers.signers.gateway import Gateway, call
from panggon.papers.signers.interface import Given, Order

FIELD = "Tandatangan"
SPOKEN = "Tanda tangan elektronik"  # what a screen reader says
FILLS = layout.SimpleBoxLayoutRule(
    x_align=layout.AxisAlignment.ALIGN_MID, y_align=layout.AxisAlignment.ALIGN_MID, margins=layout.Margins.uniform(0)
)
FETCH_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Local:
    """`certificate` is the person's PKCS #12 file; the passphrase opens it, for one signature.

    With a time-stamp service the signature is PAdES B-LT, without one B-B.
    """

    certificate: Path
    roots: tuple[x509.Certificate, ...] = ()
    timestamps: Gateway | None = None

    def check(self, person: Signatory) -> None:  # noqa: ARG002 (the interface is the same for all)
        if not self.certificate.is_file():
            raise PermanentError("signing.no_certificate")

    def sign(self, order: Order, given: Given) -> bytes:
        key = self._opened(given)
        now = datetime.now(UTC)
        if not key.signing_cert.not_valid_before <= now <= key.signing_cert.not_valid_after:
            raise PermanentError("signing.certificate_expired")
        try:
            with tempfile.TemporaryDirectory(prefix="panggon-stamp-") as folder:
                signer = PdfSigner(
                    self._metadata(order),
                    key,
                    timestamper=_TimeStamps(self.timestamps) if self.timestamps else None,
                    stamp_style=_style(Path(folder), order.stamp.pdf),
                    new_field_spec=SigFieldSpec(
                        FIELD, on_page=order.place.page - 1, box=_box(order.place), readable_field_name=SPOKEN
                    ),
                )
                writer = _ArchiveWriter(io.BytesIO(order.data))
                signed = asyncio.run(signer.async_sign_pdf(writer))
        except TimestampRequestError as error:
            raise TemporaryError("signing.timestamps") from error
        except (SigningError, PathError) as error:
            raise PermanentError("signing.certificate_refused") from error
        return bytes(signed.getvalue())

    def fetch(self, reference: str) -> None:  # noqa: ARG002
        return None

    def _opened(self, given: Given) -> SimpleSigner:
        try:
            return SimpleSigner.load_pkcs12_data(
                self.certificate.read_bytes(), self.roots, given.passphrase.reveal().encode()
            )
        except OSError as error:
            raise PermanentError("signing.no_certificate") from error
        except ValueError:
            raise PermanentError("signing.passphrase") from None  # its words could tell about the key

    def _metadata(self, order: Order) -> PdfSignatureMetadata:
        lasting = self.timestamps is not None
        return PdfSignatureMetadata(
            field_name=FIELD,
            name=order.person.name,
            reason=order.reason,
            location=order.location,
            md_algorithm="sha256",
            subfilter=SigSeedSubFilter.PADES,
            embed_validation_info=lasting,
            validation_context=_trusting(self.roots) if lasting else None,
        )


# ------------------------------------------------------------------------------------------------------------------


def _box(place: Place) -> tuple[int, int, int, int]:
    left, bottom = round(place.x), round(place.y)
    return left, bottom, left + round(place.width), bottom + round(place.height)


def _style(folder: Path, stamp: bytes) -> StaticStampStyle | None:
    if not stamp:
        return None
    file = folder / "stempel.pdf"
    file.write_bytes(stamp)
    return StaticStampStyle.from_pdf_file(str(file), border_width=0, background_layout=FILLS, background_opacity=1.0)


def _trusting(roots: Iterable[x509.Certificate]) -> ValidationContext:
    """What is embedded so that the signature can be checked years later is fetched now."""
    backend = RequestsFetcherBackend(per_request_timeout=FETCH_SECONDS)
    return ValidationContext(trust_roots=list(roots), allow_fetching=True, fetcher_backend=backend)


class _ArchiveWriter(IncrementalPdfFileWriter):
    """Stays with PDF 1.7, the newest that PDF/A-3 knows (ISO 19005-3, 6.1.2); no signature needs more."""

    output_version = (1, 7)

    def ensure_output_version(self, version: tuple[int, int]) -> None:
        """Not for the archive."""


class _TimeStamps(TimeStamper):
    """RFC 3161 over the same bounded line as everything else."""

    def __init__(self, service: Gateway) -> None:
        super().__init__()
        self._service = service

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        answer = await asyncio.to_thread(
            call, self._service, "POST", self._service.address, content=req.dump(), headers=set_tsp_headers({})
        )
        try:
            return tsp.TimeStampResp.load(answer.body, strict=True)
        except ValueError as error:
            raise TimestampRequestError("no answer of a time-stamp service") from error
