"""The letters that the demonstration brings are those that the script in their folder makes."""

from pathlib import Path

import pytest

from examples import make_letter
from panggon.papers.rendering import render

FOLDER = Path(make_letter.__file__).parent


@pytest.mark.parametrize("name", make_letter.LETTERS)
def test_a_letter_can_be_made_again(name):
    made = render("surat_permohonan.typ", make_letter.LETTERS[name])
    assert (FOLDER / name).read_bytes() == made, "run examples/make_letter.py"
