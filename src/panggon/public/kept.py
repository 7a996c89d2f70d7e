"""Pages of figures, drawn once for everybody who is not signed in, and kept until the figures are reckoned anew."""

import hashlib
from collections.abc import Callable, Hashable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import resolve
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.http import quote_etag
from django.utils.translation import get_language

from panggon.people.looks import theme_of
from panggon.people.models import Theme

PAGES_MOST = 500  # each of some 20 kB
PAGE_SECONDS, FILE_SECONDS = 60, 300

Context = Callable[..., Mapping[str, Any]]


def page(request: HttpRequest, template: str, context: Context, *facts: Hashable, path: str) -> HttpResponse:
    """The page at `path` (canonical), which shows what `context` says of these facts and nothing else; one of them is
    when the figures were made. Who is signed in gets it with the own menu, and nobody keeps it.
    """
    if request.user.is_authenticated:
        return render(request, template, dict(context(*facts)))
    language, theme = str(get_language()), theme_of(request)
    response = HttpResponse(_drawn(template, context, facts, path, language, theme))
    response.headers["Cache-Control"] = f"public, max-age={PAGE_SECONDS}"
    patch_vary_headers(response, ["Cookie"])  # it says language and colours
    return _conditional(request, response, etag=(facts, path, language, theme, settings.STATIC_URL))


def file(request: HttpRequest, data: str, *, kind: str, made_at: datetime, path: str) -> HttpResponse:
    """A file of figures, which pages and programs of others may read too."""
    headers = {
        "Access-Control-Allow-Origin": "*",
        "Cache-Control": f"public, max-age={FILE_SECONDS}",
        "Cross-Origin-Resource-Policy": "cross-origin",
    }
    return _conditional(request, HttpResponse(data, content_type=kind, headers=headers), etag=(made_at, path))


# ------------------------------------------------------------------------------------------------------------------


@lru_cache(PAGES_MOST)
def _drawn(
    template: str, context: Context, facts: tuple[Hashable, ...], path: str, _language: str, theme: Theme
) -> bytes:
    """For a visitor of whom nothing is known, so that nothing of whoever asks first can be in it."""
    visitor = HttpRequest()
    visitor.method, visitor.path = "GET", path
    visitor.resolver_match = resolve(path.partition("?")[0])
    visitor.user = AnonymousUser()
    return render_to_string(template, {**context(*facts), "theme": theme, "own_address": path}, visitor).encode()


def _conditional(request: HttpRequest, response: HttpResponse, *, etag: tuple[object, ...]) -> HttpResponse:
    response.headers["ETag"] = quote_etag(hashlib.sha256(repr(etag).encode()).hexdigest()[:32])
    return get_conditional_response(request, response.headers["ETag"], None, response) or response
