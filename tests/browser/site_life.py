"""The life of a site after its case, on a real machine: by the people who may, as its owner and the world see it
(`script/test-more`).
"""

import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from demo.clients import ask_dns, make_key
from demo.layout import REPOSITORY, ZONE
from demo.proofs import Target
from demo.steps import Course
from tests.browser.inspection import PHONE, faults_of
from tests.browser.visitors import Visitor, Visitors
from tests.waiting import until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(1500)]

LETTER = REPOSITORY / "examples" / "surat-permohonan.pdf"
USERDB = Path("/etc/userdb")
REASON = "Formulir lama dapat disalahgunakan."
NOTICE = "Situs ini sedang diperbaiki sampai Jumat."
STATE = ".pagehead .badge-state"
DRIFT = "Diubah di server dengan tangan"
SECONDS_TO_BE_FOUND = 90  # an agent with nothing to do looks around after each long poll
A_MONTH = timedelta(days=31)


@dataclass(frozen=True)
class LivingSite:
    """One site as its people press, and as the world sees it."""

    visitors: Visitors
    browser: Browser
    target: Target
    case: str

    @property
    def host(self) -> str:
        return self.target.host

    @property
    def path(self) -> str:
        return f"/situs/{self.target.site}/"

    # As the world sees it

    def lets_in(self, key: str) -> bool:
        worked, _words = self.target.sftp(key).batch("ls /public")
        return worked

    @contextmanager
    def visited(self) -> Iterator[tuple[Page, int]]:
        """The page as somebody sees it on a phone, and with which status it came."""
        width, height = PHONE
        context = self.browser.new_context(
            viewport={"width": width, "height": height}, locale="id-ID", ignore_https_errors=True
        )
        try:
            page = context.new_page()
            answer = page.goto(f"https://{self.host}:{self.target.https_port}/")
            assert answer is not None
            yield page, answer.status
        finally:
            context.close()

    def is_gone(self) -> bool:
        """DNS does not know the name, and who asks the server by it all the same hears that there is nothing; the
        certificate stays until the site is purged.
        """
        known = ask_dns("127.0.0.1", self.target.dns_port, self.host, "A")
        return known == [] and self.target.page("/")[0] == HTTPStatus.NOT_FOUND

    # As people press

    @contextmanager
    def seen_by(self, role: str) -> Iterator[Visitor]:
        with self.visitors.person(role) as person:
            person.open(self.path)
            yield person

    def change(self, words: str, approver: str, fill_in: Callable[[Page], None] = lambda _page: None) -> None:
        self.approve(words, approver, self.propose(words, fill_in))

    def propose(self, words: str, fill_in: Callable[[Page], None] = lambda _page: None, *, within: str = "") -> str:
        """Asked for by the technician, planned by the machine; where it waits. `within`: the part of the page where it
        is offered for a reason that stands there already.
        """
        with self.seen_by("technician") as technician:
            page = technician.page
            offered: Page | Locator = page.get_by_role("region", name=within, exact=True) if within else page
            offered.get_by_role("link", name=re.compile(rf"^{words}\b")).click()
            fill_in(page)
            if not within:
                page.get_by_label("Alasan", exact=True).fill(REASON)
            technician.look(f"site-{words}")
            page.get_by_role("button", name="Susun rencana").click()
            expect(page.get_by_role("heading", name="Rencana", exact=True)).to_be_visible()  # comes by itself
            return page.url.removeprefix(technician.portal)

    def approve(self, words: str, role: str, address: str, *, typed_name: str = "") -> None:
        """By another person, who finds it waiting and reads the plan; until the machine has proven it."""
        with self.visitors.person("technician") as technician:
            technician.open(address)
            expect(technician.page.get_by_text(re.compile("^Menunggu persetujuan Kepala"))).to_be_visible()
            expect(technician.page.get_by_role("button", name="Setujui dan jalankan")).to_have_count(0)
            technician.look("site-proposed")
        with self.visitors.person(role) as official:
            official.open("/situs/")
            waiting = official.page.get_by_role("region", name=re.compile("^Menunggu persetujuan Anda"))
            waiting.get_by_role("link", name=f"{words}: {self.host}").click()
            assert official.page.url == f"{official.portal}{address}"
            if typed_name:
                official.page.get_by_label("Nama situs", exact=True).fill(typed_name)
            self.run(words, official)

    def run(self, words: str, person: Visitor) -> None:
        person.look(f"site-{words}-planned")
        person.page.get_by_role("button", name="Setujui dan jalankan").click()
        expect(person.page.locator(STATE)).to_have_text("Selesai")  # comes by itself
        expect(person.page.get_by_text(re.compile(r"^(\d+) dari \1 bukti terpenuhi$"))).to_be_visible()
        person.look(f"site-{words}-done")


