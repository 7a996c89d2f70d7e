"""The documents within pages of settings: what is to be looked at, and how they would be."""

from typing import Any

from django import template
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from panggon.core.standards.contacts import Channel
from panggon.labels import CHANNEL_LABELS
from panggon.office.values import Group, Pledge, Sop
from panggon.standards import selectors
from panggon.standards.printing import day_words
from panggon.standards.selectors import Content
from panggon.standards.sop import Shown, SopView, sop_view
from panggon.standards.words import Procedure, fault_words

register = template.Library()
register.filter("day", day_words)


@register.simple_tag
def findings(group: str = "") -> list[tuple[str, str]]:
    """Each in words, with the address where it is mended; those of one group of settings, or all."""
    found = selectors.findings(now=timezone.now())
    return [(fault_words(fault), _mended_at(fault.field)) for fault in found if group in ("", fault.field)]


@register.simple_tag
def standard_with(group: Group, value: Any) -> Content:
    """The standard as it would be."""
    return selectors.content({group: value})


@register.simple_tag
def sop_with(group: Group, value: Sop) -> SopView:
    """The SOP with this head."""
    procedure = next(each for each in Procedure if each.group == group)
    return sop_view(procedure, now=timezone.now(), value=value)


@register.simple_tag
def pledge_with(value: Pledge) -> dict[str, Any]:
    """The pledge as it would be, and who signs it."""
    return {"said": selectors.pledge(value), "signer": selectors.signer_on(value.day, now=timezone.now())}


@register.filter
def chart(line: Shown) -> SafeString:
    """The strip of a line: SVG of our own making, in which words are escaped."""
    return mark_safe(line.chart)  # noqa: S308


@register.filter
def channel_words(channel: Channel) -> Any:
    return CHANNEL_LABELS[channel]


def _mended_at(group: str) -> str:
    return reverse("office:settings", args=[Group(group)]) if group else reverse("schedule:shares")
