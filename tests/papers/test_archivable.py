"""Every paper, unsigned and signed, by a validator with veraPDF's rules of PDF/A-3; and what level A and PDF/UA add.

The validator approves only what it knows itself (pikepdf.pdfa), so that what it does not know is named here one by one.
"""

import io
import re

import pikepdf
import pytest
from pikepdf import pdfa

from panggon.papers.rendering import render
from panggon.papers.samples import SAMPLES
from panggon.papers.signable import made_signable, place_of
from panggon.papers.signers.interface import Given, Order, Secret, Stamp
from panggon.papers.signers.local import Local
from tests.papers.orders import PERSON
from tests.papers.pki import PASSPHRASE

PAGE = "https://hosting.panggon.test/verifikasi/1/"
PAPERS = [key for key in SAMPLES if key != "stamp"]
NOT_KNOWN_TO_IT = (
    r"pdfaid:conformance is 'A', expected 'B'",  # it has the rules of level B; what A adds is looked at below
    r"XMP namespace (pdfaExtension|pdfaSchema|pdfaProperty)=",  # extension schemas: 6.6.2.3.2 allows them
    r"XMP property pdfaExtension:schemas",
    r"XMP (namespace|property) \w+(=http://ns\.adobe\.com/xap/1\.0/t/pg/|:NPages)",  # XMP 2005, 4.6: predefined
    r"XMP (namespace|property) pdfuaid",  # ISO 14289-1, 5: described by an extension schema
    r"xmpMM:History is not checked",
    r"CFF FDArray FontMatrix is not supported",
    r"/CIDSet on a CIDFontType2 subset is not checked",
)
OF_A_SIGNATURE = (
    *NOT_KNOWN_TO_IT,
    r"/AcroForm\) are not supported",
    r"annotation type not supported",  # the widget of the signature
    r"developer extensions other than Adobe's",  # of ISO 32000-2 and ETSI, named as ISO 32000-1, 7.12 wants it
)


def findings(data: bytes, known: tuple[str, ...]) -> list[str]:
    report = pdfa.validate_written(io.BytesIO(data), "3b")
    return [str(found) for found in report.findings if not any(re.search(words, found.message) for words in known)]


@pytest.fixture(scope="module")
def made():
    """Each paper as it is frozen for a signature, and the stamp."""
    facts = {"simulation": False, "signature": {"page": PAGE}}
    return {key: render(sample.template, {**sample.facts, **facts}) for key, sample in SAMPLES.items()}


@pytest.fixture(scope="module")
def signed(made, pki):
    """All of them with the stamp that is seen."""
    key, given = Local(pki.person("head")), Given(Secret(PASSPHRASE))
    done = {}
    for name in PAPERS:
        frozen = made_signable(made[name])
        order = Order(frozen, PERSON, place_of(frozen, PAGE), Stamp(made["stamp"]), "Pengesahan", "Pekalongan")
        done[name] = key.sign(order, given)
    return done


@pytest.mark.parametrize("name", PAPERS)
def test_a_paper_is_for_the_archive_before_and_after_it_is_signed(name, made, signed):
    assert findings(made[name], NOT_KNOWN_TO_IT) == []
    assert findings(signed[name], OF_A_SIGNATURE) == []
    assert findings(without_form(signed[name]), OF_A_SIGNATURE) == []


@pytest.mark.parametrize("name", PAPERS)
def test_a_paper_can_be_read_aloud(name, signed):
    with pikepdf.open(io.BytesIO(signed[name])) as document:
        root = document.Root
        assert (str(root.Lang), bool(root.MarkInfo.Marked)) == ("id", True)
        assert bool(root.ViewerPreferences.DisplayDocTitle)
        assert not {"/OpenAction", "/AA", "/Names"} & set(root.keys())
        elements = list(elements_of(root.StructTreeRoot))
        assert elements
        assert [each for each in elements if each.get("/S") == "/Figure" and not each.get("/Alt")] == []
        assert str(root.AcroForm.Fields[0].TU) == "Tanda tangan elektronik"
        notes = [note for page in document.pages for note in page.get("/Annots", [])]
        assert {str(note.A.S) for note in notes if "/A" in note} <= {"/URI"}


def without_form(data: bytes) -> bytes:
    """The validator stops at a form; what else stands in a signed paper is looked at without it."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(data)) as document:
        for page in document.pages:
            kept = [note for note in page.get("/Annots", []) if note.get("/Subtype") != "/Widget"]
            if "/Annots" in page:
                page.Annots = pikepdf.Array(kept)
        del document.Root.AcroForm
        document.save(out, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    return out.getvalue()


def elements_of(element):
    """Every element of the structure."""
    inside = element.get("/K", [])
    for child in inside if isinstance(inside, pikepdf.Array) else [inside]:
        if isinstance(child, pikepdf.Dictionary) and "/S" in child:
            yield child
            yield from elements_of(child)
