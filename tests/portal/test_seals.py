"""Seals outside of the database, and `panggon audit`: whatever is changed of the log is found and named."""

import hashlib
import subprocess
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner
from django.db import IntegrityError, connection, transaction
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from panggon.audit.chain import digest_of
from panggon.audit.models import Change
from panggon.audit.services import record
from panggon.cases.acting import chain
from panggon.cases.models import Case, Event
from panggon.core.cases.procedure import Action, State
from panggon.portal import cli, logbook, logbook_commands
from panggon.portal.jobs import seal_log
from tests.portal.mailbox import send_messages
from tests.portal.office import MONDAY
from tests.portal.once import made_once
from tests.portal.test_audit import tamper

NIGHT = datetime(2026, 11, 23, 17, 5, tzinfo=UTC)  # 00.05 of the 24th in Pekalongan
DAY = timedelta(days=1)


def broken(now=NIGHT) -> list[tuple[str, str, int | str | None]]:
    return [
        (name, fault.code, fault.facts.get("sequence", fault.facts.get("day")))
        for name, fault in logbook.broken(now=now)
    ]


@pytest.fixture
@made_once
def cases(office):
    """Two cases, three changes, and reasons in words."""
    first = office.bring_to(State.VERIFYING)
    office.act(first, Action.RETURN_TO_APPLICANT, office.technician, reasons="Nomor HP salah")
    second = office.bring_to(State.RECEIVED, label="dinkes")
    for number in range(3):
        record(f"people.user:{number}", before=None, after={"name": "Ani"}, actor=office.head, at=MONDAY, reason="baru")
    return [Case.objects.get(pk=case.pk) for case in (first, second)]


@pytest.fixture
def seals(settings):
    return settings.PANGGON_SEALS


def rewrite(event: Event, **changes) -> None:
    """What a thief of the whole database does: change a row, and all digests after it, so that no chain breaks."""
    for name, value in changes.items():
        setattr(event, name, value)
    previous = event.previous
    later = Event.objects.filter(case=event.case, sequence__gt=event.sequence).order_by("sequence")
    for row in [event, *later]:
        digest = digest_of(chain.body(row, case=event.case.number), previous=previous)
        sql = "UPDATE cases_event SET action = %s, previous = %s, digest = %s WHERE id = %s"
        tamper(sql, row.action, previous, digest, row.pk)
        previous = digest
    Case.objects.filter(pk=event.case_id).update(head=previous)


# -- The files


def test_a_seal_is_a_text_that_can_be_checked_by_hand(cases, seals):
    first, second = cases
    made = logbook.seal(at=NIGHT)
    path = seals / "2026-11-24.seal"
    end = Change.objects.get(sequence=3).digest
    assert path.read_text() == (
        "panggon-seal 1\nday 2026-11-24\nat 2026-11-23T17:05:00+00:00\nprevious - -\n"
        f"{first.number} 6 {first.head}\n{second.number} 3 {second.head}\nchanges 3 {end}\n"
    )
    assert made.digest == hashlib.sha256(path.read_bytes()).hexdigest()
    assert subprocess.check_output(["sha256sum", path], text=True).split()[0] == made.digest
    assert path.stat().st_mode & 0o777 == 0o444
    assert list((seals / ".drafts").iterdir()) == []
    assert broken() == []


def test_each_seal_names_the_one_before_and_holds_what_grew(office, cases, seals):
    second = cases[1]
    before = logbook.seal(at=NIGHT)
    second = office.act(second, Action.DISPOSE, office.head, division=office.division, instruction="Selesaikan")
    logbook.seal(at=NIGHT + 3 * DAY)  # two days were missed
    lines = (seals / "2026-11-27.seal").read_text().splitlines()
    assert lines[3] == f"previous 2026-11-24 {before.digest}"
    assert lines[4:] == [f"{second.number} 4 {second.head}", f"changes 4 {Change.objects.get(sequence=4).digest}"]
    assert broken(NIGHT + 3 * DAY) == []


