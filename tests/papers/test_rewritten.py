"""A gateway may write a paper anew while it signs; one thing changed, added or taken away, and it is not issued."""

import io
import random
import re
import subprocess
import tempfile
from decimal import Decimal
from pathlib import Path

import pikepdf
import pytest
from pikepdf import Array, AttachedFileSpec, Dictionary, Name, ObjectStreamMode

from panggon.core.signing import Level, Part, Place
from panggon.papers import validation, xmp
from panggon.papers.graphs import Graphs
from panggon.papers.rendering import render
from panggon.papers.rewritten import Difference, difference
from panggon.papers.samples import SAMPLES
from panggon.papers.signable import made_signable, place_of
from panggon.papers.signers import gateway as esign
from panggon.papers.signers.interface import Given, Order, Secret, Stamp
from panggon.papers.signers.local import Local
from panggon.papers.validation import Frozen, Trust
from tests.papers.gateway import Gateway, picture
from tests.papers.orders import PERSON
from tests.papers.pki import PASSPHRASE

ADDRESS = "https://hosting.example.go.id/verifikasi/00000000-0000-4000-8000-000000000001/"
PICTURE = b"\x80" * 48


def opened(data: bytes, **options) -> pikepdf.Pdf:
    return pikepdf.open(io.BytesIO(data), **options)


def saved(pdf: pikepdf.Pdf, **options) -> bytes:
    out = io.BytesIO()
    pdf.save(out, **options)
    return out.getvalue()


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
    def judged(data: bytes, *, by_gateway: bool = True) -> validation.Signed:
        file = tmp_path / "naskah.pdf"
        file.write_bytes(data)
        meant = Frozen(frozen, place if by_gateway else None)
        return validation.look_here(file, trust=Trust((pki.root.dump(),), asks=True), frozen=meant)

    return judged


# -- Gateways that write anew --------------------------------------------------------------------------------------


def packed(data: bytes) -> bytes:
    return saved(opened(data), object_stream_mode=ObjectStreamMode.generate, linearize=True)


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
    service = esign.Gateway(pki.time_stamps, seconds=20, is_plain=True)
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


def changed(data: bytes, change) -> pikepdf.Pdf:
    pdf = opened(data)
    change(pdf)
    return pdf


def paint(pdf):
    page = pdf.pages[0]
    page.Contents = Array([page.obj.Contents, pdf.make_stream(b"1 0 0 rg 80 600 300 90 re f")])


def reword(pdf):
    stream = pdf.pages[1].obj.Contents
    stream.write(stream.read_bytes().replace(b" Td", b" Tm", 1) + b" ")


def add_page(pdf):
    pdf.pages.append(pdf.pages[0])


def cover(pdf, subtype="/FreeText"):
    look = pdf.make_stream(b"1 g 0 0 300 90 re f", Type=Name.XObject, Subtype=Name.Form, BBox=[0, 0, 300, 90])
    note = Dictionary(Type=Name.Annot, Subtype=Name(subtype), Rect=[80, 600, 380, 690], AP=Dictionary(N=look))
    pdf.pages[0].obj.Annots.append(pdf.make_indirect(note))


def redirect(pdf):
    links = [note for note in pdf.pages[0].obj.Annots if "/A" in note]
    links[0].A.URI = pikepdf.String("https://lain.example/")


def first_font(pdf):
    return next(iter(pdf.pages[0].Resources.Font.as_dict().values()))


def swap_font(pdf):
    program = first_font(pdf).DescendantFonts[0].FontDescriptor
    program["/FontFile2" if "/FontFile2" in program else "/FontFile3"].write(b"another")


def swap_picture(pdf):
    pdf.pages[0].Resources.XObject.Im0.write(b"\x81" * 48)


def alter_to_unicode(pdf):
    stream = first_font(pdf).ToUnicode
    stream.write(stream.read_bytes().replace(b"<0", b"<1", 1))


def alter_attachment(pdf):
    pdf.Root.Names.EmbeddedFiles.Names[1].EF.F.write(b'{"ok": false}')


def layer(pdf):
    group = pdf.make_indirect(Dictionary(Type=Name.OCG, Name="Lapisan"))
    pdf.Root.OCProperties = Dictionary(OCGs=[group], D=Dictionary(OFF=[group]))


def run_at_opening(pdf):
    pdf.Root.OpenAction = Dictionary(S=Name.JavaScript, JS="app.alert(1)")


def run_by_name(pdf):
    pdf.Root.Names.JavaScript = Dictionary(Names=["a", Dictionary(S=Name.JavaScript, JS="app.alert(1)")])


def run_by_page(pdf):
    pdf.pages[0].obj.AA = Dictionary(O=Dictionary(S=Name.JavaScript, JS="app.alert(1)"))


def widget(pdf):
    return pdf.Root.AcroForm.Fields[0]


def run_by_field(pdf):
    widget(pdf).AA = Dictionary(E=Dictionary(S=Name.JavaScript, JS="app.alert(1)"))


def another_field(pdf):
    pdf.Root.AcroForm.Fields.append(pdf.make_indirect(Dictionary(FT=Name.Tx, T="kedua")))


def dynamic_form(pdf):
    pdf.Root.AcroForm.XFA = pdf.make_stream(b"<xdp/>")


def hidden_stamp(pdf):
    widget(pdf).F = 4 | 2


def stamp_that_grows(pdf):
    widget(pdf).F = 4 | 8


