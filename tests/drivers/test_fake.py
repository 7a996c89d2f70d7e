from pathlib import Path

import pytest

from panggon.core.node.planning.resources import Key, Kind, absent, foreign
from panggon.drivers.fake import FakeDriver, Machine
from tests.drivers.contract import Case, Contract


class TestContract(Contract):
    @pytest.fixture
    def case(self, tmp_path: Path) -> Case:
        """The machine is kept in a file, so that it outlives a killed process."""
        path, key = tmp_path / "machine.json", Key(Kind.ACCESS, "s900001")
        return Case(
            driver=lambda: FakeDriver(Machine(path)),
            key=key,
            first={"keys": ()},
            second={"keys": ("ssh-ed25519 AAAA",)},
            plant=lambda: Machine(path).put(foreign(key, "milik pihak lain")),
            planted=lambda: Machine(path).read(key),
            clear=lambda: Machine(path).put(absent(key)),
        )
