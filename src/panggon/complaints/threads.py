"""Which complaint an e-mail belongs to, and whether its writer can have had our mail about it."""

from collections.abc import Iterable

from django.utils.crypto import constant_time_compare, salted_hmac

from panggon.complaints.models import Complaint
from panggon.core.complaints.incoming_mail import NUMBER, THREAD, Letter, Thread
from panggon.core.complaints.procedure import TABLE

KEY_LETTERS = 20  # 80 bits


def thread_of(complaint: Complaint) -> str:
    """What stands in the ids of all mails about a complaint; nobody finds it who had none of them."""
    return f"complaint-{complaint.number}-{_key(complaint)}"


def find(letter: Letter) -> tuple[Complaint, Thread] | None:
    """The complaint that a mail names, and what it shows: the thread it answers or writes to, or number and code in
    its subject. The number alone shows nothing.
    """
    places = (*letter.about, *(letter.report.about if letter.report else ()), *letter.to)
    answered = [found.groups() for found in map(THREAD.search, places) if found]
    claimed = [*(number for number, _key in answered), *NUMBER.findall(letter.subject)]
    known = {row.number: row for row in Complaint.objects.filter(number__in={number.upper() for number in claimed})}
    for number, key in answered:
        complaint = known.get(number.upper())
        if complaint and constant_time_compare(key.lower(), _key(complaint)):
            return complaint, _thread(complaint, proven=True)
    return _by_subject(letter.subject, known.values())


def _by_subject(subject: str, known: Iterable[Complaint]) -> tuple[Complaint, Thread] | None:
    for complaint in known:
        return complaint, _thread(complaint, proven=complaint.token in subject.split())
    return None


def _thread(complaint: Complaint, *, proven: bool) -> Thread:
    return Thread(complaint.email, proven=proven, over=complaint.state in TABLE.finals)


def _key(complaint: Complaint) -> str:
    mac = salted_hmac("panggon.complaints.thread", complaint.token, algorithm="sha256")
    return mac.hexdigest()[:KEY_LETTERS]
