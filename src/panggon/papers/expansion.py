"""How large a file's compressed parts become, told without letting them become it (RFC 1950: zlib).

A library that opens a PDF inflates some of its streams whole, however large. So they are inflated here first, piece by
piece, and thrown away.
"""

import re
import zlib
from collections.abc import Iterable, Iterator
from itertools import chain

MEBIBYTE = 1024 * 1024
# Only a picture may become large; what a reader has to hold in memory at once (text, tables of objects) is small.
PICTURE_MOST, OTHER_MOST, ALL_MOST = 256 * MEBIBYTE, 32 * MEBIBYTE, 512 * MEBIBYTE
STREAMS_MOST = 20_000
LAYERS_MOST = 3  # compressed again and again
PIECE = 64 * 1024
DICTIONARY_MOST = 4096  # bytes before a stream in which its dictionary says what it is
_STREAM = re.compile(rb"(?<!end)stream\r?\n")


class _TooLargeError(Exception):
    """There is more than was allowed."""


class _Allowance:
    """Bytes that may still be read. Streams of a letter stand one after the other; those that overlap are read again
    and again, and would take a processor for hours.
    """

    def __init__(self, left: int) -> None:
        self.left = left

    def take(self, count: int) -> None:
        self.left -= count
        if self.left < 0:
            raise _TooLargeError


def expands_too_far(data: bytes) -> bool:
    """Whether streams in this file become larger than any letter's."""
    view, left, reading = memoryview(data), ALL_MOST, _Allowance(len(data))
    for number, found in enumerate(_STREAM.finditer(data)):
        if number == STREAMS_MOST:
            return True
        before = data[max(0, found.start() - DICTIONARY_MOST) : found.start()]
        most = PICTURE_MOST if _is_picture(before) else OTHER_MOST
        try:
            left -= _size(view[found.end() :], most=min(most, left), reading=reading)
        except _TooLargeError:
            return True
    return False


# ------------------------------------------------------------------------------------------------------------------


def _is_picture(before: bytes) -> bool:
    """By its dictionary; one that is written in another way than usual (`#`) is no picture."""
    dictionary = before[before.rfind(b"obj") :]
    hidden = any(mark in dictionary for mark in (b"#", b"ObjStm", b"XRef"))
    return b"/Image" in dictionary and not hidden


def _size(view: memoryview, *, most: int, reading: _Allowance) -> int:
    """Of a stream when it is inflated, all layers; 0 for one that is not compressed so."""
    pieces: Iterator[bytes] = (bytes(view[at : at + PIECE]) for at in range(0, len(view), PIECE))
    layers = 0
    while layers < LAYERS_MOST:
        first = next(pieces, b"")
        pieces = chain((first,), pieces)
        if not _is_compressed(first):
            break
        pieces = _inflated(pieces, most=most, reading=reading if layers == 0 else None)
        layers += 1
    return sum(map(len, pieces)) if layers else 0


def _is_compressed(first: bytes) -> bool:
    return len(first) > 1 and first[0] & 0x0F == 8 and int.from_bytes(first[:2], "big") % 31 == 0


def _inflated(pieces: Iterable[bytes], *, most: int, reading: _Allowance | None) -> Iterator[bytes]:
    inflater, size = zlib.decompressobj(), 0
    for piece in pieces:
        pending = piece
        while pending and not inflater.eof:
            try:
                grown = inflater.decompress(pending, PIECE)
            except zlib.error:
                return
            if reading:
                reading.take(len(pending) - len(inflater.unconsumed_tail) - len(inflater.unused_data))
            pending = inflater.unconsumed_tail
            size += len(grown)
            if size > most:
                raise _TooLargeError
            if grown:
                yield grown
        if inflater.eof:
            return