@pytest.fixture
def site(visitors: Visitors, browser: Browser, course: Course, target: Target) -> LivingSite:
    found = LivingSite(visitors, browser, target, course.number)
    assert (target.page("/")[0], found.lets_in("owner")) == (200, True)
    return found


def test_the_life_of_a_site(site: LivingSite) -> None:
    suspended_and_reopened(site)
    moved_to_another_plan(site)
    changed_by_hand_and_mended(site)
    renamed = with_another_name(site)
    deactivated(renamed)
    assert (site.is_gone(), renamed.is_gone(), renamed.lets_in("owner")) == (True, True, False)
    purged(renamed)


def suspended_and_reopened(site: LivingSite) -> None:
    site.change("Tangguhkan", "division_head", lambda page: page.get_by_label("Yang dibaca pengunjung").fill(NOTICE))
    with site.visited() as (page, status):
        assert status == 503
        expect(page.get_by_text(NOTICE)).to_be_visible()
        expect(page.get_by_text(REASON)).to_have_count(0)
        site.visitors.draw(page, "site-closed")
        assert faults_of(page) == []
    assert site.lets_in("owner")  # to mend it
    with site.seen_by("applicant") as owner:
        expect(owner.page.locator(STATE)).to_have_text("Ditangguhkan")
        expect(owner.page.get_by_text(NOTICE)).to_be_visible()
        owner.look("site-suspended")
        owner.open("/pemberitahuan/")
        expect(owner.page.get_by_text(f"{site.host}: Tangguhkan").first).to_be_visible()
    has_letter(site, "Pemberitahuan Penangguhan")
    site.change("Buka Kembali", "head")
    with site.visited() as (page, status):
        assert status == 200
        expect(page.get_by_text(NOTICE)).to_have_count(0)
    with site.seen_by("applicant") as owner:
        expect(owner.page.locator(STATE)).to_have_text("Terbuka")


def moved_to_another_plan(site: LivingSite) -> None:
    with site.visitors.person("administrator") as administrator:
        page = administrator.page
        administrator.open("/pengaturan/paket/baru/")
        page.get_by_label("Nama paket").fill("Besar")
        page.get_by_label("Memori (MiB)").fill("512")
        page.get_by_label("Ditawarkan").check()
        page.get_by_role("button", name="Simpan").click()
        expect(page.get_by_role("status")).to_contain_text("Paket sudah disimpan.")
    site.change(
        "Pindah Paket", "division_head", lambda page: page.get_by_role("radio", name=re.compile("^Besar")).check()
    )
    with site.seen_by("applicant") as owner:
        expect(owner.page.get_by_text(re.compile("^Besar: .*memori 512 MiB"))).to_be_visible()
    assert site.target.page("/")[0] == 200


def changed_by_hand_and_mended(site: LivingSite) -> None:
    """Somebody with root on the machine lets another person in; the pages say so, and two people undo it."""
    intruder = make_key(site.target.keys / "intruder")
    assert not site.lets_in("intruder")
    with (site.visitors.stack.layout.hosting / "etc" / "keys" / site.target.site).open("a") as keys:
        keys.write(f"{intruder}\n")
    assert site.lets_in("intruder")
    until(lambda: is_said(site, DRIFT), "what was changed by hand is not told", seconds=SECONDS_TO_BE_FOUND)
    address = site.propose("Pulihkan")
    with site.visitors.person("division_head") as official:
        official.open("/situs/")
        official.page.get_by_role("link", name=f"Pulihkan: {site.host}").click()
        assert official.page.url == f"{official.portal}{address}"
        site.run("Pulihkan", official)
    assert (site.lets_in("intruder"), site.lets_in("owner")) == (False, True)
    until(lambda: not is_said(site, DRIFT), "it is mended, and the page says otherwise")


