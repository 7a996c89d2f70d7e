"""BSrE's Esign Client Service, which runs in the city's network: its API v2 and v1 (juknis v2.2.1)."""

import base64
import binascii
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from panggon.core.errors import PermanentError, TemporaryError
from panggon.core.papers.signing import NIK, Signatory, error_fault, status_fault
from panggon.papers.signers.gateway import Answer, BrokenOffError, Gateway, call
from panggon.papers.signers.interface import Given, Order

REFERENCE = "id_dokumen"  # header of v1, by which a signed document can be fetched again


@dataclass(frozen=True, slots=True)
class SecondVersion:
    """Nothing is kept at the gateway: what was lost on its way is signed again from the same frozen bytes.

    `from_above`: this installation counts the place of a stamp from the upper edge of the page.
    """

    gateway: Gateway
    from_above: bool = False

    def check(self, person: Signatory) -> None:
        _demand_nik(person)
        _refuse(_whole(self.gateway, "POST", "/api/v2/user/check/status", json={"nik": person.nik}))

    def sign(self, order: Order, given: Given) -> bytes:
        place = order.place
        properties = {
            "tampilan": "VISIBLE",
            "imageBase64": base64.b64encode(order.stamp.png).decode(),
            "page": place.page,
            "originX": place.x,
            "originY": place.up(from_above=self.from_above),
            "width": place.width,
            "height": place.height,
            "location": order.location,
            "reason": order.reason,
        }
        document = {
            "nik": order.person.nik,
            "passphrase": given.passphrase.reveal(),
            "signatureProperties": [properties],
            "file": [base64.b64encode(order.data).decode()],
        }
        answer = _whole(self.gateway, "POST", "/api/v2/sign/pdf", json=document)
        said = answer.json()
        if answer.status != HTTPStatus.OK:
            raise PermanentError(error_fault(said))
        files = said.get("file") if isinstance(said, dict) else None
        if not isinstance(files, list) or len(files) != 1:
            raise PermanentError(error_fault(said))
        return _decoded(files[0])

    def fetch(self, reference: str) -> None:  # noqa: ARG002 (the interface is the same for all)
        return None


@dataclass(frozen=True, slots=True)
class FirstVersion:
    """The gateway keeps what it signed: an answer that broke off is fetched by the document's id."""

    gateway: Gateway
    from_above: bool = False

    def check(self, person: Signatory) -> None:
        _demand_nik(person)
        _refuse(_whole(self.gateway, "GET", f"/api/user/status/{person.nik}"))

    def sign(self, order: Order, given: Given) -> bytes:
        place = order.place
        fields = {
            "nik": order.person.nik,
            "passphrase": given.passphrase.reveal(),
            "tampilan": "visible",
            "image": "true",
            "page": str(place.page),
            "xAxis": f"{place.x:g}",
            "yAxis": f"{place.up(from_above=self.from_above):g}",
            "width": f"{place.width:g}",
            "height": f"{place.height:g}",
            "reason": order.reason,
            "location": order.location,
            "text": order.person.name,
            "jenis_response": "BYTE",
        }
        files = {
            "file": ("dokumen.pdf", order.data, "application/pdf"),
            "imageTTD": ("stempel.png", order.stamp.png, "image/png"),
        }
        try:
            answer = call(self.gateway, "POST", "/api/sign/pdf", data=fields, files=files)
        except BrokenOffError as error:
            reference = str(error.args[0].get(REFERENCE, ""))
            if not reference:
                raise TemporaryError("signing.broken_off") from error
            raise TemporaryError("signing.interrupted", reference=reference[:200]) from error
        return _signed(answer)

    def fetch(self, reference: str) -> bytes | None:
        answer = _whole(self.gateway, "GET", f"/api/sign/download/{quote(reference, safe='')}")
        return None if answer.status == HTTPStatus.NOT_FOUND else _signed(answer)


# ------------------------------------------------------------------------------------------------------------------


def _demand_nik(person: Signatory) -> None:
    if not NIK.fullmatch(person.nik):
        raise PermanentError("signing.nik")


def _whole(gateway: Gateway, method: str, path: str, **request: Any) -> Answer:
    try:
        return call(gateway, method, path, **request)
    except BrokenOffError as error:
        raise TemporaryError("signing.broken_off") from error


def _refuse(status: Answer) -> None:
    fault = status_fault(status.json())
    if fault:
        raise PermanentError(fault)


def _signed(answer: Answer) -> bytes:
    """Bytes, or a JSON that carries them, or one that says why not."""
    if answer.status == HTTPStatus.OK and answer.body.startswith(b"%PDF-"):
        return answer.body
    said = answer.json()
    packed = said.get("base64_signed_file") if isinstance(said, dict) else None
    if answer.status != HTTPStatus.OK or not packed:
        raise PermanentError(error_fault(said))
    return _decoded(packed)


def _decoded(packed: object) -> bytes:
    try:
        return base64.b64decode(str(packed), validate=True)
    except (binascii.Error, ValueError) as error:
        raise PermanentError("signing.garbage") from error
