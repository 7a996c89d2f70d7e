"""What proves to an ACME server that the zone is ours (DNS-01), beside what others have at its name."""

from dataclasses import replace
from pathlib import Path

import pytest

from panggon.core.errors import PermanentError, TemporaryError
from panggon.drivers.zones.challenges import ChallengeRecords
from panggon.drivers.zones.zone import Server, Settings
from panggon.node.servers import knot
from tests.drivers.records.zone import HOST, ZONE, Others, everything, knot_settings
from tests.drivers.running import running

pytestmark = pytest.mark.real


def test_an_answer_to_a_challenge_is_taken_away_exactly(settings: Settings, others: Others) -> None:
    challenge = ChallengeRecords(settings)
    name = f"_acme-challenge.{HOST}"
    others.add(name, "TXT", '"theirs"')
    challenge.plant(HOST, "", "ours")
    assert others.ask(name, "TXT") == ['"ours"', '"theirs"']
    challenge.clear(HOST, "", "ours")
    challenge.clear(HOST, "", "ours")
    assert others.ask(name, "TXT") == ['"theirs"']
    others.remove(name, "TXT")
    with pytest.raises(PermanentError, match=r"dns\.name"):
        challenge.plant("*.lain.example", "", "x")


@pytest.mark.parametrize("kind", ["CNAME", "NS"])
def test_who_answers_challenges_elsewhere_is_named(settings: Settings, others: Others, kind: str) -> None:
    before = everything(settings)
    others.add(f"_acme-challenge.{HOST}", kind, "acme.example.")
    with pytest.raises(PermanentError, match=rf"dns\.foreign: _acme-challenge\.{HOST} sudah memiliki {kind}$"):
        ChallengeRecords(settings).plant(HOST, "", "x")
    others.remove(f"_acme-challenge.{HOST}", kind)
    assert everything(settings) == before
    others.add(f"*.{ZONE}", "CNAME", "www.example.")
    ChallengeRecords(settings).plant(HOST, "", "x")
    ChallengeRecords(settings).clear(HOST, "", "x")
    others.remove(f"*.{ZONE}", "CNAME")


def test_a_server_that_has_no_answer_to_a_challenge_is_named(settings: Settings, root: Path) -> None:
    lagging = knot_settings(root / "behind")
    knot.prepare(lagging)
    with running(knot.server(lagging)):
        behind = Server("127.0.0.1", lagging.port)
        both = replace(settings, authoritative=(settings.primary, behind), settle=1)
        with pytest.raises(TemporaryError, match=rf"dns\.slow: .* belum sampai di {behind}$"):
            ChallengeRecords(both).plant(HOST, "", "x")
    ChallengeRecords(settings).clear(HOST, "", "x")
