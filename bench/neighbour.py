"""How long a site's visitors wait while the site beside it does its worst: `python -m bench.neighbour`, as root; only
some attacks, if they are named.

Each attack runs inside its own site until the figures are taken; before each, the same is measured without one. Asked
is php-fpm itself, by FastCGI, through the holder of the sockets, by who goes as far before others as nginx does: what
all sites of a machine share besides is nginx.
Beside one that fills TCP's sockets it is a transfer over TCP on the machine, as nginx, sshd and Knot have them.
"""

import json
import multiprocessing
import os
import re
import shutil
import socket
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from math import inf
from pathlib import Path
from typing import Any

from bench import databases, ending
from bench.machine import described
from panggon.drivers.system import files
from panggon.node.sockets import protections
from panggon.node.supervision import listening
from tests.node import fastcgi
from tests.node.stand import UID_BASE, Stand
from tests.waiting import until

# In turns, because a machine is seldom alike for long.
ROUNDS = 4
TARGET = 2.0
SECONDS = 2.0
PAUSE = 0.01
ATTACKERS = 8
NEIGHBOUR, ATTACKER = 980001, 980002
PAGE = "$words = []; for ($i = 0; $i < 2000; $i++) { $words[] = md5((string) $i); } echo count($words);"
FOR_EVER = (
    "set_time_limit(0); ini_set('memory_limit', -1); $me = getmypid(); $held = []; $block = str_repeat('x', 1 << 20);"
)
BOMB = "bomb() { bomb | bomb & }; bomb; sleep 9"
ATTACKS = {
    "endless loop": "while (true);",
    "fork bomb": f"proc_close(proc_open(['/bin/sh', '-c', '{BOMB}'], [], $pipes));",
    "memory": "while (true) { $held[] = $block . count($held); }",
    "disk": "$to = fopen(\"/tmp/$me\", 'w'); while (true) { fwrite($to, $block); }",
    "deleted files": (
        "for ($i = 0; ; $i++) { $held[] = $to = fopen($name = \"/tmp/$me-$i\", 'w'); unlink($name);"
        " while (ftell($to) < 32 << 20) { fwrite($to, $block); } }"
    ),
    "files": 'for ($i = 0; ; $i++) { @touch("/tmp/$me-$i"); }',
    "shared memory": 'while (true) { @file_put_contents("/dev/shm/$me", $block, FILE_APPEND); }',
    "open files": "while (true) { $held[] = @fopen('/dev/null', 'r'); if (count($held) > 5000) { $held = []; } }",
    "log": "while (true) { error_log(substr($block, 0, 1000)); }",
    "sockets": "while (true) { $held[] = @stream_socket_server('tcp://127.0.0.1:0'); }",
    "filled sockets": (
        "$door = stream_socket_server('tcp://127.0.0.1:0'); $name = stream_socket_get_name($door, false);"
        ' while (true) { $held[] = $one = stream_socket_client("tcp://$name"); $held[] = stream_socket_accept($door);'
        " stream_set_blocking($one, false); while (@fwrite($one, $block)); }"
    ),
    **databases.ATTACKS,
}
# Over TCP, where the attack is on it.
TRANSFERRED, TRANSFER_SECONDS = {"filled sockets": 8 << 20}, 10.0
# By these PHP or a database server says that an attack is none: it asked for what is not there, or not in its language.
NO_ATTACK = re.compile(rb"Parse error|undefined|not found|could not find|syntax|unknown (?:system )?variable", re.I)
_APART = multiprocessing.get_context("fork")
# What the attacker may store.
BOUNDS = {"mebibytes": 64, "files": 2000, "writing": False}


def main() -> None:
    ending.once()
    print(described())
    if missing := [each.reason for each in protections(UID_BASE) if not each.active]:
        sys.exit(f"what keeps sites apart cannot be had here ({'; '.join(missing)}); see script/delegated")
    worst = 0.0
    base = Path(f"/srv/panggon-test-{os.getpid()}-neighbour/run")
    sockets: dict[str, Any] = {"mariadb_socket": base / "mariadb/mysqld.sock", "postgresql_run": base / "pgsql"}
    stand = Stand("neighbour", stop_seconds=1.0, **sockets)
    try:
        stand.start()
        neighbour = stand.serve(NEIGHBOUR, PAGE)
        attacker = stand.serve(ATTACKER, "echo 'ok';")
        record = stand.settings.site(attacker) / "quota.json"
        files.write(record, json.dumps({"site": attacker, **BOUNDS}))
        stand.get(neighbour)
        _say("attack", "alone: p50", "p95", "attacked: p50", "p95", "p95 ratio", "failed")
        with databases.running_beside(stand) as beside:
            listening.go_first()
            for name in sys.argv[1:] or ATTACKS:
                pair = beside.pairs.get(name.split()[0], (neighbour, attacker))
                worst = max(worst, _compared(stand, name, *pair, beside))
    finally:
        try:
            stand.close()
        finally:  # what a database server's data is made by outlives who asked for it
            until(lambda: _is_gone(stand.base))
    print(f"worst: {worst:.2f} ({TARGET:.0f}); {described()}")
    sys.exit(0 if worst < TARGET else 1)


