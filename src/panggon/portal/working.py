"""The office worker: one process with three crews, so that a slow server of others never holds up a paper."""

import asyncio
import signal
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from procrastinate import App
from procrastinate.jobs import DEFAULT_QUEUE

from panggon.notify.retries import MAIL, WEBHOOKS
from panggon.portal.jobs import HEARTBEAT_SECONDS, SILENCE_SECONDS

# How many jobs of a queue run at a time. Each may hold one of PostgreSQL's connections.
CREWS: Mapping[str, int] = {DEFAULT_QUEUE: 4, MAIL: 2, WEBHOOKS: 2}
OPTIONS: dict[str, Any] = {
    "fetch_job_polling_interval": 0.5,  # how soon a job follows the one whose lock it waits for
    "update_heartbeat_interval": HEARTBEAT_SECONDS,
    "stalled_worker_timeout": 3 * SILENCE_SECONDS,
    "delete_jobs": "successful",
    "install_signal_handlers": False,  # each crew would take them from the other
}


def run(app: App) -> None:
    """Until SIGTERM or SIGINT, then to the end of the jobs that run. When one crew fails, the process ends."""
    asyncio.run(_run(app))


async def _run(app: App) -> None:
    loop = asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(max_workers=sum(CREWS.values())))
    async with app.open_async():
        crews = [asyncio.create_task(_crew(app, queue, size)) for queue, size in CREWS.items()]
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, _stop, crews)
        await asyncio.wait(crews, return_when=asyncio.FIRST_COMPLETED)
        _stop(crews)
        ended = await asyncio.gather(*crews, return_exceptions=True)
    failures = [error for error in ended if isinstance(error, Exception)]
    if failures:
        raise failures[0]


async def _crew(app: App, queue: str, size: int) -> None:
    await app.run_worker_async(name=queue, queues=[queue], concurrency=size, **OPTIONS)


def _stop(crews: list["asyncio.Task[None]"]) -> None:
    for crew in crews:
        crew.cancel()
