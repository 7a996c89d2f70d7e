"""Filling the form of a request in."""

import re

from playwright.sync_api import Locator, Page, expect

from demo.layout import REPOSITORY

LETTER = REPOSITORY / "examples" / "surat-permohonan.pdf"
IN_THE_LETTER = {
    "Nomor surat": "500.12/117/2026",
    "Tanggal surat": "2026-11-20",
    "Hal": "Permohonan Hosting",
}
OF_THE_SITE = {"Catatan teknis": "Aplikasi PHP 8.2\ndengan dua baris catatan."}
OF_PEOPLE = {
    "Nama narahubung": "Sri Wahyuni, S.Kom.",
    "Nomor HP narahubung": "0812-0000-0001",
    "Email narahubung": "sri@example.go.id",
}


def begin(page: Page) -> None:
    """The first section, with the letter."""
    page.get_by_label("Disampaikan dengan").select_option("letter")
    page.get_by_label("Berkas surat (PDF)").set_input_files(LETTER)
    _type(page, IN_THE_LETTER)
    go_on(page)
    expect(page.get_by_role("heading", name="Nama yang diminta")).to_be_visible()


def name_site(page: Page, *, label: str, title: str) -> None:
    """The second section, still to be left."""
    _type(page, OF_THE_SITE)
    field(page, "Nama situs atau aplikasi").fill(title)
    field(page, "Subdomain yang diminta").fill("")
    field(page, "Subdomain yang diminta").press_sequentially(label)


def name_people(page: Page, **more: str) -> None:
    """`more` is of the admin teknis, whom a request need not name."""
    expect(page.get_by_role("heading", name="Narahubung")).to_be_visible()
    _type(page, OF_PEOPLE)
    _type(page, more)
    go_on(page)
    expect(page.get_by_role("heading", name="Periksa dan kirim")).to_be_visible()


def go_on(page: Page) -> None:
    page.get_by_role("button", name="Lanjut", exact=True).click()


def send(page: Page) -> None:
    page.get_by_role("button", name="Kirim Permohonan").click()


def apply(page: Page, *, label: str, title: str) -> None:
    """The whole form, from its first section to the request that was sent."""
    begin(page)
    name_site(page, label=label, title=title)
    go_on(page)
    name_people(page)
    send(page)


def _type(page: Page, values: dict[str, str]) -> None:
    for name, value in values.items():
        field(page, name).fill(value)


def field(page: Page, name: str) -> Locator:
    """By the words of its label alone: a mark that a machine has read it speaks of the field too."""
    return page.get_by_label(re.compile(rf"^{re.escape(name)}( \(boleh dikosongkan\))?$"))
