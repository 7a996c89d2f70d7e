"""What the kernel tells of Unix sockets: real ones, of this process."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from panggon.drivers.system.unix_sockets import connected, gone_from, listening, waiting

MANY = 2000  # more than are told of in one answer


@pytest.fixture
def kept() -> Iterator[ExitStack]:
    with ExitStack() as kept:
        yield kept


def listens(kept: ExitStack, name: str | Path) -> socket.socket:
    listener = kept.enter_context(socket.socket(socket.AF_UNIX))
    listener.bind(str(name))
    listener.listen()
    return listener


def visit(kept: ExitStack, name: str | Path) -> socket.socket:
    visitor = kept.enter_context(socket.socket(socket.AF_UNIX))
    visitor.connect(str(name))
    return visitor


def test_who_waits_to_be_let_in_is_connected_like_who_was_let_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kept: ExitStack
) -> None:
    """Else a program that nobody is seen at would be ended before it has taken him."""
    monkeypatch.chdir(tmp_path)
    name = f"{tmp_path.name}.sock"
    listener = listens(kept, name)
    seen = [name in connected()]
    visitor = visit(kept, name)
    seen.append(name in connected())
    with listener.accept()[0]:
        seen.append(name in connected())
        visitor.close()
        seen.append(name in connected())
    seen.append(name in connected())
    assert seen == [False, True, True, True, False]


def test_however_many_are_connected_each_name_is_told(tmp_path: Path, kept: ExitStack) -> None:
    """Some have no name at all. Who waits is found otherwise than who was let in."""
    names = [tmp_path / f"{number}.sock" for number in range(MANY)]
    for name in names:
        listener = listens(kept, name)
        visit(kept, name)
        kept.enter_context(listener.accept()[0])
    for each in socket.socketpair():
        kept.enter_context(each)
    assert connected() >= {*map(str, names)}
    waits = tmp_path / "waits.sock"
    listens(kept, waits)
    assert str(waits) not in connected()
    visit(kept, waits)
    assert connected() >= {str(waits), *map(str, names)}


def test_how_many_wait_at_each_of_however_many(tmp_path: Path, kept: ExitStack) -> None:
    names = [tmp_path / f"{number}.sock" for number in range(MANY)]
    for name in names:
        listens(kept, name)
    for name in (names[0], names[0], names[-1]):
        visit(kept, name)
    named, lengths = listening(), waiting()
    assert [lengths[named[str(name)]] for name in (names[0], names[1], names[-1])] == [2, 0, 1]


def test_of_those_who_wait_the_ones_that_have_gone_are_counted(tmp_path: Path, kept: ExitStack) -> None:
    listener = listens(kept, tmp_path / "a.sock")
    visit(kept, tmp_path / "a.sock")
    visit(kept, tmp_path / "a.sock").close()
    number = listening()[str(tmp_path / "a.sock")]
    assert gone_from([number]) == {number: 1}
    listener.close()
    assert gone_from([number]) == {number: 0}, "of one that is closed itself nobody has gone"
