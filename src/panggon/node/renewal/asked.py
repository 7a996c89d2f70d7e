"""Certificates that people want replaced whatever their age: a key is known to others, or an issuer takes back what it
has given.

A wish is a copy of the bundle that shall go, in a file of root's; it is fulfilled when another one lies in its place.
So asking twice replaces once, and nothing is forgotten when a process ends. `panggon-node renew` writes them, the owner
of renewals fulfils them and takes them away.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from panggon.core.errors import PanggonError
from panggon.drivers.certificates import bundles
from panggon.drivers.certificates.bundles import Bundle
from panggon.drivers.system import files
from panggon.drivers.tls import BUNDLE
from panggon.node import layout
from panggon.node.settings.config import NodeConfig
from panggon.node.state import records


@dataclass(frozen=True, slots=True)
class Wish:
    """`revoke`: the issuer is to be told that the key is known to others. `problem` is what kept it from being
    fulfilled the last time; "" where nothing has yet.
    """

    bundle: Bundle
    revoke: bool = False
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """The wishes of this machine, by host name, or `_wildcard` for the certificate that all share."""

    config: NodeConfig

    def ask(self, name: str, wish: Wish) -> None:
        document = {"bundle": wish.bundle.text().decode(), "revoke": wish.revoke, "problem": wish.problem}
        records.save(self._path(name), document)

    def wish(self, name: str) -> Wish | None:
        return records.known(self._path(name), _wish, otherwise=None)

    def when(self) -> dict[str, float]:
        """The names, and when each was last asked or told of, by the file system's clock."""
        return {path.stem: path.stat().st_mtime for path in sorted(layout.renewals_asked(self.config).glob("*.json"))}

    def wants(self, name: str) -> bool:
        """Whether another one than lies there is wanted."""
        wish = self.wish(name)
        return wish is not None and self._lies_there(name, wish)

    def lying(self, name: str) -> Bundle | None:
        """What is served under the name, if it is whole."""
        try:
            return bundles.load(files.read(self.config.paths.root / "tls" / name / BUNDLE) or b"")
        except (ValueError, PanggonError):
            return None

    def fulfil(
        self, *, now: datetime, failed: Callable[[str], str], revoke: Callable[[Bundle], None] | None
    ) -> dict[str, str]:
        """Take away what is fulfilled, or of a certificate that is good no more. Gives the names of the others with
        what keeps them; "" for one that waits for its turn. `failed` says what was wrong with the last order of a name.
        """
        left = dict[str, str]()
        for name in self.when():
            wish = self.wish(name)
            if wish and now < wish.bundle.ends:
                is_replaced = not self._lies_there(name, wish)
                problem = _revoked(wish, revoke) if is_replaced else failed(name)
                if problem or not is_replaced:
                    left[name] = problem
                if problem:
                    with suppress(PanggonError):  # a disk that is full takes nothing, and the wish stays as it is
                        self.ask(name, replace(wish, problem=problem))
            if name not in left:
                self._path(name).unlink(missing_ok=True)
        return left

    def _lies_there(self, name: str, wish: Wish) -> bool:
        found = self.lying(name)
        return found is not None and found.leaf == wish.bundle.leaf

    def _path(self, name: str) -> Path:
        return layout.renewals_asked(self.config) / f"{name}.json"


def _revoked(wish: Wish, revoke: Callable[[Bundle], None] | None) -> str:
    """Why it is not; "" where it is, or need not be."""
    if not wish.revoke or revoke is None:
        return ""
    try:
        revoke(wish.bundle)
    except PanggonError as error:
        return f"sudah diganti, tetapi yang lama belum dicabut: {error}"
    return ""


def _wish(document: Any) -> Wish:
    bundle = bundles.load(str(document["bundle"]).encode())
    return Wish(bundle, bool(document["revoke"]), str(document["problem"]))
