"""A client of HTTP/2 that also says what no honest one would: one connection, its streams one after the other."""

import socket
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from h2 import events
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.settings import SettingCodes, Settings

from tests.node.web_stand import WebStand

Headers = Sequence[tuple[str, str]]


@dataclass
class Answered:
    """What came on one stream; `reset` is the error code of a stream that the server broke off."""

    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    reset: int | None = None
    ended: bool = False

    @property
    def status(self) -> int:
        return int(self.headers.get(":status", 0))


class Http2:
    """`room` is how much of each answer it takes before it says that it can take more."""

    def __init__(self, line: ssl.SSLSocket, *, room: int = 65_535) -> None:
        self.line = line
        # Nothing that this side is told to say is looked at or mended.
        self.state = H2Connection(
            H2Configuration(
                header_encoding="utf-8",
                validate_outbound_headers=False,
                normalize_outbound_headers=False,
                validate_inbound_headers=False,
            )
        )
        self.state.local_settings = Settings(initial_values={SettingCodes.INITIAL_WINDOW_SIZE: room})
        self.answers: dict[int, Answered] = {}
        self.gone = False
        self.state.initiate_connection()
        self.flush()

    def flush(self) -> None:
        self.line.sendall(self.state.data_to_send())

    def begin(
        self, host: str | None, path: str = "/", *, method: str = "GET", more: Headers = (), ends: bool = True
    ) -> int:
        stream = self.state.get_next_available_stream_id()
        self.answers[stream] = Answered()
        authority = [(":authority", host)] if host is not None else []
        fields = [(":method", method), (":scheme", "https"), *authority, (":path", path), *more]
        self.state.send_headers(stream, fields, end_stream=ends)
        self.flush()
        return stream

    def get(self, host: str | None, path: str = "/", *, more: Headers = ()) -> Answered:
        return self.answer(self.begin(host, path, more=more))

    def post(self, host: str, body: bytes, *, method: str = "POST", path: str = "/", more: Headers = ()) -> Answered:
        """Sends on until the answer is there, as far as the server lets it."""
        stream = self.begin(host, path, method=method, more=more, ends=False)
        answer, left = self.answers[stream], body
        while left and not (answer.ended or self.gone):
            room = min(self.state.local_flow_control_window(stream), self.state.max_outbound_frame_size, len(left))
            if room:
                self.state.send_data(stream, left[:room])
                left = left[room:]
                self.flush()
            else:
                self.hear()
        if not (answer.ended or self.gone):
            self.state.end_stream(stream)
            self.flush()
        return self.answer(stream)

    def answer(self, stream: int) -> Answered:
        while not (self.answers[stream].ended or self.gone):
            self.hear()
        return self.answers[stream]

    def hear(self) -> None:
        data = self.line.recv(65_536)
        if not data:
            self.gone = True
            return
        for event in self.state.receive_data(data):
            self._take(event)
        self.flush()

    def _take(self, event: events.Event) -> None:
        if isinstance(event, events.ConnectionTerminated):
            self.gone = True
        answer = self.answers.get(getattr(event, "stream_id", None) or 0)
        if answer is None:
            return
        if isinstance(event, events.ResponseReceived):
            answer.headers = {str(name): str(value) for name, value in event.headers}
        elif isinstance(event, events.DataReceived):
            answer.body += event.data
            self.state.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, events.StreamReset):
            answer.reset, answer.ended = int(event.error_code), True
        elif isinstance(event, events.StreamEnded):
            answer.ended = True


@contextmanager
def http2(stand: WebStand, name: str) -> Iterator[Http2]:
    """In a TLS connection for this name."""
    context = ssl.create_default_context(cafile=str(stand.authority.certificate))
    context.set_alpn_protocols(["h2"])
    with (
        socket.create_connection(("127.0.0.1", stand.settings.https_port), timeout=60) as plain,
        context.wrap_socket(plain, server_hostname=name) as line,
    ):
        yield Http2(line)
