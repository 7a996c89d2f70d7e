"""Django set up for a command, with the settings of what it does."""

import os

PAGES, NODES = "panggon.portal.settings.base", "panggon.portal.settings.nodes"


def prepare(settings: str = PAGES) -> None:
    """Settings that were chosen from outside stay. Raises `ImproperlyConfigured` for what is wrong in them."""
    import django  # noqa: PLC0415 (settings have to be chosen first)

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", settings)
    django.setup()
