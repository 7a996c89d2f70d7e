from pathlib import Path

from panggon.core.complaints.procedure import ROWS
from panggon.core.complaints.procedure_page import page


def test_the_printed_page_is_fresh() -> None:
    """After a change of the table: run `script/docs`."""
    assert (Path(__file__).parents[3] / "docs" / "complaints.md").read_text() == page()


def test_every_row_of_the_table_is_on_the_page() -> None:
    assert sum(line.startswith("| `") for line in page().splitlines()) == len(ROWS) + 8
