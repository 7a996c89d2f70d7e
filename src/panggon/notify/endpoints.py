"""The only writer of endpoints, deliveries and attempts."""

import json
import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4, uuid5

from django.conf import settings
from django.db import transaction

from panggon.audit.services import record
from panggon.core.errors import Fault, InvalidError
from panggon.core.notify import webhook
from panggon.core.notify.notices import PAUSES, TABLE, Occasion
from panggon.core.notify.webhook import Outcome, outcome_of
from panggon.encryption import cipher
from panggon.notify.models import Attempt, Delivery, Endpoint
from panggon.notify.posting import Answer, url_fault
from panggon.notify.retries import WEBHOOKS
from panggon.office.selectors import office
from panggon.outbox import defer
from panggon.people.models import User

PURPOSE = "panggon webhook"
NAMESPACE = UUID("6d7a9a52-5b0c-4d5c-9f0e-2f4e3f1f6a11")  # of the ids of deliveries


@transaction.atomic
def add(*, name: str, url: str, events: Iterable[str], active: bool, actor: User, at: datetime) -> tuple[Endpoint, str]:
    """A new endpoint, and the secret that its receiver needs, for the only time.

    Raises `InvalidError` with `name.taken`, `events.none`, `url.broken`, `url.too_much`, `url.not_https`.
    """
    endpoint = Endpoint(name=name, url=url, events=list(events), active=active, created_at=at)
    _refuse_faults(endpoint)
    secret = _renew(endpoint)
    endpoint.save()
    record(_subject(endpoint), before=None, after=_values(endpoint), actor=actor, at=at)
    return endpoint, secret


@transaction.atomic
def change(
    endpoint: Endpoint, *, name: str, url: str, events: Iterable[str], active: bool, actor: User | None, at: datetime
) -> None:
    """Raises as `add` does. `actor` None is the system. Switched off, it gets nothing of what still waited."""
    before = _values(Endpoint.objects.get(pk=endpoint.pk))
    endpoint.name, endpoint.url, endpoint.events, endpoint.active = name, url, list(events), active
    _refuse_faults(endpoint)
    endpoint.save()
    if not active:
        endpoint.deliveries.filter(state=Delivery.State.WAITING).update(state=Delivery.State.DEAD)
    record(_subject(endpoint), before=before, after=_values(endpoint), actor=actor, at=at)


@transaction.atomic
def renew_secret(endpoint: Endpoint, *, actor: User, at: datetime) -> str:
    """A new secret in place of the former; from now on everything is signed with it."""
    secret = _renew(endpoint)
    endpoint.save(update_fields=["secret"])
    record(_subject(endpoint), before={"secret": "lama"}, after={"secret": "baru"}, actor=actor, at=at)
    return secret


@transaction.atomic
def remove(endpoint: Endpoint, *, actor: User, at: datetime) -> None:
    record(_subject(endpoint), before=_values(endpoint), after=None, actor=actor, at=at)
    endpoint.delete()


@transaction.atomic
def announce(occasion: Occasion, *, reference: str, data: Mapping[str, Any], at: datetime) -> None:
    """Tell every active endpoint that wants this. Announced again under the same reference, nothing happens.

    `data` carries of a person only what the table of notices says; the rest is left out.
    """
    unspoken = {"phone"} - set(TABLE[occasion].personal)
    said = {name: value for name, value in data.items() if name not in unspoken}
    for endpoint in Endpoint.objects.filter(active=True, events__contains=[occasion.value]):
        _send(endpoint, occasion.value, said, identifier=uuid5(NAMESPACE, f"{endpoint.pk} {reference}"), at=at)


@transaction.atomic
def send_test(endpoint: Endpoint, *, at: datetime) -> Delivery:
    """A message that means nothing, also to an endpoint that is switched off."""
    data = {"subject": "Percobaan", "url": f"{settings.PANGGON_BASE_URL}/"}
    return _send(endpoint, webhook.TEST, data, identifier=uuid4(), at=at)


