from pathlib import Path

from panggon.core.incidents.procedure_page import page
from panggon.core.incidents.vocabulary import CHECKLIST, Duty, IncidentAction, IncidentState


def test_the_printed_page_is_fresh() -> None:
    """After a change of the table: run `script/docs`."""
    assert (Path(__file__).parents[3] / "docs" / "incidents.md").read_text() == page()


def test_every_state_action_duty_and_item_is_on_the_page() -> None:
    named = (*IncidentState, *IncidentAction, *Duty, *CHECKLIST)
    assert sum(line.startswith("| `") for line in page().splitlines()) == len(named)
