"""What others have said, made fit for a terminal: sites choose the names of their files and what their programs answer,
and a terminal obeys what it does not show.
"""

from panggon.core.node.words.system_errors import in_indonesian

MOST = 4000


def printable(words: str) -> str:
    """On one line, not without an end, and what systems said of their errors in Indonesian."""
    said = in_indonesian(words[:MOST])
    shown = "".join(each if each.isprintable() else " " if each.isspace() else "?" for each in said)
    return shown if len(words) <= MOST else f"{shown} …"
