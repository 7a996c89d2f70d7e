"""The interface of the nodes: a port of its own, no sessions, no pages; see `docs/architecture.md`."""

from panggon.portal.settings.base import *

ROOT_URLCONF = "panggon.portal.urls_nodes"
# Nobody signs in here.
INSTALLED_APPS = [app for app in INSTALLED_APPS if not app.startswith("allauth") and app != "panggon.signin"]
MIDDLEWARE = [
    "panggon.portal.middleware.ProtectiveHeaders",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.common.CommonMiddleware",
]
PANGGON_HEADERS = PANGGON_HEADERS | {"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'"}
ALLOWED_HOSTS = ["*"]  # nothing here makes links or reads Host; the bearer's token decides
TEMPLATES = []  # no pages: the portal's own error pages would want sessions and people
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = ""  # a job is enqueued by its name; what it does is the worker's