def is_said(site: LivingSite, words: str) -> bool:
    time.sleep(1)  # nobody reloads a page faster
    with site.seen_by("technician") as technician:
        said = technician.page.get_by_role("heading", name=words).is_visible()
        technician.look(f"site-drift-{said}")
        return said


def with_another_name(site: LivingSite) -> LivingSite:
    label = f"{site.host.split('.')[0]}-baru"
    site.change("Ganti Nama", "head", lambda page: page.get_by_label("Nama baru").fill(label))
    renamed = replace(site, target=replace(site.target, host=f"{label}.{ZONE}"))
    assert (renamed.target.page("/")[0], site.target.page("/")[0]) == (200, 308)
    with site.visited() as (page, status):  # by its former name
        assert (status, page.url) == (200, f"https://{renamed.host}:{site.target.https_port}/")
    return renamed


def deactivated(site: LivingSite) -> None:
    with site.seen_by("applicant") as owner:
        page = owner.page
        page.get_by_role("link", name="Minta perubahan atau penonaktifan").click()
        page.get_by_label("Penonaktifan situs").check()
        page.get_by_label("Apa yang perlu diubah, dan mengapa").fill("Layanan pindah ke aplikasi kota.")
        owner.look("site-request")
        page.get_by_role("button", name="Kirim permintaan").click()
        expect(owner.fault_at("letter")).to_contain_text("Surat OPD yang meminta penonaktifan belum ada.")
        page.get_by_label(re.compile("^Surat OPD")).set_input_files(LETTER)
        page.get_by_role("button", name="Kirim permintaan").click()
        expect(page.get_by_text("Permintaan sudah sampai di petugas teknis.")).to_be_visible()
    with site.visitors.person("technician") as technician:
        technician.open("/situs/")
        technician.look("sites")
        technician.page.get_by_role("link", name=f"Penonaktifan situs: {site.host}").click()
        technician.look("site-requested")
    site.approve("Nonaktifkan", "division_head", site.propose("Nonaktifkan", within="Permintaan OPD"))
    has_letter(site, "Pemberitahuan Penonaktifan")


def purged(site: LivingSite) -> None:
    folder = site.visitors.stack.layout.hosting / "sites" / site.target.site
    assert (folder / "public" / "index.html").exists()
    with site.seen_by("technician") as technician:
        expect(technician.page.get_by_text("Masa tunggu penghapusan belum lewat.")).to_be_visible()
        technician.look("site-deactivated")
    let_a_month_pass(site)
    address = site.propose("Hapus Selamanya", lambda page: page.get_by_label("Nama situs").fill(site.host))
    site.approve("Hapus Selamanya", "head", address, typed_name=site.host)
    assert (folder.exists(), list(USERDB.glob(f"{site.target.site}.*"))) == (False, [])
    with site.visitors.person("technician") as technician:
        technician.open(address)
        expect(technician.page.get_by_text("Nama domain tidak lagi menuju situs ini.")).to_be_visible()
    with site.seen_by("technician") as technician:
        expect(technician.page.locator(STATE)).to_have_text("Dihapus")
        technician.look("site-purged")


def let_a_month_pass(site: LivingSite) -> None:
    """For the portal, and for the machine, which waits for itself."""
    stack, number = site.visitors.stack, int(site.target.site[1:])
    stack.execute("UPDATE sites_site SET released_at = released_at - %s WHERE number = %s", A_MONTH, number)
    record = stack.layout.state / "node" / "parked.json"
    parked = json.loads(record.read_text())
    parked["sites"][site.target.site]["seconds"] -= A_MONTH.total_seconds()
    record.write_text(json.dumps(parked))


def has_letter(site: LivingSite, title: str) -> None:
    """Among the papers of its case, once the worker has made it."""
    with site.visitors.person("applicant") as owner:

        def is_there() -> bool:
            owner.case(site.case)
            return owner.page.get_by_role("link", name=re.compile(rf"^{title}.*\(PDF\)$")).count() == 1

        until(is_there, f"no letter {title}")
        assert owner.paper(title).startswith(b"%PDF-")
