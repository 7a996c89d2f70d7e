"""Waiting for a wish without asking over and over: PostgreSQL says when there is one."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection
from django.utils import timezone

from panggon.sites.models import Node, Wish
from panggon.sites.reports import take_wish
from panggon.sites.services import CHANNEL

LOOK_AGAIN = 5.0  # seconds; in case a word was lost


def wait_for_wish(node: Node, *, seconds: float) -> Wish | None:
    """The node's next wish, as soon as there is one; None when the time is over."""
    ends = time.monotonic() + seconds
    with _listening() as session:
        while True:
            wish = take_wish(node, at=timezone.now())
            left = ends - time.monotonic()
            if wish is not None or left <= 0:
                return wish
            for _ in session.notifies(timeout=min(left, LOOK_AGAIN), stop_after=1):
                pass


@contextmanager
def _listening() -> Iterator[Any]:
    connection.ensure_connection()
    with connection.cursor() as cursor:
        cursor.execute(f"LISTEN {CHANNEL}")
    try:
        yield connection.connection
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"UNLISTEN {CHANNEL}")
