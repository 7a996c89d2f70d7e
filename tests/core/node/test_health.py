"""What a machine tells of itself comes out as it went in; what is none is refused, by its member."""

from typing import Any

import pytest

from panggon.core.errors import InvalidError
from panggon.core.node.health import PLACE_MOST, Health, Room, Server, dump, parse

SINCE = "2026-11-28T07:00:00+00:00"
KNOWN = Health(
    servers=(Server("nginx", True, SINCE, 2), Server("knot", False, "", 0)),
    unfinished=("s000007",),
    disks=(Room("/srv/panggon", 3, 40),),
    memory=Room("", 1, 2),
)


def test_it_comes_out_as_it_went_in() -> None:
    assert parse(dump(KNOWN)) == KNOWN
    assert [each.began and each.began.isoformat() for each in KNOWN.servers] == [SINCE, None]


def test_a_newer_version_may_say_more_and_another_less() -> None:
    assert parse({**dump(KNOWN), "temperature": 40}) == KNOWN
    assert parse({}) == Health()


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("servers", {}),
        ("servers", ["nginx"]),
        ("servers", [{"name": "nginx", "running": "yes", "since": "", "restarts": 0}]),
        ("servers", [{"name": "nginx", "running": True, "since": "2026-11-28T07:00:00", "restarts": 0}]),
        ("servers", [{"name": "nginx", "running": True, "since": "kemarin", "restarts": 0}]),
        ("servers", [{"name": "nginx", "running": True, "since": "", "restarts": -1}]),
        ("unfinished", ["s000001"] * 201),
        ("unfinished", [7]),
        ("disks", [{"place": "/", "free_bytes": 3, "total_bytes": 2}]),
        ("disks", [{"place": "/", "free_bytes": 0, "total_bytes": 2**63}]),
        ("disks", [{"place": "/" * (PLACE_MOST + 1), "free_bytes": 0, "total_bytes": 2}]),
        ("memory", "much"),
        ("memory", {"place": "", "free_bytes": True, "total_bytes": 2}),
    ],
)
def test_what_is_none_is_refused(member: str, value: Any) -> None:
    with pytest.raises(InvalidError) as caught:
        parse({**dump(KNOWN), member: value})
    assert [fault.field for fault in caught.value.faults] == [f"health.{member}"]


def test_what_is_no_object_is_refused() -> None:
    with pytest.raises(InvalidError):
        parse(["nginx"])
