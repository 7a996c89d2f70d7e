"""How a hosting machine is, besides its sites: told by `status` to who asks at the machine, and to the portal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from panggon.core.errors import Fault, InvalidError

ROWS_MOST, NAME_MOST, PLACE_MOST = 200, 80, 300
BYTES_MOST = 2**63 - 1
RESTARTS_MOST = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Server:
    """`since` is "" where it does not run, else in ISO 8601; `restarts` are those that nobody asked for."""

    name: str
    running: bool
    since: str
    restarts: int

    @property
    def began(self) -> datetime | None:
        return datetime.fromisoformat(self.since) if self.since else None


@dataclass(frozen=True, slots=True)
class Room:
    """Of a disk, by a directory on it; or of memory, whose `place` is ""."""

    place: str
    free_bytes: int
    total_bytes: int


@dataclass(frozen=True, slots=True)
class Health:
    """`unfinished` are sites with a run that was interrupted."""

    servers: tuple[Server, ...] = ()
    unfinished: tuple[str, ...] = ()
    disks: tuple[Room, ...] = ()
    memory: Room | None = None


def dump(health: Health) -> dict[str, Any]:
    return {
        "servers": [server_document(each) for each in health.servers],
        "unfinished": list(health.unfinished),
        "disks": [room_document(each) for each in health.disks],
        "memory": room_document(health.memory) if health.memory else None,
    }


def server_document(server: Server) -> dict[str, Any]:
    return {"name": server.name, "running": server.running, "since": server.since, "restarts": server.restarts}


def room_document(room: Room) -> dict[str, Any]:
    return {"place": room.place, "free_bytes": room.free_bytes, "total_bytes": room.total_bytes}


def parse(document: Any) -> Health:
    """What a newer version says besides is passed over. Raises InvalidError with the first member that is none."""
    if not isinstance(document, Mapping):
        raise _invalid("")
    memory = document.get("memory")
    return Health(
        servers=tuple(_server(row) for row in _rows(document, "servers")),
        unfinished=tuple(_text(row, "unfinished", NAME_MOST) for row in _rows(document, "unfinished")),
        disks=tuple(_room(row, "disks") for row in _rows(document, "disks")),
        memory=None if memory is None else _room(memory, "memory"),
    )


# ------------------------------------------------------------------------------------------------------------------


def _server(row: Any) -> Server:
    if not isinstance(row, Mapping) or not isinstance(row.get("running"), bool):
        raise _invalid("servers")
    since = _text(row.get("since"), "servers", NAME_MOST)
    try:
        if since and datetime.fromisoformat(since).tzinfo is None:
            raise _invalid("servers")
    except ValueError as error:
        raise _invalid("servers") from error
    name = _text(row.get("name"), "servers", NAME_MOST)
    return Server(name, row["running"], since, _count(row.get("restarts"), "servers", RESTARTS_MOST))


def _room(row: Any, member: str) -> Room:
    if not isinstance(row, Mapping):
        raise _invalid(member)
    free, total = (_count(row.get(name), member, BYTES_MOST) for name in ("free_bytes", "total_bytes"))
    if free > total:
        raise _invalid(member)
    return Room(_text(row.get("place"), member, PLACE_MOST), free, total)


def _rows(document: Mapping[str, Any], member: str) -> Sequence[Any]:
    rows = document.get(member, [])
    if not isinstance(rows, list) or len(rows) > ROWS_MOST:
        raise _invalid(member)
    return rows


def _text(value: Any, member: str, most: int) -> str:
    if not isinstance(value, str) or len(value) > most:
        raise _invalid(member)
    return value


def _count(value: Any, member: str, most: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
        raise _invalid(member)
    return value


def _invalid(member: str) -> InvalidError:
    return InvalidError((Fault("message.invalid", f"health.{member}".removesuffix(".")),))
