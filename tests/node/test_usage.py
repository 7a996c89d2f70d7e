"""What a site stores is counted as it is, a little at a time, whatever its owner puts in the way."""

import array
import ctypes
import errno
import itertools
import mmap
import os
import platform
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

import pytest

from panggon.drivers.file_systems.storage import Limit
from panggon.node.sockets import SocketSettings
from panggon.node.sockets.quota.full import Full
from panggon.node.sockets.quota.held import MAPPINGS_MOST, Held, held
from panggon.node.sockets.quota.usage import DEPTH_MOST, Excess, Meter

MEBIBYTE = 1024 * 1024
PLENTY = Limit(mebibytes=1000, files=1000)


def exceeds(place: Path, limit: Limit) -> bool:
    return bool(excess(Meter(place, limit)))


def excess(meter: Meter) -> Excess:
    found = meter.count(time.monotonic() + 60, time.monotonic)
    assert found is not None
    return found


def test_space_is_what_lies_on_the_disk(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "three").write_bytes(os.urandom(3 * MEBIBYTE))
    with (tmp_path / "hollow").open("wb") as file:
        file.truncate(500 * MEBIBYTE)
    assert exceeds(tmp_path, Limit(mebibytes=2, files=1000))
    assert not exceeds(tmp_path, Limit(mebibytes=4, files=1000))


def test_every_name_is_a_file_but_its_content_counts_once(tmp_path: Path) -> None:
    (tmp_path / "one").write_bytes(os.urandom(MEBIBYTE))
    for number in range(9):
        (tmp_path / f"again{number}").hardlink_to(tmp_path / "one")
    assert not exceeds(tmp_path, Limit(mebibytes=2, files=10))
    assert exceeds(tmp_path, Limit(mebibytes=2, files=9))


def test_links_lead_nowhere(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "big").write_bytes(os.urandom(3 * MEBIBYTE))
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "site" / "round").symlink_to(tmp_path / "site")
    assert not exceeds(tmp_path / "site", Limit(mebibytes=1, files=2))


def test_a_tree_too_deep_to_be_counted_is_too_much(tmp_path: Path) -> None:
    Path(f"{tmp_path}{'/d' * DEPTH_MOST}").mkdir(parents=True)
    assert not exceeds(tmp_path, PLENTY)
    Path(f"{tmp_path}{'/d' * (DEPTH_MOST + 1)}").mkdir()
    assert exceeds(tmp_path, PLENTY)


def test_whoever_renames_folders_and_files_all_the_time_hides_nothing(tmp_path: Path) -> None:
    """Eight nested folders, and in the innermost one a large file, have new names at each step."""
    with ExitStack() as opened:
        places: list[int] = []
        for place in [Path(f"{tmp_path}{'/0' * depth}") for depth in range(9)]:
            place.mkdir(exist_ok=True)
            for number in range(40):
                (place / f"small{number}").touch()
            places.append(os.open(place, os.O_RDONLY))
            opened.callback(os.close, places[-1])
        Path(f"{tmp_path}{'/0' * 9}").write_bytes(os.urandom(3 * MEBIBYTE))
        names = itertools.pairwise(itertools.count())

        def rename() -> float:
            former, new = next(names)
            for place in places:
                os.rename(f"{former}", f"{new}", src_dir_fd=place, dst_dir_fd=place)
            return 0

        assert Meter(tmp_path, Limit(mebibytes=2, files=1000)).count(1, rename) is Excess.SPACE
        assert Meter(tmp_path, Limit(mebibytes=4, files=378)).count(1, rename) is Excess.NOTHING


def test_what_is_called_otherwise_whenever_it_is_looked_for_is_too_much(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "0").mkdir()
    opening, names = os.open, itertools.pairwise(itertools.count())

    def open_too_late(path: str, flags: int, **at: int) -> int:
        if at:
            former, new = next(names)
            (tmp_path / f"{former}").rename(tmp_path / f"{new}")
        return opening(path, flags, **at)

    monkeypatch.setattr(os, "open", open_too_late)
    assert excess(Meter(tmp_path, PLENTY)) is Excess.FILES


