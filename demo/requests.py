"""What the OPD asks for with its letters, and how it hands a request in."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from demo.browser import DemoError
from demo.layout import REPOSITORY
from demo.people import Person

THE_PEOPLE = {
    "contact_name": "Sri Wahyuni, S.Kom.",
    "contact_phone": "0812-0000-0003",
    "contact_email": "sri@dinsos.example",
}
NAMES_MOST = 1000


@dataclass(frozen=True)
class Request:
    """One letter of `examples/`, and what the forms are told that it says."""

    file: str
    label: str
    letter: Mapping[str, str]
    site: Mapping[str, str]


def _request(file: str, label: str, *, number: str, title: str) -> Request:
    letter = {
        "letter_source": "letter",
        "letter_number": number,
        "letter_date": "2026-11-20",
        "letter_subject": "Permohonan Hosting",
    }
    site = {"title": title, "kind": "php", "database_wish": "mariadb"}
    return Request(file, label, MappingProxyType(letter), MappingProxyType(site))


THE_REQUEST = _request("surat-permohonan.pdf", "dinsos", number="500.12/117/2026", title="Layanan Dinas Sosial")
ONE_MORE = _request("surat-permohonan-bansos.pdf", "bansos", number="500.12/118/2026", title="Bantuan Sosial")


def hand_in(person: Person, request: Request) -> tuple[str, str]:
    """Send it, for the first free name like the letter's. The name, and the number of the case.

    Raises DemoError when the portal does not take it.
    """
    person.sign_in()
    label = _free_label(person, request.label)
    page = person.browser.open("/permohonan/baru/")
    # The admin teknis is the person of the OPD: whom the access is handed to.
    named = {"admin_name": person.account.name, "admin_email": f"{person.account.login}@example.go.id"}
    letter = {"letter": (request.file, (REPOSITORY / "examples" / request.file).read_bytes(), "application/pdf")}
    for values in (request.letter, {**request.site, "label": label}, {**THE_PEOPLE, **named}):
        files = letter if values is request.letter else None
        page = person.browser.submit(page, page.form(*values), {**values, "do": "next"}, files=files)
    page = person.browser.submit(page, page.form("version"), {})
    found = re.search(r"/permohonan/([A-Z0-9-]+)/$", page.address)
    if not found or page.status != 200:
        raise DemoError(f"permohonan tidak terkirim\n{page.text[:1200]}")
    return label, found.group(1)


def _free_label(person: Person, wished: str) -> str:
    """The first name that the live check of the form calls free."""
    for label in (wished, *(f"{wished}-{number}" for number in range(2, NAMES_MOST))):
        answer = person.browser.open(f"/permohonan/cek-nama/?label={label}")
        if "dapat dipakai" in answer.text and "tidak dapat" not in answer.text:
            return label
    raise DemoError("tidak ada nama yang bebas")
