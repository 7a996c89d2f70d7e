"""Markup in every stored word, whoever it came from and whatever form let it in: no page shows it as markup."""

from html.parser import HTMLParser

from django.apps import apps
from django.db import DatabaseError, models, transaction

from panggon.core.cases.procedure import Action, Role, State
from panggon.core.notify.notices import Occasion
from panggon.notify import endpoints
from panggon.notify import services as notify
from panggon.people import services as people
from panggon.tokens import services as tokens
from panggon.tokens.models import Scope
from tests.portal.test_urls import ARGUMENTS, PAGES, address
from tests.portal.visitor import visitor

PLANTED = "\"'><svg onload=x><a href=javascript:x>"
SHORTEST = len(PLANTED)
OURS = "panggon."
# What leads somewhere or is looked up is no word for people.
NAMES = {"number", "sha256", "head", "digest", "path", "username", "password", "token_hash", "nonce", "salt", "secret"}
NAMES |= {"url", "media_type", "subject", "php_version", "approved_digest", "password_hash", "password_fingerprint"}


class Executes(HTMLParser):
    """Collects whatever a browser would run."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attributes):
        self.found += [(tag, name) for name, value in attributes if name.startswith("on")]
        self.found += [(tag, value) for name, value in attributes if (value or "").startswith("javascript:")]


def planted(value):
    """The same value with markup in its words; numbers, moments and names of ours stay what they are."""
    if isinstance(value, dict):
        return {key: planted(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [planted(inner) for inner in value]
    return f"{value} {PLANTED}" if isinstance(value, str) and " " in value else value


def plant():
    """Into every column of text of every row; how many columns took it."""
    count = 0
    for model in apps.get_models():
        if not model.__module__.startswith(OURS):
            continue
        for column in model._meta.concrete_fields:
            if column.name in NAMES or column.choices or column.primary_key:
                continue
            for row in model._base_manager.all():
                count += write(row, column)
    return count


def write(row, column):
    value = getattr(row, column.attname)
    if isinstance(column, models.JSONField):
        value = planted(value)
    elif isinstance(column, models.CharField | models.TextField) and (column.max_length or 999) >= SHORTEST:
        value = PLANTED
    else:
        return 0
    try:
        with transaction.atomic():
            return type(row)._base_manager.filter(pk=row.pk).update(**{column.attname: value})
    except DatabaseError:  # a constraint knows better what may stand there
        return 0


def test_stored_markup_is_shown_as_words(office, office_time):
    office.act(office.bring_to(State.VERIFYING), Action.RETURN_TO_APPLICANT, office.technician, missing={"letter": "x"})
    case = office.bring_to(State.DELIVERED, label="dua")
    admin = office.person("semua", Role.ADMINISTRATOR, Role.REGISTRAR, Role.HEAD)
    for person in (admin, office.applicant):
        notify.tell(person, reference="x", subject="x", text="x", path="/", at=office.now)
        tokens.make(person, name="x", scopes=[Scope.CASES_READ], days=30, at=office.now)
    people.invite_to_agency("baru@example.go.id", office.agency, actor=office.applicant, at=office.now)
    people.invite_official("lain@example.go.id", actor=admin, at=office.now)
    endpoint, _ = endpoints.add(
        name="x", url="https://a.example/", events=[Occasion.INFORMATION], active=True, actor=admin, at=office.now
    )
    endpoints.send_test(endpoint, at=office.now)
    assert plant() > 60
    known = {**ARGUMENTS, "number": case.number, "user": office.applicant.pk, "agency": office.agency.pk}
    known |= {"division": office.division.pk, "person": office.applicant.pk, "endpoint": endpoint.pk}
    seen = 0
    for person in (admin, office.applicant):
        client = visitor(person)
        client.raise_request_exception = False
        for name in PAGES:
            response = client.get(address(name, known))
            assert response.status_code != 500, name
            if response.headers.get("Content-Type", "").startswith("text/html"):
                page = response.content.decode()
                looks = Executes()
                looks.feed(page)
                assert looks.found == [], name
                seen += "&gt;&lt;svg onload=x&gt;" in page
    assert seen > 20
