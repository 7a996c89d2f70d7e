"""Who is there besides the server's own processes and the superuser's sessions, by the server's children alone."""

from collections.abc import Set
from dataclasses import dataclass, field
from typing import LiteralString

from panggon.drivers.databases.postgresql.line import Session
from panggon.drivers.system import processes

# Neither sessions of sites nor what works for one, and whether it is a session of those who watch.
OWN: LiteralString = """
SELECT pid, usesysid IS NOT NULL FROM pg_stat_get_activity(NULL)
WHERE pid IS NOT NULL AND (usesysid IS NULL AND backend_type <> 'autovacuum worker' OR usesysid = 10)
"""


@dataclass(slots=True)
class Company:
    server: int
    _own: Set[int] = field(default_factory=frozenset)

    def ask(self, session: Session) -> Set[int]:
        """The server's own processes, without what begins sessions."""
        found = session.execute(OWN).fetchall()
        self._own = {pid for pid, _ in found}
        return {pid for pid, watches in found if not watches}

    def is_away(self) -> bool:
        """A process that has ended is forgotten: its number may be another's."""
        present = frozenset(processes.children(self.server))
        self._own &= present
        return present == self._own
