"""What every driver owes the engine (`core/node/planning/driver.py`), as tests: the fake and the real take the same.

A test class inherits `Contract` and gives a fixture `case`.
"""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import randrange
from types import FrameType
from typing import Any

import pytest

from panggon.core.errors import PermanentError
from panggon.core.node.planning.driver import Driver
from panggon.core.node.planning.plan import same
from panggon.core.node.planning.resources import Attributes, Key, Observation, Standing
from panggon.drivers.file_systems import mounts
from panggon.drivers.system import processes

DRIVERS = f"{os.sep}panggon{os.sep}drivers{os.sep}"
# Look at all processes of the machine and at mounts, line by line, and change nothing between two of their lines.
LOOKING = (processes.__file__, mounts.__file__)
# `script/test` has every second of these kills, beginning with the first or the second; `script/test-more` has all.
SPARING = 1 if os.environ.get("PANGGON_EVERY_LINE") else 2


@dataclass(frozen=True)
class Case:
    """One driver under test.

    `driver` makes it anew, as a started process would; `first` and `second` are two wishes for `key`. `plant` puts
    something of others in the place, `planted` tells what of it is there now, `clear` takes it away. Kills come before
    every `stride`-th line: two for servers that take their time (no two lines in a row change something there).
    """

    driver: Callable[[], Driver]
    key: Key
    first: Attributes
    second: Attributes
    plant: Callable[[], object]
    planted: Callable[[], object]
    clear: Callable[[], object]
    stride: int = 1

    def read(self) -> Observation:
        return self.driver().read(self.key)

    def write(self, after: Attributes | None) -> None:
        self.driver().write(self.key, after)

    def reads(self, attributes: Attributes | None) -> bool:
        return reads(self.read(), attributes)


def reads(found: Observation, attributes: Attributes | None) -> bool:
    if attributes is None:
        return found.standing is Standing.ABSENT
    return found.standing is Standing.OURS and same(found.attributes, attributes)


class Contract:
    @pytest.fixture(autouse=True)
    def _nothing_left(self, case: Case) -> Iterator[None]:
        yield
        if case.read().standing is not Standing.FOREIGN:
            case.write(None)
        assert case.reads(None)

    def test_nothing_is_there_before_the_first_write(self, case: Case) -> None:
        assert case.read() == Observation(case.key, Standing.ABSENT)

    def test_what_is_written_is_read(self, case: Case) -> None:
        case.write(case.first)
        assert case.reads(case.first)

    def test_a_repeated_write_changes_nothing(self, case: Case) -> None:
        case.write(case.first)
        case.write(case.first)
        assert case.reads(case.first)

    def test_a_change_and_its_inverse(self, case: Case) -> None:
        case.write(case.first)
        case.write(case.second)
        assert case.reads(case.second)
        case.write(case.first)
        assert case.reads(case.first)

    def test_removal_can_be_repeated(self, case: Case) -> None:
        case.write(case.first)
        case.write(None)
        assert case.reads(None)
        case.write(None)
        assert case.reads(None)

    def test_what_others_made_is_named_and_never_touched(self, case: Case) -> None:
        case.plant()
        try:
            before = case.planted()
            found = case.read()
            assert found.standing is Standing.FOREIGN
            assert found.detail
            for after in (case.first, None):
                with pytest.raises(PermanentError, match="foreign"):
                    case.write(after)
                assert case.planted() == before
        finally:
            case.clear()

    @pytest.mark.parametrize("way", ["create", "change", "remove"])
    def test_killed_at_any_line(self, case: Case, way: str) -> None:
        """SIGKILL before each line that a write runs: what is left heals by the same write and by its inverse."""
        before, after = {
            "create": (None, case.first),
            "change": (case.first, case.second),
            "remove": (case.first, None),
        }[way]
        case.write(before)
        kills, line = 0, randrange(SPARING) * case.stride
        while _killed_before(line, lambda: case.write(after)):
            found = case.read()
            assert found.standing is Standing.PARTIAL or reads(found, before) or reads(found, after), (line, found)
            kills, line = kills + 1, line + case.stride * SPARING
            if reads(found, before) and kills % 8:
                continue  # nothing to heal that shows; what is hidden meets the next write, and every eighth healing
            if kills % 2:
                case.write(after)
                assert case.reads(after), line
            case.write(before)
            assert case.reads(before), line
        assert line > 3, "the write was never interrupted"
        assert case.reads(after)


def _killed_before(line: int, write: Callable[[], None]) -> bool:
    """Run the write in a process of its own that is killed before its `line`-th line; False when it has fewer."""
    child = os.fork()
    if child == 0:
        sys.settrace(_Executioner(line))
        try:
            write()
        except BaseException as error:  # noqa: BLE001 -- the child must not go on as a second pytest
            os.write(2, f"{error!r}\n".encode())
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return True
    assert os.WEXITSTATUS(status) == 0
    return False


class _Executioner:
    def __init__(self, line: int) -> None:
        self._left = line

    def __call__(self, frame: FrameType, event: str, argument: Any) -> "_Executioner | None":
        file = frame.f_code.co_filename
        if DRIVERS not in file or file in LOOKING:
            return None
        if event == "line":
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            self._left -= 1
        return self
