"""The hand-over of a site's access: one named person, one mail, the code on the paper, once, within seven days."""

import re
import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client

from panggon.audit.selectors import history_of
from panggon.cases import jobs, taking_over
from panggon.cases.models import Case
from panggon.core.cases.procedure import Action, Effect, State
from panggon.core.errors import InvalidError
from panggon.people.models import Agency, User
from panggon.sites import reports
from tests.portal.mailbox import send_messages
from tests.portal.office import refused
from tests.portal.once import made_once
from tests.portal.visitor import at, faults, page, text, visitor

pytestmark = pytest.mark.usefixtures("office_time")

PASSWORD = "rahasia sekali 7"
ADMIN = {"admin_name": "Budi Santoso", "admin_email": "budi@example.go.id"}


def handed_over(office, **request) -> Case:
    case = office.bring_to(State.DELIVERED, **request)
    jobs.invite_admin(case.events.last().pk)
    return case


handed_over_as_usual = made_once(handed_over)


def path(case, more="") -> str:
    return f"/permohonan/{case.number}/akses/{more}"


def values(case, **changes) -> dict[str, str]:
    return {"code": taking_over.code(case), "password": PASSWORD, "password_again": PASSWORD, **changes}


def log_of(case) -> list[dict]:
    return [change.after for change in history_of(taking_over.subject_of(case)).order_by("sequence")]


def test_the_named_person_makes_an_account_by_the_mail_and_takes_over_with_the_code(office):
    case = handed_over(office, **ADMIN)
    stranger = Client()
    (mail,) = [mail for mail in send_messages() if "Undangan hak akses" in mail.subject]
    assert mail.to == ["budi@example.go.id"]
    assert taking_over.code(case) not in mail.body
    link = re.search(r"http://localhost:8080(/undangan/terima/\S+)", mail.body)[1]
    given = {"full_name": "Budi Santoso", "nip": "", "phone": "0812-3456-7890", "password": "kawung-dan-parang-7"}
    answer = stranger.post(link, given)
    assert answer.headers["Location"] == f"/masuk/?next=%2Fpermohonan%2F{case.number}%2Fakses%2F"
    budi = User.objects.get(email="budi@example.go.id")
    answer = visitor(budi).post(path(case), values(case, code=taking_over.code(case).lower().replace("-", " ")))
    assert (answer.status_code, answer.headers["Location"]) == (302, path(case))
    case.site.refresh_from_db()
    assert case.site.password_hash.startswith("$6$")
    assert taking_over.holder_of(case) == budi
    assert "Hak akses dipegang Budi Santoso" in text(page(office, "applicant", case, "akses"))
    logged = log_of(case)
    assert [sorted(entry) for entry in logged] == [["sent", "until"], ["holder"], ["keys", "password", "set"]]
    assert PASSWORD not in str(logged)


def test_who_has_an_account_already_is_led_to_the_permanent_page(office):
    case = handed_over_as_usual(office)
    (mail,) = [mail for mail in send_messages() if "Undangan hak akses" in mail.subject]
    assert mail.to == [office.applicant.email]
    assert f"http://localhost:8080{path(case)}" in mail.body
    assert at(office, "applicant").post(path(case), values(case)).status_code == 302


def test_a_stranger_is_told_the_same_of_every_address(office):
    case = handed_over_as_usual(office)
    pages = {Client().get(path(case)).content.split(b"csrf")[0].replace(case.number.encode(), b"X")}
    pages.add(
        Client().get("/permohonan/HST-2026-9999/akses/").content.split(b"csrf")[0].replace(b"HST-2026-9999", b"X")
    )
    assert len(pages) == 1
    assert f"/masuk/?next=/permohonan/{case.number}/akses/" in Client().get(path(case)).content.decode()
    assert Client().post(path(case), values(case)).status_code == 200
    assert taking_over.holder_of(case) is None


def test_a_colleague_who_was_not_named_sets_nothing(office):
    case = handed_over(office, **ADMIN)
    answer = at(office, "applicant").post(path(case), values(case))
    assert answer.status_code == 200
    assert "Yang diundang: Budi Santoso" in text(answer)
    case.site.refresh_from_db()
    assert case.site.password_hash == ""


