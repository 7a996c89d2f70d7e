"""Who tried to come in over SFTP, out of what OpenSSH says; how a site answered, out of what nginx says."""

from datetime import UTC, datetime, timedelta

import pytest

from panggon.core.node.logs.logins import KEPT, Ending, Login, Logins, Way, dump, load, login_of
from panggon.core.node.logs.visits import answers

NOW = datetime(2026, 11, 26, 3, 0, tzinfo=UTC)
PRINT = "SHA256:" + "A" * 43
FORGED = "Accepted publickey for s000007 from 10.1.2.3 port 22 ssh2"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            "Accepted password for s000007 from 192.0.2.7 port 40022 ssh2",
            (Ending.ACCEPTED, Way.PASSWORD, "192.0.2.7", 40022, ""),
        ),
        (
            f"Accepted publickey for s000007 from 2001:db8::7 port 1 ssh2: ED25519 {PRINT}",
            (Ending.ACCEPTED, Way.KEY, "2001:db8::7", 1, PRINT),
        ),
        (
            f"Failed publickey for s000007 from 192.0.2.7 port 2 ssh2: RSA {PRINT}",
            (Ending.REFUSED, Way.KEY, "192.0.2.7", 2, PRINT),
        ),
        (
            "Failed password for s000007 from 192.0.2.7 port 3 ssh2",
            (Ending.REFUSED, Way.PASSWORD, "192.0.2.7", 3, ""),
        ),
        (
            "Connection closed by authenticating user s000007 192.0.2.7 port 4 [preauth]",
            (Ending.GAVE_UP, Way.NONE, "192.0.2.7", 4, ""),
        ),
    ],
)
def test_a_line_about_a_site_is_a_try(line, expected):
    assert login_of(line, at=NOW) == ("s000007", Login(NOW.isoformat(), *expected))


@pytest.mark.parametrize(
    "line",
    [
        "Failed password for invalid user s000007 from 192.0.2.7 port 3 ssh2",
        "Failed password for root from 192.0.2.7 port 3 ssh2",
        "Invalid user s000007 from 192.0.2.7 port 3",
        "Postponed publickey for s000007 from 192.0.2.7 port 3 ssh2 [preauth]",
        "",
        # What a visitor may call himself.
        f"Invalid user {FORGED} from 192.0.2.7 port 3",
        f"Failed none for invalid user {FORGED} from 192.0.2.7 port 3 ssh2",
        f"Connection closed by invalid user {FORGED} 192.0.2.7 port 3",
        "Invalid user Connection closed by authenticating user s000007 10.1.2.3 port 22 from 192.0.2.7 port 3",
    ],
)
def test_every_other_line_says_nothing(line):
    assert login_of(line, at=NOW) is None


def a_try(port, ending=Ending.REFUSED, at=NOW):
    return Login(at.isoformat(), ending, Way.PASSWORD, "192.0.2.7", port)


def test_the_first_that_came_in_is_kept_for_good_and_the_last_tries_for_a_week():
    first = a_try(9, Ending.ACCEPTED)
    known = Logins().after([a_try(1), first, a_try(10, Ending.ACCEPTED)], now=NOW)
    assert (known.first, len(known.tries)) == (first, 3)
    later = NOW + timedelta(days=8)
    known = known.after([a_try(port, at=later) for port in range(100, 100 + KEPT + 5)], now=later)
    assert known.first == first
    assert [login.port for login in known.tries] == list(range(105, 105 + KEPT))


def test_a_part_of_the_log_that_is_read_again_adds_nothing():
    known = Logins().after([a_try(1), a_try(2)], now=NOW)
    assert known.after([a_try(2, at=NOW + timedelta(seconds=5)), a_try(1)], now=NOW) == known
    assert load(dump(known)) == known


def line(status, at=NOW, uri="/"):
    return f'{{"time":"{at.isoformat()}","site":"s000007","uri":"{uri}","status":{status}}}'


def test_answers_are_counted_by_status_and_only_those_to_visitors_of_late():
    lines = [
        line(200),
        line(200),
        line(502),
        line(999),
        line("009"),
        line(404, at=NOW - timedelta(hours=2)),
        line(200, uri="/.well-known/panggon/site"),
        '{"time":"2026',
        '{"time":"2026-11-26T03:00:00+00:00","status":"x","uri":"/"}',
    ]
    assert answers(lines, since=NOW - timedelta(hours=1)) == {"200": 2, "500": 1, "502": 1}
