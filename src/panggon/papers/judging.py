"""How a signed PDF is looked into, by a large library that only the process loads which does so (`validation`)."""

import asyncio
import io
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pikepdf
from asn1crypto import x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.ades.report import AdESIndeterminate
from pyhanko.sign.diff_analysis import (
    DEFAULT_DIFF_POLICY,
    FormUpdatingRule,
    ModificationLevel,
    StandardDiffPolicy,
    SuspiciousModification,
)
from pyhanko.sign.diff_analysis.constants import ACROFORM_EXEMPT_STRICT_COMPARISON
from pyhanko.sign.validation import DocumentSecurityStore, EmbeddedPdfSignature, async_validate_pdf_signature
from pyhanko.sign.validation.errors import NoDSSFoundError
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko.sign.validation.status import PdfSignatureStatus, SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.fetchers.requests_fetchers import RequestsFetcherBackend

from panggon.core.errors import PermanentError
from panggon.core.papers.signing import Level
from panggon.papers import rewritten
from panggon.papers.signed import Frozen, Signed, Trust

FETCH_SECONDS = 8
USAGE = KeyUsageConstraints(key_usage={"non_repudiation", "digital_signature"}, match_all_key_usages=False)
EXPIRED = frozenset(
    {
        AdESIndeterminate.OUT_OF_BOUNDS_NO_POE,
        AdESIndeterminate.OUT_OF_BOUNDS_NOT_REVOKED,
        AdESIndeterminate.SIG_CONSTRAINTS_FAILURE,
    }
)
# What is allowed after a signature, and besides that the flag which says that there is one.
SIGNING = StandardDiffPolicy(
    global_rules=DEFAULT_DIFF_POLICY.global_rules,
    form_rule=FormUpdatingRule(
        DEFAULT_DIFF_POLICY.form_rule.field_rules,
        ignored_acroform_keys={*ACROFORM_EXEMPT_STRICT_COMPARISON, "/SigFlags", "/DA"},
    ),
)
STARTXREF = re.compile(rb"startxref\s+(\d+)")
TAIL = 2048  # bytes in which a PDF says where its table of objects is


def look_here(file: Path, *, trust: Trust, frozen: Frozen | None) -> Signed:
    """What `validation.look` finds, in this process."""
    data = file.read_bytes()
    if frozen and not frozen.place and not frozen.begins(data):
        return Signed(("signing.not_same",))
    try:
        with file.open("rb") as stream:
            return _look(PdfFileReader(stream), data, trust=trust, frozen=frozen)
    except PermanentError as error:
        return Signed((error.code,))
    except Exception:  # noqa: BLE001 (a hostile file may break a parser in any way; all of them mean the same)
        return Signed(("signing.broken",))


# ------------------------------------------------------------------------------------------------------------------


def _look(reader: PdfFileReader, data: bytes, *, trust: Trust, frozen: Frozen | None) -> Signed:
    signatures = list(reader.embedded_regular_signatures)
    if len(signatures) != 1:
        raise PermanentError("signing.several" if signatures else "signing.unsigned")
    signature = signatures[0]
    is_appended = frozen is None or (frozen.begins(data) and _only_signed(reader, data, frozen))
    unlike, page = ((), 0) if frozen is None or is_appended else _unlike(data, frozen)
    status = asyncio.run(_status(reader, signature, trust))
    certificate: x509.Certificate = signature.signer_cert
    moment = status.timestamp_validity.timestamp if status.timestamp_validity else status.signer_reported_dt
    return Signed(
        faults=(*unlike, *_faults(status)),
        page=page,
        rewritten=not is_appended,
        subject=tuple(_values(certificate.subject)),
        name=str(certificate.subject.native.get("common_name", "")),
        issuer=certificate.issuer.human_friendly,
        serial=str(certificate.serial_number),
        signed_at=moment,
        timestamped=_is_stamped(status),
        level=_level(reader, status),
    )


async def _status(reader: PdfFileReader, signature: EmbeddedPdfSignature, trust: Trust) -> PdfSignatureStatus:
    options: dict[str, Any] = {
        "trust_roots": [x509.Certificate.load(root) for root in trust.roots],
        "allow_fetching": trust.asks,
        "revocation_mode": "hard-fail" if trust.asks else "soft-fail",
        "retroactive_revinfo": True,  # an answer that is made later says of an earlier moment too
    }
    if trust.asks:
        options["fetcher_backend"] = RequestsFetcherBackend(per_request_timeout=FETCH_SECONDS)
    try:
        context = DocumentSecurityStore.read_dss(reader).as_validation_context(options)
    except NoDSSFoundError:
        context = ValidationContext(**options)
    return await async_validate_pdf_signature(signature, signer_validation_context=context, key_usage_settings=USAGE)


def _only_signed(reader: PdfFileReader, data: bytes, frozen: Frozen) -> bool:
    """Whether all that came after the frozen bytes is a signature with its field, its stamp and its proofs.

    The first revision has to be the frozen one: an update could lead around it.
    """
    size = len(frozen.data)
    said = STARTXREF.findall(data, max(0, size - TAIL), size)
    if not said or reader.xrefs.get_startxref_for_revision(0) != int(said[-1]):
        return False
    result = SIGNING.review_file(reader, base_revision=0)
    return (
        not isinstance(result, SuspiciousModification) and result.modification_level <= ModificationLevel.FORM_FILLING
    )


def _unlike(data: bytes, frozen: Frozen) -> tuple[tuple[str, ...], int]:
    """What a file that does not merely add a signature to the frozen bytes is otherwise, and on which page."""
    if frozen.place is None:
        return ("signing.added",), 0
    with (
        pikepdf.open(io.BytesIO(frozen.data)) as ours,
        pikepdf.open(io.BytesIO(data), attempt_recovery=False) as theirs,
    ):
        found = rewritten.difference(ours, theirs, place=frozen.place)
    return ((f"signing.differs.{found.part}",), found.page) if found else ((), 0)


def _faults(status: PdfSignatureStatus) -> tuple[str, ...]:
    if not (status.intact and status.valid):
        return ("signing.not_intact",)
    later = () if _is_covered(status) else ("signing.added_later",)
    if status.revoked:
        return (*later, "signing.certificate_revoked")
    if status.trusted:
        return later
    expired = status.trust_problem_indic in EXPIRED
    return (*later, "signing.certificate_expired" if expired else "signing.untrusted")


def _is_covered(status: PdfSignatureStatus) -> bool:
    """The file to its last byte, or all but what was added to check the signature years later."""
    if status.coverage == SignatureCoverageLevel.ENTIRE_FILE:
        return True
    is_whole = status.coverage == SignatureCoverageLevel.ENTIRE_REVISION
    return is_whole and status.modification_level == ModificationLevel.LTA_UPDATES


def _is_stamped(status: PdfSignatureStatus) -> bool:
    stamp = status.timestamp_validity
    return stamp is not None and stamp.valid and stamp.intact and stamp.trusted


def _level(reader: PdfFileReader, status: PdfSignatureStatus) -> Level:
    if not _is_stamped(status):
        return Level.B_B
    return Level.B_LT if "/DSS" in reader.root else Level.B_T


def _values(name: x509.Name) -> Iterable[str]:
    """Every value of the subject, whatever it is called: authorities put a NIK or NIP into different attributes."""
    for relative in name.chosen:
        for part in relative:
            yield str(part["value"].native)
