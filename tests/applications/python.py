"""Python applications with the frameworks that people use: Flask and Django by WSGI, Starlette by ASGI."""

import importlib.util
import os
import shutil
import socket
import ssl
import sys
from pathlib import Path

import pytest

from tests.applications.sites import Site, loaded, opened
from tests.node.machine_stand import UID_BASE, Machine

pytestmark = pytest.mark.real
PACKAGES = Path("/usr/lib/python3/dist-packages")
LIBRARIES = "lib/python{}.{}/site-packages".format(*sys.version_info)
FLASK = """
import os
from flask import Flask, request, jsonify

app = Flask(__name__)
surat = []

@app.route("/surat", methods=["GET", "POST"])
def letters():
    if request.method == "POST":
        surat.append(request.form["isi"])
    return jsonify(surat=surat, alamat=request.remote_addr, skema=request.scheme, host=request.host, uid=os.geteuid(),
                   mode=os.environ["MODE"])

@app.post("/unggah")
def upload():
    return str(len(request.files["berkas"].read()))
"""
STARLETTE = """
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute

async def home(request):
    return PlainTextResponse(str(request.url))

async def talk(websocket):
    await websocket.accept()
    while True:
        word = await websocket.receive_text()
        await websocket.send_text(f"{websocket.url.scheme} {word}")

app = Starlette(routes=[Route("/", home), WebSocketRoute("/bicara", talk)])
"""
DJANGO = """
import os
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import JsonResponse
from django.urls import path
import django

settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], SECRET_KEY="uji",
                   SECURE_PROXY_SSL_HEADER=("HTTP_X_FORWARDED_PROTO", "https"))
urlpatterns = [path("surat/<int:nomor>/", lambda request, nomor: JsonResponse(
    {"nomor": nomor, "aman": request.is_secure(), "dari": django.__file__, "host": request.get_host()}))]
application = get_wsgi_application()
"""


def python_site(
    machine: Machine, number: int, folder: Path, entry: str, *, interface: str = "wsgi", database: str = "mariadb"
) -> Site:
    spec = {"kind": "python", "python": {"entry": entry, "interface": interface}, "environment": {"MODE": "uji"}}
    site = opened(machine, number, database=database, **spec)
    site.upload(folder, into="private")
    loaded(site)
    return site


def test_flask(machine: Machine, tmp_path: Path) -> None:
    (tmp_path / "situs.py").write_text(FLASK)
    site = python_site(machine, 990008, tmp_path, "situs:app", database="postgresql")
    with site.visitor() as visitor:
        said = visitor.post("/surat", {"isi": "Kota Batik"}).json()
        assert said == {
            "surat": ["Kota Batik"],
            "alamat": "127.0.0.1",
            "skema": "https",
            "host": visitor.host,
            "uid": UID_BASE + 990008,
            "mode": "uji",
        }
        assert visitor.post("/unggah", {}, files={"berkas": ("a.bin", b"x" * 3_000_000)}).text == "3000000"
        assert visitor.get("/tidak-ada").status_code == 404


def test_django_in_the_sites_own_environment(machine: Machine, tmp_path: Path) -> None:
    """The owner has copied a virtual environment's packages from his computer."""
    own = tmp_path / "venv" / LIBRARIES
    for name in ("django", "asgiref", "sqlparse"):
        found = importlib.util.find_spec(name)
        assert found
        assert found.origin
        heavy = shutil.ignore_patterns("__pycache__", "*.po", "*.mo", "contrib")
        shutil.copytree(Path(found.origin).parent, own / name, ignore=heavy)
    (tmp_path / "proyek").mkdir()
    (tmp_path / "proyek" / "wsgi.py").write_text(DJANGO)
    site = python_site(machine, 990009, tmp_path, "proyek.wsgi:application")
    with site.visitor() as visitor:
        said = visitor.get("/surat/7/").json()
        assert said["dari"].startswith(f"/site/private/venv/{LIBRARIES}/django/")
        assert (said["nomor"], said["aman"], said["host"]) == (7, True, visitor.host)


def test_starlette_and_a_websocket(machine: Machine, tmp_path: Path) -> None:
    (tmp_path / "situs.py").write_text(STARLETTE)
    site = python_site(machine, 990005, tmp_path, "situs:app", interface="asgi")
    with site.visitor() as visitor:
        assert visitor.get("/").text == f"https://{visitor.host}/"
    assert talk(site, ["halo", "Kota Batik"]) == ["wss halo", "wss Kota Batik"]


def talk(site: Site, words: list[str]) -> list[str]:
    """A WebSocket as RFC 6455 has it, by hand: short texts only."""
    host = str(site.spec["host"])
    context = ssl.create_default_context(cafile=str(site.machine.base / "etc" / "ca.pem"))
    with (
        socket.create_connection(("127.0.0.1", site.machine.https), timeout=10) as plain,
        context.wrap_socket(plain, server_hostname=host) as tls,
    ):
        wish = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        key = "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n"
        tls.sendall(f"GET /bicara HTTP/1.1\r\nHost: {host}\r\n{wish}{key}\r\n".encode())
        stream = tls.makefile("rb")
        assert stream.readline().startswith(b"HTTP/1.1 101 ")
        while stream.readline().strip():
            pass
        return [_exchange(tls, stream, word) for word in words]


def _exchange(tls, stream, word: str) -> str:
    mask, sent = os.urandom(4), word.encode()
    tls.sendall(bytes([0x81, 0x80 | len(sent)]) + mask + bytes(c ^ mask[i % 4] for i, c in enumerate(sent)))
    kind, length = stream.read(2)
    assert kind == 0x81
    return str(stream.read(length).decode())
