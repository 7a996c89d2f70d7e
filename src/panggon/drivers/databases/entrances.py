"""Where the entrances of a database server are (`core.node.databases.entrances`), and which one a site has.

The machine's own socket lies in the server's directory, each entrance below it in a directory with its number. Who has
which is kept beside, and forgotten with everything that runs when the machine starts.

Most sites sleep: where nobody's is free, what those have of which nothing runs is. Who begins to run in that very
moment is found again when he does (`keep`).
"""

import fcntl
import functools
import os
import stat
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from panggon.core.node.databases import entrances
from panggon.core.sites.spec import SITE_ID, Engine

# The sockets' modes: open to all, and to nobody but the server.
OPEN, SHUT = 0o777, 0o700

Running = Callable[[], Collection[str]]


@dataclass(frozen=True, slots=True)
class Entrances:
    """`run` is the server's directory."""

    run: Path
    engine: Engine

    @property
    def all(self) -> tuple[Path, ...]:
        """The directory of each, by number."""
        return tuple(self.run / str(number) for number in range(entrances.ENTRANCES[self.engine]))

    @property
    def last(self) -> Path:
        """The directory of the one behind all others, where the server is unfair: nobody's, and lent."""
        return self.run / "last"

    def of(self, site: str, *, running: Running) -> Path:
        """The directory of the site's entrance; the server's own where there are none yet, as between an update and
        its `panggon-node init`. It keeps what it has; one that others have too it keeps while anything of it runs.

        `running`: the sites of which anything runs now.
        """
        number = self.number(site)
        if number is None or not self.is_own(site):
            with suppress(OSError, ValueError):  # where it cannot be kept it may be somebody else's too
                number = self._choose(site, running)
        if number is None:
            number = int(site[1:]) % entrances.ENTRANCES[self.engine]
        own = self.run / str(number)
        return own if own.is_dir() else self.run

    def keep(self, site: str, place: Path) -> bool:
        """Say that something of the site runs now that comes in at this place, which `of` has told. From here on it is
        given to nobody else; who was given it meanwhile shares it, until either is started again. False where another
        process has chosen for the site meanwhile: then it has another one.
        """
        with suppress(OSError, ValueError), _alone(self._claims):
            if self.number(site) is None:
                self._claim_for(site, self._claims / place.name)
            return self._kept(site) == int(place.name)
        return True

    def number(self, site: str) -> int | None:
        """Which one it has, if any."""
        with suppress(OSError, ValueError):
            return self._kept(site)
        return None

    def is_own(self, site: str) -> bool:
        """Whether it has one that nobody else has."""
        number = self.number(site)
        return number is not None and _sharing(f"{self._claims}/{number}") == 1

    def forget(self, site: str) -> None:
        """With its database: what it had is free."""
        self._claim(site).unlink(missing_ok=True)

    def sites(self, number: int) -> tuple[str, ...]:
        """Those that have this entrance."""
        return tuple(site for site in self._claimed() if self.number(site) == number)

    def moved(self, number: int) -> Path:
        """Where the socket itself is while its name leads to the last one."""
        return self.run / f"{number}.kept"

    def is_held_back(self, number: int) -> bool:
        """Whether nobody comes in there for now, or only after all others: who had it is not rid of that by another."""
        return self.moved(number).exists() or _is_shut(self.run / str(number))

    def _choose(self, site: str, running: Running) -> int:
        if not self.all[0].is_dir():
            raise ValueError("there are no entrances")
        self._claims.mkdir(mode=0o755, exist_ok=True)
        with _alone(self._claims):
            now = functools.cache(running)
            if not self._stays(site, now):
                self.forget(site)
                self._claim_for(site, self._free(site, now))
        return self._kept(site)

    def _stays(self, site: str, running: Running) -> bool:
        """Whether it keeps what it has."""
        number = self.number(site)
        return number is not None and (self.is_own(site) or self.is_held_back(number) or site in running())

    def _free(self, site: str, running: Running) -> Path:
        """The entrance for a site that has none, as its claim's other name."""
        number, sharing = self._best(site)
        if sharing:
            self._take_back(running())
            number, _ = self._best(site)
        return self._claims / str(number)

    def _best(self, site: str) -> tuple[int, int]:
        """Its number, and how many have it."""
        sharing = [_sharing(f"{self._claims}/{number}") for number in range(entrances.ENTRANCES[self.engine])]
        order = entrances.in_order(int(site[1:]), sharing)
        number = next((each for each in order if not self.is_held_back(each)), order[0])
        return number, sharing[number]

    def _take_back(self, running: Collection[str]) -> None:
        """All at once what sites have of which nothing runs, those that are gone among them."""
        is_held_back = functools.cache(self.is_held_back)
        for site in self._claimed():
            number = self.number(site)
            if number is not None and site not in running and not is_held_back(number):
                self.forget(site)

    def _claim_for(self, site: str, number: Path) -> None:
        os.link(number, self._claim(site), follow_symlinks=False)

    @property
    def _claims(self) -> Path:
        return self.run.with_name(f"{self.run.name}.entrances")

    def _claim(self, site: str) -> Path:
        return self._claims / site

    def _kept(self, site: str) -> int:
        return int(str(self._claim(site).readlink()))

    def _claimed(self) -> list[str]:
        with suppress(FileNotFoundError):
            return sorted(filter(SITE_ID.fullmatch, os.listdir(self._claims)))  # noqa: PTH208 -- there may be thousands
        return []


def _sharing(number: str) -> int:
    """How many sites have it: its other names. Thousands are counted as quickly as one."""
    try:
        return os.lstat(number).st_nlink - 1  # no Path: there are hundreds to be looked at
    except FileNotFoundError:
        Path(number).symlink_to(Path(number).name)
        return 0


def _is_shut(place: Path) -> bool:
    """Whether the socket in there is; beside it may lie PostgreSQL's lock."""
    with suppress(FileNotFoundError), os.scandir(place) as entries:  # the server begins anew
        modes = [entry.stat(follow_symlinks=False).st_mode for entry in entries]
        return any(stat.S_ISSOCK(mode) and stat.S_IMODE(mode) != OPEN for mode in modes)
    return False


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
