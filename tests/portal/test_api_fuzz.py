"""The API under whatever a program may send: it never breaks, and always answers as it says of itself."""

import pytest
import schemathesis
from hypothesis import HealthCheck, assume, given, settings, strategies
from schemathesis import GenerationMode
from schemathesis.checks import load_all_checks
from schemathesis.specs.openapi import checks

from panggon.cases.models import Case
from panggon.core.cases.procedure import State
from panggon.office.values import Group
from panggon.portal.api.application import scopes
from panggon.tokens.models import Scope
from tests.portal.office import fill_in
from tests.portal.programs import make_token

load_all_checks()
CHECKS = [
    schemathesis.checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
    checks.response_headers_conformance,
]
STATES = (State.AWAITING_APPROVAL, State.DRAFT, State.SUBMITTED, State.RECEIVED, State.VERIFYING, State.PREPARING)
# Whom a request is for and where it ends is said by whoever carries it (RFC 9110 and 9112); what is wrong there is
# answered before there is an API (`test_hostile_requests`).
CARRIED = frozenset({"host", "connection", "content-length", "expect", "te", "trailer", "transfer-encoding", "upgrade"})
EXAMPLES = 8  # an operation, of what is right and again of what is wrong; an act has many faces


@pytest.fixture
def described(transactional_db, office, live_server):
    """The API of a running portal with cases in several states, and everybody's token."""
    fill_in(Group.PROGRAMS, decide=True, requests=10**6)
    for count, state in enumerate(STATES):
        office.bring_to(state, label=f"situs{count}")
    everybody = (office.applicant, office.registrar, office.head, office.division_head, office.technician)
    secrets = [make_token(person, *Scope)[1] for person in everybody]
    schema = schemathesis.openapi.from_url(f"{live_server.url}/api/v1/openapi.json")
    schema.config.update(base_url=live_server.url)
    schema.known = Known([case.number for case in Case.objects.all()], secrets)
    return schema


class Known:
    """Numbers and tokens that exist, one after the other, so that rules are reached and not only refusals."""

    def __init__(self, numbers: list[str], secrets: list[str]) -> None:
        self.numbers, self.secrets, self.calls = numbers, secrets, 0

    def put_into(self, case: schemathesis.Case) -> str:
        """The secret with which to call; two of three calls are about a case that exists, in its newest version."""
        self.calls += 1
        for name in [name for name in case.headers or () if name.lower() in CARRIED]:
            del case.headers[name]
        if "number" in case.path_parameters and self.calls % 3:
            number = case.path_parameters["number"] = self.numbers[self.calls % len(self.numbers)]
            if isinstance(case.body, dict):
                case.body["expected_version"] = Case.objects.get(number=number).version
        return self.secrets[self.calls % len(self.secrets)]


def test_whatever_is_sent_it_answers_as_it_says(described):
    tried = []
    for operation in described.get_all_operations():
        tried.append(operation.ok().label)
        for mode in GenerationMode:
            _send_anything(operation.ok(), mode, described.known)
    assert len(tried) == len(scopes())


@strategies.composite
def _made(draw, operation, mode: GenerationMode):
    """Of what it makes wrong by chance, schemathesis cannot itself look at a file inside of another value."""
    try:
        return draw(operation.as_strategy(generation_mode=mode))
    except ValueError as error:
        assume("Unsupported type: 'Binary'" not in str(error))
        raise


def _send_anything(operation, mode: GenerationMode, known: Known) -> None:
    examples = EXAMPLES * 3 if "action" in operation.path else EXAMPLES

    @given(case=_made(operation, mode))
    @settings(max_examples=examples, database=None, suppress_health_check=list(HealthCheck))
    def send(case):
        secret = known.put_into(case)
        case.call_and_validate(headers={"Authorization": f"Bearer {secret}"}, checks=CHECKS)

    send()
