"""What is said of a problem whose detail says little."""

from pathlib import Path

import pytest

import panggon
from panggon.core.node.words import problem_words


@pytest.mark.parametrize(
    ("code", "detail", "said"),
    [
        ("plan.partial", "database:s000123", "Ada yang setengah tertulis: database:s000123"),
        ("plan.unobserved", "host:a.example", "Ada yang keadaannya belum dilihat: host:a.example"),
        ("shell.missing", "knotc", "Program ini tidak terpasang: knotc"),
        ("unproven", "", "Ada bukti yang tidak terpenuhi"),
        ("node.bound", "Sudah 5 situs diubah.", "Sudah 5 situs diubah."),
        ("node.bound", "", ""),
    ],
)
def test_a_code_is_told_with_its_meaning_where_the_detail_is_not_enough(code, detail, said):
    assert problem_words.words(code, detail) == said


def test_the_meaning_is_told_in_the_readers_language_and_the_detail_as_it_came():
    assert problem_words.words("disk.full", "mesin penuh", translated=str.upper) == "DISK MESIN PENUH: mesin penuh"


def test_each_code_that_has_a_meaning_is_one_that_a_machine_tells():
    of_machine = Path(panggon.__file__).parent
    files = [path for part in ("core", "engine", "drivers", "node") for path in (of_machine / part).rglob("*.py")]
    source = "".join(path.read_text() for path in files if path.name != "problem_words.py")
    assert [code for code in problem_words._MEANINGS if f'"{code}"' not in source] == []
