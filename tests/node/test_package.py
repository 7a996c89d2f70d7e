"""Which versions the package of a hosting machine lets come, as dpkg asks it (deb-preinst(5))."""

import subprocess
from pathlib import Path

import pytest

PREINST = Path(__file__).parents[2] / "packaging" / "panggon-node" / "preinst"


@pytest.mark.parametrize(
    ("words", "may_come"),
    [
        (("upgrade", "1.2", "1.3"), True),
        (("upgrade", "1.3", "1.2"), False),
        (("install", "1.2", "1.3"), True),
        (("install", "1.3", "1.2"), False),  # after `apt remove`, which leaves what the newer one wrote
        (("install",), True),
        (("abort-upgrade", "1.2"), True),  # back to what was there
    ],
)
def test_an_older_version_is_refused(words: tuple[str, ...], *, may_come: bool) -> None:
    said = subprocess.run(["sh", str(PREINST), *words], capture_output=True, text=True, check=False)
    assert (said.returncode == 0) is may_come
    assert ("lebih lama" in said.stderr) is not may_come
