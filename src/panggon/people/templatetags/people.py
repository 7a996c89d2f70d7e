"""The days of a post in words."""

from django import template
from django.utils.formats import date_format
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from panggon.core.people.posts import HELD_BY_ONE
from panggon.people.models import RoleAssignment

register = template.Library()


@register.filter
def days(post: RoleAssignment) -> str:
    """From when to when a post is or was held, as far as it is known; empty when nothing is."""
    first = post.first_day or (localdate(post.named_at) if post.named_at else None)
    ends = [post.last_day, localdate(post.ended_at) if post.ended_at else None]
    last = min((day for day in ends if day), default=None)
    said = {"from": date_format(first, "j F Y") if first else "", "to": date_format(last, "j F Y") if last else ""}
    if first and last:
        return _("%(from)s sampai %(to)s") % said
    if last:
        return _("sampai %(to)s") % said
    return _("sejak %(from)s") % said if first else ""


@register.filter
def has_tenure(post: RoleAssignment) -> bool:
    """Whether the days and the order of this post are written down."""
    return post.role in HELD_BY_ONE
