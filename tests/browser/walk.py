"""Everybody's way through all pages of the URL configuration, in their main states."""

import re
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.http import HttpResponse
from django.test import Client
from django.urls import resolve, reverse

from panggon.cases.models import Case
from panggon.core.cases.procedure import State, waits_for
from panggon.office.urls import GROUPS
from panggon.people.models import Theme
from panggon.people.permissions import Permission, permission_of
from tests.browser import scene, scene_requests, scene_sites
from tests.browser.sights import Place, Sight, Walker, is_page
from tests.portal.office import Office
from tests.portal.test_urls import ARGUMENTS, PAGES
from tests.portal.visitor import BACKEND, visitor

ROLES = ("applicant", "registrar", "head", "division_head", "technician", "complaints_officer", "administrator")
# What an account says of itself, to each the same: looked at by the administrator, who has one of everything there,
# and by somebody who has none of it.
OF_THE_ACCOUNT = re.compile(r"mfa_|account_|usersessions_|tokens:")
FIRST_DAY = ("cases:home", "cases:find", "cases:report", "cases:agenda", "notify:notices", "people:team", "changes")
OF_A_CASE = re.compile(r'href="(/permohonan/HST[^"?#]*/)"')
SHOWN_TO_THE_OPD = ("long", "running", "awaiting_approval", "unattended")
OVER = (State.DONE, State.WITHDRAWN, State.REFUSED)
# What these tests cannot bring about: a sign-in half done, a real provider, what only a worker leaves behind.
SEEN_ELSEWHERE = {"mfa_authenticate", "openid_connect_login", "openid_connect_callback", "office:logo", "api:api-root"}
# Of one case, and no pages: what only takes a form, and what a page asks for while it is open.
PARTS_OF_A_CASE = {
    *("cases:archive", "cases:sheet", "cases:repeat", "cases:look", "cases:progress", "cases:papers", "cases:reading"),
    *("cases:renew_evidence", "cases:freshness", "cases:document_to_sign"),
}


