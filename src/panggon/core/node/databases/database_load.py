"""What the sessions of one site may take of a database server that all sites share: pure rules over what is seen."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from itertools import groupby

MEBIBYTE = 1024 * 1024
# As long as a copy may take (`node.databases.jobs`): changing or loading a large table is legitimate.
SECONDS_MOST = 1800.0
# Twenty sessions of a usual application take a tenth of it.
MEMORY_MOST = 512 * MEBIBYTE
# To sort a database of the usual size (1 GiB) takes as much once more.
TEMPORARY_MOST = 1024 * MEBIBYTE
# A copy of a database locks each of its tables.
LOCKS_MOST = 10_000
# InnoDB keeps row locks where it keeps all sites' data in memory, and ends itself when they leave no room there. Parts
# of that: of one site, so much that a database of the usual size may be locked whole, and of all.
ROW_LOCKS_PART, ROW_LOCKS_PART_OF_ALL = 8, 2
# What all sites may take together of what can be taken back, before one of them goes.
UNDO_MOST = 2048 * MEBIBYTE
SNAPSHOT_SECONDS, GOING_ON_SECONDS = 60.0, 5.0
# Of temporary room that the server does not tell the owner of: from where on who makes it grow is ended, by how much it
# grows then, and where nothing but a new beginning gives it back.
SHARED_SOME, SHARED_STEP, SHARED_MOST = 1024 * MEBIBYTE, 16 * MEBIBYTE, 4096 * MEBIBYTE
# Of the server's memory beyond what sessions are counted with: tables that a session has opened (one of 1,000
# partitions takes 6 MiB each time that a statement names it) and procedures that it has called count as nobody's. From
# where on it is looked who makes it grow; by how much it grows between two looks then, or within whatever time.
UNCOUNTED_SOME, UNCOUNTED_STEP, UNCOUNTED_SLOWLY = 512 * MEBIBYTE, 16 * MEBIBYTE, 128 * MEBIBYTE
SERVER_MEMORY = "memory of the server"
# Parts of the places for connections: from where on sites with many give way, and until when; and how many sessions a
# site keeps in any case.
PLACES_MOST, PLACES_LEFT, FIRST_FEW = 0.8, 0.7, 3
# Connections of a site that have not logged in: no application has so many that begin at the same moment; and how many
# it may have where few places are left, so that many sites together do not take the last: as many as it has places
# itself, because those that log in while it is looked are taken for strangers.
STRANGERS_MOST, STRANGERS_FEW = 50, 25


@dataclass(frozen=True, slots=True)
class Session:
    """`number` is how the server calls it, `thread` how the kernel does. `seconds`: how long its statement or its
    transaction goes on; `memory`, `temporary` files and `row_locks` in bytes; `changed` rows that can be taken back;
    `written` bytes since it began, and `fresh` ones of memory that the kernel has given it; `active`: a statement runs.
    """

    site: str
    number: int
    thread: int
    seconds: float = 0.0
    memory: int = 0
    temporary: int = 0
    locks: int = 0
    row_locks: int = 0
    changed: int = 0
    written: int = 0
    fresh: int = 0
    active: bool = False


@dataclass(frozen=True, slots=True)
class Taken:
    """Of all sessions of a site, also of those that have ended: seconds of a processor for statements that have ended,
    and how many sessions have `begun`.
    """

    worked: float = 0.0
    begun: int = 0


@dataclass(frozen=True, slots=True)
class Load:
    """The sessions of all sites; in bytes, the temporary room of all for `tables` and for `sorting`, and `undo`, what
    can be taken back, with `history`, how many transactions are kept there for those who still see what was before;
    `buffer`: bytes for all sites' data in memory, with their row locks, 0 where these lie elsewhere; `resident`: bytes
    of memory that the server has, these among it, 0 where each session is a process; `strangers`: connections that
    nobody has logged in by; `places`: how many connections there may be, 0 where nobody has to know, because few are
    taken.
    """

    sessions: tuple[Session, ...]
    tables: int = 0
    sorting: int = 0
    undo: int = 0
    history: int = 0
    buffer: int = 0
    resident: int = 0
    strangers: int = 0
    places: int = 0

    @property
    def shared(self) -> int:
        return self.tables + self.sorting

    @property
    def counted(self) -> int:
        """Bytes of memory that sessions have by the server's own count."""
        return sum(session.memory for session in self.sessions)

    @property
    def uncounted(self) -> int:
        return self.resident - self.buffer - self.counted

    @property
    def strangers_most(self) -> int:
        """Of one site."""
        return STRANGERS_FEW if self.places else STRANGERS_MOST


