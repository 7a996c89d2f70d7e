"""Each line reaches its site: the owner of the logs flooded, cut short, rotated, attacked, killed at every line."""

import errno
import os
import signal
import sys
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from panggon.core.errors import PermanentError
from panggon.node.logs import outputs
from panggon.node.logs import splitter as splitters
from panggon.node.logs.bounds import bound_machine_logs
from panggon.node.logs.splitter import Splitter
from tests.node.logs.place import LOGS, ONE, TWO, UID_BASE, Place

pytestmark = pytest.mark.real


def test_each_line_reaches_its_site_and_the_owner_may_read_it(place: Place) -> None:
    lines = {site: [place.visit(site) for _ in range(3)] for site in (ONE, TWO)}
    place.visit("")
    place.visit("s900003")  # a site that is gone
    place.visit(ONE, words='\\",\\"site\\":\\"' + TWO)
    splitter = place.split()
    assert place.uris(ONE)[:3] == lines[ONE]
    assert place.uris(TWO) == lines[TWO]
    log = (place.settings.root / "sites" / ONE / "logs" / "access.log").stat()
    assert (log.st_uid, log.st_gid, log.st_mode & 0o777) == (0, UID_BASE + 900001, 0o640)
    assert not (place.settings.root / "sites" / "s900003").exists()
    again = place.visit(TWO)
    place.split(splitter)
    place.split()
    assert place.uris(TWO) == [*lines[TWO], again]


@pytest.mark.parametrize("first", [1, 10**60], ids=["short", "longer than what is compared"])
def test_lines_among_each_other_are_told_apart(place: Place, first: int) -> None:
    """Each on a connection of its own, of two sites and of none; so are the errors on these connections."""
    order = (ONE, ONE, TWO, "", TWO, ONE, "", "", TWO, ONE)
    asked = [(site, place.visit(site, connection=first + number)) for number, site in enumerate(order)]
    for number in range(len(order)):
        place.error(f"error-{number}", connection=first + number)
    place.now += timedelta(seconds=7)
    place.split()
    for site in (ONE, TWO):
        assert place.uris(site) == [uri for whose, uri in asked if whose == site]
        found = [line.rpartition(" ")[2] for line in place.read(site, "error").splitlines()]
        assert found == [f"error-{number}" for number, whose in enumerate(order) if whose == site]


def test_half_a_line_waits_for_its_end(place: Place) -> None:
    place.visit(ONE)
    log = place.settings.logs / "access.log"
    whole = log.read_bytes()
    log.write_bytes(whole[:-5])
    splitter = place.split()
    assert place.uris(ONE) == []
    with log.open("ab") as file:
        file.write(whole[-5:])
    place.split(splitter)
    assert place.uris(ONE) == ["/1"]


class TestBounds:
    def test_a_flood_is_bounded_and_hides_nobody(self, tmp_path: Path) -> None:
        place = Place(tmp_path, size=50_000)
        for _ in range(20):
            place.visit(TWO)
            for _ in range(5):
                last = place.visit(ONE, size=3000)
            place.split()
        folder = place.settings.root / "sites" / ONE / "logs"
        assert sum(piece.stat().st_size for piece in folder.iterdir()) <= 60_000
        assert place.uris(ONE)[-1].startswith(last)
        assert len(place.uris(TWO)) == 20

    def test_a_new_day_is_a_new_file_and_old_ones_go(self, place: Place) -> None:
        folder = place.settings.root / "sites" / ONE / "logs"
        for days in (40, 20, 0):
            place.now = datetime.now(UTC) - timedelta(days=days)
            place.visit(ONE)
            splitter = place.split()
            os.utime(folder / "access.log", (place.now.timestamp(),) * 2)
        assert place.uris(ONE) == ["/2", "/3"]
        (folder / "mine.log").write_text("kept")
        splitter.sink.sweep(ONE, now=datetime.now(UTC) + timedelta(days=31))
        assert [path.name for path in folder.iterdir()] == ["mine.log"]

    def test_what_cannot_be_split_in_time_is_given_up(self, tmp_path: Path) -> None:
        place = Place(tmp_path, backlog=100_000)
        for _ in range(2000):
            last = place.visit(ONE)
        place.split()
        assert place.uris(ONE)[-1] == last
        assert 0 < len(place.uris(ONE)) < 2000

    def test_the_other_servers_logs(self, place: Place) -> None:
        log = place.settings.logs / "sshd.log"
        with log.open("ab") as held:
            held.write(b"x" * 100)
            held.flush()
            bound_machine_logs(place.settings.logs, most=50)
            held.write(b"new")
        assert log.read_bytes() == b"new"
        assert log.with_name("sshd.log.old").read_bytes() == b"x" * 100


