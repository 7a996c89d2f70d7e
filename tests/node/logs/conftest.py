"""Logs of two sites, under a umask that must not matter."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.node.logs.place import Place


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


@pytest.fixture(autouse=True)
def _umask() -> Iterator[None]:
    former = os.umask(0o027)
    yield
    os.umask(former)
