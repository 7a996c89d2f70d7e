"""A disk that fills up: a clear ending, the former state or the wish, never half."""

import time
from contextlib import contextmanager

import pytest

pytestmark = pytest.mark.real


@contextmanager
def full(folder):
    """No byte is left on this file system."""
    filler = folder / "filler"
    try:
        with filler.open("wb", buffering=0) as file:
            size = 1 << 20
            while size:
                try:
                    file.write(b"\0" * size)
                except OSError:
                    size //= 2
        yield
    finally:
        filler.unlink(missing_ok=True)


def test_no_room_for_the_site(machine):
    spec, before = machine.spec(21), machine.standing()
    with full(machine.sites_folder):
        ended = machine.apply(spec)
    assert (ended["status"], ended["outcome"], ended["problem"]["code"]) == (1, "restored", "disk.full")
    assert "No space left on device" in ended["problem"]["detail"]
    assert machine.standing() == before
    assert machine.apply(spec)["outcome"] == "applied"
    assert machine.standing() == before | machine.of_site(spec)


def test_room_that_comes_back_in_time(machine):
    spec, before = machine.spec(22), machine.standing()
    with full(machine.sites_folder):
        process = machine.start("apply", machine.write_spec(spec))
        while '"started"' not in machine.journal(spec.site):
            assert process.poll() is None, process.communicate()
            time.sleep(0.01)
        time.sleep(2)
    output, errors = process.communicate(timeout=100)
    assert process.returncode == 0, output + errors
    assert machine.standing() == before | machine.of_site(spec)


def test_no_room_in_the_middle(machine):
    """Wherever the run is by then: the wish, or what was before; an open run would stand in the status."""
    spec, before = machine.spec(23), machine.standing()
    process = machine.start("apply", machine.write_spec(spec))
    while not (machine.sites_folder / spec.site).exists():
        assert process.poll() is None, process.communicate()
        time.sleep(0.001)
    with full(machine.sites_folder):
        output, errors = process.communicate(timeout=110)
        whole = machine.of_site(spec) if process.returncode == 0 else frozenset()
        assert (machine.standing() - {"sites/filler"}, machine.unfinished()) == (before | whole, []), output + errors
    assert machine.apply(spec)["outcome"] == "applied"
    assert machine.standing() == before | machine.of_site(spec)


def test_no_room_for_the_journal(machine):
    """What cannot be written down is not begun."""
    spec, before = machine.spec(24), machine.standing()
    with full(machine.journal_folder):
        done = machine.run("apply", machine.write_spec(spec))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines()[-1].endswith("tidak ada ruang lagi di disk (galat 28) (journal.unwritable)")
    assert machine.standing() == before
    assert machine.apply(spec)["outcome"] == "applied"