class Walk:
    """It remembers what came of each page, and whose titles are alike."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self._answers: dict[str, set[str]] = defaultdict(set)
        self._titles: dict[tuple[str, str], set[str]] = defaultdict(set)
        self._refused: set[tuple[str, str]] = set()  # forms of which the faults were looked at

    def everything(self) -> Iterator[Sight]:
        for sight in self._everything():
            one_purpose = "reauthenticate" in sight.place.page  # by whichever means
            self._titles[sight.role, sight.title].add("reauthenticate" if one_purpose else sight.place.page)
            yield sight

    def unseen(self) -> set[str]:
        """Pages that nobody came to: the scene lacks what they show."""
        known = {name for name, kinds in self._answers.items() if kinds != {"nothing"}}
        programs = {name for name, page in PAGES.items() if permission_of(page.callback) is Permission.PROGRAM}
        return PAGES.keys() - known - programs - SEEN_ELSEWHERE - PARTS_OF_A_CASE

    def titles_of_several(self) -> dict[tuple[str, str], set[str]]:
        return {words: pages for words, pages in self._titles.items() if len(pages) > 1}

    def _everything(self) -> Iterator[Sight]:
        scene.settle(self.office)
        walkers = {role: self._walker(role, visitor(getattr(self.office, role))) for role in ROLES}
        for role in ("applicant", "head", "administrator"):
            yield from walkers[role].sights([Place(name, reverse(name), "kosong") for name in FIRST_DAY])
        cases = scene_requests.requests_of(self.office)
        values = {**ARGUMENTS, **scene.everything_else(self.office)}
        yield from self._as_stranger(values)
        yield from self._as_newcomer(values)
        addresses = [*scene_sites.addresses_of_sites(self.office), *scene.addresses_of_incidents()]
        several = [Place(page, path, kind=kind) for page, path, kind in addresses]
        for role, walker in walkers.items():
            places = [place for place in [*plain_places(values), *variants(), *several] if is_for(role, place.page)]
            yield from self._with_faults(walker, places)
            yield from self._of_cases(walker, cases)

    def _of_cases(self, walker: Walker, cases: Mapping[str, Case]) -> Iterator[Sight]:
        """The cases of which this person has the turn, and some as their OPD sees them.

        From there every page to which they lead, of each kind one.
        """
        known: set[str] = set()
        for state, case in cases.items():
            theirs: tuple[str, ...] = ("applicant",) if state in SHOWN_TO_THE_OPD or State(case.state) in OVER else ()
            theirs = ("applicant", "head") if state == "unattended" else theirs
            if walker.role not in (waits_for(State(case.state)), *theirs):
                continue
            places = [Place("cases:case", f"/permohonan/{case.number}/", state)]
            while places:
                seen = list(self._with_faults(walker, places))
                yield from seen
                places = list(_further(seen, case, state, known))

    def _as_stranger(self, values: Mapping[str, Any]) -> Iterator[Sight]:
        walker = self._walker("stranger", Client())
        uid = user_pk_to_url_str(self.office.applicant)
        key = default_token_generator.make_token(self.office.applicant)
        number, code = values["number"], values["code"]
        places = [
            *[
                place
                for place in plain_places(values)
                if permission_of(PAGES[place.page].callback) is Permission.PUBLIC
            ],
            Place("standards:sop", "/standar-pelayanan/sop/pengaduan/", kind="pengaduan"),
            Place("public:track", f"/lacak/?nomor={number}&kode={code}", "ketemu"),
            Place("public:track", f"/lacak/?nomor={number}&kode=salah", "salah"),
            Place(
                "complaints:track",
                f"/pengaduan/lacak/?nomor={values['ticket']}&kode={values['complaint_code']}",
                "ketemu",
            ),
            Place("people:accept", f"/undangan/terima/{values['invited']}/"),
            Place("public:confirm", values["confirm"]),
            Place("public:unfollow", values["unfollow"]),
            Place("account_reset_password_from_key", f"/lupa-kata-sandi/{uid}-{key}/"),
        ]
        yield from self._with_faults(walker, places)

    def _as_newcomer(self, values: Mapping[str, Any]) -> Iterator[Sight]:
        """Of an account that has no second factor yet; in English, at night."""
        client, person = Client(), self.office.person("budi", agency=self.office.agency)
        person.language, person.theme = "en", Theme.DARK
        person.save()
        client.force_login(person, backend=BACKEND)
        just_came_in(client)
        walker = self._walker("newcomer", client)
        places = [place for place in plain_places(values) if OF_THE_ACCOUNT.match(place.page)]
        yield from walker.sights([*places, Place("public:start", "/"), Place("cases:home", "/beranda/")])

    def _with_faults(self, walker: Walker, places: list[Place]) -> Iterator[Sight]:
        """What is seen there, and each kind of form once as it is refused."""
        seen = list(walker.sights(places))
        new = [sight for sight in seen if (sight.place.page, sight.place.kind) not in self._refused]
        self._refused |= {(sight.place.page, sight.place.kind) for sight in new}
        yield from seen
        yield from walker.faulty(new)

    def _walker(self, role: str, client: Client) -> Walker:
        if role == "administrator":
            just_came_in(client)
        return Walker(role, client, self._note)

    def _note(self, name: str, answer: HttpResponse) -> None:
        nothing = answer.status_code in (403, 404) or answer.headers.get("Location", "").startswith("/masuk/")
        self._answers[name].add("nothing" if nothing and not is_page(answer) else "something")


def _further(seen: list[Sight], case: Case, state: str, known: set[str]) -> Iterator[Place]:
    """What these pages lead to within their case, of each kind once."""
    for sight in seen:
        for path in OF_A_CASE.findall(sight.html):
            page = resolve(path)
            kind = str(page.kwargs.get("action") or page.kwargs.get("section") or page.url_name)
            if page.kwargs["number"] == case.number and kind not in known and page.url_name != "case":
                known.add(kind)
                yield Place(page.view_name, path, state, kind)


def just_came_in(client: Client) -> None:
    """So that nobody is asked for the password again before what concerns the account."""
    session = client.session
    session["account_authentication_methods"] = [{"method": "password", "at": time.time()}]
    session.save()


def plain_places(values: Mapping[str, Any]) -> list[Place]:
    """The address of every page that is not of one case."""
    return [
        Place(
            name,
            reverse(name, kwargs={word: {**values, **values.get(name, {})}[word] for word in page.pattern.converters}),
        )
        for name, page in PAGES.items()
        if permission_of(page.callback) is not Permission.PROGRAM and name != "account_reset_password_from_key"
    ]


def variants() -> list[Place]:
    """What one view shows at several addresses, or says of a question that makes no sense."""
    return [
        *[
            Place("office:settings", reverse("office:settings", args=[group]), kind=slug)
            for slug, group in GROUPS.items()
        ],
        Place("cases:find", "/permohonan/?dari=2026-12-01&sampai=2026-01-01", "pertanyaan salah"),
        Place("cases:report", "/laporan/?dari=2026-12-01&sampai=2026-01-01", "pertanyaan salah"),
    ]


def is_for(role: str, name: str) -> bool:
    if OF_THE_ACCOUNT.match(name):
        return role == "administrator"
    return (
        permission_of(PAGES[name].callback) is not Permission.PUBLIC and "number" not in PAGES[name].pattern.converters
    )
