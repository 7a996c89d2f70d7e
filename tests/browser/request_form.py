"""Filling the form of a request in."""

from playwright.sync_api import Page

from demo.layout import REPOSITORY

LETTER = REPOSITORY / "examples" / "surat-permohonan.pdf"
TYPED = {
    "Nomor surat": "500.12/117/2026",
    "Tanggal surat": "2026-11-20",
    "Hal": "Permohonan Hosting",
    "Nama narahubung": "Sri Wahyuni, S.Kom.",
    "Nomor HP narahubung": "0812-0000-0001",
    "Email narahubung": "sri@dinsos.example",
    "Catatan teknis": "Aplikasi PHP 8.2\ndengan dua baris catatan.",
}


def fill_in(page: Page, *, label: str, title: str) -> None:
    """Everything that people type, with the letter."""
    page.get_by_label("Disampaikan dengan").select_option("letter")
    for name, value in TYPED.items():
        page.get_by_label(name).fill(value)
    page.get_by_label("Nama situs atau aplikasi").fill(title)
    page.get_by_label("Berkas surat (PDF)").set_input_files(LETTER)
    page.get_by_label("Subdomain yang diminta").press_sequentially(label)


def send(page: Page) -> None:
    page.get_by_role("button", name="Kirim Permohonan").click()
