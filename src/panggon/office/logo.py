"""Is an uploaded picture a plain PNG or SVG, and nothing besides? Pure reading of bytes."""

import re
import struct
import zlib
from collections.abc import Iterator, Mapping
from xml.parsers import expat

from panggon.core.errors import Fault, InvalidError

SIZE_LIMIT_KIBIBYTES = 256
SIDE_LIMIT_PIXELS = 2000
PNG, SVG = "image/png", "image/svg+xml"
SIGNATURE = b"\x89PNG\r\n\x1a\n"
SVG_SPACE = "http://www.w3.org/2000/svg"
# What drawing programs write down for themselves, and descriptions.
NOTES = (
    "http://www.inkscape.org/",
    "http://sodipodi.sourceforge.net/",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns",
    "http://creativecommons.org/ns",
    "http://purl.org/dc/",
)
# SVG 1.1 without scripts, links, foreign contents, animation and files of others.
_SHAPES = """
    svg g defs symbol use title desc metadata path rect circle ellipse line polyline polygon text tspan
    linearGradient radialGradient stop clipPath mask pattern style
"""
SHAPES = frozenset(_SHAPES.split())
# References to other files, also hidden by the escapes of CSS.
ELSEWHERE = re.compile(r"url\s*\(\s*['\"]?(?!#)|@import|expression\s*\(|javascript:|\\", re.IGNORECASE)


class _Unsafe(Exception):  # noqa: N818 -- stops the reading
    """The picture holds what a picture does not need."""


def inspect_logo(data: bytes) -> str:
    """The media type of a safe picture.

    Raises InvalidError with `logo.too_large`, `logo.type`, `logo.broken`, `logo.unsafe` or `logo.sides`.
    """
    if len(data) > SIZE_LIMIT_KIBIBYTES * 1024:
        raise _invalid("too_large", limit_kibibytes=SIZE_LIMIT_KIBIBYTES)
    if data.startswith(SIGNATURE):
        _inspect_png(data)
        return PNG
    if b"<svg" in data[:4096]:
        _inspect_svg(data)
        return SVG
    raise _invalid("type")


# ------------------------------------------------------------------------------------------------------------------


def _inspect_png(data: bytes) -> None:
    """Whole chunks from IHDR to IEND and nothing behind them (PNG, third edition, 5.2 to 5.5)."""
    try:
        chunks = list(_chunks(data))
    except (struct.error, ValueError) as error:
        raise _invalid("broken") from error
    names = [name for name, _ in chunks]
    if names[:1] != [b"IHDR"] or names[-1:] != [b"IEND"] or b"IDAT" not in names or len(chunks[0][1]) != 13:
        raise _invalid("broken")
    sides = struct.unpack(">II", chunks[0][1][:8])
    if not all(0 < side <= SIDE_LIMIT_PIXELS for side in sides):
        raise _invalid("sides", limit_pixels=SIDE_LIMIT_PIXELS)


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    place = len(SIGNATURE)
    while place < len(data):
        length, name = struct.unpack_from(">I4s", data, place)
        body = data[place + 8 : place + 8 + length]
        (checksum,) = struct.unpack_from(">I", data, place + 8 + length)
        if zlib.crc32(name + body) != checksum:
            raise ValueError(name)
        yield name, body
        place += 12 + length


def _inspect_svg(data: bytes) -> None:
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True  # one text, however it is cut into pieces
    parser.StartElementHandler = _look_at_element
    parser.CharacterDataHandler = _look_at_text
    parser.StartDoctypeDeclHandler = _refuse  # a document type may declare entities: other files, or bombs
    parser.ProcessingInstructionHandler = _refuse
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise _invalid("broken") from error
    except _Unsafe as error:
        raise _invalid("unsafe") from error


def _look_at_element(name: str, attributes: Mapping[str, str]) -> None:
    space, _, local = name.rpartition(" ")
    if local not in SHAPES if space == SVG_SPACE else not space.startswith(NOTES):
        raise _Unsafe
    for attribute, value in attributes.items():
        plain = attribute.rpartition(" ")[2].lower()
        if plain.startswith("on") or ELSEWHERE.search(value):
            raise _Unsafe
        if plain in {"href", "src"} and not value.startswith("#"):
            raise _Unsafe


def _look_at_text(text: str) -> None:
    if ELSEWHERE.search(text):
        raise _Unsafe


def _refuse(*_: object) -> None:
    raise _Unsafe


def _invalid(rule: str, **facts: int) -> InvalidError:
    return InvalidError((Fault(f"logo.{rule}", "logo", facts),))
