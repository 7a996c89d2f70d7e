import logging

from panggon.portal.database import is_away, why_away


class OnlyTrouble(logging.Filter):
    """Of what the job library says, only what went wrong: a failure that it will retry is but information to it."""

    def filter(self, record: logging.LogRecord) -> bool:
        return record.levelno >= logging.WARNING or bool(record.exc_info and record.exc_info[0])


class WithoutDatabase(logging.Filter):
    """A database that is away is no fault of the page that was asked for: one line instead of where it stood."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.exc_info and is_away(record.exc_info[1]):
            record.msg, record.args = f"{record.getMessage()}: {why_away(record.exc_info[1])}", ()
            record.exc_info = record.exc_text = None
        return True


class OneLine(logging.Formatter):
    """What strangers send stands in one line of the log and cannot look like another one, or speak to a terminal."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 (the name is logging's)
        words = super().formatMessage(record)
        return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in words)
