"""The clock of a service standard: a pure fold over what started, paused, resumed and stopped it."""

from enum import StrEnum


class ClockEffect(StrEnum):
    """What an event does to the clock."""

    NONE = "none"
    START = "start"
    PAUSE = "pause"
    RESUME = "resume"
    STOP = "stop"
