"""Answers that are asked for again and again while one page is read: within it each question is asked once.

Only for requests that change nothing; outside of them every answer is fresh.
"""

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

T = TypeVar("T")
_answers: ContextVar[dict[Hashable, Any] | None] = ContextVar("answers", default=None)


@contextmanager
def remembering() -> Iterator[None]:
    """The answers of this block are forgotten at its end."""
    token = _answers.set({})
    try:
        yield
    finally:
        _answers.reset(token)


def remembered(key: Hashable, ask: Callable[[], T]) -> T:
    """The answer that was given under this key before, or that of `ask`."""
    answers = _answers.get()
    if answers is None:
        return ask()
    if key not in answers:
        answers[key] = ask()
    return answers[key]
