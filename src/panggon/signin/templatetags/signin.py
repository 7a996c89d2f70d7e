"""Sign-ins in words that their owner knows again."""

from django import template
from django.utils.translation import gettext as _

from panggon.core.people.devices import named
from panggon.signin.words import WAYS

register = template.Library()


@register.filter
def device(user_agent: str) -> str:
    """Such as "Chrome di Android"; what is not known by name is shown as it calls itself."""
    browser, system = named(user_agent)
    if browser and system:
        return _("%(browser)s di %(system)s") % {"browser": browser, "system": system}
    return browser or system or user_agent[:60] or _("Peramban tidak dikenal")


@register.filter
def ways(codes: str) -> str:
    """Such as "kata sandi, kode keamanan"; a provider's name stays as it is."""
    return ", ".join(str(WAYS.get(code, code)) for code in codes.split(", "))
