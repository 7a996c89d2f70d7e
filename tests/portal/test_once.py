"""What is given again is what was made: every row of every table, every file, and the answer."""

import shutil
from pathlib import Path

from django.db import transaction

from panggon.core.cases.procedure import Action, State
from tests.portal.once import Once, _rows


def found(settings):
    files = {path.name: path.read_bytes() for path in Path(settings.PANGGON_FILES).rglob("*") if path.is_file()}
    return {table: sorted(rows) for table, rows in _rows().items()}, files


def way(office):
    """Rows are added, rows that were there are changed, and a paper is made with somebody's own words in it."""
    office.node.facts = {"words": "petik ' garis \\ baru\n"}
    office.node.save()
    case = office.bring_to(State.AWAITING_APPROVAL, title="D'kota \\ 100 % {} ?")
    office.papers(case)
    return office.act(case, Action.SEND_BACK, office.head, reasons="Salah")


def test_what_is_given_again_is_what_was_made(office, settings):
    once = Once(way)
    with once.files:
        with transaction.atomic():
            made, there = once.given(office), found(settings)
            transaction.set_rollback(True)
        shutil.rmtree(settings.PANGGON_FILES)
        given = once.given(office)
    assert found(settings) == there
    assert (given, given.version, given.title) == (made, made.version, made.title)
    assert given is not made
    assert len(there[1]) >= 4
