"""E-mails as people, machines and mail servers write them."""

from email.message import EmailMessage, MIMEPart
from email.utils import make_msgid

from tests.portal.dovecot import ADDRESS

RINA = "rina@example.org"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)


def mail(
    text: str = "Sejak kemarin halaman depan lambat.",
    *,
    subject: str = "Situs lambat",
    sender: str = f"Rina Marlina <{RINA}>",
    files: dict[str, bytes] | None = None,
    **headers: str,
) -> EmailMessage:
    """`headers` with `_` for `-`."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, ADDRESS, subject
    message["Message-ID"] = headers.pop("Message_ID", make_msgid(domain="example.org"))
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    for name, data in (files or {}).items():
        message.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    return message


def answer_to(ours: EmailMessage, text: str, **changes: str) -> EmailMessage:
    """As mail programs answer: with the ids of what they answer, and what it said below."""
    references = f"{ours['References']} {ours['Message-ID']}"
    quoted = "\n".join(f"> {line}" for line in body_of(ours).splitlines())
    text = f"{text}\n\nPada Sen, 2 Mar 2026 pukul 10.00 Diskominfo <{ADDRESS}> menulis:\n{quoted}"
    values = {"subject": f"Re: {ours['Subject']}", "In_Reply_To": str(ours["Message-ID"]), "References": references}
    return mail(text, **{**values, **changes})


def bounce_of(ours: EmailMessage) -> EmailMessage:
    """RFC 3464, with the headers of the mail that came back."""
    report = EmailMessage()
    report["From"], report["To"], report["Subject"] = "MAILER-DAEMON@mx.example.org", ADDRESS, "Undelivered Mail"
    report["Auto-Submitted"], report["Message-ID"] = "auto-replied", make_msgid(domain="mx.example.org")
    report["Content-Type"] = 'multipart/report; report-type=delivery-status; boundary="b"'
    status = "Reporting-MTA: dns; mx.example.org\n\nFinal-Recipient: rfc822; rina@example.org\nAction: failed\n"
    status += "Status: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 No such user\n"
    returned = "".join(f"{name}: {ours[name]}\n" for name in ("Message-ID", "References", "Subject"))
    parts = (("text/plain", "I'm sorry"), ("message/delivery-status", status), ("text/rfc822-headers", returned))
    body = "".join(f"--b\nContent-Type: {kind}\n\n{text}\n" for kind, text in parts)
    report.set_payload(f"{body}--b--\n")
    return report


def body_of(message: EmailMessage) -> str:
    part = message.get_body(("plain",))
    assert isinstance(part, MIMEPart)
    return str(part.get_content())
