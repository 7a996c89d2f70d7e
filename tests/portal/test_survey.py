"""The survey of satisfaction: offered once at the end, answered once without a name, published when it was read."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from demo.paper import words_on
from panggon.cases import jobs
from panggon.core.cases.procedure import Action, State
from panggon.core.errors import InvalidError
from panggon.core.surveys.survey import Element
from panggon.notify.models import Message, Notice
from panggon.pdf import POLICY
from panggon.surveys import selectors, services
from panggon.surveys.models import Answer, Improvement, Invitation, Service
from tests.portal.mailbox import write_messages
from tests.portal.visitor import text, visitor

BEST = {element.value: 4 for element in Element}
NOW = timezone.now()


def offered(number: str = "HST-2026-0001", **values) -> str:
    """The path of a new offer."""
    values = {"people": [], "email": "", "at": NOW} | values
    return selectors.path_of(services.offer(Service.CASE, number, **values))


def answer(number: int, **values) -> Answer:
    invitation = Invitation.objects.create(service=Service.CASE, number=f"A-{number}", made_at=NOW)
    return services.answer(invitation, BEST | values, at=NOW)


def test_the_end_of_a_case_offers_the_survey_once_to_its_people(office):
    case = office.bring_to(State.DONE)
    ending = case.events.last().pk
    jobs.offer_survey(ending)
    jobs.offer_survey(ending)
    (notice,) = Notice.objects.filter(reference__startswith="survey:")
    assert (notice.recipient, notice.subject) == (office.applicant, "Bagaimana pelayanan kami? Survei satu menit")
    page = Client().get(notice.path)
    assert "Pelayanan ini tidak dipungut biaya" in text(page)
    assert "Sri" not in text(page)
    case_page = visitor(office.applicant).get(f"/permohonan/{case.number}/").content.decode()
    assert f'href="{notice.path}"' in case_page


def test_whoever_served_is_not_led_to_the_survey_of_those_who_were_served(office):
    case = office.bring_to(State.DONE)
    jobs.offer_survey(case.events.last().pk)
    for official in (office.registrar, office.head, office.division_head, office.technician):
        page = visitor(official).get(f"/permohonan/{case.number}/").content.decode()
        assert ("Permohonan selesai." in page, "/survei/isi/" in page) == (True, False)


@pytest.mark.parametrize(("state", "action"), [(State.SUBMITTED, Action.WITHDRAW), (State.DELIVERED, Action.CONFIRM)])
def test_every_end_has_its_offer(office, state, action):
    case = office.bring_to(state)
    offers = ProcrastinateJob.objects.filter(task_name="cases.offer_survey")
    assert not offers.exists()
    office.act(case, action, office.applicant)
    assert [job.args for job in offers] == [{"event": case.events.last().pk}]


def test_where_nobody_has_an_account_the_contact_is_written_to(office):
    path = offered(email="narahubung@example.go.id")
    write_messages()
    (message,) = Message.objects.all()
    assert (message.to, message.facts) == ("narahubung@example.go.id", {"number": "HST-2026-0001", "path": path})


def test_an_answer_is_kept_without_a_name_and_counts_once(db):
    path = offered()
    browser = Client()
    page = browser.post(path, {**BEST, "time": "2", "gender": "p", "words": "Cepat sekali."})
    assert page.status_code == 200
    assert "Terima kasih" in text(page)
    (kept,) = Answer.objects.all()
    assert (kept.time, kept.fee, kept.gender, kept.education, kept.words) == (2, 4, "p", "", "Cepat sekali.")
    again = browser.post(path, BEST)
    assert (again.status_code, Answer.objects.count()) == (410, 1)
    assert "Survei ini sudah diisi" in text(again)
    # Nothing that is kept leads from the answer to the offer.
    assert {field.name for field in Answer._meta.get_fields() if field.is_relation} == {"read_by"}
    assert "used_at" not in {field.name for field in Invitation._meta.get_fields()}


@pytest.mark.django_db(transaction=True)
def test_two_answers_at_once_are_one():
    invitation = services.offer(Service.CASE, "HST-2026-0001", people=[], email="", at=NOW)

    def attempt(_number: int) -> bool:
        try:
            services.answer(invitation, BEST, at=NOW)
        except InvalidError:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(attempt, range(4))) == [False, False, False, True]
    assert Answer.objects.count() == 1


def test_a_link_that_was_guessed_or_is_too_old_is_told_so(db):
    path = offered(at=NOW - selectors.ANSWER_WITHIN - timedelta(minutes=1))
    for wrong in (path, "/survei/isi/1/", path[:-3] + "xx/"):
        told = Client().post(wrong, BEST)
        assert (told.status_code, Answer.objects.count()) == (410, 0), wrong
        assert "Tautan ini tidak berlaku" in text(told)


def test_what_is_missing_or_no_answer_is_named_and_nothing_is_lost(db):
    page = Client().post(offered(), {**BEST, "time": "", "fee": "5", "words": "Tetap <b>ada</b>"})
    assert page.status_code == 422
    assert page.context["form"].errors == {
        "time": ["Pilih satu jawaban."],
        "fee": ["Pilih salah satu dari empat jawaban."],
    }
    assert "Tetap &lt;b&gt;ada&lt;/b&gt;" in page.content.decode()
    assert Answer.objects.count() == 0


def test_the_results_are_exact_and_few_respondents_are_not_told_apart(db, django_assert_num_queries):
    for number in range(6):
        answer(number, complaints=3, gender="p" if number else "l")
    page = Client().get("/survei/")
    shown = text(page)
    # 8 elements of 4 and one of 3: (35 / 9) × 25 = 97.222…
    assert "Nilai IKM 97,22" in shown
    assert "A (Sangat baik)" in shown
    assert "Responden 6" in shown
    assert "Perempuan: 5" in shown
    assert "Laki-laki: kurang dari 5" in shown
    assert "Yang paling perlu diperbaiki: Penanganan pengaduan, saran, dan masukan." in shown
    assert "Survei ditawarkan 6 kali; menurut tabel Krejcie dan Morgan diperlukan 6 jawaban." in shown
    day = timezone.localdate(NOW)
    other = (day.month + 2) // 3 % 4 + 1
    assert "Belum ada jawaban dalam masa ini." in text(Client().get(f"/survei/?tahun={day.year}&triwulan={other}"))
    assert "97,22" in text(Client().get("/survei/?tahun=abc&triwulan=9"))


def test_of_few_respondents_nothing_is_published_but_how_many(office):
    """As on the page of figures, and in no way that subtracting would undo."""
    for number in range(4):
        answer(number, time=1, words="Lambat.")
    shown = text(Client().get("/survei/"))
    assert "Nilai IKM tidak ditampilkan Responden 4" in shown
    assert "Nilai ditampilkan bila paling sedikit 5 orang menjawab" in shown
    assert not [word for word in ("Mutu pelayanan", "Per unsur", "Unduh kartu", "91,67") if word in shown]
    assert Client().get("/survei/kartu.pdf").status_code == 404
    assert "Nilai IKM tidak ditampilkan" in text(visitor(office.technician).get("/survei/"))
    reader = visitor(office.complaints_officer)
    own = text(reader.get("/survei/"))
    assert "Nilai IKM 91,67 Mutu pelayanan A (Sangat baik) Responden 4" in own
    assert "Hanya Anda sebagai petugas yang melihat nilai ini" in own
    assert reader.get("/survei/kartu.pdf").status_code == 404, "what is put up at the desk is public"


def test_a_quarter_is_hidden_with_the_few_of_another(db):
    year = timezone.localdate(NOW).year
    for number in range(13):
        kept = answer(number)
        kept.answered_on = date(year, 2 if number < 6 else 5 if number < 11 else 8, 1)
        kept.save()
    told = {quarter: "100,00" in text(Client().get(f"/survei/?tahun={year}&triwulan={quarter}")) for quarter in "123"}
    assert told == {"1": True, "2": False, "3": False}
    assert "Nilai IKM 100,00" in text(Client().get(f"/survei/?tahun={year}"))
    cards = [Client().get(f"/survei/kartu.pdf?tahun={year}&triwulan={quarter}").status_code for quarter in "123"]
    assert cards == [200, 404, 404]


def test_the_card_is_a_pdf_of_the_same_figures(db):
    assert Client().get("/survei/kartu.pdf").status_code == 404
    for number in range(5):
        answer(number, complaints=3, gender="p")
    card = Client().get("/survei/kartu.pdf")
    assert (card.headers["Content-Type"], card.headers["Content-Security-Policy"]) == ("application/pdf", POLICY)
    said = words_on(card.content)
    element = "U8 Penanganan pengaduan, saran, dan masukan"
    for words in ("Pelayanan Hosting", "97,22", "Mutu pelayanan A: Sangat baik", element, "3,00", "Perempuan 5"):
        assert words in said, said


def test_words_are_public_only_after_somebody_has_read_them(office):
    kept = answer(1, words="Terima kasih Pak Budi 0812-3456-7890")
    other = answer(2, words="Halamannya mudah dipakai.")
    assert "Budi" not in text(Client().get("/survei/"))
    officer = visitor(office.complaints_officer)
    assert "Terima kasih Pak Budi" in text(officer.get("/survei/tinjau/"))
    officer.post(f"/survei/tinjau/{kept.pk}/", {"withhold": ""})
    officer.post(f"/survei/tinjau/{other.pk}/", {"publish": ""})
    public = text(Client().get("/survei/"))
    assert "Halamannya mudah dipakai." in public
    assert "Budi" not in public
    officer.post(f"/survei/tinjau/{other.pk}/", {"withhold": ""})
    assert "Halamannya" not in text(Client().get("/survei/"))


def test_who_may_read_and_publish(office):
    kept = answer(1, words="Baik.")
    for person in (office.applicant, office.technician):
        assert visitor(person).get("/survei/tinjau/").status_code == 403
        assert visitor(person).post(f"/survei/tinjau/{kept.pk}/", {"publish": ""}).status_code == 403
    kept.refresh_from_db()
    assert kept.standing == Answer.Standing.WAITING


def test_you_said_we_did(office):
    officer = visitor(office.complaints_officer)
    refused = officer.post("/survei/perbaikan/", {"said": "Formulir panjang", "done": "", "day": "2026-13-01"})
    assert refused.status_code == 422
    assert refused.context["form"].errors == {"done": ["Wajib diisi."], "day": ["Tulis tanggal yang benar."]}
    officer.post("/survei/perbaikan/", {"said": "Formulir panjang", "done": "Dibagi tiga", "day": "2026-11-20"})
    assert re.search(r"Formulir panjang\s+Dibagi tiga \(20 November 2026\)", text(Client().get("/survei/")))
    officer.post(f"/survei/perbaikan/{Improvement.objects.get().pk}/hapus/")
    assert "Formulir panjang" not in text(Client().get("/survei/"))
