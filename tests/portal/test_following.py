"""Following without an account: an address is written to only after its owner said so, and erased when it is over."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob

from panggon.cases import jobs as case_jobs
from panggon.core.cases.procedure import Action, State
from panggon.office.values import Group
from panggon.public import jobs, services
from panggon.public.models import Follower
from tests.portal import smtp
from tests.portal.office import fill_in
from tests.portal.once import made_once
from tests.portal.visitor import text

EMAIL = "wahyu@example.org"
DAY = timedelta(days=1)


@pytest.fixture
@made_once
def case(office):
    return office.bring_to(State.SUBMITTED)


def ask(client, case, email: str = EMAIL, **changes):
    return client.post("/lacak/ikuti/", {"nomor": case.number, "kode": case.token, "email": email, **changes})


def work_off() -> None:
    """What the worker does with all that concerns followers."""
    while job := ProcrastinateJob.objects.filter(task_name__regex=r"^(public\.|cases\.publish)", status="todo").first():
        module, name = job.task_name.split(".")
        getattr(jobs if module == "public" else case_jobs, name)(**job.args)
        ProcrastinateJob.objects.filter(pk=job.pk).update(status="succeeded")


def link_in(message, words: str) -> str:
    return re.search(rf"http://localhost:8080(/lacak/{words}/\S+)", message.body)[1]


def follows(client, case) -> Follower:
    ask(client, case)
    work_off()
    client.post(link_in(mail.outbox.pop(), "ikuti"))
    return Follower.objects.get()


def test_the_whole_way(office, case, client):
    page = client.get("/lacak/", {"nomor": case.number, "kode": case.token})
    assert "Beri tahu saya lewat email" in text(page)
    answer = ask(client, case)
    assert (answer.status_code, answer.headers["Location"].split("?")[0]) == (302, "/lacak/")
    work_off()
    (first,) = mail.outbox
    assert first.to == [EMAIL]
    confirm = link_in(first, "ikuti")
    assert "Ya, ikuti" in text(client.get(confirm))
    office.act(case, Action.RECEIVE, office.registrar, agenda_number="1")
    work_off()
    assert len(mail.outbox) == 1  # looking at the link was no word

    assert "Anda mengikuti permohonan" in text(client.post(confirm))
    case = office.act(case, Action.DISPOSE, office.head, division=office.division, instruction="Selesaikan")
    work_off()
    work_off()
    step = mail.outbox[1]
    assert step.subject == f"{case.number}: Didisposisikan"
    assert "Kepala Bidang meneruskan ke petugas teknis." in step.body
    bodies = step.body + step.alternatives[0][0]
    assert not [name for name in ("Wahyu", "Sri", "Dinas Sosial", case.title, case.label) if name in bodies]
    assert len(mail.outbox) == 2

    stop = link_in(step, "berhenti")
    assert step.extra_headers["List-Unsubscribe"] == f"<http://localhost:8080{stop}>"
    assert step.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "Berhenti mengikuti" in text(client.get(stop))
    assert Follower.objects.count() == 1
    strict = Client(enforce_csrf_checks=True)  # as a mail program calls it
    assert strict.post(stop, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert Follower.objects.count() == 0
    assert "tidak mengikuti" in text(client.get(stop))


def test_number_and_code_must_belong_together(case, client):
    for changes in ({"kode": "salah"}, {"nomor": "HST-1999-0001"}):
        assert ask(client, case, **changes).status_code == 422
    assert not Follower.objects.exists()


def test_a_broken_address_is_told_at_its_field(case, client):
    page = ask(client, case, email="wahyu@")
    assert page.status_code == 422
    assert page.context["follow_form"].errors == {"email": ["Alamat email ini tidak lengkap."]}
    assert "wahyu@" in page.content.decode()


def test_nobody_learns_who_follows_already(case, client):
    follows(client, case)
    first, again = ask(client, case, email="lain@example.org"), ask(client, case)
    assert first.status_code == again.status_code == 302
    work_off()
    assert [message.to for message in mail.outbox] == [["lain@example.org"]]


def test_an_address_is_not_asked_again_at_once_nor_too_often(office, case, client):
    at = office.now
    for minutes in (0, 5, 11, 22, 33):
        services.ask(case.number, EMAIL, language="id", at=at + timedelta(minutes=minutes))
    others = [office.bring_to(State.SUBMITTED, label=f"lain-{number}") for number in range(4)]
    for other in others:
        services.ask(other.number, EMAIL, language="id", at=at + timedelta(minutes=40))
    assert Follower.objects.filter(email=EMAIL).count() == services.MOST_ASKED_A_DAY
    services.ask(others[3].number, EMAIL, language="id", at=at + 2 * DAY)
    assert Follower.objects.filter(number=others[3].number).exists()


def test_a_case_has_a_bounded_number_of_followers(office, case, client):
    for number in range(services.MOST_FOLLOWERS):
        services.ask(case.number, f"{number}@example.org", language="id", at=office.now)
    page = ask(client, case)
    assert page.status_code == 422
    assert "sudah diikuti oleh banyak alamat" in text(page)


def test_asking_is_slowed_down(case, client):
    statuses = [ask(client, case, email=f"{number}@example.org").status_code for number in range(21)]
    assert statuses[-1] == 429


def test_a_link_is_of_no_use_when_it_is_forged_or_old(office, case, client, settings):
    follower = follows(client, case)
    token = services.links_of(follower)["confirm_url"].split("/")[-2]
    assert services.follower_to_confirm(token) == follower
    assert services.follower_to_confirm(token[:-1] + ("x" if token[-1] != "x" else "y")) is None
    assert services.followed("x:y:z") == ""
    assert client.get("/lacak/ikuti/x/").status_code == 410
    Follower.objects.all().delete()
    assert client.post(f"/lacak/ikuti/{token}/").status_code == 410


def test_steps_are_told_once_and_never_backwards(case, client):
    follower = follows(client, case)
    jobs.tell_follower(follower.pk, sequence=4, state="disposed")
    jobs.tell_follower(follower.pk, sequence=4, state="disposed")
    jobs.tell_follower(follower.pk, sequence=3, state="received")
    assert [message.subject for message in mail.outbox] == [f"{case.number}: Didisposisikan"]


def test_an_address_that_does_not_exist_is_erased(case, client, settings):
    follower = follows(client, case)
    with smtp.mail_server() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        server.answers = ["550 No such user"]
        jobs.tell_follower(follower.pk, sequence=4, state="disposed")
    assert not Follower.objects.exists()


def test_addresses_are_erased_when_the_case_is_over(office, case, client):
    fill_in(Group.RETENTION, followers_days=7)
    follows(client, case)
    services.ask(case.number, "lain@example.org", language="id", at=office.now)
    kept = timedelta(days=7)
    services.forget_old(now=office.now + 2 * DAY + timedelta(seconds=1))
    assert [follower.email for follower in Follower.objects.all()] == [EMAIL]
    services.forget_old(now=office.now + 10 * kept)
    assert Follower.objects.count() == 1  # it is not over
    office.act(case, Action.WITHDRAW, office.applicant)
    services.forget_old(now=office.now + kept)
    assert Follower.objects.count() == 1
    services.forget_old(now=office.now + kept + timedelta(seconds=1))
    assert Follower.objects.count() == 0
    page = client.get("/lacak/", {"nomor": case.number, "kode": case.token})
    assert "Beri tahu saya lewat email" not in text(page)
