"""What people wrote, as cells of a sheet that spreadsheets open."""

# What a spreadsheet would take for a formula, also as the wide letters that some of them read alike.
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def harmless(words: str) -> str:
    """With an apostrophe before what a spreadsheet would reckon with (OWASP, CSV injection)."""
    return f"'{words}" if words.startswith(FORMULA_SIGNS) else words
