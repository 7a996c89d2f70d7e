from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language

from panggon.office.selectors import office
from panggon.office.values import in_language
from panggon.people.looks import theme_of
from panggon.people.models import Theme


def installation(request: HttpRequest) -> dict[str, Any]:
    """What every page may say of this installation, whether it is a demonstration and whose it is; and how it looks."""
    return {
        "theme": theme_of(request),
        "themes": Theme.choices,
        "demo": settings.PANGGON_DEMO,
        "simulation": settings.PANGGON_SIMULATION,
        "office": SimpleLazyObject(lambda: office().letterhead),
        "standard": SimpleLazyObject(lambda: in_language(office().standard, get_language() or "id")),
        "zone": SimpleLazyObject(lambda: office().naming.zone),
    }
