"""Servers that run and do not answer: a process that hangs looks like one that works."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from panggon.core.errors import PanggonError
from panggon.core.node.words import problem_words
from panggon.core.node.words.system_errors import in_indonesian
from panggon.node import wiring
from panggon.node.settings.config import NodeConfig
from panggon.node.supervision import units


def silent(config: NodeConfig) -> tuple[str, ...]:
    """A sentence of each; all are asked at once, because each may take its time."""
    questions = wiring.questions(config)
    with ThreadPoolExecutor(max(1, len(questions))) as pool:
        found = tuple(pool.map(_problem, (ask for _, ask in questions)))
    return tuple(_sentence(name, problem) for (name, _), problem in zip(questions, found, strict=True) if problem)


def _problem(ask: Callable[[], object]) -> PanggonError | None:
    try:
        ask()
    except PanggonError as error:
        return error
    return None


def _sentence(name: str, problem: PanggonError) -> str:
    words = problem_words.words(problem.code, in_indonesian(problem.detail)) or str(problem)
    again = f"; kalau tidak pulih sendiri: systemctl restart {units.of(name)}" if name else ""
    return f"{words}; selama itu situs tidak dapat diubah{again}"
