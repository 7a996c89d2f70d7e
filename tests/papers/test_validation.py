"""What a signed PDF says: only the very document with nothing but a valid signature of a trusted authority passes."""

import io
import pickle
import subprocess

import pikepdf
import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from panggon.core.errors import PermanentError, TemporaryError
from panggon.core.papers.signing import Level, Place
from panggon.papers import judging, validation
from panggon.papers.apart import Limits
from panggon.papers.rendering import render
from panggon.papers.samples import SAMPLES
from panggon.papers.signable import USUAL, made_signable, place_of
from panggon.papers.signed import Frozen, Trust
from panggon.papers.signers import local
from panggon.papers.signers.gateway import Gateway
from panggon.papers.signers.interface import Given, Secret
from panggon.papers.signers.local import Local
from tests.papers.gateway import Gateway as Signing
from tests.papers.gateway import picture
from tests.papers.orders import order
from tests.papers.pki import PASSPHRASE

RIGHT = Given(Secret(PASSPHRASE))
ADDRESS = "https://hosting.example.go.id/verifikasi/00000000-0000-4000-8000-000000000001/"


@pytest.fixture(scope="module")
def document() -> bytes:
    sample = SAMPLES["hosting-document"]
    return made_signable(render(sample.template, {**sample.facts, "signature": {"page": ADDRESS}}))


@pytest.fixture(scope="module")
def stamp() -> bytes:
    return render("stempel.typ", SAMPLES["stamp"].facts)


@pytest.fixture
def judge(document, pki, tmp_path):
    """The faults of what was made of the document."""

    def judged(data: bytes, *, of: bytes = document):
        file = tmp_path / "naskah.pdf"
        file.write_bytes(data)
        return judging.look_here(file, trust=Trust((pki.root.dump(),), asks=True), frozen=Frozen(of))

    return judged


@pytest.fixture(scope="module")
def signed(document, stamp, pki) -> bytes:
    return Local(pki.person("head")).sign(order(document, stamp=stamp), RIGHT)


def written_over(data: bytes, words: bytes = b"1 0 0 rg 80 600 300 90 re f ") -> bytes:
    """An update that paints over the first page."""
    writer = IncrementalPdfFileWriter(io.BytesIO(data))
    page = writer.root["/Pages"]["/Kids"][0]
    added = writer.add_object(generic.StreamObject(stream_data=words))
    page["/Contents"] = generic.ArrayObject([page.raw_get("/Contents"), added])
    writer.update_container(page)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def test_the_document_with_a_signature_and_nothing_else_passes(document, signed, judge):
    found = judge(signed)
    assert (found.faults, found.name, found.level, found.timestamped) == ((), "Kadis", Level.B_B, False)
    assert made_signable(document) == document


def test_with_a_time_stamp_service_it_can_be_checked_years_later(document, stamp, pki, judge, tmp_path):
    service = Gateway(pki.time_stamps, seconds=60, is_plain=True)
    data = Local(pki.person("head"), (pki.root,), service).sign(order(document, stamp=stamp), RIGHT)
    found = judge(data)
    assert (found.faults, found.level, found.timestamped) == ((), Level.B_LT, True)
    file = tmp_path / "stempel-waktu.pdf"
    file.write_bytes(data)
    said = subprocess.run(["pdfsig", str(file)], capture_output=True, text=True).stdout
    assert "Signature Validation: Signature is Valid." in said
    assert subprocess.run(["qpdf", "--check", str(file)], capture_output=True).returncode == 0


@pytest.mark.parametrize("path", ["/nothing/here", "/pki/crls/root/latest.crl"])
def test_a_service_that_gives_no_time_stamp_ends_in_no_signature(document, pki, path):
    service = Gateway(pki.address + path, seconds=60, is_plain=True)
    with pytest.raises((TemporaryError, PermanentError)) as raised:
        Local(pki.person("head"), (pki.root,), service).sign(order(document), RIGHT)
    assert raised.value.code in ("signing.timestamps", "signing.gateway")


