"""The words of a mail."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panggon.core.complaints.mail_text import CUT, TEXT_MOST, cut, plain, split_quoted, visible

HTML = """<html><head><title>judul</title><style>p {color: red}</style></head><body><p>Yth. petugas,</p>
<div>situs <b>lambat</b>&nbsp;sekali &lt;b&gt;</div><script>alert("x")</script><ul><li>satu<li>dua</ul>
<img src="https://mata.example/x.gif"><a href="https://jahat.example">kota.go.id</a>
<blockquote>surat lama<br>baris dua</blockquote></body></html>"""


def test_html_as_a_reader_sees_it():
    lines = [line for line in visible(plain(HTML)).split("\n") if line.strip(" >")]
    assert [line.strip() for line in lines] == [
        "Yth. petugas,",
        "situs lambat sekali <b>",
        "- satu",
        "- dua",
        "kota.go.id",
        "> surat lama",
        "> baris dua",
    ]


@given(st.text(alphabet="<>/!-&;abcps ='\"\n"))
def test_any_markup_is_read_to_its_end(html: str):
    plain(html)
    plain(f"<p>{html}")


def test_letters_that_nobody_sees_are_left_out():
    assert visible("a\u202eb\x00c\u200bd\r\ne\te \n\n\n\nf\n") == "abcd\ne\te\n\nf"
    assert visible(" satu\n\tdua  tiga ", lines=False) == "satu dua tiga"


@given(st.text())
def test_what_is_visible_stays_so(text: str):
    assert visible(visible(text)) == visible(text)
    assert "\0" not in visible(text)


ANSWER_ABOVE = """Masih lambat.

Pada Sen, 2 Mar 2026 pukul 10.00 Diskominfo <pengaduan@kota.example>
menulis:
> Sudah dipindah.
> Salam
"""
ANSWER_BETWEEN = """On Mon, 2 Mar 2026 at 10:00, Diskominfo wrote:
> Apakah sudah cepat?
Belum.
> Sejak kapan?
Sejak kemarin."""
OUTLOOK = """Masih lambat.
________________________________
From: Diskominfo
Sent: Monday

Sudah dipindah."""


@pytest.mark.parametrize(
    ("text", "said", "quoted"),
    [
        ("Halo.\n\nSalam", "Halo.\n\nSalam", ""),
        (
            ANSWER_ABOVE,
            "Masih lambat.",
            ANSWER_ABOVE.partition("\n\n")[2].strip(),
        ),
        (
            ANSWER_BETWEEN,
            "Belum.\nSejak kemarin.",
            "On Mon, 2 Mar 2026 at 10:00, Diskominfo wrote:\n> Apakah sudah cepat?\n> Sejak kapan?",
        ),
        (OUTLOOK, "Masih lambat.", OUTLOOK.partition("\n")[2]),
        ("> hanya kutipan", "> hanya kutipan", ""),
        ("Pada hari Senin saya menulis:\nsitus lambat", "Pada hari Senin saya menulis:\nsitus lambat", ""),
        ("", "", ""),
    ],
)
def test_what_is_new(text: str, said: str, quoted: str):
    assert split_quoted(text) == (said, quoted)


@given(st.lists(st.sampled_from(["> a", "b", "", "On x wrote:", "____________________", "-----Pesan Asli-----"])))
def test_no_word_is_lost(rows: list[str]):
    said, quoted = split_quoted("\n".join(rows))
    assert sorted(f"{said}\n{quoted}".split()) == sorted("\n".join(rows).split())


def test_a_long_text_is_cut_and_says_so():
    assert cut("x" * TEXT_MOST) == "x" * TEXT_MOST
    assert cut("x" * (TEXT_MOST + 1)) == "x" * TEXT_MOST + CUT
