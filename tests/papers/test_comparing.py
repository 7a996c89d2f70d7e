"""The two halves of comparing papers that look into a document: graphs of its objects, and its metadata."""

import pikepdf
import pytest
from pikepdf import Dictionary

from panggon.papers import xmp
from panggon.papers.graphs import Graphs


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
