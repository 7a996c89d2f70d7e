"""Tells the portal what is being done, while it is."""

import logging
import queue
import threading
from collections.abc import Callable
from typing import Any

from panggon.engine.steps import Progress
from panggon.node.agent.client import Portal
from panggon.node.daemons.going_on import going_on

WAITING_ENTRIES = 500
BATCH = 50

log = logging.getLogger(__name__)


class ProgressSender:
    """Sends progress beside the work. What does not fit into its queue or does not arrive is lost, without harm."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal
        self._queue: queue.Queue[tuple[int, dict[str, Any]]] = queue.Queue(WAITING_ENTRIES)
        threading.Thread(target=self._send, name="progress", daemon=True).start()

    def watch(self, wish: int) -> Callable[[int, Progress], None]:
        def note(number: int, progress: Progress) -> None:
            entry = {
                "sequence": number,
                "phase": progress.phase.value,
                "key": str(progress.key),
                "step": progress.step,
                "steps": progress.steps,
            }
            try:
                self._queue.put_nowait((wish, entry))
            except queue.Full:
                return

        return note

    def _send(self) -> None:
        while True:
            wish, entry = self._queue.get()
            batch = {wish: [entry]}
            while not self._queue.empty() and sum(map(len, batch.values())) < BATCH:
                wish, entry = self._queue.get()
                batch.setdefault(wish, []).append(entry)
            for number, entries in batch.items():
                with going_on(log, f"progress of wish {number} was lost", expected=logging.INFO):
                    self._portal.progress(number, entries)
