"""What may be filed as a letter: a plain PDF; each lie about it is named."""

import io
import resource
import struct
import zipfile
import zlib
from functools import cache
from pathlib import Path

import pikepdf
import pytest

from panggon.core.errors import InvalidError
from panggon.papers import inspection
from panggon.papers.apart import Limits
from panggon.papers.inspection import SIZE_LIMIT_MEBIBYTES, inspect_letter, letter_faults

LETTER = (Path(__file__).parents[2] / "examples" / "surat-permohonan.pdf").read_bytes()


def changed(change, **save) -> bytes:
    with pikepdf.open(io.BytesIO(LETTER)) as document:
        change(document)
        out = io.BytesIO()
        document.save(out, **save)
    return out.getvalue()


def script(document: pikepdf.Pdf) -> None:
    document.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)")


def nested_script(document: pikepdf.Pdf) -> None:
    action = pikepdf.Dictionary(Type=pikepdf.Name.Action, S=pikepdf.Name.Launch, F="cmd.exe")
    document.pages[0].obj.AA = pikepdf.Dictionary(O=action)


def attachment(document: pikepdf.Pdf) -> None:
    document.attachments["x.exe"] = b"MZ"


def no_pages(document: pikepdf.Pdf) -> None:
    del document.pages[:]


def stream_of(content: bytes, **keys) -> bytes:
    """The letter with one more stream, its bytes as given."""

    def add(document: pikepdf.Pdf) -> None:
        document.Root.More = document.make_indirect(pikepdf.Stream(document, content, **keys))

    return changed(add, compress_streams=False, stream_decode_level=pikepdf.StreamDecodeLevel.none)


@cache
def deflated(mebibytes: int) -> bytes:
    """So many zeros, in a thousandth of them."""
    deflater = zlib.compressobj(9)
    piece = bytes(1024 * 1024)
    return b"".join([*(deflater.compress(piece) for _ in range(mebibytes)), deflater.flush()])


FLATE = pikepdf.Name.FlateDecode
PICTURE = {"Type": pikepdf.Name.XObject, "Subtype": pikepdf.Name.Image, "Filter": FLATE}


def archive() -> bytes:
    """A PDF that is also a ZIP: its directory stands at the end."""
    out = io.BytesIO(LETTER)
    with zipfile.ZipFile(out, "a") as file:
        file.writestr("x.exe", b"MZ")
    return out.getvalue()


def object_stream(content: bytes) -> bytes:
    """A table of objects as readers inflate it when they open the file, written by hand."""
    head = b"%%PDF-1.5\n1 0 obj\n<< /Type /ObjStm /N 1 /First 4 /Filter /FlateDecode /Length %d >>\nstream\n"
    end = b"\nendstream\nendobj\ntrailer\n<< /Root 1 0 R >>\nstartxref\n0\n%%EOF\n"
    return head % len(content) + content + end


def overlapping() -> bytes:
    """5,000 streams, each of which goes on to the end of the file through all that begin after it."""
    nothing = b"\0\0\0\xff\xff" * 700  # stored blocks without contents
    begin = b"stream\n\x78\x01"
    piece = bytes([0, len(begin), 0, 255 - len(begin), 255]) + begin + nothing
    return b"%PDF-1.7\n" + begin + nothing + piece * 5000 + b"\nendstream\n%%EOF"


def packed_otherwise(mebibytes: int) -> bytes:
    """A table of objects that swells when it is opened, packed as our own look at it does not know."""
    objects = b"1 0 2 30 3 80 ".ljust(14) + b"<</Type/Catalog/Pages 2 0 R>> "
    objects += b"<</Type/Pages/Kids[3 0 R]/Count 1>>".ljust(50) + b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>> "
    deflater = zlib.compressobj(9)
    spaces = b" " * 1024 * 1024
    pieces = [deflater.compress(objects), *(deflater.compress(spaces) for _ in range(mebibytes)), deflater.flush()]
    content = b"".join(pieces).hex().encode() + b">"
    head = b"<</Type/ObjStm/N 3/First 14/Filter[/ASCIIHexDecode/FlateDecode]/Length %d>>" % len(content)
    first = b"%PDF-1.7\n"
    stream = b"4 0 obj" + head + b"stream\n" + content + b"\nendstream endobj\n"
    place = len(first + stream)
    rows = [(0, 0, 0), (2, 4, 0), (2, 4, 1), (2, 4, 2), (1, len(first), 0), (1, place, 0)]
    table = b"".join(struct.pack(">BIH", *row) for row in rows)
    tail = b"5 0 obj<</Type/XRef/Size 6/W[1 4 2]/Root 1 0 R/Length %d>>stream\n" % len(table)
    return first + stream + tail + table + b"\nendstream endobj\nstartxref\n%d\n%%%%EOF\n" % place


