"""Requests at a fixed rate whether answers come or not (an open loop), and the times that they took."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count

SECONDS_AT_MOST = 30.0
LATE = 0.02  # seconds
CLIENTS = count(1)


@dataclass(frozen=True)
class Page:
    """What one kind of visitor asks for; `paths` take turns."""

    name: str
    paths: Sequence[str]
    cookies: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Times:
    """In milliseconds, counted from the moment at which the request was due. `failed` are all but 200."""

    milliseconds: list[float] = field(default_factory=list)
    failed: int = 0
    sent_late: int = 0  # by more than `LATE`: this machine could not even ask in time

    def percentile(self, share: float) -> float:
        ordered = sorted(self.milliseconds)
        return ordered[min(int(share * len(ordered)), len(ordered) - 1)] if ordered else float("nan")


async def drive(port: int, pages: Sequence[Page], *, rate: int, seconds: int) -> dict[str, Times]:
    """All pages in turn, `rate` requests a second together."""
    times = {page.name: Times() for page in pages}
    begin, waiting = time.perf_counter() + 0.5, []
    for number in range(rate * seconds):
        page = pages[number % len(pages)]
        path = page.paths[number // len(pages) % len(page.paths)]
        due = begin + number / rate
        await asyncio.sleep(max(due - time.perf_counter(), 0))
        times[page.name].sent_late += time.perf_counter() - due > LATE
        waiting.append(asyncio.create_task(_ask(port, path, page.cookies, due, times[page.name])))
    await asyncio.gather(*waiting)
    return times


async def _ask(port: int, path: str, cookies: Mapping[str, str], due: float, times: Times) -> None:
    try:
        status = await asyncio.wait_for(_status(port, path, cookies), SECONDS_AT_MOST)
    except (OSError, TimeoutError):
        status = 0
    times.milliseconds.append((time.perf_counter() - due) * 1000)
    times.failed += status != 200


async def _status(port: int, path: str, cookies: Mapping[str, str]) -> int:
    """The status once the whole answer is here. Each request comes from an address of its own on loopback, because
    the portal lets one address try only so often.
    """
    number = next(CLIENTS)
    address = f"127.1.{number // 250 % 250}.{number % 250 + 1}"
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(address, 0))
    try:
        words = "; ".join(f"{name}={value}" for name, value in cookies.items())
        lines = [f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", "Connection: close", f"Cookie: {words}", "", ""]
        writer.write("\r\n".join(lines).encode())
        answer = await reader.read(-1)
        return int(answer.split(b" ", 2)[1])
    finally:
        writer.close()