def test_a_wrong_code_uses_nothing_up_and_guessing_is_braked(office):
    case = handed_over_as_usual(office)
    client = at(office, "applicant")
    for _ in range(5):
        answer = client.post(path(case), values(case, code="00000-00000"))
        assert (answer.status_code, list(faults(answer))) == (422, ["code"])
    answer = client.post(path(case), values(case))
    assert answer.status_code == 429
    assert "Terlalu banyak percobaan" in faults(answer)["code"][0]
    assert [entry for entry in log_of(case) if "code" in entry] == [{"code": "refused"}] * 5
    assert taking_over.holder_of(case) is None
    office.now += timedelta(hours=7)
    assert client.post(path(case), values(case)).status_code == 302


def test_an_invitation_dies_after_seven_days_and_a_new_one_opens_the_same_paper(office):
    case = handed_over_as_usual(office)
    code = taking_over.code(case)
    office.now += timedelta(days=7, minutes=1)
    answer = at(office, "applicant").post(path(case), values(case))
    assert (answer.status_code, taking_over.holder_of(case)) == (200, None)
    assert at(office, "applicant").post(path(case, "undangan/")).status_code == 302
    assert taking_over.code(case) == code
    assert at(office, "applicant").post(path(case), values(case)).status_code == 302


def test_a_used_invitation_is_used_and_its_holder_changes_the_password_without_a_code(office):
    case = handed_over_as_usual(office)
    client = at(office, "applicant")
    client.post(path(case), values(case))
    before = Case.objects.get(pk=case.pk).site.password_fingerprint
    assert "code" not in client.get(path(case)).context["form"].fields
    client.post(path(case), {"password": "yang kedua 2026", "password_again": "yang kedua 2026"})
    assert Case.objects.get(pk=case.pk).site.password_fingerprint != before
    take = taking_over.take_over
    fault = refused(take, case.pk, user=office.applicant, ssh_keys=None, password=PASSWORD, at=office.now)
    assert fault == [("access.over", "")]


def test_neither_key_nor_password_uses_nothing_up(office):
    case = handed_over_as_usual(office)
    answer = at(office, "applicant").post(path(case), values(case, password="", password_again=""))
    assert faults(answer) == {"password": ["Tetapkan kata sandi SFTP atau pasang kunci SSH."]}
    assert taking_over.holder_of(case) is None


def test_the_registrar_names_another_person_by_a_letter_and_the_opd_cannot(office):
    case = handed_over_as_usual(office)
    other = {"name": "Wati", "email": "wati@example.go.id"}
    at(office, "applicant").post(path(case, "undangan/"), other)
    assert taking_over.newest(case).email == office.applicant.email
    answer = at(office, "registrar").post(path(case, "undangan/"), other)
    assert faults(answer) == {"reason": ["Tuliskan dasarnya, karena orangnya diganti."]}
    at(office, "registrar").post(path(case, "undangan/"), {**other, "reason": "Surat 500.12/9/2026"})
    assert taking_over.newest(case).email == "wati@example.go.id"
    assert "Surat 500.12/9/2026" in text(page(office, "head", case, "akses/undangan"))
    assert page(office, "head", case, "akses/undangan").context["form"] is None
    answer = at(office, "applicant").post(path(case), values(case))
    assert taking_over.holder_of(case) is None


def test_an_address_of_another_opd_is_refused(office):
    other = Agency.objects.create(name="Dinas Kesehatan", short_name="Dinkes")
    office.person("wati", agency=other)
    case = handed_over(office, admin_name="Wati", admin_email="wati@example.go.id")
    assert taking_over.newest(case) is None
    given = {"name": "Wati", "email": "wati@example.go.id", "reason": "Surat"}
    answer = at(office, "registrar").post(path(case, "undangan/"), given)
    assert "milik akun di luar OPD" in faults(answer)["email"][0]


