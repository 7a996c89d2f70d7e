"""Servers that run and do not answer: a process that hangs looks like one that works."""

from concurrent.futures import ThreadPoolExecutor

from panggon.core.errors import PanggonError
from panggon.core.node.words import problem_words
from panggon.core.node.words.system_errors import in_indonesian
from panggon.node.command.questions import Question, questions
from panggon.node.settings.config import NodeConfig
from panggon.node.supervision import units


def silent(config: NodeConfig) -> tuple[str, ...]:
    """A sentence of each; all are asked at once, because each may take its time."""
    asked = questions(config)
    with ThreadPoolExecutor(max(1, len(asked))) as pool:
        found = tuple(pool.map(_problem, asked))
    return tuple(_sentence(each, problem) for each, problem in zip(asked, found, strict=True) if problem)


def _problem(question: Question) -> PanggonError | None:
    try:
        question.ask()
    except PanggonError as error:
        return error
    return None


def _sentence(question: Question, problem: PanggonError) -> str:
    words = problem_words.words(problem.code, in_indonesian(problem.detail)) or str(problem)
    server = question.server
    again = f"; kalau tidak pulih sendiri: systemctl restart {units.of(server)}" if server else ""
    return f"{words}; selama itu {question.waits}{again}"
