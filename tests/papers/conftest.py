import pytest

from tests.papers.pki import authority


@pytest.fixture(scope="session")
def pki(tmp_path_factory):
    with authority(tmp_path_factory.mktemp("pki")) as made:
        yield made
