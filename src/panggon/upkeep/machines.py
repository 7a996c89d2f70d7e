"""Hosting machines that need somebody: who looks after them is told, before sites suffer."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils import formats
from django.utils.functional import lazy
from django.utils.timezone import localdate, localtime
from django.utils.translation import gettext_lazy as _

from panggon.core.cases.vocabulary import Role
from panggon.core.notify.notices import Occasion
from panggon.notify.selectors import newest_reference, were_told
from panggon.notify.services import tell_all
from panggon.people import selectors as people
from panggon.people.models import User
from panggon.sites import health
from panggon.sites import selectors as sites
from panggon.sites.health import Shown
from panggon.sites.models import Node

Told = tuple[str, tuple[Any, Any], dict[str, Any]]
# An update or a boot takes less.
QUIET = timedelta(minutes=10)
LINES_MOST = 3
SILENT = (
    _("Server {name} tidak terdengar"),
    _(
        "Terakhir terdengar {since} WIB. Situsnya dapat tetap berjalan, tetapi tugas baru menunggu. "
        "Periksa apakah mesinnya menyala dan dapat mencapai portal."
    ),
)
# Who was told of silence is told of its end, unless it is that long ago.
REMEMBERED = timedelta(days=7)
BACK = (_("Server {name} terdengar lagi"), _("Tugas yang menunggu kini dikerjakan."))
UNTOLD = (
    _("Server {name} tidak melaporkan keadaannya"),
    _("Laporan terakhir {since} WIB. Server ini masih mengambil tugas; sebabnya ada di catatan agennya."),
)
STOPPED = (_("Server {name}: program berhenti"), _("Yang berhenti: {lines}. Jalankan di mesin itu: panggon-node init"))
CERTIFICATES = (_("Server {name}: sertifikat HTTPS perlu diperhatikan"), "{lines}")
DRIFT = (_("Server {name}: ada yang diubah di luar Panggon"), "{lines}")
OTHERS = (_("Server {name} perlu diperhatikan"), "{lines}")
_moment = lazy(formats.date_format, str)  # in the language of who reads it


def watch(*, now: datetime, hearing_since: datetime) -> None:
    """Tell technicians and administrators: of silence and of its end once, of what there is to do once a day and of
    each kind.

    `hearing_since`: since when the portal itself is there. Who came back a moment ago has heard of nobody.
    """
    heard_long = now - hearing_since > QUIET
    whom = dict.fromkeys(
        person for role in (Role.TECHNICIAN, Role.ADMINISTRATOR) for person in people.holders_of(role, now=now)
    )
    for node in sites.enrolled_nodes():
        machine = health.shown(node, now=now)
        for told in _of(machine, heard_long=heard_long, now=now):
            _tell(whom, node, told, now=now)
        if not machine.silent:
            _tell_back(whom, node, now=now)


def _tell(whom: Iterable[User], node: Node, told: Told, *, now: datetime) -> None:
    name, words, facts = told
    tell_all(
        whom,
        words,
        {"name": node.name, **facts},
        reference=_reference(node, name),
        path=reverse("sites:health"),
        at=now,
        occasion=Occasion.WARNING,
    )


def _tell_back(whom: Iterable[User], node: Node, *, now: datetime) -> None:
    beginning = _reference(node, "silent:")
    if silence := newest_reference(beginning, since=now - REMEMBERED):
        worried = were_told(silence)
        told = (f"back:{silence.removeprefix(beginning)}", BACK, dict[str, Any]())
        _tell([person for person in whom if person.pk in worried], node, told, now=now)


def _of(machine: Shown, *, heard_long: bool, now: datetime) -> Iterator[Told]:
    """What names it, its words, and their facts. Of one that says nothing only that is known."""
    node = machine.node
    if machine.silent and node.seen_at:
        if heard_long and now - node.seen_at > QUIET:
            yield _since("silent", SILENT, node.seen_at)
    elif machine.untold and node.told_at:
        if heard_long:
            yield _since("untold", UNTOLD, node.told_at)
    else:
        yield from _to_do(machine, now=now)


def _to_do(machine: Shown, *, now: datetime) -> Iterator[Told]:
    kinds = (
        ("stopped", STOPPED, machine.stopped),
        ("certificates", CERTIFICATES, machine.certificates),
        ("drift", DRIFT, tuple(machine.node.drift)),
        ("others", OTHERS, machine.concerns),
    )
    for name, words, lines in kinds:
        if lines:
            yield f"{name}:{localdate(now)}", words, {"lines": _short(lines)}


def _since(name: str, words: tuple[Any, Any], moment: datetime) -> Told:
    since = localtime(moment)
    return f"{name}:{since:%Y%m%d%H%M%S}", words, {"since": _moment(since, "j F, H.i")}


def _reference(node: Node, name: str) -> str:
    return f"machine:{node.pk}:{name}"


def _short(lines: tuple[str, ...]) -> str:
    more = len(lines) - LINES_MOST
    return "; ".join(lines[:LINES_MOST]) + (f"; … (+{more})" if more > 0 else "")
