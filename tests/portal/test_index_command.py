"""`panggon ikm`: what it prints, and what it says of a file that is none."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from panggon.portal.cli import main

HEAD = "U1,U2,U3,U4,U5,U6,U7,U8,U9\n"


def run(path: Path):
    return CliRunner().invoke(main, ["ikm", str(path)])


def test_the_index_of_a_file(tmp_path: Path) -> None:
    answers = tmp_path / "jawaban.csv"
    answers.write_text(HEAD + "3,4,3,4,3,3,4,2,3\n4,3,3,4,4,3,3,3,3\n")
    told = run(answers)
    assert told.exit_code == 0
    assert told.stdout.splitlines() == [
        "U1 3.5000 Persyaratan",
        "U2 3.5000 Sistem, mekanisme, dan prosedur",
        "U3 3.0000 Waktu penyelesaian",
        "U4 4.0000 Biaya/tarif",
        "U5 3.5000 Produk spesifikasi jenis pelayanan",
        "U6 3.0000 Kompetensi pelaksana",
        "U7 3.5000 Perilaku pelaksana",
        "U8 2.5000 Penanganan pengaduan, saran, dan masukan",
        "U9 3.0000 Sarana dan prasarana",
        "Responden 2",
        "IKM 81.94",
        "Mutu B (Baik)",
    ]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (HEAD.encode() + b"3,4,3,4,3,3,4,2,9\n3,4\n", ["Baris 2, kolom U9: “9” bukan jawaban", "Baris 3: 2 isian"]),
        (b"", ["Berkas ini tidak memuat jawaban."]),
        (b"U1,U2\n1,2\n", ["Kolom U3, U4, U5, U6, U7, U8, U9 tidak ada."]),
        (HEAD.encode("utf-16"), ["bukan teks UTF-8"]),
        (None, ["tidak dapat dibaca"]),
    ],
)
def test_a_file_that_is_none_is_told_in_sentences(tmp_path: Path, content: bytes | None, words: list[str]) -> None:
    answers = tmp_path / "jawaban.csv"
    if content is not None:
        answers.write_bytes(content)
    told = run(answers)
    assert (told.exit_code, told.stdout) == (2, "")
    assert all(sentence in told.stderr for sentence in words)
