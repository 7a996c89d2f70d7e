"""What all sites share of the server, and who is ended when one takes too much of it."""

from pathlib import Path

import pytest

from panggon.core.node.planning.resources import Key
from panggon.drivers.databases.postgresql import PostgreSql, sessions
from tests.drivers.postgresql.reach import as_site, is_tidy, refusal

pytestmark = pytest.mark.real


@pytest.mark.usefixtures("_database")
def test_a_queue_of_notices_is_for_all_and_who_keeps_it_full_is_ended(
    key: Key, reached: PostgreSql, private: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "NOTICES_MOST", 0.00001)
    with as_site(private) as listening, as_site(private) as other:
        listening.execute("LISTEN x")
        listening.execute("BEGIN; SELECT 1")
        reached.tidy()
        assert refusal(listening, "SELECT 1") is None
        assert is_tidy(reached)
        other.execute("SELECT pg_notify('x', n || repeat('x', 7000)) FROM generate_series(1, 100) n")
        assert not is_tidy(reached)
        reached.tidy()
        assert refusal(listening, "SELECT 1") is not None
        assert refusal(other, "SELECT 1") is None
