"""How a handshake with a certificate goes before anybody is served it."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from panggon.drivers.certificates import bundles, handshake
from panggon.drivers.certificates.authority import create_authority, issue

HOST = "opd.kota.example"


@pytest.mark.parametrize("steps", range(6))
def test_only_one_that_comes_to_its_end_is_good(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, steps: int) -> None:
    """Its sides take four turns, and no turn of them is the handshake."""
    now = datetime.now(UTC)
    authority = create_authority(tmp_path, now=now)
    bundle = bundles.load(issue(authority, HOST, now=now))
    monkeypatch.setattr(handshake, "STEPS", steps)
    found = handshake.refusal(bundle, HOST, authorities=authority.certificate)
    assert found == ("" if steps >= 4 else handshake.UNFINISHED)
