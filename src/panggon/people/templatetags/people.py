"""Posts and people in words."""

from django import template

from panggon.core.acting import ActingKind, acting_title
from panggon.core.vocabulary import Role
from panggon.people.models import ActingOfficial

register = template.Library()


@register.filter(name="acting_title")
def title(acting: ActingOfficial) -> str:
    """The title of an acting official: "Plh. Kepala Dinas", with the division where there is one."""
    return acting_title(ActingKind(acting.kind), Role(acting.role), str(acting.division or ""))
