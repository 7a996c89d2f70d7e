"""What people may see of cases, and what waits for whom. Reading changes nothing."""

from panggon.cases.selectors.events import (
    earlier_case,
    last_event,
    news_since,
    others_since,
    timeline,
    usual_division,
)
from panggon.cases.selectors.fetching import SHOWN_IN_ROWS, rows_with_holder
from panggon.cases.selectors.hands import at_post, is_in_hand
from panggon.cases.selectors.offered import CaseOffer, lacking, offers
from panggon.cases.selectors.seeing import (
    case_for,
    found,
    moments_at,
    newest_visible_to,
    numbered,
    paper_for,
    papers_for,
    reading_for,
    visible_to,
)
from panggon.cases.selectors.sweeping import open_cases, over_since, watched_cases
from panggon.cases.selectors.timing import clock_now, clock_of, due_of, step_time_of
from panggon.cases.selectors.tracking import PublicStatus, Subject, public_status, subject_of, token_of
from panggon.cases.selectors.vacant import Unattended, left_cases, unattended, unattended_below, vacancy_of
from panggon.cases.selectors.waiting import URGENCY, WAITING_SHOWN, WaitingCounts, waiting_counts, waiting_for

__all__ = [
    "SHOWN_IN_ROWS",
    "URGENCY",
    "WAITING_SHOWN",
    "CaseOffer",
    "PublicStatus",
    "Subject",
    "Unattended",
    "WaitingCounts",
    "at_post",
    "case_for",
    "clock_now",
    "clock_of",
    "due_of",
    "earlier_case",
    "found",
    "is_in_hand",
    "lacking",
    "last_event",
    "left_cases",
    "moments_at",
    "newest_visible_to",
    "news_since",
    "numbered",
    "offers",
    "open_cases",
    "others_since",
    "over_since",
    "paper_for",
    "papers_for",
    "public_status",
    "reading_for",
    "rows_with_holder",
    "step_time_of",
    "subject_of",
    "timeline",
    "token_of",
    "unattended",
    "unattended_below",
    "usual_division",
    "vacancy_of",
    "visible_to",
    "waiting_counts",
    "waiting_for",
    "watched_cases",
]