def test_temporary_folders_that_are_gone_when_they_are_looked_at_are_no_excess(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opening = os.open

    def open_too_late(path: str, flags: int, **at: int) -> int:
        if at:
            (tmp_path / path).rmdir()
        return opening(path, flags, **at)

    monkeypatch.setattr(os, "open", open_too_late)
    meter = Meter(tmp_path, PLENTY)
    found = []
    for _ in range(3):
        for number in range(9):
            (tmp_path / f"{number}").mkdir()
        found.append(excess(meter))
    assert found == [Excess.NOTHING] * 3


def test_without_a_free_descriptor_nothing_is_decided_and_none_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path(f"{tmp_path}/a/b/c").mkdir(parents=True)
    before, opening = set(Path("/proc/self/fd").iterdir()), os.open

    def full(path: str, flags: int, **at: int) -> int:
        if path == "c":
            raise OSError(errno.EMFILE, "too many")
        return opening(path, flags, **at)

    meter = Meter(tmp_path, Limit(mebibytes=1, files=2))
    monkeypatch.setattr(os, "open", full)
    with pytest.raises(OSError, match="too many"):
        excess(meter)
    monkeypatch.undo()
    assert excess(meter) is Excess.FILES
    Meter(tmp_path, PLENTY).count(0, time.monotonic)
    assert set(Path("/proc/self/fd").iterdir()) <= before


def test_it_goes_on_where_it_stopped_and_begins_anew(tmp_path: Path) -> None:
    for number in range(50):
        (tmp_path / f"{number}").touch()
    ticks = itertools.count()
    meter = Meter(tmp_path, Limit(mebibytes=1, files=49))
    answers = [meter.count(next(ticks) + 3.0, lambda: float(next(ticks))) for _ in range(40)]
    assert answers.count(Excess.FILES) >= 2
    assert answers[:5] == [None] * 5
    (tmp_path / "0").unlink()
    assert Excess.NOTHING in [meter.count(next(ticks) + 30.0, lambda: float(next(ticks))) for _ in range(20)]


@pytest.mark.parametrize("name", ["gone", "file"])
def test_what_is_no_directory_counts_as_nothing(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    assert not exceeds(tmp_path / name, Limit(mebibytes=1, files=1))


@contextmanager
def opened(descriptor: int) -> Iterator[None]:
    yield
    os.close(descriptor)


@contextmanager
def mapped(descriptor: int) -> Iterator[None]:
    libc = ctypes.CDLL(None)
    libc.mmap.restype, libc.mmap.argtypes = ctypes.c_void_p, [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 4]
    libc.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
    place = libc.mmap(None, 4096, mmap.PROT_READ, mmap.MAP_SHARED, descriptor, 0)
    os.close(descriptor)
    yield
    libc.munmap(place, 4096)


@contextmanager
def sent(descriptor: int) -> Iterator[None]:
    """To itself, and never received."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [descriptor]))])
        os.close(descriptor)
        yield


@pytest.mark.parametrize(("holding", "found"), [(opened, Excess.SPACE), (mapped, Excess.SPACE), (sent, Excess.FILES)])
def test_a_deleted_file_counts_while_anybody_has_it(
    tmp_path: Path, holding: Callable[[int], AbstractContextManager[None]], found: Excess
) -> None:
    (tmp_path / "site").mkdir()
    meter = Meter(tmp_path / "site", Limit(mebibytes=2, files=9), lambda: (os.getpid(), os.getpid()))
    descriptor = os.open(tmp_path / "file", os.O_RDWR | os.O_CREAT)
    os.write(descriptor, os.urandom(3 * MEBIBYTE))
    assert excess(meter) is Excess.NOTHING, "it has a name; whoever may see it counts it"
    (tmp_path / "file").unlink()
    with holding(descriptor):
        assert [excess(meter) for _ in range(3)][1:] == [found, found]
    assert [excess(meter) for _ in range(2)][-1] is Excess.NOTHING


HOLDS = """import ctypes, os, sys, threading
libc = ctypes.CDLL(None)
def hold():
    {before}
    descriptor = os.open({path!r}, os.O_RDWR | os.O_CREAT)
    os.write(descriptor, os.urandom(3 << 20))
    os.unlink({path!r})
    print(flush=True)
    threading.Event().wait()
threading.Thread(target=hold).start()
{after}"""
CLONE_FILES, EXIT_OF_A_THREAD = 0x400, {"x86_64": 60, "aarch64": 93}[platform.machine()]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (f"assert libc.unshare({CLONE_FILES}) == 0", ""),
        ("", f"libc.syscall({EXIT_OF_A_THREAD}, 0)"),
    ],
    ids=["a thread with descriptors of its own", "a first thread that has ended"],
)
def test_what_any_thread_holds_counts(tmp_path: Path, before: str, after: str) -> None:
    code = HOLDS.format(path=str(tmp_path / "file"), before=before, after=after)
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as program:
        assert program.stdout
        assert program.stdout.readline() == b"\n"
        meter = Meter(tmp_path, Limit(mebibytes=2, files=9), lambda: (program.pid,))
        found = [excess(meter) for _ in range(3)]
        program.kill()
    assert found == [Excess.SPACE] * 3


def test_descriptors_that_threads_have_in_common_are_looked_at_once(tmp_path: Path) -> None:
    over = threading.Event()
    threads = [threading.Thread(target=over.wait) for _ in range(20)]
    alone = len(list(held([os.getpid()], device=tmp_path.stat().st_dev)))
    for thread in threads:
        thread.start()
    together = len(list(held([os.getpid()], device=tmp_path.stat().st_dev)))
    over.set()
    for thread in threads:
        thread.join()
    assert together < 2 * alone


def test_what_is_received_at_once_and_what_lies_in_memory_is_no_excess(tmp_path: Path) -> None:
    meter = Meter(tmp_path, Limit(mebibytes=2, files=9), lambda: (os.getpid(),))
    descriptor = os.memfd_create("large")
    os.write(descriptor, bytes(3 * MEBIBYTE))
    found = []
    for _ in range(3):
        with sent(os.open("/dev/null", os.O_RDONLY)):
            found.append(excess(meter))
    os.close(descriptor)
    assert found == [Excess.NOTHING] * 3


def test_who_maps_more_than_anybody_counts_holds_up_nobody(tmp_path: Path) -> None:
    """Each mapping is a step of its own, after which the clock is looked at."""
    code = """import mmap, sys
kept = [mmap.mmap(-1, 4096, prot=(mmap.PROT_READ, mmap.PROT_WRITE)[number % 2]) for number in range(9000)]
print(flush=True)
sys.stdin.read()"""
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as program:
        assert program.stdout
        assert program.stdout.readline() == b"\n"
        steps = list(held([program.pid], device=tmp_path.stat().st_dev))
        assert (len(steps) >= MAPPINGS_MOST, steps[-1]) == (True, Held(0, uncounted=True))
        meter = Meter(tmp_path, Limit(mebibytes=2, files=9), lambda: (program.pid,))
        assert excess(meter) is Excess.FILES
        assert program.stdin
        program.stdin.close()


def test_too_many_files_is_seen_also_where_too_much_space_was_known(tmp_path: Path) -> None:
    meter = Meter(tmp_path, Limit(mebibytes=1, files=3))
    (tmp_path / "large").write_bytes(os.urandom(2 * MEBIBYTE))
    assert excess(meter) is Excess.SPACE
    for number in range(3):
        (tmp_path / f"{number}").touch()
    assert [excess(meter), excess(meter)] == [Excess.FILES, Excess.FILES]
    (tmp_path / "0").unlink()
    assert excess(meter) is Excess.SPACE


def test_a_mark_that_cannot_be_written_keeps_nobody_from_being_stopped(tmp_path: Path) -> None:
    full = Full(SocketSettings(tmp_path, tmp_path, tmp_path, uid_base=3_000_000, web_group=0))
    full.set("s000001", Excess.SPACE)  # as on a full disk: there is no place for it
    assert full.of("s000001") is Excess.NOTHING
    for folder in ("logs", "run"):
        (tmp_path / "sites" / "s000001" / folder).mkdir(parents=True)
    full.set("s000001", Excess.FILES)
    assert (full.of("s000001"), list(full)) == (Excess.FILES, ["s000001"])
    full.set("s000001", Excess.NOTHING)
    assert (full.of("s000001"), list(full)) == (Excess.NOTHING, [])