def _is_gone(place: Path) -> bool:
    shutil.rmtree(place, ignore_errors=True)
    return not place.exists()


def _compared(stand: Stand, name: str, neighbour: str, attacker: str, beside: databases.Beside) -> float:
    """How many times the neighbour's p95 alone is what it is while attacked; without end where he was not answered, and
    where the attack was none.
    """
    alone: list[float] = []
    attacked: list[float] = []
    failed, wrong = 0, ""
    size = TRANSFERRED.get(name)
    ask = partial(_transfer, size) if size else partial(_served, stand, neighbour)
    for _ in range(ROUNDS):
        alone += _measure(ask)[0]
        with _attacking(stand, attacker, f"{FOR_EVER} {ATTACKS[name]}") as said:
            if name in databases.ATTACKS:
                time.sleep(databases.SETTLED_SECONDS)
            waits, without = _measure(ask)
            attacked += waits
            failed += without
            wrong = wrong or _complaint(said)
        beside.calm(attacker)
    figures = (statistics.median(alone), _p95(alone), statistics.median(attacked), _p95(attacked))
    ratio = _p95(attacked) / _p95(alone) if not failed and not wrong else inf
    _say(name, *(f"{figure:.1f} ms" for figure in figures), f"{ratio:.2f}", f"{failed} of {len(attacked)}")
    if wrong:
        sys.stdout.write(f"  that was no attack: {wrong}\n")
    return ratio


def _complaint(said: Path) -> str:
    """The first line in which what was to attack says that it cannot."""
    lines = filter(NO_ATTACK.search, said.read_bytes().splitlines())
    return next(lines, b"").decode(errors="replace")


def _served(stand: Stand, site: str) -> bool:
    """Whether it was answered as its page does."""
    return stand.get(site).isdecimal()


def _measure(ask: Callable[[], bool]) -> tuple[list[float], int]:
    """Milliseconds a request, and how many came to nothing."""
    waits, failed, ends = [], 0, time.monotonic() + SECONDS
    while time.monotonic() < ends:
        began = time.monotonic()
        failed += not ask()
        waits.append(1000 * (time.monotonic() - began))
        time.sleep(PAUSE)
    return waits, failed


def _transfer(size: int) -> bool:
    """One connection of the machine to itself that carries so much; begun anew when the kernel resets it. Whether that
    came to an end in TRANSFER_SECONDS.
    """
    ends = time.monotonic() + TRANSFER_SECONDS
    with socket.create_server(("127.0.0.1", 0)) as server:
        while not _transferred(server, size):
            if time.monotonic() > ends:
                return False
    return True


def _transferred(server: socket.socket, size: int) -> bool:
    client = socket.create_connection(server.getsockname(), TRANSFER_SECONDS)
    sent, _ = server.accept()
    sent.settimeout(TRANSFER_SECONDS)
    sender = threading.Thread(target=_send, args=(sent, size))
    sender.start()
    with client, suppress(OSError):
        while part := client.recv(1 << 16):
            size -= len(part)
    sender.join()
    return size == 0


def _send(sent: socket.socket, size: int) -> None:
    with sent, suppress(OSError):
        sent.sendall(bytes(size))


def _p95(waits: list[float]) -> float:
    return statistics.quantiles(waits, n=20)[-1]


@contextmanager
def _attacking(stand: Stand, site: str, page: str) -> Iterator[Path]:
    """Attackers that ask again whenever their request ends, however it ends; where their programs complain."""
    stand.page(site, page)
    said = stand.settings.site(site) / "run" / "output.log"
    attackers = _APART.Process(target=_attack, args=(stand.settings.root / "run" / f"{site}.sock",), daemon=True)
    attackers.start()
    try:
        time.sleep(0.5)
        yield said
    finally:
        attackers.kill()
        attackers.join()
        stand.page(site, "echo 'ok';")  # for who still stands in the queue
        stand.ask(do="stop", site=site)
        place = stand.settings.site(site)
        for path in (*(place / "tmp").iterdir(), stand.settings.full(site)):
            path.unlink(missing_ok=True)
        os.truncate(said, 0)


def _attack(door: Path) -> None:
    """In a process of its own: what the attackers compute is not to hold up who measures."""
    for _ in range(ATTACKERS):
        threading.Thread(target=_ask_for_ever, args=(door,)).start()


def _ask_for_ever(door: Path) -> None:
    while True:
        with suppress(OSError, ValueError):
            fastcgi.request(door, "/site/public/index.php", seconds=2)
        time.sleep(0.05)


def _say(name: str, *values: str) -> None:
    sys.stdout.write(f"{name:<22}" + "".join(f"{value:>15}" for value in values) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
