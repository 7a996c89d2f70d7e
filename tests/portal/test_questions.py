"""Questions that are written once and put with other values each time."""

from threading import Thread

from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.db.models import Count, F, Func, IntegerField, Q, QuerySet

from panggon.people.models import Agency, User
from panggon.questions import Among, Given, question

WRITTEN: list[int] = []


@question
def agencies_like(least: int) -> QuerySet[Agency]:
    WRITTEN.append(least)
    open_accounts = Count("people", filter=Q(people__is_active=True))
    named = Agency.objects.filter(short_name=Among(Given("names"))).annotate(open_accounts=open_accounts)
    return named.filter(open_accounts__gte=least).order_by("short_name")


@question
def people_of() -> QuerySet[User]:
    return User.objects.filter(agency=Given("agency")).select_related("agency").order_by("username")


def agencies(*names: str) -> list[Agency]:
    return [Agency.objects.create(name=f"Dinas {name}", short_name=name) for name in names]


def person(login: str, agency: Agency) -> User:
    return User.objects.create(username=login, full_name=login.title(), email=f"{login}@x.test", agency=agency)


def test_the_answer_is_new_each_time_and_the_question_written_once_a_shape(db):
    WRITTEN.clear()
    a, b, _ = agencies("A", "B", "C")
    assert agencies_like(0, names=["B", "A"]) == [a, b]
    assert agencies_like(0, names=["C"])[0].name == "Dinas C"
    assert agencies_like(1, names=["B", "A"]) == []
    person("sri", b)
    assert [(row, row.open_accounts) for row in agencies_like(1, names=["B", "A"])] == [(b, 1)]
    assert agencies_like(0, names=[]) == []
    assert sorted(WRITTEN) == [0, 1]


def test_what_hangs_on_a_row_comes_along(db, django_assert_num_queries):
    a, b = agencies("A", "B")
    person("sri", a)
    person("budi", b)
    with django_assert_num_queries(1):
        assert [(row.username, row.agency.short_name) for row in people_of(agency=a.pk)] == [("sri", "A")]
    Agency.objects.filter(pk=a.pk).update(short_name="AA")
    assert people_of(agency=a.pk)[0].agency.short_name == "AA"
    assert people_of(agency=b.pk)[0].full_name == "Budi"


def test_what_cannot_fit_is_not_asked(db, django_assert_num_queries):
    nothing = question(lambda: Agency.objects.filter(pk__in=[], short_name=Given("name")))
    with django_assert_num_queries(0):
        assert nothing(name="A") == []


def test_values_are_quoted(db):
    agencies("A", "x' OR 'a'='a")
    assert [row.short_name for row in agencies_like(0, names=["x' OR 'a'='a"])] == ["x' OR 'a'='a"]


def test_each_thread_asks_by_its_own_connection(db):
    pid = Func(function="pg_backend_pid", output_field=IntegerField())
    asked = question(lambda: ContentType.objects.annotate(pid=pid).filter(pid__gte=F("pid")).values_list("pid")[:1])
    found = []

    def ask():
        found.append(asked())
        connection.close()

    here = asked()
    thread = Thread(target=ask)
    thread.start()
    thread.join()
    assert found[0] != here == asked()