def two_looks(pdf):
    widget(pdf).AP.R = widget(pdf).AP.N


def stamp_with_layer(pdf):
    widget(pdf).AP.N.OC = pdf.make_indirect(Dictionary(Type=Name.OCG, Name="Lapisan"))


def stamp_beyond(pdf):
    left, bottom, right, top = (float(side) for side in widget(pdf).Rect)
    widget(pdf).Rect = [left, bottom, right, top + 40]


def stamp_twice(pdf):
    pdf.pages[0].obj.Annots.append(widget(pdf))


def title(pdf):
    pdf.docinfo["/Title"] = "Surat Lain"


def title_within(pdf):
    with pdf.open_metadata() as said:
        said["dc:title"] = "Surat Lain"


def language(pdf):
    pdf.Root.Lang = pikepdf.String("en")


def alternative(pdf):
    waiting = [pdf.Root.StructTreeRoot.K]
    while waiting:
        found = waiting.pop(0)
        if isinstance(found, Array):
            waiting.extend(found)
        elif isinstance(found, Dictionary):
            if "/Alt" in found:
                found.Alt = pikepdf.String("Bukan kode QR")
                return
            waiting.extend([found.K] if "/K" in found else [])
    raise AssertionError("no picture with words")


def crop(pdf):
    pdf.pages[0].obj.CropBox = [0, 0, 300, 300]


def turn(pdf):
    pdf.pages[1].obj.Rotate = 180


def initial_view(pdf):
    pdf.Root.PageMode = Name.UseAttachments


def foreign_proofs(pdf):
    pdf.Root.DSS = Dictionary(Certs=[], Lain=pdf.make_stream(b"x"))


HOSTILE = [
    (paint, Part.CONTENT, 1),
    (reword, Part.CONTENT, 2),
    (add_page, Part.PAGES, 0),
    (cover, Part.ANNOTATIONS, 1),
    (lambda pdf: cover(pdf, "/Widget"), Part.ANNOTATIONS, 1),
    (redirect, Part.ANNOTATIONS, 1),
    (swap_font, Part.RESOURCES, 1),
    (swap_picture, Part.RESOURCES, 1),
    (alter_to_unicode, Part.RESOURCES, 1),
    (alter_attachment, Part.ATTACHMENTS, 0),
    (layer, Part.LAYERS, 0),
    (run_at_opening, Part.ACTIONS, 0),
    (run_by_name, Part.ACTIONS, 0),
    (run_by_page, Part.PAGE, 1),
    (run_by_field, Part.SIGNATURE, 0),
    (another_field, Part.FORM, 0),
    (dynamic_form, Part.FORM, 0),
    (hidden_stamp, Part.STAMP, 2),
    (stamp_that_grows, Part.STAMP, 2),
    (two_looks, Part.STAMP, 2),
    (stamp_with_layer, Part.STAMP, 2),
    (stamp_beyond, Part.STAMP, 2),
    (stamp_twice, Part.ANNOTATIONS, 1),
    (title, Part.METADATA, 0),
    (title_within, Part.METADATA, 0),
    (language, Part.METADATA, 0),
    (alternative, Part.STRUCTURE, 0),
    (crop, Part.PAGE, 1),
    (turn, Part.PAGE, 2),
    (initial_view, Part.REST, 0),
    (foreign_proofs, Part.REST, 0),
]


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


def test_a_circle_that_is_written_otherwise_each_time_round_ends(monkeypatch):
    monkeypatch.setattr("panggon.papers.graphs.STEPS_MOST", 100)
    left, right = pikepdf.new(), pikepdf.new()
    ours, inner = left.make_indirect(Dictionary()), right.make_indirect(Dictionary())
    ours.A, inner.B = Dictionary(B=ours), Dictionary(A=inner)
    assert Graphs([]).same(ours, ours)
    assert not Graphs([]).same(ours, Dictionary(A=inner))


HEAD = "xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns:a='urn:a/' xmlns:b='urn:b/'"
TITLE = "<a:t><rdf:Alt><rdf:li xml:lang='id'>Naskah</rdf:li></rdf:Alt></a:t>"
ONE = f"<rdf:Description rdf:about='' a:x='1' b:y='http://z/'>{TITLE}<a:s b:p='2'/></rdf:Description>"
OTHER = (
    f"<rdf:Description><a:x>1</a:x>{TITLE}<a:s rdf:parseType='Resource'><b:p>2</b:p></a:s></rdf:Description>"
    "<rdf:Description rdf:about=''><b:y rdf:resource='http://z/'/></rdf:Description>"
)


def said(words: str) -> dict:
    return xmp.properties(f"<x><rdf:RDF {HEAD}>{words}</rdf:RDF></x>".encode())


def test_metadata_are_the_same_in_each_way_of_writing_them():
    assert said(ONE) == said(OTHER)
    for written, instead in (("Naskah", "Surat"), ("'id'", "'en'"), ("a:x", "a:z"), ("'2'", "'3'"), ("Alt", "Seq")):
        assert said(ONE.replace(written, instead)) != said(ONE), written
    for nonsense in ("<rdf:Description a:x='1'/>" * 2, "<a:t><b:p/><b:q/></a:t>", "<rdf:Description>"):
        with pytest.raises(ValueError, match=r"twice|t$|no XML"):
            said(nonsense if nonsense.startswith("<rdf") else f"<rdf:Description>{nonsense}</rdf:Description>")
