"""The history that a page shows of what it edits."""

from datetime import UTC, datetime

from django.template.loader import render_to_string

from panggon.audit.history import Difference, history
from panggon.audit.services import record

AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


def test_only_the_fields_that_changed_are_shown_in_words(office):
    before, after = {"name": "Lama", "open": True, "days": [1, 2]}, {"name": "Baru", "open": True, "days": [1, 3]}
    record("a.thing:1", before=before, after=after, actor=office.head, at=AT, reason="SK baru")
    record("a.thing:2", before=None, after={"name": "Lain"}, actor=None, at=AT)

    (entry,) = history("a.thing:1", labels={"name": "Nama"})

    assert (entry.who, entry.at, entry.reason) == ("Kadis", AT, "SK baru")
    assert entry.differences == (Difference("Nama", "Lama", "Baru"), Difference("days", "1; 2", "1; 3"))


def test_all_of_a_kind_newest_first_with_their_names_in_one_query(office, django_assert_num_queries):
    for number in (1, 2):
        record(f"a.thing:{number}", before=None, after={"open": False}, actor=office.head, at=AT)
    with django_assert_num_queries(1):
        entries = history("a.thing:", things={"a.thing:1": "Pertama", "a.thing:2": "Kedua"})
        page = render_to_string("panggon/history.html", {"history": entries})
    assert [entry.of for entry in entries] == ["Kedua", "Pertama"]
    assert "tidak" in page


def test_a_thing_that_was_never_changed(office):
    assert "Belum pernah diubah." in render_to_string("panggon/history.html", {"history": history("a.thing:1")})
