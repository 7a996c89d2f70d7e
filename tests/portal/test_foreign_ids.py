"""Another person's ids, in every address and in every form field: nothing is shown, nothing is done."""

import uuid

import pytest
from django.urls import get_resolver, reverse

from panggon.core.cases.procedure import TABLE, Action, Role, State
from panggon.people.models import Agency, Division
from tests.portal.office import DIGEST
from tests.portal.test_urls import ARGUMENTS, patterns
from tests.portal.visitor import at, checked, faults, post, text, visitor

pytestmark = pytest.mark.usefixtures("office_time")

PAGES = {name: entry for name, entry in patterns(get_resolver()) if "number" in entry.pattern.converters}
NOT_TOLD = ("dinsos", "Layanan Dinas Sosial", "Sri Wahyuni", "500.12/117/2026")
STATES = (
    State.SUBMITTED,
    State.RECEIVED,
    State.DISPOSED,
    State.VERIFYING,
    State.PREPARED,
    State.REPORTED,
    State.AWAITING_APPROVAL,
    State.DELIVERED,
)


@pytest.fixture
def strangers(office):
    """People with accounts who have no part in a case of this agency and this division."""
    agency = Agency.objects.create(name="Dinas Kesehatan", short_name="Dinkes")
    division = Division.objects.create(name="Bidang Lain")
    return {
        "another agency": office.person("wati", agency=agency),
        "no part at all": office.person("luar"),
        "division head of another division": office.person("kabid2", Role.DIVISION_HEAD, division=division),
        "technician of another division": office.person("teknis2", Role.TECHNICIAN, division=division),
        "technician who was not assigned": office.person("rekan", Role.TECHNICIAN, division=office.division),
        "administrator": office.person("admin", Role.ADMINISTRATOR),
    }


def addresses(case, papers):
    """Every address that names a case, with each action and each paper that there is."""
    for name, entry in PAGES.items():
        words = {word: ARGUMENTS.get(word) for word in entry.pattern.converters} | {"number": case.number}
        for action in Action if "action" in words else [None]:
            for paper in papers if "paper" in words else [None]:
                known = {**words, "action": action, "paper": paper}
                yield reverse(name, kwargs={word: known[word] for word in words})


@pytest.mark.parametrize("state", [State.DRAFT, State.INCOMPLETE, State.DELIVERED])
def test_no_address_of_a_case_says_anything_to_another_agency(office, strangers, state):
    case = office.bring_to(State.VERIFYING if state is State.INCOMPLETE else state)
    if state is State.INCOMPLETE:
        case = office.act(case, Action.RETURN_TO_APPLICANT, office.technician, missing={"letter": "Belum bertanggal"})
    papers = (
        [paper.pk for paper in at(office, "technician").get(f"/permohonan/{case.number}/").context["papers"]]
        if (state is not State.DRAFT)
        else []
    )
    client, outsider = visitor(strangers["another agency"]), visitor(strangers["no part at all"])
    for address in addresses(case, papers or [uuid.uuid4()]):
        for answer in (client.get(address), client.post(address, {"version": case.version}), outsider.get(address)):
            refusals = (401, 405) if address.startswith("/api/") else (403, 404, 405)  # no cookie opens the API
            assert answer.status_code in refusals, address
            assert not [words for words in NOT_TOLD if words in answer.content.decode()], address
    before = case.version
    case.refresh_from_db()
    assert (case.version, case.state) == (before, state)


@pytest.mark.parametrize("state", STATES)
def test_nobody_without_a_part_in_it_takes_a_step_of_a_case(office, strangers, state):
    case = office.bring_to(state)
    office.papers(case)
    everything = {
        **checked(),
        "version": case.version,
        "reasons": "x",
        "note": "x",
        "division": office.division.pk,
        "instruction": "Pantau",
        "nature": "Biasa",
        "technician": office.technician.pk,
        "shown_digest": DIGEST,
        "letter_source": "letter",
        "letter_date": "2026-11-20",
        "kind": "php",
        "profile": "plain",
    }
    actions = {row.action for row in TABLE.rows if state in row.sources}
    for who, person in strangers.items():
        client = visitor(person)
        for action in actions:
            answer = client.post(reverse("cases:step", args=[case.number, action]), everything)
            assert answer.status_code in (302, 404), (who, action)
    assert case.events.count() == case.version


def test_another_agencys_number_in_the_check_of_a_name_changes_no_answer(office, strangers):
    case = office.bring_to(State.SUBMITTED)
    client = visitor(strangers["another agency"])
    answers = {text(client.get("/permohonan/cek-nama/", {"label": "dinsos", "case": n})) for n in ("", case.number)}
    assert len(answers) == 1
    assert "sudah dipakai" in answers.pop()


def test_a_paper_of_another_case_is_not_to_be_had_by_an_own_one(office):
    theirs = office.bring_to(State.DELIVERED)
    paper = at(office, "applicant").get(f"/permohonan/{theirs.number}/").context["papers"][0]
    own = office.bring_to(State.DELIVERED, label="lain")
    for who in ("applicant", "technician", "head"):
        assert at(office, who).get(f"/permohonan/{own.number}/naskah/{paper.pk}/").status_code == 404


@pytest.mark.parametrize("given", ["without a head", "no such", "words", "negative"])
def test_a_division_that_is_no_choice_is_a_fault_at_its_field(office, given):
    case = office.bring_to(State.RECEIVED)
    empty = Division.objects.create(name="Bidang tanpa kepala")
    value = {"without a head": empty.pk, "no such": 10**9, "words": "x' OR 1=1", "negative": -1}[given]
    answer = post(office, "head", case, "terbitkan-disposisi", division=value, instruction="Pantau", nature="Biasa")
    assert faults(answer).keys() == {"division"}
    case.refresh_from_db()
    assert case.state == State.RECEIVED


@pytest.mark.parametrize("who", ["technician of another division", "another agency", "administrator", "no such"])
def test_a_technician_who_is_no_choice_is_a_fault_at_its_field(office, strangers, who):
    case = office.bring_to(State.DISPOSED)
    value = strangers[who].pk if who in strangers else 10**9
    answer = post(office, "division_head", case, "teruskan-ke-petugas-teknis", technician=value)
    assert faults(answer).keys() == {"technician"}
    case.refresh_from_db()
    assert (case.state, case.technician) == (State.DISPOSED, None)


def test_a_technician_whose_account_is_closed_is_no_choice(office):
    case = office.bring_to(State.DISPOSED)
    office.technician.is_active = False
    office.technician.save()
    answer = post(office, "division_head", case, "teruskan-ke-petugas-teknis", technician=office.technician.pk)
    assert faults(answer).keys() == {"technician"}
