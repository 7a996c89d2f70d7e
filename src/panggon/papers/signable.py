"""Making a paper ready for a signature, and finding where its stamp goes. Only for papers that Panggon made itself."""

import io
from uuid import UUID

import pikepdf
from django.conf import settings

from panggon.core.papers.signing import Place

# Where a template says nothing: lower right on the last page of A4.
USUAL = (325.0, 70.0, 213.0, 91.0)


def verification_address(paper: UUID) -> str:
    """The public page that verifies this paper; for ever the same, because it is printed."""
    return f"{settings.PANGGON_BASE_URL}/verifikasi/{paper}/"


def made_signable(data: bytes) -> bytes:
    """With an empty form, so that whatever signs adds a field to it and changes nothing else. Same bytes each time."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(data)) as pdf:
        if "/AcroForm" not in pdf.Root:
            pdf.Root.AcroForm = pdf.make_indirect(pikepdf.Dictionary(Fields=pikepdf.Array()))
        pdf.save(out, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    return out.getvalue()


def place_of(data: bytes, address: str) -> Place:
    """The box that the template links to the paper's page of verification; the usual place where there is none."""
    with pikepdf.open(io.BytesIO(data)) as pdf:
        for number, page in enumerate(pdf.pages, 1):
            for note in page.get("/Annots", []):
                if str(note.get("/A", pikepdf.Dictionary()).get("/URI", "")) == address:
                    left, bottom, right, top = sorted_box([float(side) for side in note.Rect])
                    return Place(number, left, bottom, right - left, top - bottom, _height(page))
        return Place(len(pdf.pages), *USUAL, _height(pdf.pages[-1]))


def sorted_box(sides: list[float]) -> tuple[float, float, float, float]:
    """Lower left and upper right, whichever corners a PDF names."""
    return min(sides[0::2]), min(sides[1::2]), max(sides[0::2]), max(sides[1::2])


# ------------------------------------------------------------------------------------------------------------------


def _height(page: pikepdf.Page) -> float:
    _, bottom, _, top = sorted_box([float(side) for side in page.mediabox])
    return top - bottom
