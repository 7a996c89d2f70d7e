"""BSrE's Esign Client Service as its documentation describes it, over real HTTPS on loopback; it really signs.

`moods` says how the next requests are answered; each is used up by one request to sign.
"""

import base64
import io
import json
import re
import ssl
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from threading import Thread
from typing import Any
from uuid import uuid4

import pikepdf
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from PIL import Image
from pyhanko.pdf_utils.images import PdfImage
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import copy_into_new_writer
from pyhanko.sign.fields import SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko.stamp import StaticStampStyle

from tests.papers.pki import NIK, PASSPHRASE, Authority

USER, PASSWORD = "panggon", "kata sandi gateway"
HUGE = 70 * 1024 * 1024


@dataclass
class Gateway:
    """What a test sets, and what the gateway has seen."""

    authority: Authority
    address: str = ""
    ca: str = ""
    status: str = "ISSUE"
    certificate: str = "head"  # whose certificate signs
    moods: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    signed: dict[str, bytes] = field(default_factory=dict)
    pause: float = 0
    dripped: list[bytes] = field(default_factory=list)
    writes_anew: bool = False  # instead of appending to what it was given
    counts_from_above: bool = False

    def sign(
        self, data: bytes, *, place: tuple[int, float, float, float, float], picture: bytes, anew: bool = False
    ) -> bytes:
        """Appended to the bytes, or (`anew`) in a file that is written from what was read of them."""
        page, x, y, width, height = place
        y = 841.8898 - y - height if self.counts_from_above else y
        image = PdfImage(Image.open(io.BytesIO(picture)))
        signer = PdfSigner(
            PdfSignatureMetadata(field_name="Signature1", md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES),
            SimpleSigner.load_pkcs12(self.authority.person(self.certificate), passphrase=PASSPHRASE.encode()),
            stamp_style=StaticStampStyle(border_width=0, background=image, background_opacity=1.0),
            new_field_spec=SigFieldSpec(
                "Signature1", on_page=page - 1, box=(round(x), round(y), round(x + width), round(y + height))
            ),
        )
        given = io.BytesIO(data)
        writer = copy_into_new_writer(PdfFileReader(given)) if anew else IncrementalPdfFileWriter(given)
        return signer.sign_pdf(writer).getvalue()


def picture() -> bytes:
    """Any PNG."""
    out = io.BytesIO()
    Image.new("RGB", (40, 20), "white").save(out, "PNG")
    return out.getvalue()


AT_ONCE = {
    "garbage": (200, b"<html>maintenance</html>", "text/html"),
    "huge": (200, b"x" * HUGE, "application/pdf"),
    "redirect": (302, b"", "text/html"),
    "failing": (502, b"Bad Gateway", "text/html"),
}


