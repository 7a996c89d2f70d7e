"""Whose connections a server refuses again and again: it counts those of all together, and knows nobody's name before
he has logged in. So the kernel is asked whose they are (`crowd`), at many glances.
"""

import logging
from collections import Counter
from collections.abc import Set
from dataclasses import dataclass, field

from panggon.core.node.databases import entrances
from panggon.drivers.databases.database_server import DatabaseServer, Watched
from panggon.drivers.system import processes
from panggon.drivers.system.owner import uid_of
from panggon.node.databases import crowd
from panggon.node.databases.queues import Queues

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Refusals:
    """Of one server. Nobody is looked for while few are refused."""

    server: DatabaseServer
    queues: Queues
    uid_base: int
    _refused: int = 0
    _looked: float | None = None
    _many: bool = False
    _glances: int = 0
    _strangers: Counter[str] = field(default_factory=Counter)

    def look(self, watched: Watched, *, now: float) -> None:
        """A server that has begun anew counts anew."""
        refused = watched.refused()
        if self._looked is not None:
            self._many = refused - self._refused > entrances.REFUSED_MOST * (now - self._looked)
        self._refused, self._looked = refused, now
        if not self._many:
            self._forget()

    def glance(self, watched: Watched) -> None:
        """Once it is known whose they are, he is shut out; whether there are others the next look says."""
        if self._many:
            self._count(watched)
            site = entrances.refused_most(self._strangers, glances=self._glances)
            if site:
                self._keep_out(site)
                self._many = False
                self._forget()

    def _keep_out(self, site: str) -> None:
        """Where others come in by its entrance too its programs are ended: these wait longer each time until they begin
        anew (`sockets.serving.site`).
        """
        if self.queues.entrances.is_own(site):
            self.queues.shut_out(site)
        else:
            log.warning("%s: refused again and again, its programs are ended", site)
            uid = uid_of(site, base=self.uid_base)
            crowd.end(uid, processes.of_user(uid))

    def _count(self, watched: Watched) -> None:
        """Who logs in meanwhile is in one of two lists of sessions."""
        before = self._sessions(watched, self._strangers.keys())
        made = crowd.total(crowd.connections(watched.holders(), self.server.door, self.uid_base))
        sessions = before | self._sessions(watched, made.keys())
        logged_in = Counter(site for site, _ in sessions)
        self._strangers.update({site: max(0, number - logged_in[site]) for site, number in made.items()})
        self._glances += 1

    def _sessions(self, watched: Watched, sites: Set[str]) -> Set[tuple[str, int]]:
        return set(watched.threads(sites)) if sites else frozenset()

    def _forget(self) -> None:
        self._glances, self._strangers = 0, Counter()
