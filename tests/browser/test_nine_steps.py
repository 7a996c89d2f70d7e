"""The nine steps of the service standard, as six people do them: each finds the case, and hands it on."""

import re
import subprocess
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Page, expect

from demo.layout import ZONE
from tests.browser import newcomer
from tests.browser.inspection import PHONE
from tests.browser.request_form import begin, go_on, name_people, name_site, send
from tests.browser.visitors import Visitor, Visitors
from tests.waiting import until

pytestmark = pytest.mark.browser

LABEL = "dinsos"
TITLE = "Layanan Dinas Sosial"
PAPERS_OF_THE_OPD = [
    "Surat permohonan",
    "Tanda Terima Permohonan",
    "Checklist Verifikasi Kelengkapan",
    "Dokumen Hosting",
    "Dokumen Hak Akses Hosting",
    "Surat Pengantar",
    "Berita Acara Serah Terima",
]


@dataclass(frozen=True)
class Turn:
    """Who presses what, and what the next person then reads."""

    role: str
    button: str
    state: str
    holder: str
    next_words: str
    next_role: str
    fill_in: Callable[[Page], None] = lambda _page: None
    link: str = ""  # where the page is called otherwise than its button
    needs_passphrase: bool = False


def _agenda(page: Page) -> None:
    page.get_by_text("Pakai nomor lain").click()
    page.get_by_label("Nomor agenda").fill("555/0117")


def _instruction(page: Page) -> None:
    page.get_by_role("checkbox", name="Koordinasikan", exact=True).check()
    page.get_by_text("Sifat, batas, dan catatan").click()
    page.get_by_role("checkbox", name="Mohon diselesaikan sesuai standar pelayanan.").check()
    page.get_by_label("Catatan lain").fill("Mohon selesai sebelum Jumat.")


def _everything_met(page: Page) -> None:
    for answer in page.get_by_role("radio", name="Terpenuhi").all():
        answer.check()


BEFORE_PREPARATION = (
    Turn(
        "registrar",
        "Terima Surat",
        "Diterima",
        "Kepala Dinas",
        "Kepala Dinas menerbitkan disposisi.",
        "head",
        _agenda,
    ),
    Turn(
        "head",
        "Terbitkan Disposisi",
        "Didisposisikan",
        "Kepala Bidang INS",
        "Kepala Bidang meneruskan ke petugas teknis.",
        "division_head",
        _instruction,
    ),
    Turn(
        "division_head",
        "Teruskan ke Petugas Teknis",
        "Verifikasi Kelengkapan",
        "Agus Setiawan, S.Kom., Petugas Teknis",
        "Petugas teknis memeriksa kelengkapan permohonan.",
        "technician",
    ),
    Turn(
        "technician",
        "Nyatakan Lengkap",
        "Penyiapan Domain dan Server",
        "Agus Setiawan, S.Kom., Petugas Teknis",
        "Petugas teknis menyiapkan domain dan server.",
        "technician",
        _everything_met,
        "Periksa Kelengkapan",
    ),
)
AFTER_PREPARATION = (
    Turn(
        "technician",
        "Laporkan ke Kepala Bidang",
        "Dilaporkan ke Kepala Bidang",
        "Kepala Bidang INS",
        "Kepala Bidang memohon pengesahan Kepala Dinas.",
        "division_head",
    ),
    Turn(
        "division_head",
        "Mohon Pengesahan",
        "Menunggu Pengesahan",
        "Kepala Dinas",
        "Kepala Dinas mengesahkan dokumen hosting.",
        "head",
    ),
    Turn(
        "head",
        "Sahkan",
        "Disahkan",
        "Tata Usaha",
        "Situs dibuka, lalu dokumen hak akses dikirim.",
        "registrar",
        needs_passphrase=True,
    ),
    Turn(
        "registrar",
        "Kirim Dokumen Hak Akses",
        "Dokumen Hak Akses Dikirim",
        "Dinas Sosial, Pengendalian Penduduk dan Keluarga Berencana",
        "OPD mengonfirmasi bahwa situs dapat diakses.",
        "applicant",
    ),
)


def test_from_the_letter_to_the_site(visitors: Visitors, tmp_path) -> None:
    number = _apply(visitors)
    for turn in BEFORE_PREPARATION:
        take_turn(visitors, number, turn)
    _prepare(visitors, number)
    for turn in AFTER_PREPARATION:
        take_turn(visitors, number, turn)
    _confirm(visitors, number, tmp_path)
    _track(visitors, number)
    _verify(visitors, number, tmp_path)


