"""Handling incidents as a page, printed from the table that decides."""

from collections.abc import Iterator

from panggon.core.cases.procedure_page import table
from panggon.core.cases.vocabulary import Role
from panggon.core.incidents.procedure import ROWS, IncidentNeed, IncidentRow
from panggon.core.incidents.vocabulary import (
    CHECKLIST,
    DUTY_LABELS,
    DUTY_SOURCES,
    INCIDENT_ACTIONS,
    INCIDENT_STATES,
    IncidentAction,
    IncidentState,
)
from panggon.core.schedule.clock import ClockEffect

INTRODUCTION = """# Incidents

A complaint, what a hosting machine found, or what anybody of the dinas saw becomes a security incident at
`/insiden/lapor/`, from the page of a complaint or of a site.

- Quarantine is one button with a reason. A technician may press it at once; Kepala Bidang, Kepala Dinas and the OPD are
  told in the same moment. Visitors get 503 from outside of the site, nothing of it runs, nobody comes in over SFTP, and
  files, database and logs stay as they are. The page says so only when the machine has proven it; a machine that is
  away does it when it is back, and no deadline waits for that.
- Releasing needs a Kepala Bidang or the Kepala Dinas, and not who had it quarantined.
- Who is named in an incident neither sees nor handles it. The OPD of the site sees of its own incident what plain words
  say; the public sees nothing.
- "Apakah data pribadi terkena?" is answered yes, no or not yet known. Yes starts the clock of UU 27/2022 article 46:
  3 × 24 hours from the moment at which it was known, to the subjects and to the authority.
- Risk is low, medium or high: the levels in which BSSN publishes its assessments of government sites (of 5,644 domains
  in 2024: 144 high, 2,164 medium, 3,336 low). Article 15 says "at least high", and neither names nor describes levels;
  who confirms the incident judges it and writes down why.
- An incident of high risk is reported to the sector's TTIS (Perban BSSN 1/2024 article 15: reporter's contact,
  description, chronology, impact). The article was read to give a time only for vital infrastructure (IIV), 1 × 24
  hours; from which moment it counts was not found, Panggon counts from the first report. To be decided by the dinas:
  who is its sectoral TTIS, and whether the dinas or the OPD is the controller of the data.
- Warnings go out at 50, 80 and 100 %, day and night; at 80 % to the Kepala Dinas as well.
- Both papers have numbers and templates like all papers. They are confidential: the export for SRIKANDI names them
  without their files. They are not signed in the portal: what was read of both laws names contents and times and no
  form of signature, and who signs is among what the dinas decides above; besides, it may be the person whom the
  incident is about. Whoever signs does so by hand or with a program of their own, and keeps the signed file as evidence
  (*Tambah Catatan atau Bukti*), by its digest.
- Every act is recorded in the log of changes with a salted digest of what was written. What an incident says of anybody
  is erased with the words of cases (*Pengaturan › Masa simpan data pribadi*).

The tables are printed from `src/panggon/core/incidents/procedure.py` by `script/docs`; nothing else decides
what is legal.
"""


def page() -> str:
    return f"{INTRODUCTION}\n{_states()}\n{_actions()}\n{_duties()}\n{_checklist()}"


# ------------------------------------------------------------------------------------------------------------------


def _states() -> str:
    rows = [
        (f"`{state}`", label.text, str(label.waits_for or ""), label.next_words, label.owner_words)
        for state, label in INCIDENT_STATES.items()
    ]
    return table("States", ("state", "label", "waits for", "what happens next", "what the OPD reads"), rows)


def _actions() -> str:
    rows = [
        (
            f"`{row.action}`",
            INCIDENT_ACTIONS[row.action],
            ", ".join(f"`{source}`" for source in sources),
            "stays" if row.target in sources else f"`{row.target}`",
            ", ".join(_who(role, needs) for role, needs in row.roles.items()),
            ", ".join(map(_words, row.needs)),
            "" if row.clock is ClockEffect.NONE else str(row.clock),
            ", ".join(map(_words, row.effects)),
        )
        for row, sources in _grouped()
    ]
    head = ("action", "button", "from", "to", "who", "needs", "clock", "effects")
    return table("Actions", head, rows)


def _grouped() -> Iterator[tuple[IncidentRow, tuple[IncidentState, ...]]]:
    """An action that leaves the state as it is has a row a state; for people it is one."""
    for action in IncidentAction:
        rows = [row for row in ROWS if row.action is action]
        yield rows[0], tuple(source for row in rows for source in row.sources)


def _duties() -> str:
    rows = [(f"`{duty}`", words, DUTY_SOURCES[duty]) for duty, words in DUTY_LABELS.items()]
    return table("Duties", ("duty", "words", "source"), rows)


def _checklist() -> str:
    return table("Closing checklist", ("item", "words"), [(f"`{item}`", words) for item, words in CHECKLIST.items()])


def _who(role: Role, needs: tuple[IncidentNeed, ...]) -> str:
    return f"{role} ({', '.join(map(_words, needs))})" if needs else str(role)


def _words(name: str) -> str:
    return str(name).removeprefix("incident_").replace("_", " ")
