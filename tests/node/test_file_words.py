"""Why a file of people's cannot be read, in Indonesian."""

import errno
import json
import tomllib
from collections.abc import Callable

import pytest

from panggon.file_words import place, reason


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOENT, "tidak ada"),
        (errno.EACCES, "tidak boleh dibaca pengguna ini"),
        (errno.EISDIR, "berupa folder"),
        (errno.ENOTDIR, "salah satu foldernya bukan folder"),
        (errno.EIO, "as the system says it"),
    ],
)
def test_the_systems_reasons(number: int, words: str) -> None:
    assert reason(OSError(number, "as the system says it", "/etc/panggon/node.toml")) == words


def test_a_reason_without_a_number_is_what_was_said() -> None:
    assert reason(OSError("closed")) == "closed"


@pytest.mark.parametrize(
    ("read", "text", "words"),
    [
        (json.loads, '{"a": 1,\n "b" 2}', "lihat baris 2, kolom 6"),
        (tomllib.loads, '[dns]\nzone "kota.example"', "lihat baris 2, kolom 6"),
    ],
)
def test_where_a_text_is_not_of_its_format(read: Callable[[str], object], text: str, words: str) -> None:
    with pytest.raises(ValueError, match="line 2") as fault:
        read(text)
    assert place(fault.value) == words


def test_what_names_no_place_is_said_as_it_is() -> None:
    assert place(RecursionError("too deep")) == "too deep"


def test_what_is_no_text_or_ends_too_early_is_said() -> None:
    with pytest.raises(UnicodeDecodeError) as undecoded:
        b"\xff".decode()
    assert place(undecoded.value) == "bukan teks UTF-8"
    with pytest.raises(tomllib.TOMLDecodeError) as ended:
        tomllib.loads("[")
    assert place(ended.value) == "lihat akhir berkas"
