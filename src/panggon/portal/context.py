from typing import Any

from django.conf import settings
from django.http import HttpRequest


def installation(_request: HttpRequest) -> dict[str, Any]:
    """What every page may say of this installation: whether it is a demonstration, and whose it is."""
    return {
        "demo": settings.PANGGON_DEMO,
        "simulation": settings.PANGGON_SIMULATION,
        "office": settings.PANGGON_OFFICE,
        "zone": settings.PANGGON_ZONE,
    }
