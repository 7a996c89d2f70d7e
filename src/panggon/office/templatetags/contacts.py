"""The channels of the service wherever a page tells how to reach it."""

from typing import Any

from django import template

from panggon.labels import CHANNEL_LABELS
from panggon.office.selectors import office

register = template.Library()


@register.inclusion_tag("office/channels.html")
def channels() -> dict[str, Any]:
    """Each as the standard prints it; beside what cannot work, what does."""
    return {"contacts": [(CHANNEL_LABELS[contact.channel], contact) for contact in office().contacts.rows]}
