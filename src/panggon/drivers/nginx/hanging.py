"""Which worker of nginx does not answer, what it does instead (proc(5)), and what a person can do about it."""

import os
import time
from collections.abc import Collection
from contextlib import suppress

from panggon.drivers.system import processes

MOMENT = 0.2  # seconds between two looks at the time that a process has used


def words(master: int, heard: Collection[int]) -> str:
    """One sentence about each of the master's workers that was not heard."""
    silent = [pid for pid in processes.children(master) if pid not in heard]
    before = {pid: _processor_time(pid) for pid in silent}
    time.sleep(MOMENT)
    told = [_told(pid, _processor_time(pid) - before[pid]) for pid in silent]
    return "; ".join(filter(None, told)) or "sebagian prosesnya tidak menjawab"


def _told(pid: int, used: float) -> str:
    """Empty where it has ended meanwhile."""
    try:
        state = processes.fields(pid)[0]
        ending = b"shutting down" in (processes.PROC / str(pid) / "cmdline").read_bytes()
    except OSError:
        return ""
    end = f"`kill -9 {pid}` mengakhirinya, dan penggantinya mulai seketika"
    if state == "D":
        doing, advice = "menunggu disk", "periksa disk mesin ini"
    elif state in "Tt":
        doing, advice = "dihentikan dengan sinyal", f"`kill -CONT {pid}` melanjutkannya, {end}"
    elif ending:
        doing, advice = "sedang berakhir dan menunggu pengunjung terakhirnya", end
    elif state == "R" or used > MOMENT / 2:  # on a busy machine it gets little
        doing, advice = "berputar tanpa henti", end
    else:
        doing, advice = "tidur", end
    return f"proses nginx {pid} tidak menjawab: {doing}; {advice}"


def _processor_time(pid: int) -> float:
    """Seconds."""
    with suppress(OSError):
        return sum(map(int, processes.fields(pid)[11:13])) / os.sysconf("SC_CLK_TCK")
    return 0.0
