"""Bytes of a mail as values, whatever the bytes are."""

from contextlib import suppress
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from panggon.complaints import mail_reading
from panggon.complaints.mail_reading import Enclosure, open_mail
from panggon.core.complaints.incoming_mail import Check, Report
from panggon.core.errors import PermanentError
from tests.portal.mails import PNG, RINA, bounce_of, mail

OUR_ID = "complaint-PGD-2026-0001-0123456789abcdef0123"


def opened(raw: "EmailMessage | bytes", *, is_whole: bool = True, authserv: str = "mx.kota.example"):
    return open_mail(raw if isinstance(raw, bytes) else raw.as_bytes(), is_whole=is_whole, authserv=authserv)


def letter_of(raw: "EmailMessage | bytes"):
    return opened(raw).letter


def test_a_usual_mail():
    letter = letter_of(mail(Message_ID="<1@example.org>", In_Reply_To="<a@b>", References="<c@d> <a@b>"))
    assert (letter.sender, letter.name, letter.subject) == (RINA, "Rina Marlina", "Situs lambat")
    assert (letter.message_id, letter.about) == ("1@example.org", ("a@b", "c@d", "a@b"))
    assert letter.text == "Sejak kemarin halaman depan lambat."
    assert letter.to == ("pengaduan@kota.example",)
    assert (letter.return_path, letter.auto_submitted, letter.of_a_list, letter.check) == (None, "", False, Check.NONE)


@pytest.mark.parametrize(
    ("words", "name", "sender", "beyond_ascii"),
    [
        ("Jürgen <jurgen@Bücher.example>", "Jürgen", "jurgen@xn--bcher-kva.example", False),
        ("Jürgen <jürgen@bücher.example>", "Jürgen jürgen@xn--bcher-kva.example", "", True),
        ("<用户@example.org>", "用户@example.org", "", True),
        ("用户 <@例え.jp>", "", "", False),
        (f"x <a@{'é' * 300}.org>", "", "", False),
    ],
)
def test_addresses_of_other_letters(words: str, name: str, sender: str, beyond_ascii: bool):
    """RFC 6531. The domain has plain letters as well, the part before it has not."""
    letter = letter_of(f"From: {words}\n\nisi".encode())
    assert (letter.name, letter.sender, letter.beyond_ascii) == (name, sender, beyond_ascii)


def test_what_tells_a_machine():
    headers = {
        "Return_Path": "<>",
        "Auto_Submitted": "Auto-Replied (vacation)",
        "Precedence": "Bulk",
        "X_Autoreply": "yes",
        "X_Auto_Response_Suppress": "All",
        "List_Id": "<x.example>",
    }
    letter = letter_of(mail(**headers))
    assert (letter.return_path, letter.auto_submitted, letter.precedence) == ("", "auto-replied", "bulk")
    assert (letter.auto_reply, letter.unanswerable, letter.of_a_list) == (True, True, True)


def test_plain_words_before_html_and_html_where_there_are_none():
    both = mail("Yang polos.")
    both.add_alternative("<p>Yang berwarna</p>", subtype="html")
    assert letter_of(both).text == "Yang polos."
    only = EmailMessage()
    only.set_content("<p>Yang <b>berwarna</b></p><script>x()</script>", subtype="html")
    assert letter_of(only).text == "Yang berwarna"


@pytest.mark.parametrize(
    ("charset", "data", "text"),
    [
        ("utf-8", "Rp 5 – é".encode(), "Rp 5 – é"),
        ("us-ascii", "Rp 5 – é".encode(), "Rp 5 – é"),
        ("utf-8", "Rp 5 – é".encode("cp1252"), "Rp 5 – é"),
        ("windows-1252", "Rp 5 – é".encode("cp1252"), "Rp 5 – é"),
        ("x-tidak-ada", b"polos", "polos"),
        ("punycode", b"polos", "polos"),
        ("zlib", b"polos", "polos"),
    ],
)
def test_letters_of_a_wrong_charset_are_read_all_the_same(charset: str, data: bytes, text: str):
    head = f"From: {RINA}\nContent-Type: text/plain; charset={charset}\nContent-Transfer-Encoding: 8bit\n\n"
    assert letter_of(head.encode() + data).text == text


def test_headers_in_other_letters():
    raw = b"From: =?utf-8?q?R=C3=ADna?= <RINA@Example.org>\nSubject: =?iso-8859-1?q?Situs_l=E1mbat?=\n b\n\nisi"
    letter = letter_of(raw)
    assert (letter.name, letter.sender, letter.subject) == ("Rína", RINA, "Situs lámbat b")


@pytest.mark.parametrize(
    ("header", "sender"),
    [
        (b"From: " + RINA.encode(), RINA),
        (b'From: "admin@kota.example" <' + RINA.encode() + b">", RINA),
        (b"From: undisclosed", ""),
        (b"From: <>", ""),
        (b"From: a@b@c <x", ""),
        (b"From: rina@example..org", ""),
        ("From: rína@example.org".encode(), ""),
        (b"From: rina@" + b"x" * 64 + b".org", ""),
        (b"From: rina@example.org\n evil@example.com", RINA),
        (b"X: y", ""),
        (b"From: \xff\xfe <rina@example.org>", RINA),
        (b"From: =?x?q?", ""),
    ],
)
def test_the_sender_is_one_address_or_none(header: bytes, sender: str):
    assert letter_of(header + b"\n\nisi").sender == sender


