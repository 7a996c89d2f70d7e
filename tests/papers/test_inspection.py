"""What may be filed as a letter: a plain PDF; each lie about it is named."""

import io
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
