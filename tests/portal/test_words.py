"""Every fault that the rules of names, letters, access and steps can give has its sentence for people."""

import re
from pathlib import Path

from panggon.cases.words import FAULT_WORDS
from panggon.core.papers.signing import Part
from panggon.papers.words import SIGNING

SOURCES = Path(__file__).parents[2] / "src" / "panggon"
GROUPS = (
    "export|label|letter|access|case|agenda_number|technician|calendar|action|stamp|text|person|storage|checklist"
    "|disposition|site|hold"
)
# Errors of the program or of its settings: no page gives occasion to them.
NOT_SHOWN = {"access.parked", "calendar.session"}


def codes() -> set[str]:
    files = [*SOURCES.glob("core/**/*.py"), *SOURCES.glob("papers/*.py"), *SOURCES.glob("sites/*.py")]
    files += SOURCES.glob("cases/**/*.py")
    texts = [file.read_text() for file in files if file.name != "words.py"]
    labels = re.findall(r'_fault\("([a-z_]+)"(?!, field="host")', (SOURCES / "core" / "naming.py").read_text())
    found = {code for text in texts for code in re.findall(rf'"((?:{GROUPS})\.[a-z_]+)"', text)}
    return found | {f"label.{rule}" for rule in labels}


def test_every_fault_has_words():
    found = codes() - NOT_SHOWN
    assert {"label.reserved", "letter.active_content", "access.ssh_key"} <= found
    assert found - set(FAULT_WORDS) == set()


def test_no_words_are_left_over():
    assert set(FAULT_WORDS) - codes() == set()


def test_every_reason_why_nothing_was_signed_has_words():
    files = [
        SOURCES / "core" / "papers" / "signing.py",
        *SOURCES.glob("papers/*.py"),
        *SOURCES.glob("papers/signers/*.py"),
    ]
    files += [SOURCES / "cases" / "signing.py"]
    texts = [file.read_text() for file in files if file.name != "words.py"]
    found = {code for text in texts for code in re.findall(r'"(signing\.[a-z_]+)"', text)}
    found |= {f"signing.differs.{part}" for part in Part}
    kept_only = {"signing.abandoned", "signing.late"}  # of attempts that nobody waits for any more
    assert found - kept_only == {code for code in SIGNING if code.startswith("signing.")}