def test_files_have_their_names_and_bytes_and_an_enclosed_mail_is_one_too():
    message = mail(files={"bukti.png": PNG, "lain\u202e.pdf": b"%PDF-1.4"})
    message.add_attachment(mail("di dalam"))
    first, second, third = opened(message).enclosures
    assert first == Enclosure("bukti.png", PNG)
    assert second == Enclosure("lain.pdf", b"%PDF-1.4")
    assert b"di dalam" in third.data
    assert letter_of(message).text == "Sejak kemarin halaman depan lambat."


def test_of_a_mail_without_its_end_the_last_file_is_not_there():
    raw = mail(files={"kecil.png": PNG, "besar.png": PNG * 5000}).as_bytes()
    seen = opened(raw[: len(raw) // 2], is_whole=False)
    assert seen.enclosures == (Enclosure("kecil.png", PNG), Enclosure("besar.png", None))
    assert seen.letter.text == "Sejak kemarin halaman depan lambat."


def test_only_the_own_server_is_believed_and_only_its_topmost_word():
    forged = b"Authentication-Results: mx.kota.example; dmarc=pass\n"
    assert letter_of(b"Authentication-Results: mx.jahat.example; dmarc=pass\n\n").check is Check.NONE
    real = letter_of(b"Authentication-Results: mx.kota.example 1; spf=fail; dmarc=fail\n" + forged + b"\n")
    assert (real.check, real.found) == (Check.FAILED, "spf=fail; dmarc=fail")
    assert opened(forged + b"\n", authserv="").letter.check is Check.NONE


def test_a_mail_server_says_that_a_mail_did_not_arrive():
    ours = mail(Message_ID=f"<{OUR_ID}.x@kota>", References=f"<{OUR_ID}@kota>")
    letter = letter_of(bounce_of(ours))
    assert letter.report == Report(True, "550 5.1.1 No such user", (f"{OUR_ID}.x@kota", f"{OUR_ID}@kota"))


def test_a_mail_of_many_parts_or_deep_ones_ends():
    head = b"From: x@example.org\nContent-Type: multipart/mixed; boundary=b\n\n"
    assert len(opened(head + b"--b\nContent-Type: image/png\n\nx\n" * 1000).enclosures) <= mail_reading.PARTS_MOST
    deep = b"".join(b'Content-Type: multipart/mixed; boundary="%d"\n\n--%d\n' % (n, n) for n in range(500))
    assert letter_of(b"From: x@example.org\n" + deep).sender == "x@example.org"


def test_a_large_mail_is_read_in_another_process_that_may_end(monkeypatch):
    large = mail(files={"besar.png": PNG * 6000})
    assert opened(large).enclosures == (Enclosure("besar.png", PNG * 6000),)
    monkeypatch.setattr(mail_reading, "LIMITS", mail_reading.Limits(seconds=20, memory_mebibytes=64))
    with pytest.raises(PermanentError, match=r"mail\.unreadable"):
        opened(mail(files={"besar.png": PNG * 60_000}))


def test_more_headers_than_a_mail_has_are_not_read():
    with pytest.raises(PermanentError, match=r"mail\.unreadable"):
        opened(b"a:\n" * 2000)


pieces = st.lists(
    st.sampled_from(
        [
            b"From: a <a@b>\n",
            b"From: =?utf-8?b?4oKs",
            b"Subject: =?punycode?q?x?=\n",
            b"Content-Type: multipart/mixed; boundary=b\n",
            b"Content-Type: multipart/report; report-type=delivery-status; boundary=\n",
            b"Content-Type: text/plain; charset*0*=utf-8''%ff; name*1=x\n",
            b"Content-Type: message/rfc822\n",
            b"Content-Type: message/delivery-status\n",
            b"Content-Type: ;;=\n",
            b"Content-Disposition: attachment; filename*=x''%\n",
            b"Content-Transfer-Encoding: base64\n",
            b"Content-Transfer-Encoding: uuencode\n",
            b"Message-ID: <[>]\n",
            b"To: ,;<>:\n",
            b"Auto-Submitted: ;(\n",
            b"Authentication-Results: mx.kota.example; =;dmarc=\n",
            b"\n",
            b"--b\n",
            b"--b--\n",
            b"begin 666 x\n#86)C\n",
            b"\xff\xfe\x00",
            b"<p><![CDATA[",
        ]
    )
    | st.binary(max_size=20),
    max_size=30,
)


@settings(max_examples=300)
@given(pieces)
def test_nothing_that_can_be_sent_is_more_than_unreadable(parts: list[bytes]):
    with suppress(PermanentError):
        letter = letter_of(b"".join(parts))
        for words in (letter.sender, letter.name, letter.subject, letter.message_id, letter.text, letter.found):
            assert "\0" not in words
            words.encode()  # what has half a letter in it can be kept nowhere
