"""Reading a paper as a person does who holds it in the hand."""

import re

import pypdfium2

CODE = re.compile(r"\b[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}\b")


def words_on(pdf: bytes) -> str:
    """All words, in one line."""
    document = pypdfium2.PdfDocument(pdf)
    return " ".join(" ".join(page.get_textpage().get_text_bounded() for page in document).split())


def code_on(pdf: bytes) -> str:
    """The code of an access document. Raises ValueError when there is none."""
    found = CODE.search(words_on(pdf))
    if found is None:
        raise ValueError("the paper bears no code")
    return found[0]
