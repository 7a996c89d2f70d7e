from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from panggon.remembered import remembering


class ContentSecurityPolicy:
    """Says to the browser with every answer what a page may load: only what is ours."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", settings.PANGGON_CSP)
        return response


class RememberedAnswers:
    """While a page is only read, nothing changes what was asked already: roles, posts, the calendar."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            return self.get_response(request)
        with remembering():
            return self.get_response(request)
