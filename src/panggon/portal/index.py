"""`panggon ikm`: the index of a file of answers, for anyone to check what is published."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import click

from panggon import file_words
from panggon.command_line import Refused
from panggon.core.errors import Fault, InvalidError
from panggon.core.surveys.survey import BAND_LABELS, QUESTIONS, Result, result_of, rounded, sums_of
from panggon.core.surveys.survey_sheet import COLUMNS, read_answers

BYTES_MOST = 64 * 1024 * 1024
MEAN_DECIMALS, INDEX_DECIMALS = 4, 2
WORDS = {
    "survey.empty": "Berkas ini tidak memuat jawaban.",
    "survey.columns": "Kolom {missing} tidak ada. Baris pertama memuat nama kolom: " + ", ".join(COLUMNS) + ".",
    "survey.twice": "Kolom {columns} ada dua kali.",
    "survey.row": "Baris {line}: {cells} isian, seharusnya {wanted}.",
    "survey.answer": "Baris {line}, kolom {column}: “{value}” bukan jawaban. Jawaban adalah 1, 2, 3, atau 4.",
}


@click.command("ikm")
@click.argument("answers", metavar="JAWABAN.csv", type=click.Path(path_type=Path))
def command(answers: Path) -> None:
    """Hitung indeks kepuasan (IKM) dari berkas jawaban.

    JAWABAN.csv memuat satu baris per responden dengan kolom U1 sampai U9. Yang dicetak: rata-rata tiap unsur, lalu
    banyaknya responden, indeks, dan mutunya (PermenPAN-RB 14/2017).
    """
    try:
        rows = read_answers(_text(answers))
    except InvalidError as error:
        raise Refused("\n".join(map(_words, error.faults))) from error
    result = result_of(sums_of(rows), respondents=len(rows))
    assert result is not None  # noqa: S101 (`read_answers` refuses a file without answers)
    for line in _lines(result):
        click.echo(line)


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > BYTES_MOST:
            raise Refused(f"{path}: lebih dari {BYTES_MOST // 1024**2} MiB.")
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise Refused(f"{path}: bukan teks UTF-8. Simpan sebagai “CSV UTF-8”.") from error
    except OSError as error:
        raise Refused(f"{path}: tidak dapat dibaca ({file_words.reason(error)}).") from error


def _words(fault: Fault) -> str:
    return WORDS[fault.code].format(**fault.facts)


def _lines(result: Result) -> Iterator[str]:
    for element, mean in result.means.items():
        yield f"{element.number} {_decimal(mean, MEAN_DECIMALS)} {QUESTIONS[element].title}"
    yield f"Responden {result.respondents}"
    yield f"IKM {_decimal(result.index, INDEX_DECIMALS)}"
    yield f"Mutu {result.band} ({BAND_LABELS[result.band]})"


def _decimal(value: Fraction, decimals: int) -> str:
    scaled = rounded(value, decimals=decimals) * 10**decimals
    whole, part = divmod(scaled.numerator, 10**decimals)
    return f"{whole}.{part:0{decimals}}"