class TestRotation:
    def test_the_shared_log_is_followed(self, tmp_path: Path) -> None:
        place = Place(tmp_path, rotate=200)
        log, aside = place.settings.logs / "access.log", place.settings.logs / "access.log.1"
        place.visit(ONE)
        place.visit(TWO)
        splitter = place.split()
        assert (log.exists(), aside.exists()) == (False, True)
        with aside.open("a") as old:  # nginx has not opened the new one yet
            old.write(aside.read_text().splitlines(keepends=True)[0].replace("/1", "/late"))
        place.visit(ONE)
        place.split(splitter)
        assert place.uris(ONE) == ["/1", "/late", "/3"]
        place.now += timedelta(seconds=90)
        place.split(splitter)
        assert not aside.exists()
        place.visit(ONE)
        place.split()
        assert place.uris(ONE) == ["/1", "/late", "/3", "/4"]

    def test_what_others_rotate_or_empty(self, place: Place) -> None:
        place.visit(ONE)
        splitter = place.split()
        place.visit(ONE)
        (place.settings.logs / "access.log").rename(place.settings.logs / "access.log.1")
        place.visit(ONE)
        place.split(splitter)
        (place.settings.logs / "access.log").write_text("")
        place.split(splitter)
        place.visit(ONE)
        place.split(splitter)
        assert place.uris(ONE) == ["/1", "/2", "/3", "/4"]


