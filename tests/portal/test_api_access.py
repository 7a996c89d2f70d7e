"""Who may call the API: the holder of a token with the scope, with the rights of its owner, so often a minute."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from panggon.office.values import Group
from panggon.portal.api.application import api, scopes
from panggon.tokens import services
from panggon.tokens.models import Scope, Token
from tests.portal.office import MONDAY, fill_in
from tests.portal.programs import Program, problem
from tests.portal.visitor import visitor

PUBLIC = {"public_status"}


def test_every_operation_declares_its_scope():
    declared = scopes()
    assert {name for name, scope in declared.items() if not scope} == PUBLIC
    assert set(declared.values()) - {""} <= set(Scope)
    for methods in api.get_openapi_schema()["paths"].values():
        for said in methods.values():
            wanted = [{"Bearer": [declared[said["operationId"]]]}] if declared[said["operationId"]] else None
            assert said.get("security") == wanted


def test_an_operation_without_a_declaration_is_for_nobody():
    assert api.auth[0](None) is None


ARGUMENTS = {"number": "HST-2026-0001", "paper": "0" * 32, "action": "submit", "label": "x", "year": 2026}
ADDRESSES = [
    (
        method,
        path.replace("/api/v1", "").format(
            number="HST-2026-0001", paper="0" * 32, action="submit", label="x", year=2026
        ),
    )
    for path, methods in api.get_openapi_schema()["paths"].items()
    for method, said in methods.items()
    if said["operationId"] not in PUBLIC
]


@pytest.mark.parametrize(("method", "path"), ADDRESSES)
def test_nothing_answers_without_a_token_and_cookies_do_not_help(office, method, path):
    browser = visitor(office.registrar)
    for client in (Client(), browser):
        response = getattr(client, method)(f"/api/v1{path}")
        assert problem(response) == (401, "token")
        assert response.headers["WWW-Authenticate"] == 'Bearer realm="panggon"'


@pytest.mark.parametrize("secret", ["", "pgn_falsch", "pgn_" + "0" * 43, "\u00e9", "x" * 5000])
def test_an_unknown_token_opens_nothing(office, secret):
    assert problem(Client().get("/api/v1/cases", headers={"Authorization": f"Bearer {secret}"})) == (401, "token")


def test_an_expired_a_withdrawn_and_a_left_ones_token_open_nothing(office, opd):
    assert opd.get("/cases").status_code == 200
    Token.objects.update(expires_at=timezone.now())
    assert problem(opd.get("/cases")) == (401, "token")
    other = Program(office.applicant)
    services.withdraw(office.applicant, other.token.pk, at=timezone.now())
    assert problem(other.get("/cases")) == (401, "token")
    third = Program(office.applicant)
    office.applicant.is_active = False
    office.applicant.save()
    assert problem(third.get("/cases")) == (401, "token")


@pytest.mark.parametrize("scope", Scope)
def test_a_token_opens_only_what_its_scope_says(office, scope):
    fill_in(Group.PROGRAMS, decide=True)
    program = Program(office.registrar, scope)
    answers = {
        Scope.CASES_READ: program.get("/cases").status_code,
        Scope.CASES_ACT: program.post("/cases/HST-2026-0001/actions/receive").status_code,
        Scope.SITES_READ: program.get("/sites").status_code,
        Scope.SCHEDULE_READ: program.get("/calendar/2026").status_code,
    }
    assert {name for name, status in answers.items() if status != 403} == {scope} & set(answers)


def test_a_token_has_a_rate_of_its_own(office, opd):
    fill_in(Group.PROGRAMS, requests=3)
    assert [opd.get("/cases").status_code for _ in range(3)] == [200, 200, 200]
    refused = opd.get("/cases")
    assert problem(refused) == (429, "rate")
    assert 50 < int(refused.headers["Retry-After"]) <= 60
    assert Program(office.applicant).get("/cases").status_code == 200


def test_after_a_minute_a_token_may_go_on(office):
    token, second = Program(office.applicant).token, timedelta(seconds=1)
    waits = [services.spend(token, most=1, at=MONDAY + count * second) for count in (0, 1, 59, 60, 61)]
    assert waits == [None, 59 * second, second, None, 59 * second]


def test_the_last_use_is_kept_to_the_hour(opd):
    opd.get("/cases")
    first = Token.objects.get().last_used_at
    opd.get("/cases")
    assert Token.objects.get().last_used_at == first
    Token.objects.update(last_used_at=first - timedelta(hours=2))
    opd.get("/cases")
    assert Token.objects.get().last_used_at > first


def test_the_description_reads_as_a_page_and_as_a_schema(db):
    schema = Client().get("/api/v1/openapi.json").json()
    assert (schema["openapi"], schema["info"]["title"]) == ("3.1.0", "Panggon")
    assert all(said["summary"] and said["description"] for said in every(schema))
    assert all(
        "application/problem+json" in answer["content"]
        for said in every(schema)
        for status, answer in said["responses"].items()
        if int(status) >= 400
    )
    page = Client().get("/api/").content.decode()
    assert all(f'id="op-{said["operationId"]}"' in page for said in every(schema))
    assert "//cdn" not in page


def every(schema):
    return [said for methods in schema["paths"].values() for said in methods.values()]