def test_a_letter_that_swells_ends_only_the_process_that_looks_into_it(monkeypatch):
    monkeypatch.setattr(inspection, "LIMITS", Limits(seconds=20, memory_mebibytes=320))
    assert inspect_letter(LETTER) is None
    assert letter_faults(packed_otherwise(1)) == []
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(InvalidError) as refused:
        inspect_letter(packed_otherwise(200))
    assert refused.value.faults[0].code in ("letter.bomb", "letter.broken")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # KiB


def test_a_letter_is_looked_into_once(monkeypatch):
    looks = []
    monkeypatch.setattr(inspection, "_KNOWN", {})
    monkeypatch.setattr(
        inspection, "look_into", lambda data, look, **_: looks.append(data) or ["letter.active_content"]
    )
    for _ in range(2):
        with pytest.raises(InvalidError) as refused:
            inspect_letter(LETTER)
        assert [(fault.code, fault.field) for fault in refused.value.faults] == [("letter.active_content", "letter")]
    assert looks == [LETTER]


def test_large_pictures_are_a_letters_own():
    assert letter_faults(stream_of(deflated(100), **PICTURE)) == []


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (stream_of(deflated(40), Filter=FLATE), "letter.bomb"),
        (stream_of(deflated(300), **PICTURE), "letter.bomb"),
        (stream_of(zlib.compress(deflated(40)), Filter=pikepdf.Array([FLATE, FLATE])), "letter.bomb"),
        (object_stream(deflated(300)), "letter.bomb"),
        (overlapping(), "letter.bomb"),
        (archive(), "letter.two_files"),
        (LETTER + b"MZ\x90\0", "letter.two_files"),
        (LETTER.replace(b"\n", b"\n%<script>alert(1)</script>\n", 1), "letter.two_files"),
    ],
    ids=["text", "picture", "twice", "objects", "overlapping", "archive", "behind", "page"],
)
def test_what_is_more_than_a_letter_is_refused_before_it_is_opened(data, expected, monkeypatch):
    monkeypatch.delattr(inspection.pikepdf, "open")
    assert letter_faults(data) == [expected]


def test_the_example_letter_is_accepted():
    assert inspect_letter(LETTER) is None


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", ["letter.empty"]),
        (b"Yth. Kepala Dinas", ["letter.not_pdf"]),
        (b"GIF89a" + LETTER, ["letter.not_pdf"]),
        (b"%PDF-1.7 and nothing else", ["letter.broken"]),
        (b"%PDF-" + bytes(SIZE_LIMIT_MEBIBYTES * 1024 * 1024), ["letter.too_large"]),
        (changed(script), ["letter.active_content"]),
        (changed(nested_script), ["letter.active_content"]),
        (changed(attachment), ["letter.active_content"]),
        (changed(no_pages), ["letter.no_pages"]),
        (changed(lambda _: None, encryption=pikepdf.Encryption(owner="o", user="u")), ["letter.encrypted"]),
        (changed(lambda _: None, encryption=pikepdf.Encryption(owner="o", user="")), ["letter.encrypted"]),
    ],
    ids=[
        "empty",
        "text",
        "polyglot",
        "broken",
        "large",
        "script",
        "launch",
        "attachment",
        "pageless",
        "locked",
        "owner",
    ],
)
def test_what_is_not_a_plain_pdf_is_named(data, expected):
    assert letter_faults(data) == expected
