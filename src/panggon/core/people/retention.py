"""Until when what speaks of people is kept: UU 27/2022, article 16 paragraph 2 letter g, and article 43."""

import calendar
from datetime import datetime
from enum import StrEnum


class PersonalData(StrEnum):
    """The kinds of which the department says how long each is kept."""

    WORDS = "words"  # what people wrote in the course of a case
    CONTACTS = "contacts"  # who is named in a request
    LETTERS = "letters"  # what was uploaded
    DRAFTS = "drafts"  # what was begun and never sent
    UNFILED = "unfiled"  # letters that were uploaded and never filed, and what a machine read in letters
    NOTICES = "notices"  # what people were told
    SURVEYS = "surveys"  # what respondents of the survey wrote
    CHANGES = "changes"  # what was changed about people outside of cases


def months_before(moment: datetime, months: int) -> datetime:
    """The same time of day so many months earlier; on the month's last day where the day is none of it."""
    year, month = divmod(moment.year * 12 + moment.month - 1 - months, 12)
    day = min(moment.day, calendar.monthrange(year, month + 1)[1])
    return moment.replace(year=year, month=month + 1, day=day)
