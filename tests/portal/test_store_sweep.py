"""Files that no row names go after a day; never one that somebody is about to name."""

import os
from pathlib import Path

import pytest
from django.apps import apps
from django.db import models, transaction

from panggon.audit.selectors import history_of
from panggon.cases.models import File, Reading
from panggon.core.cases.procedure import State
from panggon.core.errors import PermanentError
from panggon.papers import store, sweeping
from panggon.papers.models import Paper
from tests.portal.office import MONDAY

HOUR = store.DAY // 24
# Columns of 64 characters that name no file: digests of rows, of secrets, of plans and of proofs.
NO_FILES = {
    *("head", "previous", "digest", "contents", "key"),
    *("token_hash", "code_hash", "approved_digest", "evidence_digest"),
}


@pytest.fixture(autouse=True)
def _own_store(settings, tmp_path):
    settings.PANGGON_FILES = tmp_path


def kept(words: bytes, *, age: int = 0) -> str:
    """A file that was put so long ago."""
    digest = store.put(words)
    put_at = store.moment() - age
    os.utime(store._path(digest), ns=(put_at, put_at))
    return digest


def is_kept(digest: str) -> bool:
    try:
        return bool(store.get(digest))
    except PermanentError:
        return False


@pytest.fixture
def orphan() -> str:
    return kept(b"of a transaction that was undone", age=25 * HOUR)


def test_what_nothing_names_goes_after_a_day_and_it_is_recorded(db, orphan):
    young = kept(b"about to be named", age=23 * HOUR)
    assert sweeping.sweep(now=MONDAY) == 1
    assert (is_kept(orphan), is_kept(young)) == (False, True)
    change = history_of("papers.store:2026-11-23").get()
    assert (change.after, change.actor) == ({"files": 1}, None)
    assert sweeping.sweep(now=MONDAY) == 0
    assert history_of("papers.store:2026-11-23").count() == 1


def test_letters_readings_and_papers_stay(office):
    case = office.bring_to(State.RECEIVED)
    office.papers(office.bring_to(State.AWAITING_APPROVAL, label="lain"))
    named = {*File.objects.values_list("sha256", flat=True), *Paper.objects.values_list("sha256", flat=True)}
    assert len(named) > 1
    for digest in named:
        kept(store.get(digest), age=99 * HOUR)
    assert sweeping.sweep(now=MONDAY) == 0
    assert all(is_kept(digest) for digest in named)
    assert case.files.count() == 1


def test_what_is_put_again_is_young_again(db, orphan):
    with transaction.atomic():
        assert store.put(b"of a transaction that was undone") == orphan
        assert sweeping.sweep(now=MONDAY) == 0
    assert is_kept(orphan)


@pytest.mark.parametrize("before", [True, False], ids=["before it is set aside", "while it is set aside"])
def test_the_race_for_a_file_that_somebody_puts_while_it_goes(db, orphan, monkeypatch, before):
    rename = Path.rename
    seen = []

    def raced(path: Path, target: Path) -> Path:
        """The other process puts the same letter, in the moment in which the sweep has decided to remove it."""
        monkeypatch.setattr(Path, "rename", rename)
        done = None if before else rename(path, target)
        seen.append(is_kept(orphan))
        assert store.put(b"of a transaction that was undone") == orphan
        return done or rename(path, target)

    monkeypatch.setattr(Path, "rename", raced)
    sweeping.sweep(now=MONDAY)
    assert seen == [True], "who reads it meanwhile finds it"
    assert is_kept(orphan)
    assert len(list(store._path(orphan).parent.iterdir())) == 1


def test_what_a_killed_process_left_is_mended(db, orphan, monkeypatch):
    path = store._path(orphan)
    path.rename(store._aside(path))
    draft = path.with_name(f".{orphan}.abcdef012345")
    draft.write_bytes(b"half")
    assert [*store.shelves()] == [{}], "nothing is touched that somebody may still be at"
    assert is_kept(orphan)
    later = store.moment() + 2 * store.DAY
    monkeypatch.setattr(store, "moment", lambda: later)
    assert next(iter(store.shelves())).keys() == {orphan}
    assert not draft.exists()


def test_an_older_database_loses_no_files(db, monkeypatch, caplog):
    """Put back for a look, it names nothing of what came later."""
    monkeypatch.setattr(sweeping, "FEW", 2)
    kept_ones = [kept(f"letter {number}".encode(), age=99 * HOUR) for number in range(3)]
    assert sweeping.sweep(now=MONDAY) == 0
    assert all(map(is_kept, kept_ones))
    assert "3 of 3 files have no row" in caplog.text


def test_every_column_that_names_a_file_is_asked():
    asked = {(model, column) for model, column in sweeping.columns()}
    assert {(File, "sha256"), (Reading, "sha256"), (Paper, "sha256")} <= asked
    others = {
        field.name
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, models.CharField) and field.max_length == 64 and (model, field.name) not in asked
    }
    assert others <= NO_FILES
