from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from panggon.core.node.logs.site_logs import Connection, Piece, Retention, error_origin, is_full, origin, outlived, tail

NOW = datetime(2026, 11, 26, 1, 0, tzinfo=UTC)
KEPT = Retention(size=1000, days=30)
LINE = b'{"time":"2026-11-26T01:00:00+00:00","site":"%s","worker":7,"connection":45,"client":"192.0.2.1"%s}\n'


def test_a_line_is_of_the_site_that_the_server_found() -> None:
    other = b',"host":"lain.kota.example","uri":"/\\",\\"site\\":\\"s900002\\",\\"x"'
    assert origin(LINE % (b"s900001", other)) == ("s900001", Connection(7, 45))
    assert origin(LINE % (b"", other)) is None
    assert origin(b'{"time":"2026') is None
    assert origin(b"\0" * 40) is None


def test_a_line_of_the_error_log_is_of_its_connection_only() -> None:
    words = b'open() "/srv/s900002" failed, request: "GET / HTTP/1.1", upstream: "unix:run/s900002.sock"'
    line = b"2026/11/26 01:00:02 [error] 7#7: *45 " + words
    assert error_origin(line) == (Connection(7, 45), datetime(2026, 11, 26, 1, 0, 2, tzinfo=UTC))
    assert error_origin(b"2026/11/26 01:00:02 [notice] 7#7: signal process started") is None
    assert error_origin(b"2026/99/26 01:00:02 [error] 7#7: *45 x") is None
    assert error_origin(b"x " + line) is None


def test_when_a_piece_is_put_aside() -> None:
    today = Piece("access.log", 150, NOW)
    assert not is_full(today, KEPT, incoming=50, now=NOW)
    assert is_full(today, KEPT, incoming=51, now=NOW)
    assert is_full(Piece("access.log", 1, NOW - timedelta(hours=2)), KEPT, incoming=1, now=NOW)
    assert not is_full(Piece("access.log", 0, NOW - timedelta(days=2)), KEPT, incoming=999, now=NOW)


pieces = st.lists(
    st.builds(
        Piece,
        name=st.integers(0, 99).map(lambda number: f"access-{number}.log"),
        size=st.integers(0, 600),
        at=st.integers(0, 60).map(lambda days: NOW - timedelta(days=days)),
    ),
    unique_by=lambda piece: piece.name,
)


@given(pieces)
def test_what_is_kept_is_new_and_small_enough_and_nothing_new_goes_for_something_old(found: list[Piece]) -> None:
    gone = outlived(found, KEPT, now=NOW)
    kept = [piece for piece in found if piece not in gone]
    assert sum(piece.size for piece in kept) <= 1000
    assert all(piece.at >= NOW - timedelta(days=30) for piece in kept)
    assert all(piece.at <= min((other.at for other in kept), default=NOW) for piece in gone)


@given(st.lists(st.binary(max_size=30).map(lambda line: line.replace(b"\n", b"") + b"\n")), st.integers(0, 100))
def test_a_tail_is_whole_lines(lines: list[bytes], most: int) -> None:
    data = b"".join(lines)
    left = tail(data, most)
    assert data.endswith(left)
    assert len(left) <= most
    assert left == b"" or data[: len(data) - len(left)].endswith(b"\n") or left == data
