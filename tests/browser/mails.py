"""What the worker of the stack has sent."""

from email import message_from_bytes, policy

from tests.stack import Stack
from tests.waiting import until


def mail_with(stack: Stack, subject: str, to: str) -> str:
    """The text of the mail with this subject, once the worker has sent it."""

    def found() -> str:
        for file in (stack.layout.office / "mail").iterdir():
            for part in file.read_bytes().split(b"\n" + b"-" * 79 + b"\n"):
                mail = message_from_bytes(part, policy=policy.default)
                if mail["Subject"] == subject and mail["To"] == to:
                    return str(mail.get_body(("plain",)).get_content())
        return ""

    return until(found, f"no mail {subject}")
