"""Whose sites have which numbers: who cleans up removes every user of its numbers, and tests run beside each other."""

from enum import IntEnum, unique


@unique
class First(IntEnum):
    """The first of the 10,000 numbers of each stack (`demo.layout.SITES_MOST`); the demonstration's end at 820,000."""

    DEMO_CLEANED = 820_001
    DEMO_REDUCED = 910_001
    BROWSER = 920_001
    MAIL = 930_001
    CRASH = 940_001
    DEMO_ENDS = 950_001
    FAULTS_MACHINE = 960_001
    FAULTS_STACK = 970_001
    FAULTS_PORT = 980_001


# Of single drivers: one a test run, by the number of its process.
DRIVERS, DRIVERS_MOST = 830_000, 70_000
# Of holders of the sockets, where control groups and users go by the number: 900,150 and the next are those of
# tests/drivers/test_runtime.py, all others from 900,100 on those of tests/node.
