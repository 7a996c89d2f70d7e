"""The channels of the service wherever a page tells how to reach it."""

from typing import Any

from django import template

from panggon.core.standards.contacts import Contact
from panggon.labels import CHANNEL_LABELS
from panggon.office.selectors import office

register = template.Library()


@register.simple_tag
def channels() -> list[tuple[Any, Contact]]:
    """Each as the standard prints it; beside what cannot work, what does. None before the city has named its own."""
    return [(CHANNEL_LABELS[contact.channel], contact) for contact in office().contacts.rows]
