"""The table of notices as a page, printed for the documentation."""

from panggon.core.cases.procedure import ACTION_LABELS, ROLE_LABELS, ROWS, STATE_LABELS, Effect, State
from panggon.core.cases.procedure_page import table
from panggon.core.notify.messages import MESSAGES
from panggon.core.notify.notices import AUDIENCES, TABLE, Mailing, Occasion, Way, mailing_of, occasion_of

INTRODUCTION = """# Who is told what

Printed from the table in `src/panggon/core/notify/notices.py` by `script/docs`; the test suite checks that it is fresh.
In the portal everything is kept; an e-mail holds the subject and a link, a webhook what [webhook.md](webhook.md) says.
"""
WHEN = {
    Mailing.AT_ONCE: "at once",
    Mailing.DIGEST: "in the morning of the next working day",
    Mailing.NONE: "no e-mail",
}


def page() -> str:
    return f"{INTRODUCTION}\n{_occasions()}\n{_mailings()}\n{_messages()}\n{_steps()}"


def _occasions() -> str:
    rows = [
        (
            f"`{occasion}`",
            rule.whom,
            _mark(Way.PORTAL in rule.ways),
            _mark(Way.MAIL in rule.ways),
            _mark(Way.WEBHOOK in rule.ways),
            ", ".join(rule.personal) or "nothing",
            f"`{rule.subject}`",
            "yes" if rule.presses else "",
        )
        for occasion, rule in TABLE.items()
    ]
    head = ("occasion", "whom", "portal", "e-mail", "webhook", "of a person in a webhook", "subject", "waits for you")
    return table("Occasions", head, rows)


def _mailings() -> str:
    """What a person's choice means for what waits for a decision and for the rest."""
    rows = [
        (
            f"`{choice}`",
            WHEN[mailing_of(Occasion.YOUR_TURN, choice)],
            WHEN[mailing_of(Occasion.PROGRESS, choice)],
        )
        for choice in Mailing
    ]
    return table("E-mail by a person's choice", ("choice", "what waits for you", "the rest"), rows)


def _messages() -> str:
    rows = [(f"`{kind}`", wording.whom, f"`{wording.subject}`") for kind, wording in MESSAGES.items()]
    return table("E-mails that are no notices", ("message", "whom", "subject"), rows)


def _steps() -> str:
    rows = [
        (ACTION_LABELS[row.action].text, STATE_LABELS[row.target].text, _whom(effect, row.target), f"`{occasion}`")
        for row in ROWS
        for effect in row.effects
        if effect in AUDIENCES
        for occasion in [occasion_of(effect, row.target)]
    ]
    return table("Steps", ("button", "reached", "who is told", "occasion"), list(dict.fromkeys(rows)))


def _whom(effect: Effect, state: State) -> str:
    role = STATE_LABELS[state].waits_for
    return ROLE_LABELS[role] if effect is Effect.NOTIFY_NEXT and role is not None else AUDIENCES[effect]


def _mark(holds: bool) -> str:
    return "yes" if holds else "–"