def test_a_day_is_sealed_once(office, cases, seals):
    first = logbook.seal(at=NIGHT)
    office.act(cases[1], Action.DISPOSE, office.head, division=office.division, instruction="Selesaikan")
    assert logbook.seal(at=NIGHT + timedelta(hours=20)) == first
    assert Change.objects.filter(subject="audit.seal:2026-11-24").count() == 1
    assert len(list(seals.glob("*.seal"))) == 1


def test_killed_after_the_file_the_next_run_records_it(cases, seals, monkeypatch):
    monkeypatch.setattr("panggon.audit.services._record_seal", lambda *_, **__: None)
    logbook.seal(at=NIGHT)
    monkeypatch.undo()
    assert broken() == [("Segel", "seal.unrecorded", "2026-11-24")]
    logbook.seal(at=NIGHT + timedelta(hours=1))
    assert broken() == []


def test_killed_while_writing_nothing_is_there(cases, seals, monkeypatch):
    monkeypatch.setattr("panggon.audit.files._persist", lambda _: None)
    monkeypatch.setattr("pathlib.Path.hardlink_to", lambda *_: (_ for _ in ()).throw(OSError("killed")))
    with pytest.raises(OSError, match="killed"):
        logbook.seal(at=NIGHT)
    assert list(seals.glob("*.seal")) == []
    assert not Change.objects.filter(subject__startswith="audit.seal:").exists()


def test_the_digest_is_mailed(cases, settings, django_capture_on_commit_callbacks):
    settings.PANGGON_SEAL_RECIPIENTS = ["inspektorat@example.go.id"]
    made = logbook.seal(at=NIGHT)
    logbook.seal(at=NIGHT)
    (letter,) = send_messages()
    assert letter.to == ["inspektorat@example.go.id"]
    assert made.digest in letter.body


def test_the_hourly_job_seals(cases, seals):
    seal_log(0)
    assert [path.suffix for path in seals.glob("*")].count(".seal") == 1


# -- What is found


@pytest.fixture
def sealed(cases):
    logbook.seal(at=NIGHT)
    return cases


def test_rows_and_head_rewritten_without_a_break_are_found(sealed):
    case = sealed[0]
    rewrite(case.events.get(sequence=3), action="refuse")
    assert broken() == [(case.number, "sealed.differs", 6)]


def test_a_rewritten_case_that_went_on_afterwards_is_still_found(office, sealed):
    case = sealed[1]
    rewrite(case.events.get(sequence=2), action="refuse")
    office.act(case, Action.DISPOSE, office.head, division=office.division, instruction="Selesaikan")
    logbook.seal(at=NIGHT + DAY)
    assert broken(NIGHT + DAY) == [(case.number, "sealed.differs", 3)]


def test_a_removed_case_is_found(sealed):
    case = sealed[1]
    for table in ("cases_event", "cases_file", "cases_case"):
        tamper(f"DELETE FROM {table} WHERE {'id' if table == 'cases_case' else 'case_id'} = %s", case.pk)
    assert broken() == [(case.number, "chain.no_case", None), (case.number, "sealed.differs", 3)]


def test_a_case_without_any_event_is_found(cases):
    tamper("DELETE FROM cases_event WHERE case_id = %s", cases[0].pk)
    assert broken() == [(cases[0].number, "chain.cut", 0)]


def test_a_state_that_no_event_brought_about_is_found(cases):
    Case.objects.filter(pk=cases[1].pk).update(state=State.DONE)
    assert broken() == [(cases[1].number, "chain.state", 3)]


def test_a_cut_end_of_the_changes_is_found(cases):
    tamper("DELETE FROM audit_change WHERE sequence = 3")
    assert broken() == [("Catatan perubahan", "chain.cut", 2)]
    tamper("DELETE FROM audit_change")
    assert broken() == [("Catatan perubahan", "chain.cut", 0)]


