"""What `drivers.database` asks of a database server, whichever it is."""

from collections.abc import Collection, Mapping, Sequence, Set
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Protocol

from panggon.core.node.databases.database_load import Load, Taken
from panggon.core.node.planning.driver import Check
from panggon.core.node.planning.resources import Standing
from panggon.drivers.databases.arrivals import Arrivals

SECONDS = 10
# So long a lock waits for the sessions that it ends; the proof asks again.
ENDING_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Found:
    """What a server has under a site's name. `full`: its user may read and delete, and write no more; `locked`: it
    cannot log in; `verifier` is what the server keeps of its password; `detail` names what is in the way where it is
    FOREIGN, and what was changed where it is PARTIAL.
    """

    standing: Standing
    connections: int = 0
    full: bool = False
    locked: bool = False
    detail: str = ""
    verifier: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Copying:
    """The program that writes a database as SQL, and how it logs in. With one of these statuses it came to its end,
    though it may have left something out.
    """

    argv: tuple[str, ...]
    environment: Mapping[str, str] = field(repr=False)
    statuses: tuple[int, ...] = (0,)


class Watched(Protocol):
    """A server as seen by who watches what the sessions of sites take of it."""

    def load(self) -> Load:
        """What the sessions of all sites take now."""
        ...

    def taken(self) -> Mapping[str, Taken]:
        """By site, what its sessions have taken since this was asked last, as far as the server counts it."""
        ...

    def begun(self, sites: Set[str]) -> int:
        """How many sessions these sites have begun together since `taken` was asked last, as far as the server tells at
        once; to be asked many times a second.
        """
        ...

    def crowding(self) -> Load | None:
        """What they take of what all sites share and one can take all of within a second (locks, places for
        connections), where it may be more than is good; to be asked many times a second. A site may have another name
        in it.
        """
        ...

    @property
    def arrivals(self) -> Arrivals: ...

    def is_alone(self) -> bool:
        """Whether nobody was there at the last `load` and `own` but who watches, nor anybody who has not logged in."""
        ...

    def holders(self) -> Sequence[int]:
        """The server's processes that have connections."""
        ...

    def refused(self) -> int:
        """How many connections were refused since the server began, for a wrong password or because their program went
        before; 0 of a server that makes them wait.
        """
        ...

    def threads(self, sites: Collection[str]) -> Sequence[tuple[str, int]]:
        """The sessions of these sites: site and the kernel's number."""
        ...

    def waiting(self, known: Set[int]) -> Set[int]:
        """The kernel's numbers of what is not `known` and of which the server does not say whose it is: sessions that
        are about to begin, or stand at a door where `threads` does not name them.
        """
        ...

    @property
    def process(self) -> int:
        """The kernel's number of what begins sessions: these inherit from it."""
        ...

    @property
    def thread(self) -> int:
        """The kernel's number of this very session."""
        ...

    def own(self) -> Set[int]:
        """The kernel's numbers of what works for no session but for all (it writes what was changed, takes away what is
        old), without what begins sessions. A session that is about to begin may be among them.
        """
        ...

    def hold(self, doors: Mapping[str, float]) -> None:
        """A new session of these sites, and of these only, waits so many seconds before it may do anything. Forgotten
        when the server begins anew.
        """
        ...

    def end(self, number: int) -> None:
        """End this session; no matter if it has ended by itself."""
        ...

    def close_tables(self) -> None:
        """Those that nobody uses: what ended sessions had opened is kept, and takes memory of all."""
        ...

    def begin_anew(self) -> None:
        """Let the server end; whoever supervises it starts it again."""
        ...

    def is_tidy(self) -> bool:
        """Whether `DatabaseServer.tidy` has nothing to do."""
        ...


class DatabaseServer(Protocol):
    """Errors of all: TemporaryError `database.down` and `disk.full`, PermanentError `database.refused`.

    A site's name is its database's and its user's. Whoever calls has checked that it is a site's name.
    """

    @property
    def door(self) -> Path:
        """The socket where it is reached."""
        ...

    @property
    def process(self) -> int:
        """The kernel's number of the server; 0 while it is away."""
        ...

    def find(self, site: str, *, known: bool) -> Found:
        """`known`: root's record says that what has this name is Panggon's, whatever its owner has made of it."""
        ...

    def fault_inside(self, site: str) -> str:
        """What in the database itself keeps its user from it, in words; its owner cannot have done that."""
        ...

    def verifies(self, verifier: str, password: str) -> bool:
        """Whether what the server keeps is of this password; nobody is asked."""
        ...

    def make(self, site: str, *, password: str | None, connections: int, locked: bool = False) -> None:
        """Idempotent, as a driver's `write`. A full database stays full; without a password the user keeps the one that
        it has. A locked one has no session left when this returns, unless the server needs longer to end it.
        """
        ...

    def lock(self, site: str) -> None:
        """Nobody logs in as the site from now on, and its sessions are ended."""
        ...

    def unlock(self, site: str) -> None: ...

    def sessions(self, site: str) -> int:
        """How many the server still has of the site, those that it is ending among them."""
        ...

    def drop(self, site: str) -> None: ...

    def reader(self, site: str) -> AbstractContextManager[Copying]:
        """A login of the machine's own that may read what is in the site's database, whoever the site is closed to,
        and nothing else; nobody can log in by it afterwards. One at a time.
        """
        ...

    def proofs(self, site: str, password: str) -> tuple[Check, ...]:
        """Log in as the site would; what it sees, and one row written and read (a full one: refused)."""
        ...

    def login(self, site: str) -> Mapping[str, str]:
        """What the owner needs to know besides the password."""
        ...

    def sizes(self, sites: Collection[str]) -> Mapping[str, int]:
        """Bytes of their databases on disk."""
        ...

    def used(self, site: str) -> int:
        """Bytes in use: what was deleted does not count where the server knows how much room it keeps for itself."""
        ...

    def stop_writing(self, site: str) -> None:
        """Its user may read and delete from now on, and no more; its open sessions are ended. Where this fails it may
        do even less.
        """
        ...

    def shut(self, site: str) -> None:
        """Nobody comes into its database until `let_write`: for one that grows although it may not be written."""
        ...

    def compact(self, site: str) -> None:
        """Give the room of what was deleted back to the disk. May take minutes."""
        ...

    def let_write(self, site: str) -> None: ...

    def watched(self) -> AbstractContextManager["Watched"]:
        """To look and to end again and again, by one session that is kept open: when all places are taken there is
        none for a new one, not even root's.
        """
        ...

    def guard(self, over: Event) -> None:
        """Until `over`: end whoever has everybody wait for him, so that nobody could watch him any more."""
        ...

    def tidy(self) -> None:
        """Take back what an ended session has left behind for another one. In a session of its own, because it may
        last; `Watched.is_tidy` says at once whether it is worth one.
        """
        ...
