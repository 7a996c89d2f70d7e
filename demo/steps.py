"""The nine steps of the SK for one letter, each over HTTP by the person of its role; proofs from outside on the way.

Runs in a process of its own and knows only what a person knows: addresses, accounts, the letter.
"""

import json
import re
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from demo import proofs
from demo.browser import Browser, DemoError, Form, Page, Values
from demo.clients import make_key
from demo.layout import UID_BASE, ZONE
from demo.paper import code_on, words_on
from demo.people import Account, Person
from demo.proofs import Proof, Target
from demo.requests import ONE_MORE, THE_REQUEST, hand_in
from panggon.drivers.system.patience import Patience

SECONDS_TO_WAIT = 120
A_REQUEST = re.compile(r"/permohonan/([A-Z]+-[0-9]{4}-[0-9]+)/")
PAGES_ZONE = ZoneInfo("Asia/Jakarta")  # the pages tell times in it, whatever the machine's is


@dataclass
class Course:
    """One run: who takes part, what was done, what was proven."""

    people: dict[str, Person]
    settings: dict[str, Any]
    number: str = ""
    label: str = ""
    site: str = ""
    steps: list[dict[str, Any]] = field(default_factory=list)
    checks: list[Proof] = field(default_factory=list)

    def done(self, step: int, action: str, role: str) -> None:
        now = datetime.now(UTC)
        account = self.people[role].account
        self.steps.append(
            {"sk_step": step, "action": action, "actor": account.login, "role": role, "at": now.isoformat()}
        )
        at = f"{now.astimezone(PAGES_ZONE):%H.%M.%S} WIB"
        say(f"{click.style(f'{step}. {action}', bold=True)} — {account.name} ({account.label}), {at}")

    def prove(self, found: list[Proof]) -> None:
        for proof in found:
            self.checks.append(proof)
            say(f"     {'✓' if proof.ok else '✗'} {proof.name}: {proof.detail}")

    def press(
        self,
        step: int,
        role: str,
        button: str,
        values: Values | Callable[[Form], Values] | None = None,
        *,
        link: str = "",
    ) -> Page:
        page = self.people[role].press(self.number, button, values, link=link)
        self.done(step, button, role)
        return page


def say(words: str) -> None:
    """Bold on a terminal only."""
    click.echo(words)


def carry_through(course: Course) -> None:
    """Steps 1 to 9. Raises DemoError at the first thing that a person could not do."""
    _submit(course)
    course.press(2, "registrar", "Terima Surat")
    course.press(2, "head", "Terbitkan Disposisi")
    course.press(3, "division_head", "Teruskan ke Petugas Teknis")
    course.press(4, "technician", "Nyatakan Lengkap", _everything_met, link="Periksa Kelengkapan")
    course.press(5, "technician", "Siapkan")
    _follow_preparation(course)
    target = target_of(course)
    course.prove(proofs.before_approval(target) if target else [])
    course.press(5, "technician", "Laporkan ke Kepala Bidang")
    course.press(6, "division_head", "Mohon Pengesahan")
    course.press(7, "head", "Sahkan", {"passphrase": course.people["head"].account.password})
    _await(lambda: course.people["registrar"].case(course.number).link("Kirim Dokumen Hak Akses"), "situs dibuka")
    course.prove(proofs.open_before_delivery(target) if target else [])
    course.press(8, "registrar", "Kirim Dokumen Hak Akses")
    if target:
        _set_key(course, target)
        course.prove(proofs.after_delivery(target))
    course.press(9, "applicant", "Konfirmasi Terima dan Dapat Diakses")
    course.prove(_finished(course))


def leave_one_more(course: Course) -> str:
    """The number of a request that waits for the Tata Usaha, to be carried on by hand; a new one where none does."""
    registrar = course.people["registrar"]
    registrar.sign_in()
    waiting = registrar.browser.open("/beranda/menunggu/")  # of what is to be done, and not what else there is
    numbers = [found[1] for _words, address in waiting.links if (found := A_REQUEST.match(address))]
    return numbers[0] if numbers else hand_in(course.people["applicant"], ONE_MORE)[1]


# -- Steps with more than a button ---------------------------------------------------------------------------------


def _submit(course: Course) -> None:
    course.label, course.number = hand_in(course.people["applicant"], THE_REQUEST)
    course.done(1, "Kirim Permohonan", "applicant")


def _everything_met(form: Form) -> Values:
    return {name: "met" for name, answers in form.choices.items() if "met" in answers}


def _follow_preparation(course: Course) -> None:
    """Show the progress that the technician's page shows, until the report may be written."""
    shown = 0
    patience = Patience(SECONDS_TO_WAIT)
    technician = course.people["technician"]
    while True:
        lines = _progress_lines(technician.browser.open(f"/permohonan/{course.number}/kemajuan/"))
        for line in lines[shown:]:
            say(f"     · {line}")
        shown = max(shown, len(lines))
        page = technician.case(course.number)
        if page.link("Laporkan ke Kepala Bidang"):
            return
        if "Penyiapan belum berhasil" in page.text or patience.is_over():
            raise DemoError(f"penyiapan tidak berhasil\n{page.text[:1500]}")
        time.sleep(0.2)


def _progress_lines(page: Page) -> list[str]:
    items = re.findall(r"<li class=\"[^\"]*\">.*?<div>(.*?)</div></li>", page.html, re.DOTALL)
    return [re.sub(r"<[^>]+>", "", item).strip() for item in items]