def painted(data: bytes) -> bytes:
    """Something else stands on the first page."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(data)) as pdf:
        pdf.pages[0].contents_add(b"1 0 0 rg 80 600 300 90 re f")
        pdf.save(out)
    return out.getvalue()


SPOILT = {
    "altered": lambda _frozen, signed: signed.replace(b"%%EOF", b"%%EOG", 1),
}


class _Handler(BaseHTTPRequestHandler):
    gateway: Gateway
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if not self._is_known():
            return
        path = self.path
        if found := re.fullmatch(r"/api/user/status/(\d+)", path):
            self._status(found[1])
        elif found := re.fullmatch(r"/api/sign/download/([\w-]+)", path):
            data = self.gateway.signed.get(found[1])
            self._answer(200, data, "application/pdf") if data else self._json(404, {"error": "tidak ditemukan"})
        else:
            self._json(404, {"error": "not found"})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if not self._is_known():
            return
        if self.path == "/api/v2/user/check/status":
            self._status(json.loads(body)["nik"])
        elif self.path == "/api/v2/sign/pdf":
            self._sign(_second(json.loads(body)), answered=self._second_answer)
        elif self.path == "/api/sign/pdf":
            self._sign(_first(self.headers["Content-Type"], body), answered=self._first_answer)

    def _is_known(self) -> bool:
        self.gateway.requests.append(f"{self.command} {self.path}")
        wished = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        if self.headers.get("Authorization") == wished:
            return True
        self._json(401, {"error": "Unauthorized"})
        return False

    def _status(self, nik: str) -> None:
        known = nik == NIK
        status = self.gateway.status if known else "NOT_REGISTERED"
        self._json(200, {"status_code": 1111 if known else 2011, "status": status, "message": "status user"})

    def _sign(self, wish: dict, *, answered) -> None:
        gateway = self.gateway
        mood = gateway.moods.pop(0) if gateway.moods else ""
        if mood in AT_ONCE:
            return self._answer(*AT_ONCE[mood])
        if wish["nik"] != NIK:
            return self._json(400, {"status_code": 2011, "error": "user tidak terdaftar"})
        if wish["passphrase"] != PASSPHRASE:  # as some installations do, it says the passphrase again
            return self._json(400, {"status_code": 2031, "error": f"passphrase anda salah: {wish['passphrase']}"})
        file = painted(wish["file"]) if mood == "painted" else wish["file"]
        signed = gateway.sign(file, place=wish["place"], picture=wish["picture"], anew=gateway.writes_anew)
        signed = SPOILT[mood](wish["file"], signed) if mood in SPOILT else signed
        reference = uuid4().hex
        gateway.signed[reference] = signed
        if mood == "lost":  # signed, and nothing comes back
            time.sleep(gateway.pause)
            self.close_connection = True
            return self.connection.close()
        return answered(signed, reference, broken=mood == "broken", drips=mood == "drips")

    def _first_answer(self, signed: bytes, reference: str, **how: Any) -> None:
        self._answer(200, signed, "application/pdf", id_dokumen=reference, **how)

    def _second_answer(self, signed: bytes, _reference: str, **how: Any) -> None:
        said = json.dumps({"time": 1234, "file": [base64.b64encode(signed).decode()]}).encode()
        self._answer(200, said, "application/json", **how)

    def _json(self, status: int, said: dict) -> None:
        self._answer(status, json.dumps(said).encode(), "application/json")

    def _answer(
        self, status: int, body: bytes, kind: str, *, broken: bool = False, drips: bool = False, **headers: str
    ) -> None:
        try:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            for place in range(len(body) if drips else 0):
                self.wfile.write(body[place : place + 1])
                self.gateway.dripped.append(body[place : place + 1])
                time.sleep(0.2)
            self.wfile.write(body[: len(body) // 2] if broken else body)
        except OSError:  # whoever asked has gone
            self.close_connection = True
        if broken:
            self.close_connection = True

    def log_message(self, *_said: object) -> None:
        pass


def _second(said: dict) -> dict:
    seen = said["signatureProperties"][0]
    assert seen["tampilan"] == "VISIBLE"
    return {
        "nik": said["nik"],
        "passphrase": said["passphrase"],
        "file": base64.b64decode(said["file"][0]),
        "picture": base64.b64decode(seen["imageBase64"]),
        "place": tuple(seen[name] for name in ("page", "originX", "originY", "width", "height")),
    }


def _first(kind: str, body: bytes) -> dict:
    boundary = kind.partition("boundary=")[2].encode()
    fields: dict[str, bytes] = {}
    for part in body.split(b"--" + boundary)[1:-1]:
        head, _, value = part[2:-2].partition(b"\r\n\r\n")
        fields[re.search(rb'name="(\w+)"', head)[1].decode()] = value
    assert (fields["tampilan"], fields["image"], fields["jenis_response"]) == (b"visible", b"true", b"BYTE")
    place = tuple(float(fields[name]) for name in ("page", "xAxis", "yAxis", "width", "height"))
    return {
        "nik": fields["nik"].decode(),
        "passphrase": fields["passphrase"].decode(),
        "file": fields["file"],
        "picture": fields["imageTTD"],
        "place": (int(place[0]), *place[1:]),
    }


@contextmanager
def gateway(authority: Authority, folder: Path):
    certificate = _own_certificate(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    found = Gateway(authority, ca=str(certificate))
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"gateway": found}))
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda *_: None  # type: ignore[method-assign] # whoever does not trust it breaks off
    found.address = f"https://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _own_certificate(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "gateway")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "gateway.pem"
    written = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(written + certificate.public_bytes(Encoding.PEM))
    return file
