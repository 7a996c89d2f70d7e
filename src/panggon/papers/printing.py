"""The templates that are in use: the shipped ones, and in their place what the department has made of them."""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.db import transaction

from panggon.audit.services import record
from panggon.core.errors import Fault, InvalidError, PermanentError
from panggon.office.selectors import logo, office
from panggon.office.services import inspect_logo
from panggon.papers import rendering
from panggon.papers.guard import repeating_lines, source_faults
from panggon.papers.models import TemplateVersion
from panggon.papers.samples import SAMPLES
from panggon.people.models import User

ENDINGS = {"image/png": "png", "image/svg+xml": "svg"}


def changed() -> dict[str, TemplateVersion]:
    """The newest version of each template that the department has changed and not put back."""
    newest = TemplateVersion.objects.select_related("made_by").order_by("name", "-id").distinct("name")
    return {version.name: version for version in newest if version.text}


def render(template: str, facts: Mapping[str, Any], *, trial: Mapping[str, str] | None = None) -> bytes:
    """Compile with the templates in use; `trial` are texts that are not in use yet. Raises as `rendering.render`."""
    texts = {name: version.text for name, version in changed().items()} | dict(trial or {})
    files = {name: text.encode() for name, text in texts.items()}
    shown, picture = _with_logo(facts)
    return rendering.render(template, shown, files=files | picture)


def sample(key: str, *, trial: Mapping[str, str] | None = None) -> bytes:
    """A paper of made-up contents under the department's own letterhead."""
    chosen, head = SAMPLES[key], asdict(office().letterhead)
    return render(chosen.template, {**chosen.facts, "office": head, "place": head["place"]}, trial=trial)


def is_drawable(picture: bytes) -> bool:
    """Whether a picture for the letterhead, safe as it may be, can be drawn on a paper. Raises as `inspect_logo`."""
    name = f"logo.{ENDINGS[inspect_logo(picture)]}"
    facts = {**SAMPLES["receipt"].facts, "office": {**SAMPLES["receipt"].facts["office"], "logo": name}}
    try:
        rendering.render("lembar.typ", facts, files={name: picture})
    except PermanentError:
        return False
    return True


def check(name: str, text: str) -> None:
    """Raises `InvalidError` unless every sample can be made with this text in the place of that template."""
    faults = source_faults(text, names=rendering.shipped())
    if faults:
        raise InvalidError(faults)
    for sample in SAMPLES.values():
        try:
            render(sample.template, sample.facts, trial={name: text})
        except PermanentError as error:
            raise InvalidError((_refusal(error, text, sample=sample.title),)) from error


@transaction.atomic
def put_in_use(
    name: str, text: str, *, actor: User, at: datetime, expected_version: int | None = None
) -> TemplateVersion | None:
    """Keep a changed template, in use from now on; empty text: back to the shipped one. None when it is so already.

    Raises `InvalidError` for a template that is broken or reaches beyond its folder, and `template.changed` when
    `expected_version` is not the newest one (0: the shipped one, never changed).
    """
    former = TemplateVersion.objects.select_for_update().filter(name=name).order_by("-id").first()
    if expected_version is not None and expected_version != (former.pk if former else 0):
        raise InvalidError((Fault("template.changed", "text"),))
    if text:
        check(name, text)
    if text == shipped_or(former, name) or (not text and not (former and former.text)):
        return None
    version = TemplateVersion.objects.create(name=name, text=text, made_by=actor, made_at=at)
    record(subject_of(name), before=_mark(former), after=_mark(version), actor=actor, at=at)
    return version


def shipped_or(version: TemplateVersion | None, name: str) -> str:
    """The text of this version, or the shipped one where there is none or it was put back."""
    return version.text if version and version.text else rendering.shipped()[name]


def subject_of(name: str) -> str:
    """Under which the log of changes keeps this template."""
    return f"papers.template:{name}"


# ------------------------------------------------------------------------------------------------------------------


def _with_logo(facts: Mapping[str, Any]) -> tuple[Mapping[str, Any], dict[str, bytes]]:
    """The facts with the logo's file name in the place of its digest, and the file."""
    office = facts["office"]
    picture = logo(office["logo"]) if office.get("logo") else None
    if picture is None:
        return {**facts, "office": {**office, "logo": ""}}, {}
    name = f"logo.{ENDINGS[picture.media_type]}"
    return {**facts, "office": {**office, "logo": name}}, {name: bytes(picture.data)}


def _refusal(error: PermanentError, text: str, *, sample: str) -> Fault:
    """Typst names the line of a mistake; of what does not end it cannot, so those that may be meant are named."""
    facts = {**error.facts, "sample": sample, "detail": error.detail}
    if error.code == "paper.template":
        return Fault("template.broken", "text", facts)
    lines = repeating_lines(text)
    code = error.code.replace("paper.", "template.") + ("_at" if lines else "")
    return Fault(code, "text", {**facts, "lines": ", ".join(map(str, lines))})


def _mark(version: TemplateVersion | None) -> dict[str, str]:
    """What the log keeps of a version: which one, and its digest; the text stands in the version itself."""
    if version is None or not version.text:
        return {"version": "", "sha256": ""}
    return {"version": str(version.pk), "sha256": hashlib.sha256(version.text.encode()).hexdigest()}