def test_changes_rewritten_with_their_end_are_found(sealed):
    tamper("DELETE FROM audit_change WHERE sequence >= 3")
    tamper("UPDATE audit_end SET sequence = 2, digest = (SELECT digest FROM audit_change WHERE sequence = 2)")
    assert broken() == [
        ("Segel", "seal.unrecorded", "2026-11-24"),
        ("Catatan perubahan", "sealed.differs", 3),
    ]


def change_file(path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.chmod(0o600)
    path.write_text(text.replace(old, new))


def test_changed_removed_and_foreign_seals_are_found(office, sealed, seals):
    office.act(sealed[1], Action.DISPOSE, office.head, division=office.division, instruction="Selesaikan")
    logbook.seal(at=NIGHT + DAY)
    first, second = seals / "2026-11-24.seal", seals / "2026-11-25.seal"
    kept = first.read_text()
    now = NIGHT + DAY

    change_file(first, sealed[0].head, "0" * 64)
    assert broken(now) == [
        ("Segel", "seal.unlinked", "2026-11-25"),
        ("Segel", "seal.altered", "2026-11-24"),
        (sealed[0].number, "sealed.differs", 6),
    ]
    first.write_text(kept.replace("changes 3", "changes drei"))
    assert broken(now) == [
        ("Segel", "seal.unreadable", "2026-11-24"),
        ("Segel", "seal.unlinked", "2026-11-25"),
        ("Segel", "seal.altered", "2026-11-24"),
    ]
    first.unlink()
    assert broken(now) == [("Segel", "seal.unlinked", "2026-11-25"), ("Segel", "seal.removed", "2026-11-24")]
    first.write_text(kept)
    assert broken(now) == []

    digest = hashlib.sha256(second.read_bytes()).hexdigest()
    forged = seals / "2026-11-26.seal"
    forged.write_text(f"panggon-seal 1\nday 2026-11-26\nat x\nprevious 2026-11-25 {digest}\n")
    assert broken(now) == [("Segel", "seal.unrecorded", "2026-11-26")]
    forged.unlink()
    second.unlink()
    assert broken(now) == [("Segel", "seal.removed", "2026-11-25")]


def test_seals_that_stopped_are_noticed(sealed):
    assert broken(NIGHT + 2 * DAY) == []
    assert broken(NIGHT + 3 * DAY) == [("Segel", "seal.overdue", "2026-11-24")]


# -- Anything, anywhere

OTHER = {
    "cases_event": {
        "case_id": "(SELECT max(id) + min(id) - case_id FROM cases_case)",
        "sequence": "sequence + 7",
        "action": "CASE action WHEN 'refuse' THEN 'assign' ELSE 'refuse' END",
        "actor_id": "CASE WHEN actor_id IS NULL THEN (SELECT min(id) FROM people_user) END",
        "role": "role || 'x'",
        "acting": "CASE acting WHEN '' THEN 'plh' ELSE '' END",
        "represented_id": "CASE WHEN represented_id IS NULL THEN (SELECT min(id) FROM people_user) END",
        "at": "at + interval '1 microsecond'",
        "source": "source || 'x'",
        "target": "target || 'x'",
        "clock": "CASE clock WHEN 'none' THEN 'stop' ELSE 'none' END",
        "data": "data || '{\"x\": 1}'",
        "note": "note || ' '",
        "salt": "CASE salt WHEN '' THEN '0' ELSE 'x' || substr(salt, 2) END",
        "previous": "'x' || substr(previous, 2)",
        "digest": "'x' || substr(digest, 2)",
    },
    "cases_case": {
        "number": "'HST-2026-7' || substr(number, 10)",
        "version": "version + 1",
        "head": "'x' || substr(head, 2)",
        "state": "CASE state WHEN 'done' THEN 'draft' ELSE 'done' END",
    },
    "audit_change": {
        "sequence": "sequence + 7",
        "subject": "subject || 'x'",
        "actor_id": "CASE WHEN actor_id IS NULL THEN (SELECT min(id) FROM people_user) END",
        "at": "at + interval '1 microsecond'",
        "reason": "reason || ' '",
        "before": "'1'",
        "after": '\'{"name": "Budi"}\'',
        "salt": "CASE salt WHEN '' THEN '0' ELSE 'x' || substr(salt, 2) END",
        "contents": "'x' || substr(contents, 2)",
        "previous": "'x' || substr(previous, 2)",
        "digest": "'x' || substr(digest, 2)",
    },
    "audit_end": {"digest": "'x' || substr(digest, 2)"},
}
COPY = {
    "cases_event": (
        "case_id, sequence + 1, action, actor_id, role, acting, represented_id, "
        "at, source, target, clock, data, note, salt, digest"
    ),
    "audit_change": "sequence + 1, subject, actor_id, at, reason, before, after, salt, contents, digest",
}
CHANGES = st.sampled_from([(table, column) for table, columns in OTHER.items() for column in columns])
REMOVALS = st.sampled_from([("cases_event", None), ("audit_change", None), ("cases_case", None)])


def test_the_property_below_tries_every_column_of_the_log():
    """A column that is added to the log has to be added there: `id` alone says nothing."""
    for model in (Event, Change):
        columns = {column.attname for column in model._meta.concrete_fields if not column.primary_key}
        assert columns == OTHER[model._meta.db_table].keys()


@given(what=st.one_of(CHANGES, REMOVALS), row=st.integers(0, 8))
@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_changed_or_removed_anywhere_is_found(sealed, what, row):
    table, column = what
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id FROM {table} ORDER BY id")
        rows = [found for (found,) in cursor.fetchall()]
    key = rows[row % len(rows)]
    change = f"UPDATE {table} SET {column} = {OTHER[table][column]}" if column else f"DELETE FROM {table}"
    with transaction.atomic():
        try:
            with transaction.atomic():
                tamper(f"{change} WHERE id = %s", key)
        except IntegrityError:
            assume(False)
        assert broken(), (what, key)
        transaction.set_rollback(True)


@pytest.mark.parametrize("table", COPY)
def test_an_inserted_row_is_found(sealed, table):
    names = COPY[table].replace("sequence + 1", "sequence").removesuffix(", digest") + ", previous, digest"
    values = COPY[table].removesuffix(", digest") + ", digest, repeat('0', 64)"
    tamper(f"INSERT INTO {table} ({names}) SELECT {values} FROM {table} ORDER BY id DESC LIMIT 1")
    assert "chain.changed" in {code for _, code, _ in broken()}


# -- The command


@pytest.fixture
def run(monkeypatch):
    monkeypatch.setattr(logbook_commands, "prepare", lambda: None)
    return lambda *words: CliRunner().invoke(cli.main, ["audit", *words])


def test_the_command_names_each_fault_in_words(run, cases):
    assert (run("verify").exit_code, run("verify").output) == (0, "Catatan utuh; belum pernah disegel\n")
    day, digest = run("seal").output.split()
    assert run("verify").output == f"Catatan utuh; segel terakhir {day} {digest}\n"
    number = cases[0].number
    tamper("UPDATE cases_event SET action = 'refuse' WHERE case_id = %s AND sequence = 3", cases[0].pk)
    tamper("DELETE FROM cases_event WHERE case_id = %s AND sequence = 6", cases[0].pk)
    found = run("verify")
    assert found.exit_code == 1
    assert found.output.splitlines() == [
        f"{number}: baris 3 diubah: isinya tidak cocok dengan sidik SHA-256-nya",
        f"{number}: catatan terputus setelah baris 5",
        f"{number}: keadaan permohonan tidak sama dengan hasil baris terakhir, yaitu baris 5",
        f"{number}: baris 6 tidak ada lagi sebagaimana disegel, atau sudah diganti",
        f"4 kejanggalan; segel terakhir {day} {digest}",
    ]


@pytest.mark.django_db
def test_an_empty_log_is_whole(run):
    assert (run("verify").exit_code, run("verify").output) == (0, "Catatan utuh; belum pernah disegel\n")
