"""What anybody may see: the standard, tracking by number and code, error pages, the browser's bounds."""

import re

from panggon.core.cases.procedure import Action, State
from panggon.office.shipped import SHIPPED
from panggon.people.models import User
from tests.portal.visitor import text, visitor


def test_the_standard_is_told_word_for_word(db, client):
    words = text(client.get("/"))
    standard = SHIPPED.standard
    assert len(standard.steps) == 9
    for sentence in (*standard.steps, *standard.requirements, "2 Hari kerja", "Tidak dipungut biaya", standard.decree):
        assert sentence in words
    for contact in SHIPPED.contacts.rows:
        assert contact.printed in words
        assert contact.person in words


def test_number_and_code_show_the_way_and_no_person(office, client):
    User.objects.update(full_name="Wahyu Prakoso")
    case = office.bring_to(State.VERIFYING)
    words = text(client.get("/lacak/", {"nomor": case.number.lower(), "kode": case.token}))
    assert f"{case.number}: Verifikasi Kelengkapan" in words
    assert words.count("sedang berjalan") == 1
    assert words.count("selesai") >= 3
    for secret in ("Wahyu", case.contact_name, case.contact_phone, case.title, case.label, case.letter_number):
        assert secret not in words


def test_a_withdrawn_case_shows_no_step_under_way(office, client):
    case = office.bring_to(State.RECEIVED)
    office.act(case, Action.WITHDRAW, office.applicant)
    words = text(client.get("/lacak/", {"nomor": case.number, "kode": case.token}))
    assert "Dibatalkan" in words
    assert "sedang berjalan" not in words


def test_a_wrong_code_a_draft_and_an_unknown_number_look_the_same(office, client):
    submitted, draft = office.bring_to(State.SUBMITTED), office.draft(label="lain")
    pairs = [(submitted.number, "x"), (draft.number, draft.token), ("HST-1999-0001", "x"), ("' OR 1=1", "\x00é")]
    answers = [text(client.get("/lacak/", {"nomor": number, "kode": code})) for number, code in pairs]
    for words in answers[:3]:
        assert "tidak cocok" in words
    assert all("Verifikasi" not in words for words in answers)


def test_guessing_is_slowed_down(office, client):
    statuses = [client.get("/lacak/", {"nomor": "HST-2026-0001", "kode": str(n)}).status_code for n in range(22)]
    assert statuses == [200] * 20 + [429] * 2
    assert client.get("/lacak/").status_code == 200


def test_the_browser_is_given_no_room_for_foreign_code(db, client):
    for path in ("/", "/lacak/", "/masuk/"):
        answer = client.get(path)
        html = answer.content.decode()
        assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
        assert "unsafe" not in answer.headers["Content-Security-Policy"]
        # Data that a script of ours reads is no script.
        assert re.findall(r"<script(?![^>]*(?:\bsrc=|type=\"application/json\"))", html) == []
        assert re.findall(r"\sstyle=|\son[a-z]+=|<style", html) == []
        assert re.findall(r'(?:src=|<link[^>]*href=)"(?:https?:)?//', html) == []


def test_a_simulation_and_a_demonstration_say_so_on_every_page(office, client, settings):
    pages = [client.get("/"), client.get("/masuk/"), visitor(office.applicant).get("/beranda/")]
    assert all("SIMULASI" not in text(page) for page in pages)
    settings.PANGGON_SIMULATION = settings.PANGGON_DEMO = True
    pages = [client.get("/"), client.get("/masuk/"), visitor(office.applicant).get("/beranda/")]
    assert all("SIMULASI" in text(page) and "Instalasi peraga" in text(page) for page in pages)


def test_a_page_that_is_not_there_says_so_in_words(db, client):
    answer = client.get("/tidak/ada/")
    assert answer.status_code == 404
    assert "Halaman tidak ditemukan" in text(answer)
