"""A machine comes back from its backup although the portal has wished more since: what is seen, and how all is again
as it was approved (`script/test-more`).
"""

import re
import shutil
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

import pytest

from demo.clients import make_key
from demo.proofs import Target
from demo.steps import Course
from panggon.drivers.system import shell
from tests.browser.living import carried_through
from tests.faults.office import within

pytestmark = [pytest.mark.real, pytest.mark.timeout(900)]
REASON = "Formulir lama dapat disalahgunakan."
NOTICE = "Situs ini sedang diperbaiki sampai Jumat."
PASSWORD = "kata sandi yang panjang"
DATABASES = ("mariadb", "postgresql", "knot")
BEHIND = "Server kembali ke keadaan lama"


@dataclass(frozen=True)
class Living:
    """A site whose case is over, and the key that its owner had then."""

    course: Course
    target: Target
    key: Path

    @property
    def path(self) -> str:
        return f"/situs/{self.target.site}/"

    def lets_in(self, key: Path) -> bool:
        worked, _words = self.target.sftp(str(key)).batch("ls /public")
        return worked


def living(office, folder: Path) -> Living:
    course = carried_through(office.stack, office.people)
    target = office.target(course)
    return Living(course, target, Path(shutil.move(target.keys / "owner", folder / target.site)))


def seen(office, role: str, path: str):
    person = office.people[role]
    person.sign_in()
    return person.browser.open(path)


def press(office, role: str, path: str, action: str):
    """The button that leads there."""
    page = seen(office, role, path)
    form = next(form for form in page.forms if form.action == action)
    return office.people[role].browser.submit(page, form, {})


def suspend(office, site: Living) -> None:
    """Asked for by the technician, approved by another person, done by the machine."""
    technician = office.people["technician"]
    page = seen(office, "technician", f"{site.path}suspend/")
    page = technician.browser.submit(page, page.form("notice", "reason"), {"notice": NOTICE, "reason": REASON})
    address = page.address.removeprefix(office.stack.portal)
    within(lambda: "shown_digest" in seen(office, "division_head", address).html, "the plan")
    page = seen(office, "division_head", address)
    office.people["division_head"].browser.submit(page, page.form("shown_digest"), {"do": "approve"})
    within(lambda: site.target.page("/")[0] == HTTPStatus.SERVICE_UNAVAILABLE, "the site is suspended")


def set_access(office, site: Living, key: Path) -> None:
    """The owner comes with another key from now on, or by a password."""
    path = f"/permohonan/{site.course.number}/akses/"
    page = seen(office, "applicant", path)
    values = {"ssh_keys": make_key(key), "password": PASSWORD, "password_again": PASSWORD}
    office.people["applicant"].browser.submit(page, page.form(*values), values)
    within(lambda: site.lets_in(key), "the new key")
    assert not site.lets_in(site.key)


def carried_away(office, archive: Path) -> None:
    """As docs/node.md says, with the machine's own command and with tar."""
    done = office.machine.run("backup")
    assert done.returncode == 0, done.stderr
    state = office.stack.layout.state / "node"
    left_out = [f"--exclude={state / name}" for name in DATABASES]
    places = [str(office.stack.layout.hosting), str(state), *map(str, users(office))]
    done = shell.run(["tar", "--numeric-owner", "-cpf", str(archive), *left_out, *places])
    assert done.code in (0, 1), done.errors  # a site that was writing


def users(office) -> list[Path]:
    return [path for path in Path("/etc/userdb").iterdir() if office.machine._is_ours(path.name)]


def lost_and_brought_back(office, archive: Path) -> None:
    for path in users(office):
        path.unlink()
    for folder in (office.stack.layout.hosting, office.stack.layout.state / "node"):
        shutil.rmtree(folder)
    shell.check(["tar", "--numeric-owner", "-xpf", str(archive), "-C", "/"])
    done = office.machine.run("restore")
    assert done.returncode == 0, done.stderr


def test_a_machine_that_came_back_older_is_brought_to_what_was_approved(office, tmp_path):
    suspended, handed_on = living(office, tmp_path), living(office, tmp_path)
    carried_away(office, tmp_path / "machine.tar")
    suspend(office, suspended)
    set_access(office, handed_on, tmp_path / "new")
    made = living(office, tmp_path)
    sites = (suspended, handed_on, made)
    with office.stack.stopped():
        lost_and_brought_back(office, tmp_path / "machine.tar")

    within(lambda: f"{BEHIND} 3 situs" in seen(office, "technician", "/situs/").text, "the portal sees it")
    assert suspended.target.page("/")[0] == HTTPStatus.OK, "nobody wishes it so"
    assert (handed_on.lets_in(handed_on.key), handed_on.lets_in(tmp_path / "new")) == (True, False)
    assert office.machine.ask(made.target.host, "A") == []
    for site in sites:
        assert f"{BEHIND} situs ini" in seen(office, "technician", site.path).text

    answer = press(office, "technician", "/situs/", "/situs/kirim-lagi/")
    assert "3 situs dikirim lagi ke servernya." in answer.text
    within(lambda: f"{BEHIND} 1 situs" in seen(office, "technician", "/situs/").text, "two of three have followed")
    lost = "Kirim sekali lagi: situs menyusul tanpa kata sandi"
    within(lambda: lost in seen(office, "technician", handed_on.path).text, "the password is nobody's")
    press(office, "technician", handed_on.path, f"{handed_on.path}kirim-lagi/")
    within(lambda: BEHIND not in seen(office, "technician", "/situs/").text, "all have followed")

    status, page = suspended.target.page("/")
    assert (status, NOTICE in page) == (HTTPStatus.SERVICE_UNAVAILABLE, True)
    assert (handed_on.lets_in(handed_on.key), handed_on.lets_in(tmp_path / "new")) == (False, True)
    assert (made.lets_in(made.key), made.target.page("/")[0]) == (True, HTTPStatus.NOT_FOUND)
    for site in sites:
        assert re.search(r"(\d+) dari \1 bukti terpenuhi", seen(office, "technician", site.path).text)
    for words, said in (("verify", "situs terbukti."), ("drift", "masih seperti yang terakhir disetujui.")):
        done = office.machine.run(words)
        assert (done.returncode, said in done.stdout) == (0, True), done.stdout + done.stderr
