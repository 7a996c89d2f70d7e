"""Removing what the demonstration made, and ending what an earlier one left running when it was killed."""

import json
import os
import re
import shutil
import signal
import time
from contextlib import suppress
from pathlib import Path

from demo.layout import REPOSITORY, SITES_MOST, Layout, Places, is_root, load, real, simulated
from demo.steps import say
from panggon.core.errors import TemporaryError

USERDB = Path("/etc/userdb")
PACKAGES = REPOSITORY / "var" / "packages-installed"
SECONDS = 90
SECONDS_TO_END = 15


def write_down(places: Layout, *pids: int) -> None:
    """Who runs this demonstration, the last the first to be ended, so that it can be when nobody is left who knows."""
    rows = [{"pid": pid, "started": _start_time(pid)} for pid in pids]
    places.record.write_text(json.dumps(rows))


def stop_leftovers(places: Layout) -> None:
    """End what still runs of an earlier demonstration: whoever supervises first, so that nothing is started again."""
    for record in (places.record, places.state / "stack.json", places.run / "services.json"):
        for row in reversed(_rows(record)):  # a database waits for those who use it
            _end(row["pid"], row["started"])


def reclaim(places: Places) -> None:
    """Begin anew where state and sites are not of one demonstration: another checkout's, or half removed.

    Raises TemporaryError `demo.busy` while another checkout's demonstration still runs on these sites.
    """
    owner = places.hosting / "belongs-to"
    here = str(places.state.absolute())
    kept = owner.read_text() if owner.exists() else ""
    other = Path(kept) / "demo.json"
    if kept not in ("", here) and any(_start_time(row["pid"]) == row["started"] for row in _rows(other)):
        raise TemporaryError("demo.busy", f"peragaan lain masih berjalan dari {kept}; hentikan dahulu")
    if kept != here or not (places.state / "layout.json").exists():
        remove(places.state, hosting=places.hosting, first_site=places.first_site)
    places.hosting.mkdir(parents=True, exist_ok=True)
    owner.write_text(here)


def clean(*, packages: bool) -> int:
    """What `script/demo --clean` does: afterwards nothing of the demonstration is left, Debian packages apart."""
    for places in (real(), simulated()):
        remove(places.state, hosting=places.hosting, first_site=places.first_site)
        places.state.with_suffix(".lock").unlink(missing_ok=True)
    say("Semua yang dibuat peragaan sudah dihapus.")
    if PACKAGES.exists() and not packages:
        count = len(set(PACKAGES.read_text().split()))
        say(f"Paket Debian yang dipasang untuk Panggon ({count}) tetap ada; hapus dengan --clean --packages.")
    return 0


def remove(state: Path, *, hosting: Path, first_site: int) -> None:
    """End what still runs of one demonstration, and remove its state, its sites and their users."""
    if (state / "layout.json").exists():
        stop_leftovers(load(state.resolve()))
    _remove_tree(state.resolve())
    if state.is_symlink():
        state.unlink()
    if is_root():  # only root's machines make users
        _remove_users(range(first_site, first_site + SITES_MOST + 1))
    _remove_tree(hosting)


# ------------------------------------------------------------------------------------------------------------------


def _rows(record: Path) -> list[dict[str, int]]:
    try:
        return list(json.loads(record.read_text()))
    except (OSError, ValueError):
        return []


def _end(pid: int, started: int) -> None:
    """Only the very process that was written down, never another one with its number."""
    if _start_time(pid) != started:
        return
    os.kill(pid, signal.SIGTERM)
    ends = time.monotonic() + SECONDS
    while _start_time(pid) == started:
        if time.monotonic() > ends:
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.05)


def _start_time(pid: int) -> int:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return 0 if fields[0] == "Z" else int(fields[19])


def _remove_tree(path: Path) -> None:
    """What is just ending may still write below it."""
    ends = time.monotonic() + SECONDS_TO_END
    while path.exists():
        try:
            shutil.rmtree(path)
        except OSError:
            if time.monotonic() > ends:
                raise
            time.sleep(0.2)


def _remove_users(numbers: range) -> None:
    """The records of the demo's own sites; their numbers are nobody else's."""
    for record in USERDB.glob("*"):
        name = record.readlink().name if record.is_symlink() else record.name
        if re.fullmatch(r"s[0-9]{6}\..*", name) and int(name[1:7]) in numbers:
            record.unlink()
    with suppress(OSError):  # somebody else's are in it, or there is none
        USERDB.rmdir()
