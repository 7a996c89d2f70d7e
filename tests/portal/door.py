"""Coming in by the page of signing in, and what was written down of it."""

from django.http import HttpResponse
from django.test import Client

from panggon.people.models import User
from panggon.signin.models import Visit

PASSWORD = "kawung-dan-parang-7"


def sign_in(client: Client, password: str = PASSWORD, *, login: str = "sri", **where) -> HttpResponse:
    return client.post("/masuk/", {"login": login, "password": password}, **where)


def came_in(response: HttpResponse) -> bool:
    return response.status_code == 302


def happenings(user: User) -> list[str]:
    return list(Visit.objects.filter(user=user).order_by("id").values_list("happening", flat=True))
