"""Handling complaints as a page, printed from the table that decides."""

from panggon.core.cases.procedure_page import table
from panggon.core.complaints.procedure import ROWS, ComplaintNeed
from panggon.core.complaints.vocabulary import COMPLAINT_ACTIONS, COMPLAINT_STATES, Part
from panggon.core.schedule.clock import ClockEffect

INTRODUCTION = """# Complaints and the survey of satisfaction

The second half of the service standard, "Pengaduan Layanan" (SK 060/040/III Tahun 2022).

- Anybody complains at `/pengaduan/`, without an account, with files (PDF, JPEG, PNG), openly, confidentially (only who
  handles it sees who it was) or anonymously (nothing of the person is kept), and gets a number and a code to follow it.
  Nobody learns there which numbers of requests there are.
- What comes by e-mail arrives by itself ([email.md](email.md)).
- What comes by telephone, in person, by X, Instagram, LAPOR! or Wadul Aladin is entered at `/pengaduan/catat/`; two
  fields are required, and the receipt (tanda terima) is printed from the next page.
- Officers are who holds the post *Pejabat Pengaduan*, and Tata Usaha; officials are Kepala Dinas and Kepala Bidang.
- Who is named in a complaint neither sees nor handles it. An officer cannot end one without a solution in words, told
  by the channel by which it came; what nobody may handle goes to the Kepala Dinas.
- Deadlines by kind, in working days or days: *Pengaturan › Batas waktu pengaduan*. A complaint keeps those that were
  set when it came in. Warnings go out at 50, 80 and 100 %, at 100 % to the Kepala Dinas as well. Silence after a
  solution closes it when the set days are over.
- What a complaint says of anybody is erased with the words of cases (*Pengaturan › Masa simpan data pribadi*).
- At the end of each case and each complaint the survey is offered once. An answer is kept without a name, and nothing
  that is kept says whose it was. `/survei/` shows the index, a card as PDF, and suggestions that somebody has read
  before (*Saran survei*); the index of a few only to those who read these. `panggon ikm ANSWERS.csv` reckons the index
  of any table of answers (columns U1 to U9).

The two tables are printed from `src/panggon/core/complaints/procedure.py` by `script/docs`; nothing
else decides what is legal.
"""


def page() -> str:
    return f"{INTRODUCTION}\n{_states()}\n{_actions()}"


# ------------------------------------------------------------------------------------------------------------------


def _states() -> str:
    rows = [
        (f"`{state}`", label.text, str(label.step or ""), str(label.waits_for or ""), label.next_words)
        for state, label in COMPLAINT_STATES.items()
    ]
    return table("States", ("state", "label", "step of the SK", "waits for", "what happens next"), rows)


def _actions() -> str:
    rows = [
        (
            f"`{row.action}`",
            COMPLAINT_ACTIONS[row.action],
            ", ".join(f"`{source}`" for source in row.sources),
            f"`{row.target}`",
            ", ".join(_who(part, needs) for part, needs in row.roles.items()),
            ", ".join(map(_words, row.needs)),
            "" if row.clock is ClockEffect.NONE else str(row.clock),
            ", ".join(map(_words, row.effects)),
        )
        for row in ROWS
    ]
    head = ("action", "button", "from", "to", "who", "needs", "clock", "effects")
    return table("Actions", head, rows)


def _who(part: Part, needs: tuple[ComplaintNeed, ...]) -> str:
    return f"{part} ({', '.join(map(_words, needs))})" if needs else str(part)


def _words(name: str) -> str:
    return str(name).replace("_", " ")
