"""Figures that lead to what they count."""

from django import template
from django.contrib.humanize.templatetags.humanize import intcomma
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from panggon.cases.forms.finding import query_of
from panggon.cases.lists.reports import Figure

register = template.Library()


@register.simple_tag
def figure(counted: Figure) -> SafeString:
    """A number that leads to the list which it counts; none leads nowhere."""
    if not counted.count:
        return mark_safe("<strong>0</strong>")
    address = f"{reverse('cases:find')}?{query_of(counted.meant)}"
    return format_html('<strong><a href="{}">{}</a></strong>', address, intcomma(counted.count))


@register.filter
def working_hours(seconds: float | None) -> str:
    """Office time for people to read."""
    if seconds is None:
        return "–"
    return _("%(hours)s jam kerja") % {"hours": number_format(seconds / 3600, 1)}