def test_what_was_changed_before_after_or_around_the_signature_is_found(document, signed, pki, judge):
    other = made_signable(render("lembar.typ", SAMPLES["receipt"].facts))
    painted = Local(pki.person("head")).sign(order(written_over(document)), RIGHT)
    flipped = bytearray(signed)
    flipped[len(document) + 400] ^= 1
    for data, fault in (
        (painted, "signing.added"),  # the frozen bytes are there, and something else is seen
        (written_over(signed), "signing.added"),  # a shadow attack: whole, valid, and covered
        (document, "signing.not_same"),
        (Local(pki.person("head")).sign(order(other), RIGHT), "signing.not_same"),
        (written_over(document), "signing.unsigned"),
        (signed[: len(document) + 50], "signing.unsigned"),
        (b"", "signing.not_same"),
    ):
        assert fault in judge(data).faults, fault
    assert judge(bytes(flipped)).faults
    twice = Local(pki.person("other"))
    assert judge(_signed_again(signed, twice)).faults[:1] == ("signing.several",)


def test_without_the_frozen_document_a_later_change_is_found_too(signed, pki, tmp_path):
    file = tmp_path / "naskah.pdf"
    file.write_bytes(written_over(signed))
    found = judging.look_here(file, trust=Trust((pki.root.dump(),)), frozen=None)
    assert found.faults == ("signing.added_later",)


@pytest.mark.parametrize(
    ("person", "fault"),
    [
        ("revoked", "signing.certificate_revoked"),
        ("stranger", "signing.untrusted"),
        ("old", "signing.certificate_expired"),
    ],
)
def test_whose_certificates_do_not_count(document, pki, judge, person, fault):
    signed = Signing(pki, certificate=person).sign(document, place=(1, 325, 70, 213, 91), picture=picture())
    assert judge(signed).faults == (fault,)


def test_an_expired_certificate_signs_nothing_and_a_wrong_passphrase_opens_nothing(document, pki):
    for signer, given, code in (
        (Local(pki.person("old")), RIGHT, "signing.certificate_expired"),
        (Local(pki.person("head")), Given(Secret("salah")), "signing.passphrase"),
        (Local(pki.folder / "nobody.p12"), RIGHT, "signing.no_certificate"),
    ):
        with pytest.raises(PermanentError) as raised:
            signer.sign(order(document), given)
        assert raised.value.code == code
        assert PASSPHRASE not in repr(raised.value.__context__)


def test_the_stamp_stands_where_the_template_says(document):
    place = place_of(document, ADDRESS)
    assert (place.page, round(place.width), round(place.height)) == (1, 213, 91)
    assert place_of(document, "https://elsewhere/") == Place(1, *USUAL, place.page_height)
    assert round(place.page_height, 2) == 841.89


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7", b"%PDF-1.7\n" + b"[" * 100_000, b"\0" * 1000])
def test_what_is_no_pdf_is_broken(data, pki, tmp_path):
    file = tmp_path / "naskah.pdf"
    file.write_bytes(data)
    assert judging.look_here(file, trust=Trust(()), frozen=None).faults == ("signing.broken",)


def test_it_is_looked_into_by_a_process_of_its_own_that_may_die(signed):
    """That it finds what this process would find is seen in every demonstration."""
    limits = Limits(seconds=30, memory_mebibytes=60)
    assert validation.look(signed, trust=Trust(()), limits=limits).faults == ("signing.broken",)


def test_a_secret_is_shown_nowhere():
    secret = Secret(PASSPHRASE)
    assert PASSPHRASE not in repr(Given(secret))
    with pytest.raises(TypeError):
        pickle.dumps(secret)


def _signed_again(data: bytes, signer: Local) -> bytes:
    with pikepdf.open(io.BytesIO(data)) as pdf:
        assert len(pdf.Root.AcroForm.Fields) == 1
    former, local.FIELD = local.FIELD, "Kedua"
    try:
        return signer.sign(order(data), RIGHT)
    finally:
        local.FIELD = former
