"""Removing what the demonstration made, and ending what an earlier one left running when it was killed."""

import json
import os
import re
import shutil
import signal
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from demo.layout import HOSTING, REPOSITORY, SITES_MOST, Layout, Places, is_root, load, real, simulated
from demo.steps import say
from panggon.core.errors import PanggonError, PermanentError, TemporaryError
from panggon.drivers.system.patience import Patience
from panggon.node.daemons.lock import alone

USERDB = Path("/etc/userdb")
PACKAGES = REPOSITORY / "var" / "packages-installed"
OWNER = "belongs-to"  # the file with the sites that names the state directory of their demonstration
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

    Whose sites go is told before. Raises what `demand_idle` raises, before anything is ended or removed.
    """
    demand_idle(places)
    owner = owner_of(places)
    if owner and owner != places.state:
        say(f"{places.hosting} berisi situs peragaan {owner}, yang tidak berjalan lagi: situs itu dihapus dahulu.")
    if (places.state / "layout.json").exists():
        stop_leftovers(load(places.state.resolve()))
    if owner != places.state or not (places.state / "layout.json").exists():
        remove(places.state, hosting=places.hosting, first_site=places.first_site)
    places.hosting.mkdir(parents=True, exist_ok=True)
    (places.hosting / OWNER).write_text(str(places.state))


def owner_of(places: Places) -> Path | None:
    """The state directory of the demonstration whose sites lie here; None when it is nobody's."""
    record = places.hosting / OWNER
    return Path(record.read_text()) if record.exists() else None


def demand_idle(places: Places) -> None:
    """Raises TemporaryError `demo.busy` while another checkout's demonstration runs on these sites.

    Raises PermanentError `demo.unknown` where somebody names directories that no demonstration made.
    """
    owner = owner_of(places)
    pids = _running(owner, places.hosting) if owner and owner != places.state else []
    if pids:
        words = f"peragaan {owner} masih berjalan di {places.hosting} (proses {pids[0]}); hentikan dahulu"
        raise TemporaryError("demo.busy", words)
    own_state = owner == places.state or (places.state / "layout.json").exists()
    for directory, known in ((places.hosting, owner is not None), (places.state, own_state)):
        if not known and places not in (real(), simulated()) and directory.exists() and any(directory.iterdir()):
            words = f"{directory} bukan buatan peragaan dan tidak disentuh; pilih folder yang kosong"
            raise PermanentError("demo.unknown", words)


def clean(everything: Sequence[Places], *, packages: bool) -> int:
    """What `script/demo --clean` does: afterwards nothing of these is left, Debian packages apart.

    What runs or is another checkout's stays, and whose it is is said; the exit status is 1 then.
    """
    refusals = [words for words in map(_clean, everything) if words]
    for words in refusals:
        say(f"✗ {words}")
    if refusals:
        return 1
    say("Semua yang dibuat peragaan sudah dihapus.")
    if not is_root() and real() not in everything and HOSTING.exists():
        say(f"Yang dibuat root di {HOSTING} tetap ada; hanya root dapat menghapusnya.")
    if PACKAGES.exists() and not packages:
        count = len(set(PACKAGES.read_text().split()))
        say(f"Paket Debian yang dipasang untuk Panggon ({count}) tetap ada; hapus dengan --clean --packages.")
    return 0


def words_of(error: PanggonError | PermissionError) -> str:
    """Why the demonstration, or removing it, is refused."""
    if isinstance(error, PermissionError):
        return f"{error.filename} bukan milik pengguna ini; jalankan sebagai pemiliknya"
    return error.detail or error.code


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


def _clean(places: Places) -> str:
    """Why this one is not removed; empty when nothing of it is left."""
    lock = places.state.with_suffix(".lock")
    if not any(map(os.path.lexists, (places.state, places.hosting, lock))):
        return ""
    try:
        with alone(lock, f"peragaan {places.state} sedang berjalan; hentikan dahulu dengan Ctrl-C"):
            try:
                _demand_ours(places)
                remove(places.state, hosting=places.hosting, first_site=places.first_site)
            finally:
                lock.unlink()
    except (PanggonError, PermissionError) as error:
        return words_of(error)
    return ""


def _demand_ours(places: Places) -> None:
    """An orphan, whose checkout is gone and of which nothing runs, is anybody's.

    Raises what `demand_idle` raises, and PermanentError `demo.others` for what is another checkout's.
    """
    demand_idle(places)
    owner = owner_of(places)
    if owner and owner != places.state and os.path.lexists(owner):
        words = f"{places.hosting} milik peragaan {owner}; hapus dari sana dengan script/demo --clean"
        raise PermanentError("demo.others", words)


def _running(state: Path, hosting: Path) -> list[int]:
    """Of what was written down, the processes that are still there. The state may lie with the sites (`prepare`)."""
    records = [folder / name for folder in (state, hosting / "var") for name in ("demo.json", "stack.json")]
    rows = [row for record in (*records, hosting / "sockets" / "services.json") for row in _rows(record)]
    return [row["pid"] for row in rows if _start_time(row["pid"]) == row["started"]]


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
    patience = Patience(SECONDS)
    while _start_time(pid) == started:
        if patience.is_over():
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
    patience = Patience(SECONDS_TO_END)
    while path.exists():
        try:
            shutil.rmtree(path)
        except PermissionError as error:
            raise PermissionError(error.errno, error.strerror, str(path)) from error
        except OSError:
            if patience.is_over():
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
