"""The journal on a disk: kept through kills, torn lines, full disks; one writer at a time."""

import errno
import os
import signal
import subprocess
import sys
import time

import pytest

from panggon.core.errors import PermanentError, TemporaryError
from panggon.core.node.planning.driver import Check
from panggon.core.node.planning.journal import Finished, Outcome, Probed, Started, Word, Writing, Written, dump, fold
from panggon.engine import journal_file
from panggon.engine.runner import resume, run
from tests.engine.test_runner import OPEN, PREPARED
from tests.engine.worlds import NOW, world

HOLD = """
import sys, time
from pathlib import Path
from panggon.engine.journal_file import writing
with writing(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "journal" / "s900001.jsonl"


def carried_out(path, wish=PREPARED, before=None, number=17):
    made = world(wish, before=before)
    with journal_file.writing(path) as store:
        outcome = run(
            made.plan,
            store=store,
            drivers=made.machine.drivers(),
            now=lambda: NOW,
            progress=lambda _: None,
            wish=number,
        )
    return made, outcome


def test_run_reads_back_the_same_from_the_disk(path):
    _, outcome = carried_out(path)
    position = fold(journal_file.read(path))
    assert (position.outcome, position.wish, position.plan.spec) == (outcome, 17, PREPARED)
    assert path.stat().st_size == len(path.read_bytes().rstrip(b"\0"))


def test_file_keeps_the_last_run_and_the_one_before(path):
    for number in (1, 2, 3):
        carried_out(path, number=number)
    assert [entry.wish for entry in journal_file.read(path) if isinstance(entry, Started)] == [2, 3]


def test_torn_last_line_is_left_out_and_written_over(path):
    new = world(PREPARED)
    with journal_file.writing(path) as store:
        store.append(Started(new.plan, 17, NOW))
        store.append(Writing(0))
    whole = path.read_bytes().rstrip(b"\0")
    path.write_bytes(whole + b'{"entry": "written", "ind' + b"\0" * 100)
    with journal_file.writing(path) as store:
        assert store.entries()[1:] == (Writing(0),)
        store.append(Written(0))
        assert path.read_bytes().rstrip(b"\0") == whole + b'{"entry": "written", "index": 0}\n'
    assert fold(journal_file.read(path)).index == 1


def test_what_stands_behind_a_hole_never_comes_back(path):
    new = world(PREPARED)
    with journal_file.writing(path) as store:
        store.append(Started(new.plan, 17, NOW))
        store.append(Writing(0))
    lost = dump(Written(0)).encode()
    sound = path.read_bytes().rstrip(b"\0")
    path.write_bytes(sound + bytes(len(lost)) + dump(Writing(1)).encode() + bytes(500))
    with journal_file.writing(path) as store:
        assert store.entries()[1:] == (Writing(0),)
        store.append(Written(0))
    assert path.read_bytes() == sound + lost + bytes(500 + len(dump(Writing(1))))


def test_whether_a_run_may_be_under_way_is_told_by_one_byte(path):
    """Also of one that has written more than was kept for it."""
    new = world(PREPARED)
    with journal_file.writing(path) as store:
        store.append(Started(new.plan, 17, NOW))
        assert journal_file.may_be_open(path)
        for number in range(3):
            store.append(Probed((Check("https.answer", ok=False, detail=str(number) * journal_file.RESERVE),)))
            assert journal_file.may_be_open(path)
            assert store.entries() == journal_file.read(path)
        store.append(Finished(Outcome(Word.RESTORED, (), None, NOW)))
    assert not journal_file.may_be_open(path)


def test_of_those_that_have_ended_only_what_was_written_since_is_read(path, monkeypatch):
    ended, begun = journal_file.Ended(path.parent), Started(world(PREPARED).plan, 17, NOW)
    assert list(ended.others()) == []
    with journal_file.writing(path) as store:
        for _ in range(2):
            store.append(begun)
            assert list(ended.others()) == [path]
            store.append(Finished(Outcome(Word.RESTORED, (), None, NOW)))
            assert list(ended.others()) == []
    monkeypatch.setattr(journal_file, "may_be_open", lambda _: pytest.fail("it was read again"))
    assert list(ended.others()) == []


def test_while_no_run_begins_those_that_have_ended_are_not_looked_at(path, monkeypatch):
    ended, begun = journal_file.Ended(path.parent), Started(world(PREPARED).plan, 17, NOW)
    finished = Finished(Outcome(Word.APPLIED, (), None, NOW))
    with journal_file.writing(path) as store:
        store.append(begun)
        os.utime(path.parent, ns=(0, 0))  # that was long ago
        assert list(ended.others()) == [path]
        store.append(finished)  # of which the folder tells nothing
        with monkeypatch.context() as patch:
            patch.setattr(os, "listdir", lambda _: pytest.fail("all were listed again"))
            assert list(ended.others()) == []
            patch.setattr(journal_file.Ended, "_is_known", lambda *_: pytest.fail("one that had ended was looked at"))
            assert list(ended.others()) == []
        store.append(begun)
        assert list(ended.others()) == [path]


def test_a_run_that_begins_right_after_a_look_is_not_missed(path):
    """Then the folder may have the time that it had at the look."""
    ended, begun = journal_file.Ended(path.parent), Started(world(PREPARED).plan, 17, NOW)
    now = time.time_ns()
    with journal_file.writing(path) as store:
        os.utime(path.parent, ns=(now, now))
        assert list(ended.others()) == []
        store.append(begun)
        os.utime(path.parent, ns=(now, now))
        assert list(ended.others()) == [path]


def test_only_what_is_ahead_is_durable_by_itself(path, monkeypatch):
    new, synced = world(PREPARED), []
    honest = os.fsync
    monkeypatch.setattr(os, "fsync", lambda file: (honest(file), synced.append(file)))
    with journal_file.writing(path) as store:
        store.append(Started(new.plan, 17, NOW))
        begun = len(synced)
        counts = []
        for entry in (Writing(0), Written(0), Writing(1)):
            store.append(entry)
            counts.append(len(synced) - begun)
    assert counts == [1, 1, 2]


def test_damage_before_the_last_line_is_refused(path):
    carried_out(path)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([lines[0], b"rusak\n", *lines[2:]]))
    with pytest.raises(PermanentError, match=r"journal\.corrupt"):
        journal_file.read(path)


def test_second_writer_is_told_to_wait(path):
    with (
        journal_file.writing(path),
        pytest.raises(TemporaryError, match=r"journal\.busy: s900001"),
        journal_file.writing(path),
    ):
        pass
    with journal_file.writing(path) as store:
        assert store.entries() == ()


def test_killed_writer_leaves_no_lock(path):
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE, env={"PYTHONPATH": "src"}, text=True
    )
    try:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(TemporaryError, match=r"journal\.busy"), journal_file.writing(path):
            pass
    finally:
        holder.send_signal(signal.SIGKILL)
        holder.communicate()
    with journal_file.writing(path) as store:
        assert store.entries() == ()


def test_what_a_writer_left_that_was_killed_at_its_beginning_goes(path):
    draft = path.with_name(f".{path.name}.new")
    for look in (lambda: open_and_close(path), lambda: journal_file.sweep(path.parent)):
        path.parent.mkdir(exist_ok=True)
        draft.write_bytes(bytes(65536))
        look()
        assert not draft.exists()
        assert not path.exists()
    with journal_file.writing(path):
        draft.write_bytes(bytes(65536))  # of a writer that is at it
        journal_file.sweep(path.parent)
        assert draft.exists()


def open_and_close(path):
    with journal_file.writing(path):
        pass


def test_full_disk_at_the_beginning_changes_nothing(path, monkeypatch):
    _, outcome = carried_out(path)
    new = world(OPEN, before=PREPARED)
    former, writes = new.machine.resources(), new.machine.writes
    monkeypatch.setattr(os, "posix_fallocate", _full)
    with journal_file.writing(path) as store, pytest.raises(TemporaryError, match=r"journal\.unwritable"):
        run(new.plan, store=store, drivers=new.machine.drivers(), now=lambda: NOW, progress=print, wish=18)
    assert (new.machine.resources(), new.machine.writes) == (former, writes)
    assert fold(journal_file.read(path)).outcome == outcome


def test_disk_that_fills_up_under_way_leaves_a_run_that_can_be_resumed(path, monkeypatch):
    new = world(PREPARED)
    honest = os.fsync
    with journal_file.writing(path) as store:

        def fill_up(progress):
            if progress.phase == "written" and progress.step == 3:
                monkeypatch.setattr(os, "fsync", _full)

        with pytest.raises(TemporaryError, match=r"journal\.unwritable"):
            run(new.plan, store=store, drivers=new.machine.drivers(), now=lambda: NOW, progress=fill_up, wish=18)
        monkeypatch.setattr(os, "fsync", honest)
        with pytest.raises(TemporaryError, match="opened again"):
            store.append(Writing(3))
    with journal_file.writing(path) as store:
        outcome = resume(store, drivers=new.machine.drivers(), now=lambda: NOW, progress=lambda _: None)
    assert outcome.word is Word.APPLIED
    assert new.machine.resources() == new.wished()


def test_place_for_the_way_back_is_kept_free(path):
    new = world(PREPARED)
    with journal_file.writing(path) as store:
        store.append(Started(new.plan, 17, NOW))
        begun = path.stat()
        store.append(Writing(0))
        assert path.stat().st_size == begun.st_size
    assert begun.st_blocks * 512 >= journal_file.RESERVE


def test_reader_sees_no_journal_as_nothing(path):
    assert journal_file.read(path) == ()
    assert fold(journal_file.read(path)) is None


def test_plan_of_an_altered_journal_is_refused(path):
    carried_out(path)
    path.write_text(path.read_text().replace('"/site/public"', '"/"'))
    with pytest.raises(PermanentError, match=r"journal\.corrupt"):
        journal_file.read(path)


def _full(*_args):
    raise OSError(errno.ENOSPC, "No space left on device")


def test_what_a_site_said_in_broken_characters_is_kept(path):
    """Half a pair of surrogates comes from a site's own page; a journal that cannot hold it could never be ended."""
    made = world(PREPARED)
    entry = Probed((Check("php.answer", ok=False, detail="a\ud800b"),))
    with journal_file.writing(path) as store:
        store.append(Started(made.plan, 17, NOW))
        store.append(entry)
    assert journal_file.read(path)[-1] == entry
