"""What becomes of a mail, as a table of mails."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panggon.core.complaints.incoming_mail import (
    Check,
    Judgement,
    Letter,
    Outcome,
    Reason,
    Report,
    Thread,
    check_of,
    judge,
    may_answer,
    patience_is_over,
)

NOW = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
OURS = {"pengaduan@kota.example"}
RINA = "rina@example.org"
PLAIN = Letter(sender=RINA, subject="Situs lambat", text="Sejak kemarin.", message_id="1@example.org")
HERS = Thread(RINA, proven=True, over=False)
FOREIGN = Thread("budi@example.org", proven=True, over=False)
UNPROVEN = replace(HERS, proven=False)
OVER = replace(HERS, over=True)
FAILED = Report(failed=True, words="550 no such user", about=("complaint-PGD-2026-0001-0123456789abcdef0123@x",))


def held(reason: Reason) -> Judgement:
    return Judgement(Outcome.HELD, reason)


def nothing(reason: Reason) -> Judgement:
    return Judgement(Outcome.NOTHING, reason)


COMPLAINT, ADDITION = Judgement(Outcome.COMPLAINT, answer=True), Judgement(Outcome.ADDITION)
TABLE = [
    (PLAIN, None, COMPLAINT),
    (replace(PLAIN, auto_submitted="no", return_path=RINA), None, COMPLAINT),
    (replace(PLAIN, text="", subject="", has_files=True), None, COMPLAINT),
    (replace(PLAIN, unanswerable=True), None, Judgement(Outcome.COMPLAINT, answer=False)),
    (replace(PLAIN, text="", subject=""), None, held(Reason.EMPTY)),
    (replace(PLAIN, sender=""), None, held(Reason.NO_SENDER)),
    (replace(PLAIN, sender="", beyond_ascii=True), None, held(Reason.BEYOND_ASCII)),
    (replace(PLAIN, sender="", beyond_ascii=True, check=Check.FAILED), None, held(Reason.CHECK_FAILED)),
    (replace(PLAIN, check=Check.FAILED), None, held(Reason.CHECK_FAILED)),
    (PLAIN, HERS, ADDITION),
    (PLAIN, replace(HERS, address="Rina@Example.org"), ADDITION),
    (PLAIN, UNPROVEN, held(Reason.UNPROVEN)),
    (replace(PLAIN, check=Check.PASSED), UNPROVEN, ADDITION),
    (PLAIN, FOREIGN, held(Reason.OTHER_SENDER)),
    (replace(PLAIN, check=Check.PASSED), FOREIGN, held(Reason.OTHER_SENDER)),
    (PLAIN, replace(HERS, address=""), held(Reason.OTHER_SENDER)),  # an anonymous complaint
    (PLAIN, OVER, held(Reason.OVER)),
    (PLAIN, replace(OVER, proven=False), held(Reason.UNPROVEN)),  # whether it is over is nobody's business
    (replace(PLAIN, auto_submitted="auto-replied"), HERS, nothing(Reason.AUTOMATIC)),
    (replace(PLAIN, auto_submitted="auto-replied"), None, held(Reason.AUTOMATIC)),
    (replace(PLAIN, return_path=""), None, held(Reason.AUTOMATIC)),
    (replace(PLAIN, auto_reply=True), None, held(Reason.AUTOMATIC)),
    (replace(PLAIN, precedence="auto_reply"), None, held(Reason.AUTOMATIC)),
    (replace(PLAIN, precedence="bulk"), None, held(Reason.LIST)),
    (replace(PLAIN, of_a_list=True), HERS, held(Reason.LIST)),
    (replace(PLAIN, report=FAILED), HERS, Judgement(Outcome.BOUNCE)),
    (replace(PLAIN, report=FAILED), UNPROVEN, nothing(Reason.REPORT)),
    (replace(PLAIN, report=FAILED), None, nothing(Reason.REPORT)),
    (replace(PLAIN, report=replace(FAILED, failed=False)), HERS, nothing(Reason.REPORT)),
    (replace(PLAIN, sender="pengaduan@kota.example"), None, nothing(Reason.OURS)),
    (replace(PLAIN, message_id="complaint-PGD-2026-0001-0123456789abcdef0123.x@kota"), None, nothing(Reason.OURS)),
]


@pytest.mark.parametrize(("letter", "thread", "judgement"), TABLE)
def test_each_mail(letter: Letter, thread: Thread | None, judgement: Judgement):
    assert judge(letter, ours=OURS, thread=thread, twice=False) == judgement


def test_what_came_twice_has_no_effect():
    assert judge(PLAIN, ours=OURS, thread=None, twice=True) == nothing(Reason.TWICE)


letters = st.builds(
    Letter,
    sender=st.sampled_from(["", RINA, "pengaduan@kota.example"]),
    subject=st.sampled_from(["", "x"]),
    return_path=st.sampled_from([None, "", RINA]),
    auto_submitted=st.sampled_from(["", "no", "auto-replied", "auto-generated", "x"]),
    precedence=st.sampled_from(["", "bulk", "list", "junk", "auto_reply", "normal"]),
    auto_reply=st.booleans(),
    of_a_list=st.booleans(),
    unanswerable=st.booleans(),
    report=st.sampled_from([None, FAILED]),
    check=st.sampled_from(list(Check)),
    text=st.sampled_from(["", "x"]),
)
threads = st.none() | st.builds(Thread, st.sampled_from(["", RINA, "b@x"]), st.booleans(), st.booleans())


@given(letter=letters, thread=threads)
def test_only_a_person_who_starts_is_answered_and_only_who_proves_it_is_believed(letter: Letter, thread: Thread | None):
    judgement = judge(letter, ours=OURS, thread=thread, twice=False)
    if judgement.answer:
        by_a_person = letter.auto_submitted in ("", "no") and not letter.auto_reply and letter.return_path != ""
        assert by_a_person
        assert (thread, letter.report, letter.of_a_list, letter.unanswerable) == (None, None, False, False)
        assert letter.precedence in ("", "normal")
    if judgement.outcome is Outcome.ADDITION:
        assert letter.sender == thread.address.lower() != ""
        assert thread.proven or letter.check is Check.PASSED
    if judgement.outcome in (Outcome.HELD, Outcome.NOTHING):
        assert judgement.reason is not None


@pytest.mark.parametrize(
    ("results", "check"),
    [
        (" dmarc=pass header.from=example.org", Check.PASSED),
        (" spf=pass smtp.mailfrom=evil.example; dmarc=fail (p=none) header.from=example.org", Check.FAILED),
        (" dmarc=none; spf=pass smtp.mailfrom=rina@example.org", Check.PASSED),
        (" spf=pass smtp.mailfrom=bounces.example.org", Check.PASSED),
        (" spf=pass smtp.mailfrom=evil.example; dkim=pass header.d=evil.example", Check.NONE),
        (" spf=pass smtp.mailfrom=notexample.org", Check.NONE),
        (" dkim=fail header.d=example.org; dkim=pass header.d=example.org", Check.PASSED),
        (" dkim=fail header.d=example.org", Check.NONE),
        (" none", Check.NONE),
        ("", Check.NONE),
    ],
)
def test_what_the_own_server_found_out(results: str, check: Check):
    assert check_of(results, sender=RINA) is check


def test_one_automatic_answer_a_day():
    assert may_answer(None, now=NOW)
    assert not may_answer(NOW - timedelta(hours=23, minutes=59), now=NOW)
    assert may_answer(NOW - timedelta(hours=24), now=NOW)


def test_people_are_told_sooner_of_what_only_they_can_mend():
    minutes = [
        minute for minute in range(90) if patience_is_over(NOW, temporary=True, now=NOW + timedelta(minutes=minute))
    ]
    assert minutes[0] == 60
    assert patience_is_over(NOW, temporary=False, now=NOW + timedelta(minutes=10))
    assert not patience_is_over(NOW, temporary=False, now=NOW + timedelta(minutes=9))
