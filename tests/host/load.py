"""Visitors who come again and again, each request on a connection of its own; when its input ends, it prints what they
got. It runs on the machine that is visited, with nothing but Debian's Python.

Arguments: the certificate file of the authority, then `host/path` for each visitor.
"""

import asyncio
import collections
import json
import ssl
import sys
import time

PAUSE, PATIENCE = 0.02, 60.0


async def main(authority: str, *places: str) -> None:
    trust = ssl.create_default_context(cafile=authority)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_reader(sys.stdin.fileno(), stop.set)
    print("on their way", flush=True)  # noqa: T201 -- whoever started this waits for it
    seen = await asyncio.gather(*(visitor(trust, place, stop) for place in places))
    rows = [
        {
            "place": place,
            "answers": dict(collections.Counter(kind for kind, _ in each)),
            "longest": max(s for _, s in each),
        }
        for place, each in zip(places, seen, strict=True)
    ]
    print(json.dumps(rows))  # noqa: T201


async def visitor(trust: ssl.SSLContext, place: str, stop: asyncio.Event) -> list[tuple[str, float]]:
    host, path = place.split("/", 1)
    seen: list[tuple[str, float]] = []
    while not stop.is_set() or not seen:
        began = time.monotonic()
        try:
            kind = await asyncio.wait_for(ask(trust, host, path), PATIENCE)
        except Exception as error:  # noqa: BLE001 -- whatever went wrong is what this visitor got
            kind = f"{type(error).__name__}: {error}"
        seen.append((kind, time.monotonic() - began))
        await asyncio.sleep(PAUSE)
    return seen


async def ask(trust: ssl.SSLContext, host: str, path: str) -> str:
    """The status, with the length where less came than was announced."""
    reader, writer = await asyncio.open_connection("127.0.0.1", 443, ssl=trust, server_hostname=host)
    try:
        writer.write(f"GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        answer = await reader.read()
    finally:
        writer.close()
    if not answer.endswith((b"\n", b"0\r\n\r\n")):
        return f"cut off after {len(answer)} bytes"
    return answer.split(b" ", 2)[1].decode()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
