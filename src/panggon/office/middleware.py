from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from panggon.office.selectors import read_once


class SettingsOfRequest:
    """The department's settings are read at most once a request, however many parts of a page ask for them."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with read_once():
            return self.get_response(request)
