from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from panggon.remembered import remembering


class ProtectiveHeaders:
    """Says to the browser with every answer what it may do with it: load only what is ours, and keep nothing.

    A view that wants it otherwise (a picture that never changes) says so itself. The scheme is that of the portal's
    public address, whatever the proxy before it speaks: HSTS, cookies and links hang on it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.META["wsgi.url_scheme"] = settings.PANGGON_SCHEME
        response = self.get_response(request)
        for name, value in settings.PANGGON_HEADERS.items():
            response.headers.setdefault(name, value)
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
