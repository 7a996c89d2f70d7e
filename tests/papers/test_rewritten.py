"""A gateway may write a paper anew while it signs; one thing changed, added or taken away, and it is not issued."""

import random
import re
import subprocess
import tempfile
from decimal import Decimal
from pathlib import Path

import pikepdf
import pytest
from pikepdf import Array, AttachedFileSpec, Dictionary, Name, ObjectStreamMode

from panggon.core.papers.signing import Level, Part, Place
from panggon.papers import judging
from panggon.papers.rendering import render
from panggon.papers.rewritten import Difference, difference
from panggon.papers.samples import SAMPLES
from panggon.papers.signable import made_signable, place_of
from panggon.papers.signed import Frozen, Signed, Trust
from panggon.papers.signers import gateway as esign
from panggon.papers.signers.interface import Given, Order, Secret, Stamp
from panggon.papers.signers.local import Local
from tests.papers.changes import HOSTILE, changed, opened, packed, paint, saved
from tests.papers.gateway import Gateway, picture
from tests.papers.orders import PERSON
from tests.papers.pki import PASSPHRASE

ADDRESS = "https://hosting.example.go.id/verifikasi/00000000-0000-4000-8000-000000000001/"
PICTURE = b"\x80" * 48


@pytest.fixture(scope="module")
def frozen() -> bytes:
    """A paper of several pages, with a picture and a file inside, as a department's template could make it."""
    sample = SAMPLES["access-document"]
    pdf = opened(render(sample.template, {**sample.facts, "signature": {"page": ADDRESS}}))
    image = pdf.make_stream(PICTURE, Type=Name.XObject, Subtype=Name.Image, Width=4, Height=4)
    image.ColorSpace, image.BitsPerComponent = Name.DeviceRGB, 8
    pdf.pages[0].Resources.XObject = Dictionary(Im0=image)
    pdf.attachments["bukti.json"] = AttachedFileSpec(pdf, b'{"ok": true}', filename="bukti.json")
    return made_signable(saved(pdf))


@pytest.fixture(scope="module")
def place(frozen) -> Place:
    return place_of(frozen, ADDRESS)


@pytest.fixture(scope="module")
def sign(pki, place):
    """As the stand-in of a gateway does it."""

    def signed(data: bytes, *, at: Place = place, anew: bool = False) -> bytes:
        where = (at.page, at.x, at.y, at.width, at.height)
        return Gateway(pki).sign(data, place=where, picture=picture(), anew=anew)

    return signed


@pytest.fixture(scope="module")
def signed(frozen, sign) -> bytes:
    return sign(packed(frozen))


@pytest.fixture
def judge(frozen, place, pki, tmp_path):
    def judged(data: bytes, *, by_gateway: bool = True) -> Signed:
        file = tmp_path / "naskah.pdf"
        file.write_bytes(data)
        meant = Frozen(frozen, place if by_gateway else None)
        return judging.look_here(file, trust=Trust((pki.root.dump(),), asks=True), frozen=meant)

    return judged


# -- Gateways that write anew --------------------------------------------------------------------------------------


def by_qpdf(data: bytes) -> bytes:
    """Everything unpacked, other numbers, other places."""
    return run("qpdf", data, "--qdf", "--object-streams=disable", "--normalize-content=n", then="-")


def run(program: str, data: bytes, *options: str, then: str | None = None) -> bytes:
    with tempfile.NamedTemporaryFile(suffix=".pdf") as file:
        Path(file.name).write_bytes(data)
        command = [program, *options, file.name, *([then] if then else [])]
        return subprocess.run(command, capture_output=True, check=True).stdout


def by_another_producer(data: bytes) -> bytes:
    """As libraries for PDF do it that say so in the file; and with the fonts that they give to every form."""
    pdf = opened(data)
    with pdf.open_metadata(set_pikepdf_as_editor=False, update_docinfo=False) as said:
        said["pdf:Producer"], said["xmp:ModifyDate"] = "Pustaka Lain 5.5.13", "2026-11-24T10:00:00+07:00"
    pdf.docinfo["/Producer"], pdf.docinfo["/ModDate"] = "Pustaka Lain 5.5.13", "D:20261124100000+07'00'"
    pdf.Root.AcroForm.DA = pikepdf.String("/Helv 0 Tf 0 g ")
    helvetica = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
    pdf.Root.AcroForm.DR = Dictionary(Font=Dictionary(Helv=pdf.make_indirect(helvetica)))
    return saved(pdf, object_stream_mode=ObjectStreamMode.generate)


@pytest.mark.parametrize("anew", [False, True], ids=["then appends", "in one"])
@pytest.mark.parametrize("writes", [packed, by_qpdf, by_another_producer, bytes])
def test_the_same_document_written_anew_is_accepted_of_a_gateway_only(frozen, sign, judge, writes, anew):
    data = sign(writes(frozen), anew=anew)
    found = judge(data)
    assert (found.faults, found.name, found.rewritten) == ((), "Kadis", anew or writes is not bytes)
    is_appended = writes is bytes and not anew
    assert judge(data, by_gateway=False).faults == (() if is_appended else ("signing.not_same",))


def test_proofs_for_later_years_may_stand_in_it(frozen, place, pki, judge):
    stamp = Stamp(render("stempel.typ", SAMPLES["stamp"].facts))
    order = Order(packed(frozen), PERSON, place, stamp, "Pengesahan", "Pekalongan")
    service = esign.Gateway(pki.time_stamps, seconds=60, is_plain=True)
    found = judge(Local(pki.person("head"), (pki.root,), service).sign(order, Given(Secret(PASSPHRASE))))
    assert (found.faults, found.level, found.rewritten) == ((), Level.B_LT, True)


