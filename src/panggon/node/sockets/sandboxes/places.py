"""What a site's sandbox sees of the machine besides programs: the site's directories, and the way to its database."""

from dataclasses import dataclass
from pathlib import Path

from panggon.core.sites.spec import Engine
from panggon.node.sockets.settings import SocketSettings

# Where programs of a site find the directory of their database's socket: what its clients' libraries expect.
DATABASE_DIRECTORIES = {Engine.MARIADB: Path("/run/mysqld"), Engine.POSTGRESQL: Path("/run/postgresql")}
# The node's own pages and programs; what is not to last.
PAGES, PASSING = "/panggon", ("/site/tmp", "/tmp")  # noqa: S108


@dataclass(frozen=True, slots=True)
class Place:
    """A directory of the machine, and where the sandbox has it. Without one that `may_lack` there is a sandbox too."""

    source: Path
    target: str
    writable: bool = False
    may_lack: bool = False

    @property
    def words(self) -> tuple[str, str, str]:
        """As bubblewrap's arguments."""
        return (
            ("--bind" if self.writable else "--ro-bind") + ("-try" if self.may_lack else ""),
            str(self.source),
            self.target,
        )


def places_of(settings: SocketSettings, site: str, *, full: bool) -> tuple[Place, ...]:
    """The site's directories; the sandbox's /tmp is its own `tmp`. Of a site that stores too much nothing is writable:
    it goes on answering, but what its programs store is memory (`memory_of`) and forgotten.
    """
    own = settings.site(site)
    kept = [Place(own / name, f"/site/{name}", writable=not full) for name in ("public", "private")]
    passing = [] if full else [Place(own / "tmp", target, writable=True) for target in PASSING]
    return (*kept, *passing, Place(settings.pages, PAGES))


def memory_of(*, full: bool) -> tuple[str, ...]:
    """Directories of a sandbox that are memory."""
    return PASSING if full else ()


def database_of(engine: Engine | None, entrance: Path | None) -> tuple[Place, ...]:
    """The directory, not the socket: a server that starts again makes a new socket in it."""
    if engine is None or entrance is None:
        return ()
    return (Place(entrance, str(DATABASE_DIRECTORIES[engine]), may_lack=True),)
