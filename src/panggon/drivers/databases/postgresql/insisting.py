"""What a site may have while the superuser waits for it, and who has it is ended.

A site changes its own password, sets something for itself, or grants what it may not grant of its own database (which
is only warned): until that transaction ends the site has its own entry in the lists of roles, settings and databases.
By that it would hold up its own closing and the bound of its size, and by a setting of its own in a neighbour's
database (`ALTER ROLE … IN DATABASE`) the end of that one.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from threading import Event, Thread
from typing import LiteralString

import psycopg
from psycopg import sql

from panggon.core.errors import PanggonError
from panggon.drivers.databases.postgresql.line import Session

# So long an honest transaction may have it; from then on it is looked so often.
WAITS_SECONDS, LOOK_SECONDS = 0.5, 0.1
TRIES = 20
END: LiteralString = r"""
SELECT usename, pg_terminate_backend(pid) FROM pg_stat_activity
WHERE pid = ANY(pg_blocking_pids(%s)) AND usename ~ '^s[0-9]{6}$'
"""

log = logging.getLogger(__name__)


@contextmanager
def insisting(session: Session, open_session: Callable[[], AbstractContextManager[Session]]) -> Iterator[None]:
    """Sessions of sites that this one waits for are ended meanwhile, by another one that is opened only where this one
    takes its time.
    """
    over = Event()
    Thread(target=_end, args=(session.info.backend_pid, open_session, over), daemon=True).start()
    try:
        yield
    finally:
        over.set()


def execute(session: Session, statement: sql.Composed) -> None:
    """Again where the site's own change of the entry was committed meanwhile. Not in a transaction."""
    for _ in range(TRIES - 1):
        with suppress(psycopg.errors.InternalError_):  # "tuple concurrently updated"
            session.execute(statement)
            return
    session.execute(statement)


def _end(waiting: int, open_session: Callable[[], AbstractContextManager[Session]], over: Event) -> None:
    if over.wait(WAITS_SECONDS):
        return
    with suppress(PanggonError), open_session() as session:
        while not over.wait(LOOK_SECONDS):
            for site, _ in session.execute(END, (waiting,)).fetchall():
                log.warning("a session of %s is ended: a plan waits for it", site)
