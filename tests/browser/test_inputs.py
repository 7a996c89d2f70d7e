"""What goes wrong in a form: said in a sentence at the field, with nothing lost that was typed."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.request_form import IN_THE_LETTER, OF_THE_SITE, apply, begin, field, go_on, name_site
from tests.browser.visitors import Visitor, Visitors

pytestmark = pytest.mark.browser

LABEL = "dua-tab"
STATE = ".pagehead .badge-state"
TITLE = "Situs yang Salah Nama"
CYRILLIC = "dins\N{CYRILLIC SMALL LETTER O}s"


@pytest.mark.parametrize(
    ("label", "sentence"),
    [
        ("www", "Nama “www” dicadangkan untuk keperluan jaringan. Silakan pilih nama lain."),
        ("d" * 64, "Subdomain terdiri atas 64 huruf; paling banyak 63."),
        ("xn--dinss-lua", "Nama yang diawali “xn--” tidak dapat dipakai."),
        (CYRILLIC, "Ada huruf yang mirip huruf Latin tetapi bukan: U+043E CYRILLIC SMALL LETTER O."),
    ],
    ids=["reserved", "too long", "punycode", "homoglyph"],
)
def test_a_name_that_cannot_be_given(visitors: Visitors, label: str, sentence: str) -> None:
    with visitors.person("applicant") as opd:
        opd.open("/permohonan/baru/")
        begin(opd.page)
        name_site(opd.page, label=label, title=TITLE)
        expect(opd.page.locator("#nama-hasil")).to_contain_text(sentence)  # while it is typed
        go_on(opd.page)
        expect(opd.fault_at("label")).to_contain_text(sentence)
        _nothing_is_lost(opd.page, {**OF_THE_SITE, "Subdomain yang diminta": label, "Nama situs atau aplikasi": TITLE})


def test_a_letter_that_is_not_a_pdf(visitors: Visitors, tmp_path) -> None:
    letter = tmp_path / "surat.pdf"
    letter.write_text("Ini bukan PDF.")
    with visitors.person("applicant") as opd:
        opd.open("/permohonan/baru/")
        for name, value in IN_THE_LETTER.items():
            field(opd.page, name).fill(value)
        opd.page.get_by_label("Berkas surat (PDF)").set_input_files(letter)
        go_on(opd.page)
        expect(opd.fault_at("letter")).to_have_text("Berkas ini bukan PDF. Silakan unggah berkas PDF.")
        _nothing_is_lost(opd.page, IN_THE_LETTER)


def test_the_first_fault_is_one_press_away(visitors: Visitors) -> None:
    """The summary above the form leads to the field, also by keyboard."""
    with visitors.person("applicant") as opd:
        opd.open("/permohonan/baru/")
        field(opd.page, "Nomor surat").fill("<b>117</b>")
        go_on(opd.page)
        summary = opd.page.get_by_role("alert")
        expect(summary.get_by_role("heading")).to_have_text("Periksa kembali isian berikut.")
        summary.get_by_role("link", name="Nomor surat").press("Enter")
        assert opd.page.url.endswith("#id_letter_number")
        described = field(opd.page, "Nomor surat").get_attribute("aria-describedby")
        assert "id_letter_number_error" in str(described)


def test_a_stale_tab_is_told_what_came_between(visitors: Visitors) -> None:
    with (
        visitors.person("applicant") as opd,
        visitors.person("registrar") as registrar,
        visitors.person("head") as head,
    ):
        number = _sent(opd)
        opd.open(f"/permohonan/{number}/batalkan/")
        opd.page.get_by_label("Catatan").fill("Salah nama.")
        _press_in_two_tabs(registrar, number)
        head.open(f"/permohonan/{number}/terbitkan-disposisi/")

        opd.page.get_by_role("button", name="Batalkan").click()
        told = opd.page.get_by_role("alert")
        expect(told).to_contain_text("Permohonan ini sudah berubah sejak halaman Anda dibuka.")
        expect(told).to_contain_text("Endah Lestari, A.Md. melakukan “Terima Surat”")
        expect(opd.page.get_by_label("Catatan")).to_have_value("Salah nama.")
        opd.look("step-changed")
        opd.page.get_by_role("button", name="Batalkan").click()
        expect(opd.page.locator(STATE)).to_have_text("Dibatalkan")

        head.page.get_by_role("button", name="Terbitkan Disposisi").click()
        words = "Langkah itu tidak diperlukan lagi: Sri Wahyuni, S.Kom. sudah melakukan “Batalkan” pada"
        expect(head.page.get_by_text(words)).to_be_visible()


def _sent(opd: Visitor) -> str:
    opd.open("/permohonan/baru/")
    apply(opd.page, label=LABEL, title="Dua Tab")
    expect(opd.page.locator(STATE)).to_have_text("Diajukan")
    return opd.page.url.split("/")[-2]


def _press_in_two_tabs(registrar: Visitor, number: str) -> None:
    """The second press finds that the first has done it already."""
    first, second = registrar.page, registrar.page.context.new_page()
    for tab in (first, second):
        tab.goto(f"{registrar.portal}/permohonan/{number}/terima-surat/")
    for tab in (first, second):
        tab.get_by_role("button", name="Terima Surat").click()
        expect(tab.get_by_text("“Terima Surat” sudah dilakukan.")).to_be_visible()
    second.goto(f"{registrar.portal}/permohonan/{number}/")
    expect(second.get_by_role("listitem").filter(has_text="Terima Surat → Diterima")).to_have_count(1)


def _nothing_is_lost(page: Page, typed: dict[str, str]) -> None:
    for name, value in typed.items():
        expect(field(page, name)).to_have_value(value)