NOTHING = Load(())


def too_much(load: Load, before: Load = NOTHING) -> dict[Session, str]:
    """The sessions that are to be ended, with the reason; `before` is the load of the last look."""
    found = {session: "too long" for session in load.sessions if session.seconds > SECONDS_MOST}
    found |= _largest(load.sessions, "memory", lambda session: session.memory, MEMORY_MOST)
    found |= _largest(load.sessions, "temporary files", lambda session: session.temporary, TEMPORARY_MOST)
    found |= _largest(load.sessions, "locks", lambda session: session.locks, LOCKS_MOST)
    found |= _locking_rows(load) if load.buffer else {}
    return found | (_holding_undo(load, before) if load.undo > UNDO_MOST else {})


def _locking_rows(load: Load) -> dict[Session, str]:
    """Where all sites together have too many those that have most go, whosoever they are."""
    found = _largest(load.sessions, "row locks", _row_locks, load.buffer // ROW_LOCKS_PART)
    most = load.buffer // ROW_LOCKS_PART_OF_ALL
    left = sorted(set(load.sessions) - found.keys(), key=_row_locks, reverse=True)
    if sum(map(_row_locks, left)) > most:
        found |= dict.fromkeys(_down_to(most // 2, left, _row_locks), "row locks of all")
    return found


def _row_locks(session: Session) -> int:
    return session.row_locks


def _holding_undo(load: Load, before: Load) -> dict[Session, str]:
    """Nothing is taken away that began before a transaction that still sees it, whoever changed how much since. Who
    makes most of it in a transaction that goes on goes before that; while some is given back it is nobody's turn.
    """
    changes = _since(before, load, lambda session: session.changed)
    changing = max(load.sessions, key=lambda session: changes[session], default=None)
    most = changes[changing] if changing else 0
    if (
        changing
        and changing.seconds > GOING_ON_SECONDS
        and load.undo > before.undo
        and most * 2 > sum(changes.values())
    ):
        return {changing: f"changed {changing.changed} rows"}
    if load.history < before.history:
        return {}
    oldest = max(load.sessions, key=lambda session: session.seconds, default=None)
    if oldest and oldest.seconds > SNAPSHOT_SECONDS:
        return {oldest: f"sees what others have changed for {oldest.seconds:.0f} seconds"}
    largest = max(load.sessions, key=lambda session: session.changed, default=None)
    return {largest: f"changed {largest.changed} rows"} if largest and largest.changed else {}


def growing(load: Load, before: Load, busy: Mapping[str, float], *, spared: Set[str]) -> dict[Session, str]:
    """The sessions of the site that makes the temporary room grow of which the server does not tell whose it is. Of
    sorted files it is who has written most; of temporary tables, which the server writes for all, who works most among
    those who change anything, and none of `spared`, whose sessions were ended in vain.
    """
    site = ""
    if load.shared > SHARED_SOME and load.sorting - before.sorting > SHARED_STEP:
        site = _most(_by_site(before, load, lambda session: session.written), frozenset())
    elif load.shared > SHARED_SOME and load.tables - before.tables > SHARED_STEP:
        changing = [session.site for session in load.sessions if session.changed]
        present = changing or [session.site for session in load.sessions]
        site = _most({each: busy.get(each, 0.0) for each in present}, spared)
    return {session: "temporary room" for session in load.sessions if session.site == site}


def swelling(load: Load, before: Load, *, by: int, spared: Set[str]) -> dict[Session, str]:
    """The sessions of the site that the kernel has given most memory since, where that which is counted as nobody's has
    grown by more than this: it is held by sessions that are there, once no table is open that nobody uses. None of
    `spared`: with large pages the kernel gives much at a time.
    """
    if not swells(load, before, by=by):
        return {}
    site = _most(_by_site(before, load, lambda session: session.fresh), spared)
    return {session: SERVER_MEMORY for session in load.sessions if session.site == site}


def swells(load: Load, before: Load, *, by: int) -> bool:
    """What sessions give back the server may keep: that it is counted no more makes nothing grow."""
    grown = load.resident - before.resident - max(0, load.counted - before.counted)
    return load.uncounted > UNCOUNTED_SOME and grown > by


def _most(sites: Mapping[str, float], spared: Set[str]) -> str:
    return max(sites.keys() - spared or sites, key=lambda each: sites[each], default="")


def _by_site(before: Load, load: Load, size: Callable[[Session], int]) -> Counter[str]:
    found: Counter[str] = Counter()
    for session, more in _since(before, load, size).items():
        found[session.site] += more
    return found


def _since(before: Load, load: Load, size: Callable[[Session], int]) -> dict[Session, int]:
    """By how much each session has more of it; one that was not there then: all."""
    known = {session.number: size(session) for session in before.sessions}
    return {session: max(0, size(session) - known.get(session.number, 0)) for session in load.sessions}


def crowding(connections: Mapping[str, int], sessions: Collection[Session], most: int) -> str:
    """The site that has most connections beyond its sessions, where these are more than this; otherwise ""."""
    strangers = {site: number - sum(each.site == site for each in sessions) for site, number in connections.items()}
    site = max(strangers, key=lambda each: strangers[each], default="")
    return site if strangers.get(site, 0) > most else ""


def holders(connections: Mapping[int, int], sessions: int, most: int) -> tuple[int, ...]:
    """The programs of a site that are ended, of the connections that each has: who has most goes first, until half of
    this is left beyond its sessions.
    """
    left, found = sum(connections.values()) - sessions, []
    for program in sorted(connections, key=lambda each: connections[each], reverse=True):
        if left > most // 2:
            found.append(program)
            left -= connections[program]
    return tuple(found)


def giving_way(load: Load) -> dict[Session, str]:
    """Where few places for connections are left: of whoever has most sessions one that does nothing, and again, until
    there is room. What all sites may have together is far more than there are; none is kept from its first few. Of
    strangers only as many count as nobody is ended for: one site's crowd of them costs no other its sessions.
    """
    taken = len(load.sessions) + min(load.strangers, STRANGERS_MOST)
    if not load.places or taken <= PLACES_MOST * load.places:
        return {}
    own: dict[str, list[Session]] = defaultdict(list)
    for session in sorted(load.sessions, key=lambda each: each.active, reverse=True):
        own[session.site].append(session)
    found = {}
    for _ in range(taken - int(PLACES_LEFT * load.places)):
        most = max(own.values(), key=len, default=[])
        if len(most) <= FIRST_FEW:
            break
        found[most.pop()] = "places"
    return found


def _largest(sessions: Iterable[Session], what: str, size: Callable[[Session], int], most: int) -> dict[Session, str]:
    """Of each site that takes more than it may: its largest sessions, until what is left is half of that."""
    found: dict[Session, str] = {}
    for _, own in groupby(sorted(sessions, key=lambda session: session.site), key=lambda session: session.site):
        largest = sorted(own, key=size, reverse=True)
        total = sum(map(size, largest))
        if total > most:
            found |= dict.fromkeys(_down_to(most // 2, largest, size), f"{what}: {total}")
    return found


def _down_to(most: int, largest: list[Session], size: Callable[[Session], int]) -> Iterator[Session]:
    """Those without which the rest takes no more than this."""
    left = sum(map(size, largest))
    for session in largest:
        if left <= most:
            return
        yield session
        left -= size(session)
