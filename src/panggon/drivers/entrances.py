"""Where the entrances of a database server are (`core.node.entrances`), and which one a site has.

The machine's own socket lies in the server's directory, each entrance below it in a directory with its number. Who has
which is kept beside, and forgotten with everything that runs when the machine starts.
"""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from panggon.core.node import entrances
from panggon.core.sites.spec import SITE_ID, Engine


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

    def of(self, site: str, *, is_there: Callable[[str], bool]) -> Path:
        """The directory of the site's entrance, which it keeps; the server's own where there are none yet, as between
        an update and its `panggon-node init`. `is_there`: whether the machine still has this site.
        """
        number = int(site[1:]) % entrances.ENTRANCES[self.engine]
        with suppress(OSError, ValueError):  # where it cannot be kept it may be somebody else's too
            number = self._kept(site) if self._claim(site).is_symlink() else self._choose(site, is_there)
        own = self.run / str(number)
        return own if own.is_dir() else self.run

    def number(self, site: str) -> int | None:
        """Which one it has, if any."""
        with suppress(OSError, ValueError):
            return self._kept(site)
        return None

    def is_own(self, site: str) -> bool:
        """Whether it has one that nobody else has."""
        number = self.number(site)
        return number is not None and _sharing(self._claims / str(number)) == 1

    def forget(self, site: str) -> None:
        """With its database: what it had is free."""
        self._claim(site).unlink(missing_ok=True)

    def sites(self, number: int) -> tuple[str, ...]:
        """Those that have this entrance."""
        return tuple(site for site in self._claimed() if self._kept(site) == number)

    def _choose(self, site: str, is_there: Callable[[str], bool]) -> int:
        if not self.all[0].is_dir():
            raise ValueError("there are no entrances")
        self._claims.mkdir(mode=0o755, exist_ok=True)
        with _alone(self._claims):
            if not self._claim(site).is_symlink():
                os.link(self._number(site, is_there), self._claim(site), follow_symlinks=False)
        return self._kept(site)

    def _number(self, site: str, is_there: Callable[[str], bool]) -> Path:
        """The entrance for a new site, as its claim's other name. Who is gone is looked for while there are few: as a
        rule he has given his back (`forget`).
        """
        numbers = [self._claims / str(number) for number in range(entrances.ENTRANCES[self.engine])]
        sharing = list(map(_sharing, numbers))
        if sum(sharing) <= len(sharing):
            for gone in (each for each in self._claimed() if not is_there(each)):
                self._claim(gone).unlink()
            sharing = list(map(_sharing, numbers))
        return numbers[entrances.choose(int(site[1:]), sharing)]

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


def _sharing(number: Path) -> int:
    """How many sites have it: its other names. Thousands are counted as quickly as one."""
    try:
        return number.lstat().st_nlink - 1
    except FileNotFoundError:
        number.symlink_to(number.name)
        return 0


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