@transaction.atomic
def send_again(delivery: Delivery) -> None:
    """From the first pause on, with the same id."""
    if Delivery.objects.filter(pk=delivery.pk, state=Delivery.State.DEAD).update(state=Delivery.State.WAITING, tries=0):
        defer("notify.deliver", queue=WEBHOOKS, delivery=str(delivery.pk))


def request_of(delivery: Delivery, *, at: datetime) -> tuple[bytes, dict[str, str]]:
    """Body and headers of an attempt at this moment."""
    body = json.dumps(delivery.body, ensure_ascii=False, separators=(",", ":")).encode()
    identifier, timestamp = str(delivery.pk), int(at.timestamp())
    secret = cipher(PURPOSE).decrypt(delivery.endpoint.secret.encode()).decode()
    return body, {
        "webhook-id": identifier,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": webhook.signature(secret, identifier=identifier, timestamp=timestamp, body=body),
        "User-Agent": "Panggon",
    }


@transaction.atomic
def keep_attempt(delivery: Delivery, answer: Answer, *, at: datetime) -> bool:
    """Keeps how an attempt ended; whether there has to be another one. Who answers 410 is asked no more."""
    Attempt.objects.create(
        delivery=delivery,
        at=at,
        milliseconds=answer.milliseconds,
        status=answer.status,
        problem=answer.problem,
        answer=answer.body,
    )
    outcome = outcome_of(answer.status)
    delivery.tries += 1
    delivery.state = _state_after(outcome, tries=delivery.tries)
    delivery.save(update_fields=["tries", "state"])
    if outcome is Outcome.GONE:
        _switch_off(delivery.endpoint, at=at)
    return delivery.state == Delivery.State.WAITING


def forget_old(*, now: datetime) -> int:
    """Remove the deliveries that are older than they are kept; how many rows went."""
    return Delivery.objects.filter(made_at__lt=now - timedelta(days=office().retention.deliveries_days)).delete()[0]


# ------------------------------------------------------------------------------------------------------------------


def _send(endpoint: Endpoint, event: str, data: Mapping[str, Any], *, identifier: UUID, at: datetime) -> Delivery:
    body = webhook.message(event, at=at, data=data)
    delivery, is_new = Delivery.objects.get_or_create(
        pk=identifier, defaults={"endpoint": endpoint, "event": event, "body": body, "made_at": at}
    )
    if is_new:
        defer("notify.deliver", queue=WEBHOOKS, delivery=str(delivery.pk))
    return delivery


def _state_after(outcome: Outcome, *, tries: int) -> Delivery.State:
    if outcome is Outcome.DELIVERED:
        return Delivery.State.DELIVERED
    given_up = outcome is Outcome.GONE or tries > len(PAUSES)
    return Delivery.State.DEAD if given_up else Delivery.State.WAITING


def _switch_off(endpoint: Endpoint, *, at: datetime) -> None:
    change(endpoint, name=endpoint.name, url=endpoint.url, events=endpoint.events, active=False, actor=None, at=at)


def _renew(endpoint: Endpoint) -> str:
    secret = webhook.secret_words(secrets.token_bytes(webhook.SECRET_BYTES))
    endpoint.secret = cipher(PURPOSE).encrypt(secret.encode()).decode()
    return secret


def _refuse_faults(endpoint: Endpoint) -> None:
    faults = []
    if Endpoint.objects.filter(name__iexact=endpoint.name).exclude(pk=endpoint.pk).exists():
        faults.append(Fault("name.taken", "name"))
    if not endpoint.events:
        faults.append(Fault("events.none", "events"))
    if code := url_fault(endpoint.url):
        faults.append(Fault(code, "url"))
    if faults:
        raise InvalidError(tuple(faults))


def _subject(endpoint: Endpoint) -> str:
    return f"notify.endpoint:{endpoint.pk}"


def _values(endpoint: Endpoint) -> dict[str, Any]:
    return {"name": endpoint.name, "url": endpoint.url, "events": endpoint.events, "active": endpoint.active}
