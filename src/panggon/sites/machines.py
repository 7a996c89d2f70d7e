"""The writers of hosting machines: how one comes in, is heard of, and goes."""

import re
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from panggon.audit.services import record
from panggon.core.errors import Fault, InvalidError, PermanentError
from panggon.core.node import health as healths
from panggon.core.node.health import Health
from panggon.people.models import User
from panggon.sites import selectors
from panggon.sites.models import Node, Outcome, Wish

NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")  # a host name's label, RFC 1123
CODE_LIFE = timedelta(hours=24)


def subject_of(node: Node) -> str:
    """Under which the log of changes keeps this machine."""
    return f"sites.node:{node.pk}"


@transaction.atomic
def issue_code(name: str, *, at: datetime, life: timedelta = CODE_LIFE, actor: User | None = None) -> str:
    """A code with which a machine of this name may enrol once; an earlier code of the same machine dies.

    A machine that was retired may come back so. Raises `InvalidError` `node.name`.
    """
    if not NAME.fullmatch(name):
        raise InvalidError((Fault("node.name", "name"),))
    # A word of a command line: one that began with `-` would be read as an option of it.
    code, expires_at = secrets.token_hex(16), at + life
    node, _ = Node.objects.update_or_create(
        name=name,
        defaults={"code_hash": selectors.sha256(code), "code_expires_at": expires_at, "retired_at": None},
    )
    record(subject_of(node), before={}, after={"code_until": expires_at.isoformat()}, actor=actor, at=at)
    return code


@transaction.atomic
def enrol(code: str, *, name: str, facts: Mapping[str, Any], at: datetime) -> tuple[Node, str]:
    """Trade a code for a node's token. Raises `PermanentError` `enrol.refused`, without saying what was wrong."""
    node = Node.objects.select_for_update().filter(name=name).first()
    known = node.code_hash if node else ""
    fits = secrets.compare_digest(selectors.sha256(code), known or selectors.sha256(""))
    if node is None or not known or not fits or node.code_expires_at is None or node.code_expires_at < at:
        raise PermanentError("enrol.refused")
    token = secrets.token_urlsafe(32)
    node.token_hash, node.code_hash, node.code_expires_at = selectors.sha256(token), "", None
    node.enrolled_at = node.seen_at = at
    node.facts = dict(facts)
    node.save()
    # It knows wishes of its former enrolment no more: what was not at its end is asked of it anew.
    Wish.objects.filter(site__node=node, outcome=Outcome.CLOSING).update(reported_at=None)
    record(subject_of(node), before={}, after={"enrolled_at": at.isoformat()}, actor=None, at=at)
    return node, token


def saw(node: Node, *, at: datetime) -> None:
    """The node was heard of."""
    node.seen_at = at
    node.save(update_fields=["seen_at"])


def said(
    node: Node,
    *,
    at: datetime,
    version: str,
    reduced: tuple[str, ...],
    drift: tuple[str, ...],
    health: Health | None,
    facts: Mapping[str, Any],
) -> None:
    """What the node said of itself replaces what was known."""
    if version != node.version:
        node.version, node.version_since = version, at
    node.seen_at = node.told_at = at
    node.reduced, node.drift = list(reduced), list(drift)
    node.health = healths.dump(health) if health else None
    node.facts = {**node.facts, **facts}
    told = ["seen_at", "told_at", "version", "version_since", "reduced", "drift", "health", "facts"]
    node.save(update_fields=told)


@transaction.atomic
def retire(node_id: int, *, actor: User, at: datetime) -> None:
    """The machine may not come in any more. Raises `InvalidError` `node.has_sites` while it carries a site."""
    node = Node.objects.select_for_update().get(pk=node_id)
    carried = node.sites.filter(released_at=None).count()
    if carried:
        raise InvalidError((Fault("node.has_sites", facts={"count": carried}),))
    if node.retired_at is not None:
        return
    node.token_hash, node.code_hash, node.code_expires_at, node.retired_at = "", "", None, at
    node.save(update_fields=["token_hash", "code_hash", "code_expires_at", "retired_at"])
    record(subject_of(node), before={}, after={"retired_at": at.isoformat()}, actor=actor, at=at)
