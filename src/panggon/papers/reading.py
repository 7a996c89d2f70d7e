"""The text of an uploaded letter: what the PDF carries, else what tesseract sees in its pages."""

from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path

import pypdfium2
import pytesseract
from PIL import Image

from panggon.core.errors import PermanentError
from panggon.papers.apart import Limits, look_into

LIMITS = Limits(seconds=90, memory_mebibytes=2048)
PAGES_MOST = 3  # a request stands on its first pages
LETTERS_LEAST = 80  # fewer on a page are a stamp or a page number, not its text
TEXT_MOST = 40_000
DOTS_PER_INCH, POINTS_PER_INCH = 200, 72
PIXELS_MOST = 3500  # of the longer side; A4 at 200 dots has 2339
SEEN = 0.8  # how sure what a machine saw in a picture is
PAGE_SECONDS = 30


@dataclass(frozen=True, slots=True)
class LetterText:
    """`certainty`: 1 for text that the PDF carries, less for what was seen in a picture."""

    text: str
    certainty: float


def letter_text(data: bytes, *, limits: Limits = LIMITS) -> LetterText:
    """Raises PermanentError `reading.failed` when the letter cannot be read within the limits."""
    try:
        return LetterText(*look_into(data, _read, limits=limits))
    except BrokenProcessPool as error:
        raise PermanentError("reading.failed", "the reading process ended") from error
    except (pypdfium2.PdfiumError, pytesseract.TesseractError, MemoryError, OSError, RuntimeError) as error:
        raise PermanentError("reading.failed", str(error)) from error


# -- In the other process ------------------------------------------------------------------------------------------


def _read(letter: Path) -> tuple[str, float]:
    document = pypdfium2.PdfDocument(letter)
    pages = [document[number] for number in range(min(len(document), PAGES_MOST))]
    carried = "\n".join(page.get_textpage().get_text_bounded() for page in pages)[:TEXT_MOST]
    if sum(letter.isalpha() for letter in carried) >= LETTERS_LEAST:
        return carried, 1.0
    return "\n".join(_see(page) for page in pages)[:TEXT_MOST], SEEN


def _see(page: pypdfium2.PdfPage) -> str:
    scale = min(DOTS_PER_INCH / POINTS_PER_INCH, PIXELS_MOST / max(page.get_size()))
    picture = page.render(scale=scale, grayscale=True).to_pil().convert("L")
    return str(pytesseract.image_to_string(_upright(picture), lang="ind", timeout=PAGE_SECONDS))


def _upright(picture: Image.Image) -> Image.Image:
    """Turned as tesseract believes that people read it; as it is when there is too little to tell."""
    try:
        seen = pytesseract.image_to_osd(picture, output_type=pytesseract.Output.DICT, timeout=PAGE_SECONDS)
    except pytesseract.TesseractError:
        return picture
    return picture.rotate(-int(seen["rotate"]), expand=True, fillcolor=255)