def test_what_is_whole_but_another_document_is_told_by_its_part(frozen, sign, judge, place):
    painted = sign(saved(changed(frozen, paint)))
    assert (judge(painted).faults, judge(painted).page) == (("signing.differs.content",), 1)
    beside = Place(place.page, 20, 20, 500, 700)
    assert judge(sign(packed(frozen), at=beside)).faults == ("signing.differs.stamp",)
    assert judge(sign(frozen, anew=True)[:-200]).faults
    flipped = bytearray(sign(packed(frozen)))
    flipped[-400] ^= 1
    assert judge(bytes(flipped)).faults
    later = saved(changed(sign(packed(frozen)), paint))  # which the signature does not cover any more
    assert "signing.not_intact" in judge(later).faults


def test_what_readers_could_read_in_two_ways_is_refused(frozen, sign, judge, place):
    signed = sign(packed(frozen))
    assert judge(b"\n" + signed).faults == ("signing.broken",)
    assert judge(signed + b"\n% more").faults == ("signing.added_later",)
    twice = by_qpdf(signed).replace(b"/MediaBox [", b"/MediaBox [ 0 0 9 9 ] /MediaBox [", 1)
    mended = opened(run("fix-qdf", twice), attempt_recovery=False)
    assert difference(opened(frozen), mended, place=place) == Difference(Part.FILE)


def test_a_tree_of_pages_may_be_another_but_counts_right(frozen, signed, place):
    pdf = opened(signed)
    pdf.Root.Pages.Kids = Array([pdf.make_indirect(Dictionary(Type=Name.Pages, Kids=pdf.Root.Pages.Kids))])
    data = saved(pdf, object_stream_mode=ObjectStreamMode.disable)
    assert difference(opened(frozen), opened(data), place=place) is None
    first, second = (found.start() for found in re.finditer(b"/Count 2", data))
    for at in (first, second):
        hiding = data[:at] + b"/Count 1" + data[at + 8 :]
        assert difference(opened(frozen), opened(hiding), place=place) == Difference(Part.PAGES)


def test_others_find_it_valid_too(signed, tmp_path):
    file = tmp_path / "naskah.pdf"
    file.write_bytes(signed)
    said = subprocess.run(["pdfsig", "-nocert", str(file)], capture_output=True, text=True).stdout
    assert "Signature Validation: Signature is Valid." in said
    assert "Total document signed" in said
    assert subprocess.run(["qpdf", "--check", str(file)], capture_output=True).returncode == 0


# -- Hostile changes -----------------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore:This document has 1 form widget")
@pytest.mark.parametrize(("change", "part", "page"), HOSTILE)
def test_one_thing_that_is_otherwise_is_found_and_named(frozen, signed, place, change, part, page):
    data = saved(changed(signed, change), object_stream_mode=ObjectStreamMode.generate)
    found = difference(opened(frozen), opened(data, attempt_recovery=False), place=place)
    assert found == Difference(part, page)


def test_nothing_is_found_where_nothing_was_changed(frozen, signed, place):
    again = saved(opened(signed), object_stream_mode=ObjectStreamMode.generate)
    assert difference(opened(frozen), opened(again, attempt_recovery=False), place=place) is None
    locked = saved(opened(signed), encryption=pikepdf.Encryption(owner="a", user=""))
    assert difference(opened(frozen), opened(locked), place=place) == Difference(Part.FILE)


# -- Any value ------------------------------------------------------------------------------------------------------

PACKING = ("/Length", "/Filter", "/DecodeParms")
ELSEWHERE = ("/Parent", "/Kids", "/AcroForm", "/ModDate")  # the tree of pages may be another, the last are free


def values(pdf: pikepdf.Pdf) -> list:
    """Where each value stands that a reader can come to: what holds it, and under which key or number."""
    waiting, seen, found = [pdf.Root, *(page.obj for page in pdf.pages), pdf.trailer.Info], set(), []
    while waiting:
        holder = waiting.pop()
        if holder.is_indirect and holder.objgen in seen:
            continue
        seen.add(holder.objgen)
        inside = range(len(holder)) if isinstance(holder, Array) else sorted(holder.keys())
        for key in inside:
            if key not in (*PACKING, *ELSEWHERE):
                found.append((holder, key))
                waiting.extend([holder[key]] if isinstance(holder[key], Dictionary | Array | pikepdf.Stream) else [])
    return found


def other_than(value):
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return value + 1
    return Name.Lain if value != Name.Lain else Name.Ini


def test_any_value_that_is_otherwise_or_missing_is_found(frozen, signed, place):
    """Of what was frozen: from the pages of the catalog down to the width of one letter."""
    chance = random.Random(1)
    for number in range(60):
        pdf = opened(frozen)
        holder, key = chance.choice(values(pdf))
        was = f"{number}: {key} of {holder!r}"
        if number % 3:
            holder[key] = other_than(holder[key])
        else:
            del holder[key]
        assert is_found(pdf, signed, place), was


def is_found(pdf: pikepdf.Pdf, signed: bytes, place: Place) -> bool:
    try:
        return difference(pdf, opened(signed), place=place) is not None
    except (pikepdf.PdfError, AttributeError, TypeError, ValueError):  # it is no document any more
        return True
