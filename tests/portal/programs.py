"""Programs of the people of the office: each calls the API with a token of its owner's."""

import json
from typing import Any

from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from panggon.people.models import User
from panggon.tokens import services
from panggon.tokens.models import Scope, Token

ALL = (Scope.CASES_READ, Scope.CASES_ACT, Scope.SITES_READ, Scope.SCHEDULE_READ)


class Program:
    def __init__(self, owner: User, *scopes: Scope) -> None:
        self.token, self.secret = make_token(owner, *scopes)
        self.client = Client()

    def get(self, path: str, **query: Any) -> HttpResponse:
        return self.client.get(f"/api/v1{path}", query, headers=self._headers())

    def post(self, path: str, **form: Any) -> HttpResponse:
        return self.client.post(f"/api/v1{path}", form, headers=self._headers())

    def act(self, case: Any, action: str, **form: Any) -> HttpResponse:
        form.setdefault("expected_version", case.version)
        return self.post(f"/cases/{case.number}/actions/{action}", **form)

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.secret}"}


def make_token(owner: User, *scopes: Scope) -> tuple[Token, str]:
    return services.make(owner, name="uji", scopes=scopes or ALL, days=30, at=timezone.now())


def problem(response: HttpResponse) -> tuple[int, str]:
    """Status and code of a problem, once it is seen to be one."""
    assert response.headers["Content-Type"] == "application/problem+json"
    said = json.loads(response.content)
    assert said["status"] == response.status_code
    assert said["type"] == f"urn:panggon:problem:{said['code']}"
    assert said["detail"]
    return response.status_code, said["code"]


def faults(response: HttpResponse) -> list[tuple[str, str]]:
    assert problem(response) == (422, "invalid")
    return [(fault["code"], fault["field"]) for fault in response.json()["errors"]]
