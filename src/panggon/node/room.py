"""How much room this machine has left: on the disks of Panggon's directories, and in memory."""

import shutil
from contextlib import suppress

from panggon.core.node.health import Room
from panggon.core.room import GIBIBYTE, is_short
from panggon.drivers.system.processes import PROC
from panggon.node.settings.config import NodeConfig

KIBIBYTE = 1024


def disks(config: NodeConfig) -> tuple[Room, ...]:
    """Each disk once, by the first of the directories that lie on it."""
    found: dict[int, Room] = {}
    for place in (config.paths.root, config.paths.state, config.paths.logs):
        with suppress(OSError):  # not there yet, or gone
            usage = shutil.disk_usage(place)
            found.setdefault(place.stat().st_dev, Room(str(place), usage.free, usage.total))
    return tuple(found.values())


def memory() -> Room:
    """proc(5), meminfo: in KiB. What programs could still have, caches given back."""
    lines = (line.split() for line in (PROC / "meminfo").read_text().splitlines())
    members = {words[0]: int(words[1]) * KIBIBYTE for words in lines}
    return Room("", members["MemAvailable:"], members["MemTotal:"])


def worries(config: NodeConfig) -> tuple[str, ...]:
    """A sentence of each disk that has too little room."""
    return tuple(_sentence(each) for each in disks(config) if is_short(**_amounts(each)))


def words(room: Room) -> str:
    free, total = (f"{amount / GIBIBYTE:.1f}".replace(".", ",") for amount in _amounts(room).values())
    return f"sisa {free} dari {total} GiB"


def _amounts(room: Room) -> dict[str, int]:
    return {"free_bytes": room.free_bytes, "total_bytes": room.total_bytes}


def _sentence(disk: Room) -> str:
    looked = f"du -xh --max-depth=3 {disk.place} | sort -h | tail -20"
    return (
        f"disk tempat {disk.place} hampir penuh ({words(disk)}), dan bila habis tidak ada situs yang dapat menyimpan "
        f"atau diubah: perbesar, atau hapus yang tidak diperlukan; yang terbesar ditunjukkan {looked}"
    )
