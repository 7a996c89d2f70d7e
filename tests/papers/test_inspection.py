"""What may be filed as a letter: a plain PDF; each lie about it is named."""

import io
import time
import zipfile
import zlib
from functools import cache
from pathlib import Path

import pikepdf
import pytest

from panggon.core.errors import InvalidError
from panggon.papers.inspection import SIZE_LIMIT_MEBIBYTES, inspect_letter

LETTER = (Path(__file__).parents[2] / "examples" / "surat-permohonan.pdf").read_bytes()


def changed(change, **save) -> bytes:
    with pikepdf.open(io.BytesIO(LETTER)) as document:
        change(document)
        out = io.BytesIO()
        document.save(out, **save)
    return out.getvalue()


def codes(data: bytes) -> list[str]:
    with pytest.raises(InvalidError) as refused:
        inspect_letter(data)
    assert {fault.field for fault in refused.value.faults} == {"letter"}
    return [fault.code for fault in refused.value.faults]


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


def test_large_pictures_are_a_letters_own():
    assert inspect_letter(stream_of(deflated(100), **PICTURE)) is None


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (stream_of(deflated(40), Filter=FLATE), "letter.bomb"),
        (stream_of(deflated(300), **PICTURE), "letter.bomb"),
        (stream_of(zlib.compress(deflated(40)), Filter=pikepdf.Array([FLATE, FLATE])), "letter.bomb"),
        (object_stream(deflated(300)), "letter.bomb"),
        (archive(), "letter.two_files"),
        (LETTER + b"MZ\x90\0", "letter.two_files"),
        (LETTER.replace(b"\n", b"\n%<script>alert(1)</script>\n", 1), "letter.two_files"),
    ],
    ids=["text", "picture", "twice", "objects", "archive", "behind", "page"],
)
def test_what_is_more_than_a_letter_is_refused_before_it_is_opened(data, expected):
    began = time.monotonic()
    assert codes(data) == [expected]
    assert time.monotonic() - began < 5


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
    assert codes(data) == expected