# -- What each person does -----------------------------------------------------------------------------------------


def _apply(visitors: Visitors) -> str:
    """Step 1, on the phone."""
    with visitors.person("applicant") as opd:
        opd.open("/beranda/")
        opd.page.get_by_role("link", name="Permohonan baru").click()
        begin(opd.page)
        name_site(opd.page, label=LABEL, title=TITLE)
        expect(opd.page.locator("#nama-hasil")).to_have_text(re.compile(rf"{LABEL}\.{ZONE} dapat dipakai\."))
        expect(opd.page.get_by_role("status").get_by_text("Tersimpan pukul")).to_be_visible()  # by itself
        opd.look("application-saved")
        go_on(opd.page)
        name_people(opd.page, **{"Nama admin teknis": newcomer.NAME, "Email admin teknis": newcomer.ADDRESS})
        send(opd.page)
        _reads(opd.page, "Diajukan", "Sekarang di Tata Usaha", "Tata Usaha menerima surat dan memberi nomor agenda.")
        number = opd.page.url.split("/")[-2]
    _has_moved(visitors, number, "applicant", "registrar")
    return number


def take_turn(visitors: Visitors, number: str, turn: Turn, **options: Any) -> None:
    with visitors.person(turn.role, **options) as official:
        page = official.page
        official.waiting(number).click()
        expect(page.get_by_role("heading", name="Sekarang menunggu Anda")).to_be_visible()
        link = turn.link or turn.button
        shown = page.get_by_role("link", name=link)
        expect(shown).to_be_visible(timeout=60_000)  # by itself when papers are made and the machine has done its part
        shown.click()
        turn.fill_in(page)
        if turn.needs_passphrase:
            page.get_by_label("Frasa sandi").fill("salah")
            page.get_by_role("button", name=turn.button).click()
            expect(official.fault_at("passphrase")).to_contain_text("Frasa sandi salah.")
            official.look("signing")
            page.get_by_label("Frasa sandi").fill(visitors.stack.accounts[turn.role].password)
        page.get_by_role("button", name=turn.button).click()
        expect(page.get_by_text(f"“{turn.button}” sudah dilakukan.")).to_be_visible()
        own_next = turn.next_role == turn.role
        if not own_next:  # back at what waits besides; the message leads to the case
            expect(page.get_by_role("heading", name="Menunggu saya")).to_be_visible()
            page.get_by_role("status").get_by_role("link", name=TITLE).click()
        _reads(
            page, turn.state, "Sekarang menunggu Anda" if own_next else f"Sekarang di {turn.holder}", turn.next_words
        )
    _has_moved(visitors, number, turn.role, turn.next_role)


def _prepare(visitors: Visitors, number: str) -> None:
    """Step 5: the page shows by itself what the machine does, and at the end offers to report it."""
    with visitors.person("technician") as technician:
        page = technician.page
        technician.case(number)
        page.get_by_role("link", name="Siapkan").click()  # comes by itself when the machine has made its plan
        expect(page.get_by_role("heading", name="Rencana")).to_be_visible()
        with visitors.stack.deaf_worker():  # or it would be over before a person can look
            page.get_by_role("button", name="Siapkan").click()
            expect(page.locator("#kemajuan .ticks li").filter(has_text="Menyiapkan pengaturan situs")).to_be_visible()
            seen = set(page.locator("#kemajuan .ticks li").all_inner_texts())
        assert len(seen) >= 5, seen
        seen |= _follow(page)
        assert all(
            re.match(r"(Memeriksa|Menyiapkan|Membuktikan|Selesai disiapkan:|Selesai dibuktikan:) ", words)
            for words in seen
        )
        _reads(page, "Siap Dilaporkan", "Sekarang menunggu Anda", "Petugas teknis melaporkan hasil ke Kepala Bidang.")
        expect(page.get_by_text(re.compile(r"^(\d+) dari \1 bukti terpenuhi$"))).to_be_visible()
        technician.look("case-prepared")


def _follow(page: Page) -> set[str]:
    """What the page says while the machine works; nobody reloads it."""
    seen: set[str] = set()
    report = page.get_by_role("link", name="Laporkan ke Kepala Bidang")

    def look() -> bool:
        with suppress(PlaywrightError):  # at its end the page loads itself anew, between two looks
            seen.update(page.locator("#kemajuan .ticks li").all_inner_texts())
        return report.is_visible()

    until(look, "the machine did not finish")
    return seen


