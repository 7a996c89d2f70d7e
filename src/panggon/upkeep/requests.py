"""What an OPD asks for its site, and the dinas's answer."""

from datetime import datetime

from django.db import transaction

from panggon.core.errors import Fault, InvalidError
from panggon.core.sites.spec import SiteState
from panggon.outbox import defer
from panggon.papers import store
from panggon.people.models import User
from panggon.sites.models import Site
from panggon.upkeep.models import Request


@transaction.atomic
def ask(site_id: int, *, kind: str, words: str, letter: bytes | None, actor: User, at: datetime) -> Request:
    """Keep what the OPD asks, and tell the technicians. The same again while it waits is one request.

    Raises `InvalidError`: `need.opd_letter` (the SK's letter, for a deactivation), `request.over` for a site that is
    not in use any more.
    """
    site = Site.objects.select_for_update(of=("self",)).get(pk=site_id)
    if site.state in (SiteState.PARKED, SiteState.PURGED):
        raise InvalidError((Fault("request.over"),))
    if kind == Request.Kind.DEACTIVATION and not letter:
        raise InvalidError((Fault("need.opd_letter", "letter"),))
    known = site.requests.filter(kind=kind, words=words.strip(), answered_at=None).first()
    if known:
        return known
    asked = Request.objects.create(
        site=site,
        kind=kind,
        words=words.strip(),
        letter_sha256=store.put(letter) if letter else "",
        asked_by=actor,
        asked_at=at,
    )
    defer("upkeep.tell_technicians", request=asked.pk)
    return asked


@transaction.atomic
def answer(request_id: int, *, words: str, actor: User, at: datetime) -> Request:
    """End a request without a change. Raises `InvalidError` `request.answered`, `need.site_reason`."""
    asked = Request.objects.select_for_update(of=("self",)).get(pk=request_id)
    if asked.answered_at is not None:
        raise InvalidError((Fault("request.answered"),))
    if not words.strip():
        raise InvalidError((Fault("need.site_reason", "answer"),))
    asked.answer, asked.answered_by, asked.answered_at = words.strip(), actor, at
    asked.save(update_fields=["answer", "answered_by", "answered_at"])
    defer("upkeep.tell_answer", request=asked.pk)
    return asked
