"""A picture for the letterhead: plain, whole, and nothing that acts."""

import struct
import zlib
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panggon.core.errors import InvalidError
from panggon.office.logo import PNG, SIGNATURE, SVG, inspect_logo
from tests.portal.test_settings import PNG as PICTURE

HEAD = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">'


def fault_of(data: bytes) -> str:
    with pytest.raises(InvalidError) as refused:
        inspect_logo(data)
    (fault,) = refused.value.faults
    assert fault.field == "logo"
    return fault.code


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def svg(inside: str) -> bytes:
    return f"{HEAD}{inside}</svg>".encode()


def test_plain_pictures():
    assert inspect_logo(PICTURE) == PNG
    drawn = '<defs><circle id="a" r="3"/></defs><use xlink:href="#a"/><path d="M0 0" style="fill:url(#b)"/>'
    assert inspect_logo(b'<?xml version="1.0"?><!-- kota -->' + svg(drawn)) == SVG


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "logo.type"),
        (b"GIF89a", "logo.type"),
        (b"x" * (256 * 1024 + 1), "logo.too_large"),
        (PICTURE + b"%PDF-1.7", "logo.broken"),
        (PICTURE[:-5], "logo.broken"),
        (PICTURE[:40] + b"\0" + PICTURE[41:], "logo.broken"),
        (SIGNATURE + chunk(b"IHDR", struct.pack(">II5B", 1, 1, 8, 6, 0, 0, 0)) + chunk(b"IEND", b""), "logo.broken"),
        (
            SIGNATURE
            + chunk(b"IHDR", struct.pack(">II5B", 60_000, 60_000, 8, 6, 0, 0, 0))
            + chunk(b"IDAT", b"")
            + chunk(b"IEND", b""),
            "logo.sides",
        ),
        (b"<svg", "logo.broken"),
        (svg("<script>alert(1)</script>"), "logo.unsafe"),
        (svg('<path onclick="alert(1)"/>'), "logo.unsafe"),
        (svg("<foreignObject/>"), "logo.unsafe"),
        (svg('<html xmlns="http://www.w3.org/1999/xhtml"/>'), "logo.unsafe"),
        (svg('<use xlink:href="http://lain.example/a.svg#b"/>'), "logo.unsafe"),
        (svg('<path style="fill:url(http://lain.example/)"/>'), "logo.unsafe"),
        (svg("<style>@import 'http://lain.example/';</style>"), "logo.unsafe"),
        (svg("<style>a{fill:u<![CDATA[rl(//lain.example)]]>}</style>"), "logo.unsafe"),
        (svg(r"<style>a{fill:\75rl(//lain.example)}</style>"), "logo.unsafe"),
        (b'<!DOCTYPE svg [<!ENTITY a "aaaa">]>' + svg("&a;"), "logo.unsafe"),
        (b'<?xml-stylesheet href="http://lain.example/"?>' + svg(""), "logo.unsafe"),
        (b"<svg><path/></svg>", "logo.unsafe"),
    ],
)
def test_what_is_no_plain_picture(data, code):
    assert fault_of(data) == code


@given(st.binary(max_size=200))
def test_any_bytes_get_an_answer(tail):
    for data in (tail, SIGNATURE + tail, HEAD.encode() + tail):
        with suppress(InvalidError):
            assert inspect_logo(data) in {PNG, SVG}
