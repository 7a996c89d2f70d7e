"""The procedure as a page: a Mermaid diagram and a Markdown table, printed from the table that decides."""

from collections.abc import Sequence

from panggon.core.cases.procedure import (
    ACTION_LABELS,
    CLOCK_OPEN,
    ROLE_LABELS,
    ROWS,
    STATE_LABELS,
    TABLE,
    Action,
    Need,
    ProcedureRow,
    Role,
    State,
)
from panggon.core.schedule.clock import ClockEffect

INTRODUCTION = """# The procedure

Printed from the table in `src/panggon/core/cases/procedure.py` by `script/docs`; the test suite checks that it is
fresh. The steps are those of SK 060/040/III Tahun 2022. Nothing else in Panggon decides what is legal.
"""


def page() -> str:
    return f"{INTRODUCTION}\n{diagram()}\n{states()}\n{actions()}"


def diagram() -> str:
    """Mermaid; what leads from a state to itself and the two ways out of nearly every state are left to the table."""
    names = [f'  state "{STATE_LABELS[state].text}" as {state}' for state in State]
    left_out = {Action.WITHDRAW, Action.REFUSE}
    arrows = [
        f"  {source} --> {row.target}: {ACTION_LABELS[row.action].text}"
        for row in ROWS
        for source in row.sources
        if row.action not in left_out and source != row.target
    ]
    ends = [f"  {state} --> [*]" for state in State if state in TABLE.finals]
    ways_out = [
        f"  note right of {row.target}: {ACTION_LABELS[row.action].text}" for row in ROWS if row.action in left_out
    ]
    lines = ["stateDiagram-v2", *names, f"  [*] --> {TABLE.initial}", *arrows, *dict.fromkeys(ways_out), *ends]
    return "```mermaid\n" + "\n".join(lines) + "\n```\n"


def states() -> str:
    rows = [
        (
            f"`{state}`",
            label.text,
            _number(label.step),
            _number(label.under_way),
            _who(label.waits_for),
            label.next_words,
        )
        for state, label in STATE_LABELS.items()
    ]
    return table("States", ("state", "label", "SK step reached", "under way", "waits for", "next"), rows)


def actions() -> str:
    rows = dict.fromkeys(
        (
            _steps(row.action),
            f"`{row.action}`",
            ACTION_LABELS[row.action].text,
            ", ".join(_role(role, needs) for role, needs in row.roles.items()),
            ", ".join(f"`{source}`" for source in _sources(row)),
            "the same" if row.action is Action.RECALCULATE else f"`{row.target}`",
            _words(row.needs),
            "" if row.clock is ClockEffect.NONE else str(row.clock),
            _words(row.effects),
        )
        for row in ROWS
    )
    return table("Actions", ("SK", "action", "button", "who", "from", "to", "needs", "clock", "effects"), list(rows))


def _sources(row: ProcedureRow) -> tuple[State, ...]:
    """One line for the action that leaves every state as it is, instead of one a state."""
    return CLOCK_OPEN if row.action is Action.RECALCULATE else row.sources


def table(title: str, head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return f"## {title}\n\n" + "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _steps(action: Action) -> str:
    steps = ACTION_LABELS[action].steps
    if len(steps) > 2:
        return f"{steps[0]}–{steps[-1]}"
    return ", ".join(map(str, steps)) or "–"


def _number(step: int | None) -> str:
    return "–" if step is None else str(step)


def _who(role: Role | None) -> str:
    return "–" if role is None else ROLE_LABELS[role]


def _role(role: Role, needs: tuple[Need, ...]) -> str:
    return f"{role} ({_words(needs)})" if needs else str(role)


def _words(names: tuple[str, ...]) -> str:
    return ", ".join(str(name).replace("_", " ") for name in names)
