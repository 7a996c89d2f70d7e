"""Who runs beside others is given ports that nobody else is given, although no server has taken them yet."""

import os
import subprocess
import sys

import pytest

from demo import ports

FEW = range(30_001, 30_004)
ASK = f"""
from demo import ports
ports.PORTS = {FEW!r}
print(ports.free_port(), flush=True)
input()
"""


def test_no_port_is_given_twice_while_who_has_it_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    claims: list[int] = []
    monkeypatch.setattr(ports, "PORTS", FEW)
    monkeypatch.setattr(ports, "_claims", claims)
    with subprocess.Popen([sys.executable, "-c", ASK], stdin=-1, stdout=-1, text=True) as other:
        assert other.stdin is not None
        assert other.stdout is not None
        theirs = int(other.stdout.readline())
        ours = ports.free_port(), ports.free_port()
        assert {theirs, *ours} == set(FEW)
        with pytest.raises(StopIteration):
            ports.free_port()
        other.communicate("\n")
    assert ports.free_port() == theirs
    for claim in claims:
        os.close(claim)
