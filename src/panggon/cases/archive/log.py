"""The log of all cases: whether it is whole, and its ends for the seals."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any

from django.db import connection, transaction
from django.db.models import F

from panggon.audit.chain import verify
from panggon.audit.seals import Head
from panggon.cases.acting import numbers
from panggon.cases.acting.chain import link
from panggon.cases.models import Case, Event
from panggon.core.errors import Fault

CHUNK = 5000
_COLUMNS = [column.attname for column in Event._meta.concrete_fields if not column.primary_key]  # noqa: SLF001
_OF_THE_CASE = {"number": F("case__number"), "head": F("case__head"), "length": F("case__version")}
_AS_SEALED = """
SELECT sealed.number, sealed.sequence, sealed.digest
FROM unnest(%s::text[], %s::bigint[], %s::text[]) AS sealed (number, sequence, digest)
LEFT JOIN cases_case ON cases_case.number = sealed.number
LEFT JOIN cases_event ON cases_event.case_id = cases_case.id AND cases_event.sequence = sealed.sequence
WHERE cases_event.digest IS DISTINCT FROM sealed.digest
"""


def heads() -> Iterator[Head]:
    """The end of every case's chain, in the order of their numbers."""
    rows = Case.objects.exclude(head="").order_by("number").values_list("number", "version", "head")
    return (Head(*row) for row in _streamed(rows))


def broken() -> Iterator[tuple[str, Fault]]:
    """Every break of every chain, by the number of its case; in memory is one case at a time.

    Besides what `chain.verify` says: `chain.state` (the case is not where its last event brought it) and
    `chain.no_case` (a number was given out and no case has it).
    """
    rows = Event.objects.order_by("case_id", "sequence").annotate(**_OF_THE_CASE, state=F("case__state"))
    names = [*_COLUMNS, *_OF_THE_CASE, "state"]
    for _, events in groupby(_streamed(rows.values_list(*names, named=True)), key=attrgetter("case_id")):
        yield from _of_one(list(events))
    for number in Case.objects.filter(events=None).values_list("number", flat=True):
        yield number, Fault("chain.cut", facts={"sequence": 0})
    for number in _missing_numbers():
        yield number, Fault("chain.no_case")


def broken_links(case: Case) -> tuple[Fault, ...]:
    """Every break of the chain of this case."""
    events = list(case.events.order_by("sequence"))
    return verify((link(event, case=case.number) for event in events), head=case.head)


def not_as_sealed(sealed: Sequence[Head]) -> list[Head]:
    """Those of these heads whose row is gone or has another digest now."""
    values = [[getattr(head, name) for head in sealed] for name in ("chain", "sequence", "digest")]
    with connection.cursor() as cursor:
        cursor.execute(_AS_SEALED, values)
        return [Head(*row) for row in cursor.fetchall()]


# ------------------------------------------------------------------------------------------------------------------


def _missing_numbers() -> Iterator[str]:
    """Numbers that were given out and that no case carries."""
    for year, last in numbers.given_case_numbers().items():
        of_year = Case.objects.filter(number__startswith=numbers.prefix(year)).values_list("number", flat=True)
        if of_year.count() != last:
            known = set(of_year)
            given = (numbers.case_number(year, number) for number in range(1, last + 1))
            yield from (number for number in given if number not in known)


def _of_one(events: list[Any]) -> Iterator[tuple[str, Fault]]:
    first, last = events[0], events[-1]
    for fault in verify((link(event, case=first.number) for event in events), head=first.head):
        yield first.number, fault
    if (first.state, first.length) != (last.target, last.sequence):
        yield first.number, Fault("chain.state", facts={"sequence": last.sequence})


def _streamed(rows: Any) -> Iterator[Any]:
    """Row by row over a cursor of the server, which lives in a transaction."""
    with transaction.atomic():
        yield from rows.iterator(chunk_size=CHUNK)