def test_invited_twice_by_a_job_that_is_repeated_is_invited_once(office):
    case = handed_over_as_usual(office)
    jobs.invite_admin(case.events.last().pk)
    assert case.access_invitations.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_one_takes_over(office):
    case = handed_over_as_usual(office)
    ended = []

    def take(password):
        try:
            taking_over.take_over(case.pk, user=office.applicant, ssh_keys=None, password=password, at=office.now)
            ended.append(password)
        except InvalidError as error:
            ended.append(error.faults[0].code)
        finally:
            connection.close()

    threads = [threading.Thread(target=take, args=[password]) for password in (PASSWORD, "yang kedua 2026")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ended) == 2
    assert ended.count("access.over") == 1
    assert len([entry for entry in log_of(case) if "holder" in entry]) == 1


# -- The first login, and what the server saw


FIRST = {"at": "2026-11-24T03:00:00+00:00", "ending": "accepted", "way": "password", "address": "192.0.2.7", "key": ""}
SEEN = {
    "watched": {"logins": True, "answers": True},
    "logins": [
        {**FIRST, "ending": "refused", "way": "publickey", "key": "SHA256:abc"},
        {**FIRST, "ending": "refused"},
        FIRST,
    ],
    "since": "2026-11-24T02:00:00+00:00",
    "answers": {"200": 7, "502": 1},
}


def test_the_first_login_is_an_act_of_the_case_and_offered_at_the_confirmation(office):
    case = handed_over_as_usual(office)
    assert "belum melihat login" in text(page(office, "applicant", case, "konfirmasi-terima-dan-dapat-diakses"))
    reports.store_logins(office.node, {case.site.identifier: FIRST})
    reports.store_logins(office.node, {case.site.identifier: {**FIRST, "address": "192.0.2.8"}})
    jobs.site_entered(case.site.pk)
    jobs.site_entered(case.site.pk)
    assert [event.data["login"] for event in case.events.filter(action=Action.RECORD_LOGIN)] == [
        {"at": FIRST["at"], "way": "password"}
    ]
    for action in (Action.DELIVER, Action.RECORD_LOGIN):
        jobs.notify(case.events.get(action=action).pk, Effect.NOTIFY_APPLICANT)
    assert [notice.subject for notice in office.applicant.notices.order_by("pk")] == [
        f"{case.number}: Dokumen Hak Akses Dikirim",
        f"{case.number}: Catat Login Pertama",
    ]
    shown = text(page(office, "applicant", case, "konfirmasi-terima-dan-dapat-diakses"))
    assert "24 November 2026 pukul 10.00 WIB, dengan kata sandi" in shown
    case = office.act(case, Action.CONFIRM, None)
    assert case.state == State.DONE


def test_without_a_login_the_system_confirms_nothing(office):
    case = handed_over_as_usual(office)
    assert refused(office.act, case, Action.CONFIRM, None)[0][0] == "need.login_recorded"


def test_a_site_of_another_machine_has_no_login(office):
    case = handed_over_as_usual(office)
    office.node.sites.update(node=None)
    reports.store_logins(office.node, {case.site.identifier: FIRST})
    case.site.refresh_from_db()
    assert case.site.first_login is None


def test_no_access_asks_the_machine_and_shows_the_technician_what_it_saw(office):
    case = handed_over_as_usual(office)
    case = office.act(case, Action.REPORT_NO_ACCESS, office.applicant, reasons="SFTP menolak kata sandi")
    wish = reports.take_wish(office.node, at=office.later())
    assert (wish.purpose, wish.approved_digest) == ("look", "")
    proofs = ({"name": "dns.answer", "ok": True, "detail": "ns1 menjawab A 192.0.2.1"},)
    report = reports.Report(reports.Outcome.VERIFIED, None, "", proofs, office.now, "", "", (), SEEN)
    assert reports.store_report(wish.pk, office.node, report, at=office.later())
    shown = text(page(office, "technician", case))
    for words in (
        "Ditolak: kunci SSH SHA256:abc tidak terpasang",
        "Ditolak: kata sandi SFTP belum pernah ditetapkan",
        "Masuk dengan kata sandi",
        "192.0.2.7",
        "502 gagal di aplikasi atau server 1",
        "200 dijawab dengan baik 7",
        "ns1 menjawab A 192.0.2.1",
        "SFTP menolak kata sandi",
    ):
        assert words in shown
    assert "Yang terlihat di server" not in text(page(office, "applicant", case))
    at(office, "technician").post(f"/permohonan/{case.number}/periksa/")
    assert reports.take_wish(office.node, at=office.later()).purpose == "look"
