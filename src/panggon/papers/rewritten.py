"""Is a PDF that was written anew while it was signed still the paper that was frozen, with a signature and no more?

Some gateways do not append to the bytes that they are given: they read the document and write it again, with other
numbers of objects, packed otherwise. Such a file is the same when all that a reader can come to from its catalog is the
same (`graphs`), but for what a signature adds: its field with its picture, the flag that says so, the proofs of later
checks. All else is told as the part of the document that differs, and the file is not issued.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pikepdf

from panggon.core.papers.signing import Part, Place
from panggon.papers import xmp
from panggon.papers.graphs import Graphs, items, reached
from panggon.papers.inspection import is_active

ROUNDED = 1.0  # points by which a gateway may round the box of its stamp
# Compared by themselves, or free for what a signature needs (a newer version, its proofs, the extensions it uses).
OWN_WAY = frozenset({"/Pages", "/AcroForm", "/Metadata", "/Names", "/DSS", "/Extensions", "/Version"})
PARTS = {
    "/StructTreeRoot": Part.STRUCTURE,
    "/MarkInfo": Part.STRUCTURE,
    "/Lang": Part.METADATA,
    "/Names/EmbeddedFiles": Part.ATTACHMENTS,
    "/AF": Part.ATTACHMENTS,
    "/OCProperties": Part.LAYERS,
    "/OpenAction": Part.ACTIONS,
    "/AA": Part.ACTIONS,
    "/Names/JavaScript": Part.ACTIONS,
}
DSS_KEYS = frozenset({"/Type", "/Certs", "/OCSPs", "/CRLs", "/VRI"})
# Who wrote the file last, and when.
INFO_FREE = frozenset({"/Producer", "/ModDate"})
XMP_FREE = frozenset(
    {
        "{http://ns.adobe.com/pdf/1.3/}Producer",
        "{http://ns.adobe.com/xap/1.0/}ModifyDate",
        "{http://ns.adobe.com/xap/1.0/}MetadataDate",
        "{http://ns.adobe.com/xap/1.0/mm/}InstanceID",
    }
)
# Of the form: text fields would be drawn with the last two, and there is none.
FORM_FREE = ("/Fields", "/SigFlags", "/DA", "/DR")
FIELD_KEYS = frozenset(
    "/Type /Subtype /FT /T /TU /Ff /F /Rect /P /V /AP /MK /DA /H /Lock".split()  # noqa: SIM905 (read as one line)
)
SIGNATURE_KEYS = frozenset(
    "/Type /Filter /SubFilter /ByteRange /Contents /M /Name /Reason /Location /ContactInfo /Prop_Build".split()  # noqa: SIM905
)
FLAGS = 4 | 64 | 128 | 512  # printed, read only, locked (12.5.3); none that hides it or lets it keep its size in a zoom
BY_ANOTHER = frozenset({"/OC", "/Ref", "/OPI", "/PS"})  # what would show a picture otherwise than it stands there


@dataclass(frozen=True, slots=True)
class Difference:
    """The part that is otherwise; `page` from 1 where it is one of a page."""

    part: Part
    page: int = 0


def difference(ours: pikepdf.Pdf, theirs: pikepdf.Pdf, *, place: Place) -> Difference | None:
    """The first one; None when it is the same document with one signature, seen nowhere but at `place`.

    `theirs` has to be opened without recovery; a file of which the library says anything is read by each reader in
    its own way. May raise whatever a library raises over a broken file.
    """
    found = next(_differences(ours, theirs, place), None)
    return found or (Difference(Part.FILE) if theirs.get_warnings() else None)


# ------------------------------------------------------------------------------------------------------------------


def _differences(ours: pikepdf.Pdf, theirs: pikepdf.Pdf, place: Place) -> Iterator[Difference]:
    if theirs.is_encrypted:
        yield Difference(Part.FILE)
    if len(theirs.pages) != len(ours.pages) or _counted(theirs.Root.Pages) != len(ours.pages):
        yield Difference(Part.PAGES)
        return
    pages = [(mine.obj, other.obj) for mine, other in zip(ours.pages, theirs.pages, strict=True)]
    graphs = Graphs(pages)
    field = _only_field(ours, theirs)
    if field is None:
        yield Difference(Part.FORM)
        return
    for number, (mine, other) in enumerate(pages, 1):
        stands_here = number == place.page
        for part in _of_page(mine, other, graphs, field=field if stands_here else None):
            yield Difference(part, number)
        if stands_here and not _is_stamp(field, other, place):
            yield Difference(Part.STAMP, number)
    if not _is_signature_field(field):
        yield Difference(Part.SIGNATURE)
    if not _is_form(ours, theirs, graphs):
        yield Difference(Part.FORM)
    yield from map(Difference, _of_catalog(ours.Root, theirs.Root, graphs))
    if not _same_metadata(ours, theirs, graphs):
        yield Difference(Part.METADATA)


def _of_page(mine: Any, other: Any, graphs: Graphs, *, field: Any) -> Iterator[Part]:
    if _content(mine) != _content(other):
        yield Part.CONTENT
    if not graphs.same(mine.get("/Resources"), other.get("/Resources")):
        yield Part.RESOURCES
    notes, theirs = list(mine.get("/Annots", [])), list(other.get("/Annots", []))
    if field is not None:
        stamps = [note for note in theirs if note.objgen == field.objgen]
        theirs = [note for note in theirs if note.objgen != field.objgen]
        if len(stamps) != 1:
            yield Part.ANNOTATIONS
    if len(notes) != len(theirs) or not all(map(graphs.same, notes, theirs)):
        yield Part.ANNOTATIONS
    if not graphs.same_items(mine, other, but=("/Parent", "/Contents", "/Resources", "/Annots")):
        yield Part.PAGE


def _counted(node: Any) -> int:
    """Pages below this node of their tree; -1 where it says another number than there are, as some readers go by it."""
    if "/Kids" not in node:
        return 1
    below = [_counted(kid) for kid in node.Kids]
    return sum(below) if -1 not in below and node.get("/Count") == sum(below) else -1


def _content(page: Any) -> bytes:
    """In parts or in one: a page is drawn by all of them, one after the other (7.8.2)."""
    said = page.get("/Contents")
    streams = list(said) if isinstance(said, pikepdf.Array) else [said] if said is not None else []
    return b"\n".join(stream.read_bytes() for stream in streams)


def _of_catalog(mine: Any, other: Any, graphs: Graphs) -> Iterator[Part]:
    left, right = _named(mine), _named(other)
    for key in sorted(left.keys() | right.keys()):
        if not (key in left and key in right and graphs.same(left[key], right[key])):
            yield PARTS.get(key, Part.REST)
    extensions, version = other.get("/Extensions"), other.get("/Version")
    if not (version is None or isinstance(version, pikepdf.Name)) or not _is_plain(extensions):
        yield Part.REST
    if not items(other.get("/DSS")).keys() <= DSS_KEYS:
        yield Part.REST


def _named(catalog: Any) -> dict[str, Any]:
    names = {f"/Names{key}": value for key, value in items(catalog.get("/Names")).items()}
    return {key: value for key, value in items(catalog).items() if key not in OWN_WAY} | names


def _same_metadata(ours: pikepdf.Pdf, theirs: pikepdf.Pdf, graphs: Graphs) -> bool:
    mine, other = ours.trailer.get("/Info"), theirs.trailer.get("/Info")
    if not _is_plain(other) or not graphs.same_items(mine, other, but=INFO_FREE):
        return False
    try:
        return _said(ours) == _said(theirs)
    except (AttributeError, ValueError):
        return False


def _said(document: pikepdf.Pdf) -> dict[str, Any]:
    said = xmp.properties(document.Root.Metadata.read_bytes())
    return {name: value for name, value in said.items() if name not in XMP_FREE}


# -- What a signature adds -----------------------------------------------------------------------------------------


def _only_field(ours: pikepdf.Pdf, theirs: pikepdf.Pdf) -> Any:
    """The one field; None when there are others, or it is none that can stand on a page."""
    before, fields = (list(items(each.Root.get("/AcroForm")).get("/Fields", [])) for each in (ours, theirs))
    is_one = not before and len(fields) == 1 and isinstance(fields[0], pikepdf.Dictionary) and fields[0].is_indirect
    return fields[0] if is_one else None


def _is_form(ours: pikepdf.Pdf, theirs: pikepdf.Pdf, graphs: Graphs) -> bool:
    form = items(theirs.Root.AcroForm)
    return (
        graphs.same_items(ours.Root.AcroForm, theirs.Root.AcroForm, but=FORM_FREE)
        and isinstance(form.get("/SigFlags", 0), int)
        and all(_is_plain(form.get(key)) for key in ("/DA", "/DR"))
    )


def _is_signature_field(field: Any) -> bool:
    said = items(field)
    signature = items(said.get("/V"))
    rest = [value for key, value in said.items() if key not in ("/AP", "/P", "/V")]
    return (
        said.keys() <= FIELD_KEYS
        and bool(signature)
        and signature.keys() <= SIGNATURE_KEYS
        and said.get("/FT") == "/Sig"
        and all(map(_is_plain, [*rest, *signature.values()]))
    )


def _is_stamp(field: Any, page: Any, place: Place) -> bool:
    """A picture and nothing but a picture, which is clipped to its box by every reader (12.5.5)."""
    said = items(field)
    looks, flags = items(said.get("/AP")), said.get("/F", 0)
    picture = looks.get("/N")
    return (
        said.get("/Subtype") == "/Widget"
        and ("/P" not in said or said["/P"].objgen == page.objgen)
        and isinstance(flags, int)
        and not flags & ~FLAGS
        and _is_within(said.get("/Rect"), place)
        and looks.keys() == {"/N"}
        and isinstance(picture, pikepdf.Stream)
        and picture.get("/Subtype") == "/Form"
        and _is_plain(picture, streams=True)
    )


def _is_within(box: Any, place: Place) -> bool:
    sides = [float(side) for side in box] if isinstance(box, pikepdf.Array) else []
    if len(sides) != 4 or not all(map(math.isfinite, sides)):
        return False
    across, up = sorted(sides[0::2]), sorted(sides[1::2])
    return (
        place.x - ROUNDED <= across[0] < across[1] <= place.x + place.width + ROUNDED
        and place.y - ROUNDED <= up[0] < up[1] <= place.y + place.height + ROUNDED
    )


def _is_plain(value: Any, *, streams: bool = False) -> bool:
    """Whether nothing that can be come to from here acts, shows something else, is another page or (else) a stream."""
    return not any(
        is_active(found)
        or (isinstance(found, pikepdf.Stream) and not streams)
        or not BY_ANOTHER.isdisjoint(items(found))
        or str(items(found).get("/Subtype", "")) == "/PS"
        or str(items(found).get("/Type", "")) in ("/Page", "/Pages", "/Catalog", "/OCG", "/OCMD")
        for found in reached(value)
    )
