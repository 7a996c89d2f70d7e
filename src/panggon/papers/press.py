"""Compiles templates with Typst, in a process of its own: a template that loops or swells ends that process, not ours.

The process is started with the first paper and kept for the next ones. It ends by itself at its limits, and when
whoever started it is gone.
"""

import os
import resource
import signal
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from threading import Lock

import typst

from panggon.core.errors import PermanentError

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one paper, in seconds of a processor: a usual one takes a tenth and 100 MiB."""

    seconds: int = 10
    memory_mebibytes: int = 1024


@dataclass(frozen=True, slots=True)
class Broken:
    """Why Typst refused a template: its words, and the whole report with the place."""

    message: str
    report: str


@dataclass(frozen=True, slots=True)
class Worker:
    """The other process, and our end of the pipe to it."""

    process: BaseProcess
    pipe: Connection


class Press:
    """Makes one paper at a time, whichever thread asks for it."""

    def __init__(self, limits: Limits = Limits()) -> None:
        self.limits = limits
        self._lock = Lock()
        self._worker: Worker | None = None

    def make(self, template: Path, facts: str) -> bytes | Broken:
        """The PDF of the template at this path, which may read its own folder only; `facts` is JSON.

        Raises PermanentError `paper.endless` or `paper.swells` (facts: the limits) when it goes beyond them.
        """
        with self._lock:
            if self._worker is None or not self._worker.process.is_alive():
                self._worker = _start(self.limits)
            worker = self._worker
            try:
                worker.pipe.send((template, facts))
                made: bytes | Broken = worker.pipe.recv()
            except (EOFError, OSError) as error:
                worker.process.join()
                code = "paper.endless" if worker.process.exitcode == -signal.SIGPROF else "paper.swells"
                raise PermanentError(code, **asdict(self.limits)) from error
        return made


def _start(limits: Limits) -> Worker:
    context = get_context("spawn")  # it inherits nothing: no connection to the database, no lock of a thread
    here, there = context.Pipe()
    process = context.Process(target=_work, args=(there, limits), daemon=True)
    process.start()
    there.close()  # so that each side sees that the other is gone
    return Worker(process, here)


# -- In the other process ------------------------------------------------------------------------------------------


def _work(pipe: Connection, limits: Limits) -> None:
    """One paper after the other; the timer is the kernel's, so that it ends a loop in Typst's own code too.

    It counts what is reckoned here, not how long that lasts on a busy machine.
    """
    memory = limits.memory_mebibytes * MEBIBYTE
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.environ["RAYON_NUM_THREADS"] = "1"  # what threads set aside would count
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    fonts = typst.Fonts(include_system_fonts=False)  # read once: for each paper anew they would be a fifth of its time
    while True:
        try:
            template, facts = pipe.recv()
        except EOFError:
            return
        signal.setitimer(signal.ITIMER_PROF, limits.seconds)
        made = _compile(template, facts, fonts)
        signal.setitimer(signal.ITIMER_PROF, 0)
        pipe.send(made)


def _compile(template: Path, facts: str, fonts: typst.Fonts) -> bytes | Broken:
    try:
        made = typst.compile(
            template,
            root=template.parent,
            sys_inputs={"facts": facts},
            font_paths=fonts,
            # Archives want PDF/A, level A is tagged (ISO 19005-3); who hears a paper wants PDF/UA (ISO 14289-1).
            pdf_standards=["a-3a", "ua-1"],
        )
    except typst.TypstError as error:
        return Broken(error.message, error.diagnostic)
    return made if isinstance(made, bytes) else Broken(f"{template.name} gave no single document", "")