def _confirm(visitors: Visitors, number: str, place) -> None:
    """Step 9, on the phone: the admin teknis comes in with the paper alone, then the OPD confirms."""
    with visitors.person("applicant") as opd:
        page = opd.page
        opd.waiting(number).click()
        paper = opd.paper("Dokumen Hak Akses")
        newcomer.take_over(visitors, paper, host=f"{LABEL}.{ZONE}", folder=place)
        until(lambda: "/public" in newcomer.log_in(paper, place), "no login")
        _await_words(opd, number)
        page.get_by_role("link", name="Konfirmasi Terima dan Dapat Diakses").click()
        page.get_by_role("button", name="Konfirmasi Terima dan Dapat Diakses").click()
        _reads(page, "Selesai", "Selesai", "Permohonan selesai.")
        expect(page.get_by_role("link", name="Berita Acara Serah Terima (PDF)")).to_be_visible()  # comes by itself
        links = page.get_by_role("region", name="Naskah").get_by_role("link", name=re.compile(r"\(PDF\)$"))
        papers = links.all_inner_texts()
        assert [words.strip().removesuffix(" (PDF)") for words in papers] == PAPERS_OF_THE_OPD
        expect(opd.waiting(number)).to_have_count(0)


def _await_words(opd: Visitor, number: str) -> None:
    """The machine tells the portal of the first login by itself."""

    def told() -> bool:
        opd.open(f"/permohonan/{number}/konfirmasi-terima-dan-dapat-diakses/")
        return opd.page.get_by_text("Login pertama tercatat di server").is_visible()

    until(told, "the first login was not told")
    opd.look("confirm")
    opd.case(number)


def _track(visitors: Visitors, number: str) -> None:
    """The link in the OPD's page shows the same way to anybody, with no name of a person."""
    with visitors.person("applicant") as opd:
        opd.case(number)
        link = opd.page.get_by_role("link", name="Halaman lacak tanpa masuk").get_attribute("href")
    with visitors.visitor() as anybody:
        anybody.open(str(link))
        expect(anybody.page.get_by_role("heading", name=f"{number}: Selesai")).to_be_visible()
        assert anybody.page.locator(".procedure > li.done").count() == 9
        words = anybody.page.locator("body").inner_text()
        assert not [name for name in ("Sri Wahyuni", "Agus Setiawan", "Ratna", "Bambang", "Endah") if name in words]


def _verify(visitors: Visitors, number: str, place) -> None:
    """Anybody drops the signed document, then the same with one byte changed; its QR leads to who signed it."""
    with visitors.person("applicant") as opd:
        opd.case(number)
        link = opd.page.get_by_role("link", name="Dokumen Hosting (PDF)").get_attribute("href")
        data = opd.page.request.get(f"{opd.portal}{link}").body()
    whole, changed = place / "dokumen.pdf", place / "diubah.pdf"
    whole.write_bytes(data)
    changed.write_bytes(data[:-9] + bytes([data[-9] ^ 1]) + data[-8:])
    said = subprocess.run(["pdfsig", str(whole)], capture_output=True, text=True, check=False).stdout
    assert "Signature Validation: Signature is Valid." in said
    assert "Total document signed" in said
    assert subprocess.run(["qpdf", "--check", str(whole)], capture_output=True, check=False).returncode == 0
    for file, verdict, options in (
        (whole, "Asli", {"size": PHONE, "java_script_enabled": False}),
        (changed, "Berubah", {}),
    ):
        with visitors.visitor(**options) as anybody:
            anybody.open("/verifikasi/")
            anybody.page.get_by_label("Berkas PDF").set_input_files(file)
            anybody.page.get_by_role("button", name="Periksa").click()
            expect(anybody.page.get_by_role("heading", name=verdict, exact=True)).to_be_visible()
            expect(anybody.page.get_by_text("Drs. Bambang Prasetyo, M.Si.").first).to_be_visible()
            if not options:
                anybody.look("verified")


# -- What they read ------------------------------------------------------------------------------------------------


def _reads(page: Page, state: str, where: str, next_words: str) -> None:
    expect(page.locator(".pagehead .badge-state")).to_have_text(state)
    now = page.get_by_role("region", name=where, exact=True)
    expect(now).to_be_visible()
    expect(now.get_by_text(next_words, exact=True)).to_be_visible()


def _has_moved(visitors: Visitors, number: str, former: str, following: str) -> None:
    """The next person finds the case waiting; the one before does not any more."""
    with visitors.person(following) as person:
        expect(person.waiting(number)).to_have_count(1)
    if former != following:
        with visitors.person(former) as person:
            expect(person.waiting(number)).to_have_count(0)
