"""One machine for all applications."""

from collections.abc import Iterator

import pytest

from tests.node.machine_stand import Machine


@pytest.fixture(scope="session")
def machine() -> Iterator[Machine]:
    found = Machine()
    try:
        found.start()
        yield found
    finally:
        found.close()
