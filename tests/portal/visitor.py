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
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
PEOPLE = ("applicant", "registrar", "head", "division_head", "technician")
APPLICATION = {
    "version": "0",
    "do": "submit",
    "letter_source": "letter",
    "letter_number": "500.12/117/2026",
    "letter_date": "2026-11-20",
    "letter_subject": "Permohonan Hosting",
    "label": "dinsos",
    "title": "Layanan Dinas Sosial",
    "contact_name": "Sri Wahyuni",
    "contact_phone": "0812-0000-0001",
    "kind": "php",
    "profile": "plain",
    "database": "on",
}


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


def letter(data: bytes = LETTER) -> SimpleUploadedFile:
    return SimpleUploadedFile("surat.pdf", data, "application/pdf")


def text(response: HttpResponse) -> str:
    """What a person reads on the page."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


def buttons(response: HttpResponse, case: Case) -> list[str]:
    """The steps to which the page leads, by the words of their addresses."""
    return re.findall(rf'href="/permohonan/{case.number}/([a-z-]+)/"', response.content.decode())


def faults(response: HttpResponse) -> dict[str, list[str]]:
    """The faults that the form shows at its fields."""
    return {name: list(errors) for name, errors in response.context["form"].errors.items()}