class TestHostile:
    def test_links_are_never_followed(self, place: Place, tmp_path: Path) -> None:
        victim = tmp_path / "victim"
        victim.write_text("untouched")
        folder = place.settings.root / "sites" / ONE / "logs"
        (folder / "access.log").symlink_to(victim)
        splitter = Splitter(place.settings)
        with pytest.raises(OSError, match="Too many levels"):
            splitter.sink.append(ONE, "access", b"x")
        splitter.sink.cut(TWO, "access", 0)
        (folder / "access.log").unlink()
        folder.rmdir()
        folder.symlink_to(tmp_path)
        with pytest.raises(PermanentError):
            splitter.sink.append(ONE, "access", b"x")
        place.settings.output(ONE).symlink_to(victim)
        splitter.outputs[ONE] = 0
        place.visit(TWO)
        place.split(splitter)
        assert victim.read_text() == "untouched"
        assert place.uris(TWO) == ["/1"]

    @pytest.mark.parametrize("oddity", ["link", "directory", "pipe", "somebody's"])
    def test_what_lies_in_the_place_of_a_log_costs_nobody_else_a_line(self, place: Place, oddity: str) -> None:
        odd = place.settings.root / "sites" / ONE / "logs" / "access.log"
        if oddity == "link":
            odd.symlink_to("/nowhere")
        elif oddity == "directory":
            odd.mkdir()
        elif oddity == "pipe":
            os.mkfifo(odd)
        else:
            odd.write_text("theirs")
            os.chown(odd, 1234, 1234)
        place.visit(ONE)
        place.visit(TWO)
        splitter = place.split()
        assert place.uris(TWO) == ["/2"]
        place.visit(ONE)
        place.visit(TWO)
        splitter._save({**splitter._document(), "batch": {f"{ONE}/access": 6}})  # killed in the middle
        place.split()
        assert place.uris(TWO)[-1] == "/4"
        if oddity == "somebody's":
            assert odd.read_text() == "theirs"

    @pytest.mark.parametrize(("room", "others"), [(1000, ["/1"]), (0, [])])
    def test_a_full_site_on_xfs_costs_nobody_else_a_line(
        self, place: Place, monkeypatch: pytest.MonkeyPatch, room: int, others: list[str]
    ) -> None:
        """There a project at its bound says that the disk is full; whether it is, the disk says."""
        place.visit(ONE)
        place.visit(TWO)
        splitter = Splitter(place.settings)
        append = type(splitter.sink).append

        def full(sink: Any, site: str, name: str, data: bytes) -> None:
            if site == TWO:
                raise OSError(errno.ENOSPC, "full")
            append(sink, site, name, data)

        def told(path: Path) -> SimpleNamespace:
            blocks = 500 if path.name == TWO else 5000
            return SimpleNamespace(f_blocks=blocks, f_bavail=room, f_favail=1000)

        monkeypatch.setattr(type(splitter.sink), "append", full)
        monkeypatch.setattr(os, "statvfs", told)
        with nullcontext() if room else pytest.raises(OSError, match="full"):
            splitter.step(place.now)
        assert place.uris(ONE) == others

    def test_a_full_disk_hands_nothing_out(self, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
        place.visit(ONE)
        place.visit(TWO)
        splitter = Splitter(place.settings)
        append = type(splitter.sink).append

        def full(sink: Any, site: str, name: str, data: bytes) -> None:
            append(sink, site, name, data[:20])
            if site == TWO:
                raise OSError(errno.ENOSPC, "full")

        monkeypatch.setattr(type(splitter.sink), "append", full)
        with pytest.raises(OSError, match="full"):
            splitter.step(place.now)
        assert (place.uris(ONE), place.uris(TWO)) == ([], [])
        monkeypatch.undo()
        place.split(splitter)
        assert (place.uris(ONE), place.uris(TWO)) == (["/1"], ["/2"])


def test_killed_at_any_line_no_line_is_lost_or_doubled(tmp_path: Path) -> None:
    place = Place(tmp_path, rotate=400, size=5_000_000)
    wanted: list[str] = []
    said = ""
    for line in range(0, 900, 5):
        wanted += [place.visit(ONE, connection=line), place.visit(ONE, connection=line)]
        place.error(f"e{line}", connection=line)
        place.say(ONE, f"o{line}\n")
        said += f"o{line}\n"
        if not _killed(line, place):
            break
        if line % 2:
            place.split()
    else:
        raise AssertionError("the step was never completed")
    assert line > 150
    place.split()
    assert place.uris(ONE) == wanted
    errors = place.read(ONE, "error").splitlines(keepends=True)
    assert "".join(each for each in errors if each.startswith("o")) == said
    assert [each.split()[-1] for each in errors if not each.startswith("o")] == [
        f"e{each}" for each in range(0, line + 1, 5)
    ]


def test_killed_while_it_empties_what_a_program_said_no_word_is_lost(tmp_path: Path) -> None:
    said: list[str] = []
    for line in range(60):
        place = Place(tmp_path / str(line))
        said = [f"{line}-{number}\n" for number in range(50)]
        place.say(ONE, "".join(said[:10]))
        killed = _killed(line, place, within="_empty")
        place.say(ONE, "".join(said[10:]))  # more than there was before
        place.split()
        place.split()
        found = place.read(ONE, "error").splitlines(keepends=True)
        assert (sorted(set(found)), place.settings.output(ONE).read_text()) == (sorted(said), "")
        if not killed:
            assert (line > 5, found) == (True, said)
            return
    raise AssertionError("the step was never completed")


def test_what_was_said_since_it_was_read_stays_there(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.say(ONE, "first\n")
    splitter = Splitter(place.settings)
    save = Splitter._save

    def late(splitter: Splitter, document: dict[str, Any]) -> None:
        place.say(ONE, "late\n")
        save(splitter, document)

    with monkeypatch.context() as said:
        said.setattr(Splitter, "_save", late)
        splitter.step(place.now)
    place.split(splitter)
    place.split()
    found = place.read(ONE, "error").splitlines()
    assert (found[0], set(found[1:]), place.settings.output(ONE).read_text()) == ("first", {"late"}, "")
    assert len(found) > 2


def _killed(line: int, place: Place, *, within: str = "") -> bool:
    """Whether a splitter of its own process was killed before its `line`-th line, or that of a function `within`."""
    child = os.fork()
    if child == 0:
        left = iter(range(line))

        def trace(frame: Any, event: str, _argument: Any) -> Any:
            named = {each.f_code.co_name for each in (frame, frame.f_back) if each}
            if LOGS not in frame.f_code.co_filename or named & {"_learn", "_learn_again"}:
                return None
            if (within and within not in named) or (not within and "_empty" in named):
                return trace
            if event == "line" and next(left, None) is None:
                os.kill(os.getpid(), signal.SIGKILL)
            return trace

        sys.settrace(trace)
        Splitter(place.settings).step(place.now)
        os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


@pytest.mark.parametrize("evidence", [False, True])
def test_who_says_more_than_can_be_read_does_not_fill_his_site(
    place: Place, monkeypatch: pytest.MonkeyPatch, evidence: bool
) -> None:
    """He goes on meanwhile, so there is no moment at which all was read."""
    monkeypatch.setattr(outputs, "WAITS", 1000)
    monkeypatch.setattr(outputs, "PART", 100)
    monkeypatch.setattr(splitters, "is_evidence", lambda _root, _site: evidence)
    empty = outputs.emptied

    def late(path: Path, size: int, *, anyway: bool) -> bool:
        place.say(ONE, "late\n")
        return empty(path, size, anyway=anyway)

    monkeypatch.setattr(outputs, "emptied", late)
    (place.settings.sandboxes / f"{ONE}.json").write_text("{}")
    place.say(ONE, "".join(f"{number:09}\n" for number in range(500)))
    Splitter(place.settings).step(place.now)
    told, *lines = place.read(ONE, "error").splitlines()
    if evidence:
        assert (told, lines[-1], place.settings.output(ONE).stat().st_size) == ("000000000", "000000009", 5000)
    else:
        assert told == "Panggon: 4900 byte keluaran program dilewati, karena lebih banyak daripada yang dapat dicatat"
        assert (lines[0], lines[-1], len(lines)) == ("000000490", "000000499", 10)
        assert place.settings.output(ONE).read_text() == ""
