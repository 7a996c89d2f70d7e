import logging


class OnlyTrouble(logging.Filter):
    """Of what the job library says, only what went wrong: a failure that it will retry is but information to it."""

    def filter(self, record: logging.LogRecord) -> bool:
        return record.levelno >= logging.WARNING or bool(record.exc_info and record.exc_info[0])
