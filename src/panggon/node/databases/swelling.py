"""Memory of a database server that it counts as nobody's, held by sessions that nothing names: who makes it grow is
ended, whether at once or over hours.
"""

from dataclasses import dataclass, field

from panggon.core.node.databases import database_load
from panggon.core.node.databases.database_load import Load, Session


@dataclass(slots=True)
class Swelling:
    """Of one server. `_mark` is the load from which on it has grown since something was done about it last."""

    _before: Load | None = None
    _mark: Load | None = None
    _has_closed: bool = False
    _spared: set[str] = field(default_factory=set)

    def look(self, load: Load) -> tuple[dict[Session, str], bool]:
        """The sessions that are to be ended, and whether tables that nobody uses are to be closed then. Slowly it grows
        by everybody's work too: as long as it is enough to close tables nobody is ended.
        """
        before, mark = self._before or load, self._mark or load
        if load.uncounted <= database_load.UNCOUNTED_SOME:
            self._spared.clear()
            self._has_closed = False
        if load.uncounted <= database_load.UNCOUNTED_SOME or load.resident < mark.resident:
            mark = load
        at_once = database_load.swelling(load, before, by=database_load.UNCOUNTED_STEP, spared=self._spared)
        slowly = database_load.swelling(load, mark, by=database_load.UNCOUNTED_SLOWLY, spared=self._spared)
        found = at_once or (slowly if self._has_closed else {})
        if at_once or slowly:
            mark, self._has_closed = load, not found
        self._before, self._mark = load, mark
        self._spare(found)
        return found, bool(at_once or slowly)

    def _spare(self, ended: dict[Session, str]) -> None:
        """Another one the next time; when all have had their turn they have it again."""
        sites = {session.site for session in ended}
        self._spared = sites if sites <= self._spared and sites else self._spared | sites
