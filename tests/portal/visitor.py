"""People of the office at their browsers."""

import re
from html import unescape

from allauth.mfa.models import Authenticator
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client

from panggon.cases.models import Case
from panggon.people import services as people
from panggon.people.models import User
from tests.portal.office import ALL_MET, LETTER

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
BACKEND = "panggon.signin.accounts.Accounts"
OWN_PAGE = {"sec-fetch-site": "same-origin"}  # what a browser says of a form that stands on a page of ours
PEOPLE = ("applicant", "registrar", "head", "division_head", "technician")
LETTER_PART = {
    "letter_source": "letter",
    "letter_number": "500.12/117/2026",
    "letter_date": "2026-11-20",
    "letter_nature": "Biasa",
    "letter_subject": "Permohonan Hosting",
}
SITE_PART = {"label": "dinsos", "title": "Layanan Dinas Sosial", "kind": "php", "profile": "plain"}
PEOPLE_PART = {"contact_name": "Sri Wahyuni", "contact_phone": "0812-0000-0001"}


def visitor(user: User) -> Client:
    """A browser in which this person is signed in, second factor included."""
    if not Authenticator.objects.filter(user=user).exists():
        people.enrol_totp(user, SECRET)
    client = Client()
    client.force_login(user, backend=BACKEND)
    return client


def at(office, who):
    return visitor(getattr(office, who))


def page(office, who, case, slug=""):
    return at(office, who).get(f"/permohonan/{case.number}/{slug}{'/' if slug else ''}")


def post(office, who, case, slug, **values):
    fresh = Case.objects.get(pk=case.pk)
    return at(office, who).post(f"/permohonan/{case.number}/{slug}/", {"version": fresh.version, **values})


def checked(**missing: str) -> dict[str, str]:
    """The answers to the checklist: all is met but what is named, each with its reason."""
    answers = {f"item_{item}": "missing" if item in missing else "met" for item in ALL_MET}
    return answers | {f"reason_{item}": reason for item, reason in missing.items()}


def begin(client: Client, **changes) -> HttpResponse:
    """The first section of a new request; a letter is with it unless `letter` says otherwise."""
    page = client.get("/permohonan/baru/").context["form"]["page"].value()
    values = {**LETTER_PART, "letter": letter(), "version": "0", "page": page, "do": "next", **changes}
    return client.post("/permohonan/baru/", {name: value for name, value in values.items() if value is not None})


def fill_in(client: Client, case: Case, section: str, **values) -> HttpResponse:
    """A section of a draft, as it is shown now with these values in it."""
    path = f"/permohonan/{case.number}/isi/{section}/"
    form = client.get(path).context["form"]
    shown = {name: form[name].value() for name in form.fields if name != "letter"}
    known = {name: value for name, value in shown.items() if value is not None}
    return client.post(path, {**known, "proposed": sorted(form.read_by_machine), "do": "next", **values})


def send(client: Client, case: Case, **values) -> HttpResponse:
    version = Case.objects.get(pk=case.pk).version
    return client.post(f"/permohonan/{case.number}/kirim-permohonan/", {"version": version, **values})


def drafted(client: Client, **site) -> Case:
    """A draft with all three sections filled in over the pages."""
    begin(client)
    case = Case.objects.order_by("-pk")[0]
    fill_in(client, case, "situs", **{**SITE_PART, **site})
    fill_in(client, case, "orang", **PEOPLE_PART)
    case.refresh_from_db()
    return case


def letter(data: bytes = LETTER) -> SimpleUploadedFile:
    return SimpleUploadedFile("surat.pdf", data, "application/pdf")


def text(response: HttpResponse) -> str:
    """What a person reads on the page."""
    page = response.content.decode().replace("<wbr>", "")
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def buttons(response: HttpResponse, case: Case) -> list[str]:
    """The steps to which the page leads, by the words of their addresses."""
    return re.findall(rf'href="/permohonan/{case.number}/([a-z-]+)/"', response.content.decode())


def faults(response: HttpResponse) -> dict[str, list[str]]:
    """The faults that the form shows at its fields."""
    return {name: list(errors) for name, errors in response.context["form"].errors.items()}


def section(case: Case, slug: str) -> str:
    """The address of one part of a request's form."""
    return f"/permohonan/{case.number}/isi/{slug}/"


def saved(case: Case) -> list[str]:
    """What was done with a request, in order."""
    return [event.action for event in case.events.order_by("sequence")]
