"""The only writers of the settings."""

import hashlib
from datetime import datetime
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction

from panggon.audit.services import record
from panggon.core.errors import Fault, InvalidError
from panggon.office.logo import inspect_logo
from panggon.office.models import Edition, Logo, Setting
from panggon.office.selectors import forget, office
from panggon.office.shipped import shipped_for
from panggon.office.values import DOCUMENTS, Document, Group, dump, load
from panggon.outbox import defer


def subject_of(group: Group) -> str:
    """Under which the log of changes keeps this group."""
    return f"office.setting:{group}"


@transaction.atomic
def change(
    group: Group, value: Any, *, actor: AbstractBaseUser | None, at: datetime, expected_version: int | None = None
) -> bool:
    """Fill in a group of settings; False when it was filled in so before. `actor` None is the command line.

    Raises `InvalidError` `settings.changed` when the group is not any more the version that the person saw.
    """
    Setting.objects.get_or_create(group=group, defaults={"value": {}, "version": 0})
    row = Setting.objects.select_for_update().get(group=group)
    if expected_version is not None and row.version != expected_version:
        raise InvalidError((Fault("settings.changed"),))
    shipped = shipped_for(office().letterhead).of(group)
    before, after = dump(load(row.value, onto=shipped) if row.version else shipped), dump(value)
    if before == after and row.version:
        return False
    published = [document for document, groups in DOCUMENTS.items() if actor and group in groups and before != after]
    for document in published:
        _keep_first(document)
    row.value, row.version = after, row.version + 1
    row.save()
    record(subject_of(group), before=before, after=after, actor=actor, at=at)
    forget()
    for document in published:
        _publish(document, at=at)
    if group is Group.STANDARD and before["working_days"] != after["working_days"]:
        defer("cases.recalculate", lock="cases.recalculate", once="cases.recalculate", after=0)
    return True


def keep_logo(data: bytes) -> str:
    """Keep a picture for the letterhead; its SHA-256. Raises `InvalidError` for what is no safe picture."""
    media_type = inspect_logo(data)
    digest = hashlib.sha256(data).hexdigest()
    Logo.objects.get_or_create(sha256=digest, defaults={"media_type": media_type, "data": data})
    return digest


# ------------------------------------------------------------------------------------------------------------------


def _keep_first(document: Document) -> None:
    """What was published before anybody changed it on the pages; from here on until the end, nobody else publishes it.

    What the command line fills in is the beginning, and no edition.
    """
    first = DOCUMENTS[document][0]
    Setting.objects.get_or_create(group=first, defaults={"value": {}, "version": 0})
    Setting.objects.select_for_update().get(group=first)
    if not Edition.objects.filter(document=document).exists():
        Edition.objects.create(document=document, number=1, content=_content(document))


def _publish(document: Document, *, at: datetime) -> None:
    last = Edition.objects.filter(document=document).latest("number")
    Edition.objects.create(document=document, number=last.number + 1, content=_content(document), published_at=at)


def _content(document: Document) -> dict[str, Any]:
    now = office()
    return {group.value: dump(now.of(group)) for group in DOCUMENTS[document]}
