"""Strangers in great numbers before the real nginx; `strangers.py` lets 100,000 of them come."""

from collections.abc import Iterator
from contextlib import suppress

import pytest
from hpack import Encoder
from hyperframe.frame import ContinuationFrame, Frame, HeadersFrame, RstStreamFrame

from tests.node.every_kind import PROXY, PYTHON, STATIC, every_kind
from tests.node.http2 import Http2, http2
from tests.node.strangers import (
    Asking,
    behind_a_good_handshake,
    come,
    for_pages,
    in_the_handshake,
    kibibytes,
    without_tls,
)
from tests.node.web_stand import WebStand

pytestmark = pytest.mark.real
FEW = 2000
FRAMES = 5000


@pytest.fixture(scope="module")
def stand() -> Iterator[WebStand]:
    with every_kind("flood") as made:
        yield made


@pytest.mark.parametrize("asking", [without_tls, in_the_handshake, behind_a_good_handshake, for_pages])
def test_what_is_nowhere_takes_no_memory(stand: WebStand, asking: Asking) -> None:
    come(stand, asking, many=FEW)


def opening(host: str, stream: int, encoder: Encoder, *flags: str) -> HeadersFrame:
    frame = HeadersFrame(stream)
    frame.data = encoder.encode([(":method", "GET"), (":scheme", "https"), (":authority", host), (":path", "/")])
    for flag in flags:
        frame.flags.add(flag)
    return frame


def send(line: Http2, frames: Iterator[Frame]) -> None:
    """All at once, as far as nginx takes them."""
    with suppress(OSError):
        line.line.sendall(b"".join(frame.serialize() for frame in frames))


class TestHttp2Floods:
    @pytest.mark.parametrize("host", [STATIC, PYTHON, PROXY])
    def test_requests_that_are_taken_back_at_once(self, stand: WebStand, host: str) -> None:
        """CVE-2023-44487: nginx ends such a connection."""
        encoder = Encoder()

        def frames() -> Iterator[Frame]:
            for stream in range(1, 2 * FRAMES, 2):
                yield opening(host, stream, encoder, "END_HEADERS", "END_STREAM")
                yield RstStreamFrame(stream, error_code=8)

        before = kibibytes(stand)
        with http2(stand, host) as line:
            send(line, frames())
            assert stand.get("/").body == b"<p>Dinas</p>"
            with suppress(ConnectionResetError):  # with what was still under way
                while line.line.recv(65_536):
                    pass
        assert max(size - before[worker] for worker, size in kibibytes(stand).items()) < 4096

    def test_a_header_that_never_ends(self, stand: WebStand) -> None:
        encoder = Encoder()

        def frames() -> Iterator[Frame]:
            yield opening(PYTHON, 1, encoder, "END_STREAM")
            for number in range(FRAMES):
                frame = ContinuationFrame(1)
                frame.data = encoder.encode([(f"x-{number}", "y" * 100)])
                yield frame

        before = kibibytes(stand)
        with http2(stand, PYTHON) as line:
            send(line, frames())
            assert stand.get("/").body == b"<p>Dinas</p>"
            assert max(size - before[worker] for worker, size in kibibytes(stand).items()) < 4096