def _set_key(course: Course, target: Target) -> None:
    """The OPD's admin teknis takes the access over with the code on the paper, and gives the public half of a key."""
    person = course.people["applicant"]
    key = target.keys / "owner"
    key.unlink(missing_ok=True)
    public = make_key(key)
    paper = next(address for words, address in person.case(course.number).links if "Dokumen Hak Akses" in words)
    code = code_on(person.browser.download(paper))
    address = f"/permohonan/{course.number}/akses/"
    _await(lambda: _asks_for_code(person.browser.open(address)), "undangan admin teknis")
    page = person.browser.open(address)
    person.browser.submit(page, page.form("code", "ssh_keys"), {"code": code, "ssh_keys": public})
    _await(lambda: target.sftp("owner").batch("pwd")[0], "kunci terpasang")
    say(f"     kunci SSH dipasang oleh {person.account.name}")


def _asks_for_code(page: Page) -> bool:
    return any("code" in form.names for form in page.forms)


def _finished(course: Course) -> list[Proof]:
    page = course.people["applicant"].case(course.number)
    papers = _download_papers(course)
    return [
        Proof("permohonan.selesai", "Selesai" in page.text, course.number),
        Proof(
            "naskah.pdf", len(papers) >= 8 and all(data.startswith(b"%PDF-") for data in papers), f"{len(papers)} PDF"
        ),
        _without_secrets(course, papers),
        _tracking(course, page),
    ]


def _without_secrets(course: Course, papers: list[bytes]) -> Proof:
    """No password and no secret of a second factor stands on any paper."""
    accounts = [person.account for person in course.people.values()]
    secrets = {secret for account in accounts for secret in (account.password, account.totp_secret)}
    words = " ".join(map(words_on, papers))
    found = [secret for secret in secrets if secret in words]
    return Proof("naskah.tanpa_rahasia", not found, f"{len(secrets)} rahasia dicari dalam {len(papers)} naskah")


def _download_papers(course: Course) -> list[bytes]:
    """Every paper of the case, as the registrar who keeps them sees it."""
    registrar = course.people["registrar"]
    folder = Path(course.settings["papers"])
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.pdf"):
        old.unlink()
    made = []
    links = registrar.case(course.number).links
    for position, (words, address) in enumerate((w, a) for w, a in links if w.endswith("(PDF)")):
        data = registrar.browser.download(address)
        name = re.sub(r"[^a-z]+", "-", words.removesuffix("(PDF)").lower()).strip("-")
        (folder / f"{position + 1:02d}-{name}.pdf").write_bytes(data)
        made.append(data)
    return made


def _tracking(course: Course, page: Page) -> Proof:
    """Anybody with number and token sees where the case is, and no name of a person."""
    token = re.search(r"/lacak/[^\"]*?kode=([A-Za-z0-9_-]+)", page.html)
    values = {"nomor": course.number, "kode": token.group(1) if token else ""}
    with Browser(course.settings["portal"]) as stranger:
        found = stranger.open("/lacak/")
        seen = stranger.submit(found, found.form("nomor", "kode"), values)
    names = [person.account.name for person in course.people.values() if person.account.name in seen.text]
    return Proof("lacak.publik", "Selesai" in seen.text and not names, f"tanpa nama orang, {seen.address}")


def target_of(course: Course) -> Target | None:
    """What the papers and pages say about the site; None on the in-memory machine, which nobody can visit."""
    settings = course.settings
    if settings["simulation"]:
        return None
    site = re.search(r"\bs\d{6}\b", course.people["technician"].case(course.number).html)
    if not site:
        raise DemoError("pengenal situs tidak ada di halaman permohonan")
    course.site = site.group(0)
    keys = Path(settings["keys"])
    keys.mkdir(parents=True, exist_ok=True)
    return Target(
        host=f"{course.label}.{ZONE}",
        site=site.group(0),
        uid=UID_BASE + int(site.group(0)[1:]),
        https_port=settings["ports"]["https"],
        dns_port=settings["ports"]["dns"],
        sftp_port=settings["ports"]["sftp"],
        sftp_host_key=Path(settings["sftp_host_key"]).read_text().strip(),
        authority=Path(settings["authority"]),
        keys=keys,
    )


def _await(condition: Callable[[], object], what: str) -> None:
    patience = Patience(SECONDS_TO_WAIT)
    while not condition():
        if patience.is_over():
            raise DemoError(f"terlalu lama: {what}")
        time.sleep(0.2)


def main() -> int:
    settings = json.loads(Path(sys.argv[1]).read_text())
    people = {role: Person(Account(**account), settings["portal"]) for role, account in settings["people"].items()}
    course = Course(people, settings)
    problem = waiting = ""
    try:
        carry_through(course)
        if settings["goes_on"]:
            waiting = leave_one_more(course)
    except DemoError as error:
        problem = str(error)
        say(f"\n✗ {problem}")
    result = {
        "steps": course.steps,
        "checks": [asdict(proof) for proof in course.checks],
        "case": course.number,
        "waiting": waiting,
        "host": f"{course.label}.{ZONE}",
        "site": course.site,
        "problem": problem,
    }
    Path(settings["result"]).write_text(json.dumps(result, indent=2, ensure_ascii=False))
    return 0 if not problem and course.checks and all(proof.ok for proof in course.checks) else 1


if __name__ == "__main__":
    sys.exit(main())
