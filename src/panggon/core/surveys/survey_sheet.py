"""Answers from a table: what `panggon ikm` and the office's own forms read. One row a respondent, columns U1 to U9.

Commas, semicolons (a spreadsheet with Indonesian settings writes them) and tabs all serve; other columns are left
alone. All faults are found at once, each with its line.
"""

import csv
from collections.abc import Iterable, Iterator, Sequence

from panggon.core.errors import Fault, InvalidError
from panggon.core.surveys.survey import BEST, Element

SEPARATORS = ",;\t"
FAULTS_MOST = 20
COLUMNS = tuple(element.number for element in Element)
ANSWERS = {str(answer): answer for answer in range(1, BEST + 1)}


def read_answers(text: str) -> list[tuple[int, ...]]:
    """The nine answers of each respondent, in the order of `Element`.

    Raises `InvalidError` with `survey.empty`, `survey.columns` (facts `missing`), `survey.twice` (a column that is
    there twice), `survey.answer` and `survey.row` (facts `line`, `column`, `value`); of many faults the first twenty.
    """
    rows = _rows(text)
    head = [name.strip().upper() for name in next(rows, (1, []))[1]]
    places = _places(head)
    answers: list[tuple[int, ...]] = []
    faults: list[Fault] = []
    for line, row in rows:
        found = list(_row_faults(line, row, places, width=len(head)))
        faults += found
        if not found:
            answers.append(tuple(ANSWERS[row[place].strip()] for place in places))
        if len(faults) >= FAULTS_MOST:
            break
    if faults:
        raise InvalidError(tuple(faults[:FAULTS_MOST]))
    if not answers:
        raise InvalidError((Fault("survey.empty"),))
    return answers


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Rows that hold anything, each with the line on which it ends."""
    lines = text.removeprefix("\ufeff").splitlines()
    head = next((line for line in lines if line.strip()), "")
    reader = csv.reader(lines, delimiter=max(SEPARATORS, key=head.count))
    yield from ((reader.line_num, row) for row in reader if any(cell.strip() for cell in row))


def _places(head: Sequence[str]) -> list[int]:
    twice = [name for name in COLUMNS if head.count(name) > 1]
    missing = [name for name in COLUMNS if name not in head]
    if twice:
        raise InvalidError((Fault("survey.twice", facts={"columns": ", ".join(twice)}),))
    if missing:
        raise InvalidError((Fault("survey.columns" if any(head) else "survey.empty", facts=_listed(missing)),))
    return [head.index(name) for name in COLUMNS]


def _row_faults(line: int, row: Sequence[str], places: Sequence[int], *, width: int) -> Iterator[Fault]:
    if len(row) > width or len(row) <= max(places):
        yield Fault("survey.row", facts={"line": line, "cells": len(row), "wanted": width})
        return
    for name, place in zip(COLUMNS, places, strict=True):
        if row[place].strip() not in ANSWERS:
            yield Fault("survey.answer", facts={"line": line, "column": name, "value": row[place].strip()[:20]})


def _listed(names: Iterable[str]) -> dict[str, str]:
    return {"missing": ", ".join(names)}
