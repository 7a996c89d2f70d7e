"""What is seen of a signature, as PDF for the local certificate and as picture for a gateway."""

import io
from typing import Any

import pypdfium2
import segno

from panggon.core.papers.signing import Signatory
from panggon.papers.printing import render
from panggon.papers.signers.interface import Stamp

DOTS_PER_POINT = 300 / 72
ISSUER = "BSrE"


def stamp(person: Signatory, *, note: str, address: str, simulation: bool, frame: dict[str, Any]) -> Stamp:
    """With name, title, NIP and a QR that leads to `address`. Raises what `printing.render` raises."""
    pdf = render("stempel.typ", {**frame, **stamp_facts(person, note=note, address=address, simulation=simulation)})
    return Stamp(pdf, _picture(pdf))


def stamp_facts(person: Signatory, *, note: str, address: str, simulation: bool) -> dict[str, Any]:
    code = io.BytesIO()
    segno.make(address, error="m", micro=False).save(code, kind="svg", border=1)
    return {
        "qr": code.getvalue().decode(),
        "signer": {"role": person.role, "name": person.name, "number": person.nip, "note": note},
        "simulation": simulation,
        "issuer": ISSUER,
    }


# ------------------------------------------------------------------------------------------------------------------


def _picture(pdf: bytes) -> bytes:
    document = pypdfium2.PdfDocument(pdf)
    picture = io.BytesIO()
    document[0].render(scale=DOTS_PER_POINT).to_pil().convert("RGB").save(picture, "PNG")
    return picture.getvalue()
