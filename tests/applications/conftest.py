"""One machine for all applications of a file."""

from collections.abc import Iterator

import pytest

from tests.node.machine_stand import Machine, standing


@pytest.fixture(scope="module")
def machine() -> Iterator[Machine]:
    with standing() as found:
        yield found
