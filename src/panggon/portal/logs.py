import logging


class OnlyTrouble(logging.Filter):
    """Of what the job library says, only what went wrong: a failure that it will retry is but information to it."""

    def filter(self, record: logging.LogRecord) -> bool:
        return record.levelno >= logging.WARNING or bool(record.exc_info and record.exc_info[0])


class OneLine(logging.Formatter):
    """What strangers send stands in one line of the log and cannot look like another one, or speak to a terminal."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 (the name is logging's)
        words = super().formatMessage(record)
        return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in words)
