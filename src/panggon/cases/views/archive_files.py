"""The files of the ZIP of a case. Rows are read at once, so that they fit each other; letters and papers one by one."""

import csv
import hashlib
import io
import json
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from django.template.loader import render_to_string
from django.utils.text import slugify
from django.utils.translation import gettext as _

from panggon.audit.chain import covered
from panggon.cases import selectors
from panggon.cases.acting.chain import body
from panggon.cases.content.paper_facts import plan_words
from panggon.cases.models import Case, Event
from panggon.cases.views import presentation
from panggon.core.cells import harmless
from panggon.core.errors import PermanentError
from panggon.papers import store
from panggon.people import selectors as people
from panggon.people.models import User
from panggon.sites import selectors as sites

# What an event keeps that the OPD has given or may know; other facts are what machines say to the dinas.
FOR_EVERYBODY = frozenset({"files", "words", "stamped_at", "page", "order", "due_before", "due_after"})
README, SUMS = "BACA-DAHULU.txt", "SHA256SUMS"
ROWS = "log/baris"

File = tuple[str, Callable[[], bytes]]


def everything(case: Case, user: User, *, now: datetime) -> Iterator[tuple[str, bytes]]:
    """Names and contents, the list of digests last. An OPD gets its own part: no machines, no words among officials."""
    inside = people.is_official(user, now=now)
    events = selectors.timeline(case)
    files = [
        (README, _made(_readme(case, events, inside=inside, now=now))),
        ("permohonan.json", _json(_request(case, user, now=now))),
        *_log(case, events, inside=inside),
        *_letters(case),
        *_papers(case, user, now=now),
        *(_machine(case) if inside else ()),
    ]
    return _with_sums(files)


# ------------------------------------------------------------------------------------------------------------------


def _with_sums(files: list[File]) -> Iterator[tuple[str, bytes]]:
    sums = []
    for name, content in files:
        try:
            data = content()
        except PermanentError as error:  # a file of the store that is lost: the rest is still worth having
            name, data = f"{name}.{_('tidak-ada')}.txt", f"{error}\n".encode()  # noqa: PLW2901
        sums.append(f"{hashlib.sha256(data).hexdigest()}  {name}\n")
        yield name, data
    yield SUMS, "".join(sums).encode()


def _readme(case: Case, events: list[Event], *, inside: bool, now: datetime) -> str:
    shown = [event for event in events if _is_open(event, inside=inside)]
    ends = {"end": events[-1] if events else None, "shown": shown[-1] if shown else None}
    context = {"case": case, "inside": inside, "now": now, "rows": ROWS, "sums": SUMS, **ends}
    return render_to_string("cases/archive.txt", context)


def _request(case: Case, user: User, *, now: datetime) -> dict[str, str]:
    rows = presentation.request_rows(case, user, now=now)
    return {_("Nomor permohonan"): case.number, **{str(name): str(value) for name, value in rows if value}}


def _log(case: Case, events: list[Event], *, inside: bool) -> Iterator[File]:
    rows = [_row(event, case, inside=inside) for event in events]
    yield "log/log.json", _json(rows)
    yield "log/log.csv", _made(_csv(rows))
    for event, row in zip(events, rows, strict=True):
        if row["body"] is not None:
            text = covered(body(event, case=case.number), previous=event.previous)
            yield f"{ROWS}/{event.sequence:04d}.txt", _made(text)


def _row(event: Event, case: Case, *, inside: bool) -> dict[str, Any]:
    """One row; its body is left out where it tells an OPD what is the dinas's own. `salt` only with the words."""
    entry = presentation.entry(event, inside=inside)
    return {
        "sequence": event.sequence,
        "at": event.at.isoformat(),
        "step": entry.step,
        "action": entry.what,
        "who": entry.who,
        "state": entry.state,
        "words": entry.words,
        "salt": event.salt if entry.words else "",
        "body": body(event, case=case.number) if _is_open(event, inside=inside) else None,
        "previous": event.previous,
        "digest": event.digest,
    }


def _is_open(event: Event, *, inside: bool) -> bool:
    return inside or FOR_EVERYBODY.issuperset(event.data)


def _csv(rows: list[dict[str, Any]]) -> str:
    columns = ["sequence", "at", "step", "action", "who", "state", "words", "previous", "digest"]
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([_cell(row[name]) for name in columns] for row in rows)
    return f"\ufeff{text.getvalue()}"


def _cell(value: Any) -> Any:
    return harmless(value) if isinstance(value, str) else value


def _letters(case: Case) -> Iterator[File]:
    for file in case.files.order_by("added_at", "pk"):
        day = file.added_at.strftime("%Y%m%d")
        name = f"surat/{slugify(file.get_kind_display())}-{day}-{file.sha256[:8]}.pdf"
        yield name, lambda digest=file.sha256: store.get(digest)


def _papers(case: Case, user: User, *, now: datetime) -> Iterator[File]:
    for place, paper in enumerate(selectors.papers_for(case, user, now=now), 1):
        name = f"naskah/{place:02d}-{slugify(paper.title)}-{slugify(paper.number.replace('/', '-'))}.pdf"
        yield name, lambda digest=paper.issued_sha256: store.get(digest)


def _machine(case: Case) -> Iterator[File]:
    if case.site is None:
        return
    plan = sites.current_plan(case.site)
    if plan:
        yield "rencana.json", _json({"digest": plan.digest, "words": plan_words(plan.plan), "plan": plan.plan})
    yield "bukti.json", _json([_wish(wish) for wish in sites.wishes_of(case.site)])


def _wish(wish: Any) -> dict[str, Any]:
    return {
        "purpose": wish.purpose,
        "generation": wish.generation,
        "made_at": wish.made_at.isoformat(),
        "reported_at": wish.reported_at.isoformat() if wish.reported_at else None,
        "outcome": wish.outcome,
        "digest": wish.digest,
        "proved_at": wish.proved_at.isoformat() if wish.proved_at else None,
        "evidence": wish.evidence,
        "problem": wish.problem,
    }


def _json(value: Any) -> Callable[[], bytes]:
    return _made(json.dumps(value, indent=1, ensure_ascii=False) + "\n")


def _made(text: str | bytes) -> Callable[[], bytes]:
    data = text.encode() if isinstance(text, str) else text
    return lambda: data
