"""What others have said, made fit for a terminal: sites choose the names of their files and what their programs answer,
and a terminal obeys what it does not show.
"""

MOST = 4000


def printable(words: str) -> str:
    """On one line, and not without an end."""
    shown = "".join(each if each.isprintable() else " " if each.isspace() else "?" for each in words[:MOST])
    return shown if len(words) <= MOST else f"{shown} …"
