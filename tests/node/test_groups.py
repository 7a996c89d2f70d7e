"""The control groups of a site have names that no owner can meet with the name of a task."""

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from panggon.core.sites.tasks import TASK_NAME
from panggon.node.sockets.control_groups.groups import ControlGroups
from panggon.node.sockets.guards.sessions import group_of
from panggon.node.sockets.sandboxes.errand import own_group, task_group
from panggon.node.sockets.sandboxes.sandbox import Machine, gate_group, groups_of
from panggon.node.sockets.settings import SocketSettings

SITE = "s000001"
NAMES = st.from_regex(TASK_NAME, fullmatch=True) | st.sampled_from(["gate", "sftp", "database", "gate-gate", "a-gate"])


@settings(max_examples=40)
@given(NAMES, NAMES)
def test_no_task_is_in_the_group_of_anything_else(one: str, other: str) -> None:
    place = Path("/nowhere")
    sockets = SocketSettings(place, place, place, uid_base=3_000_000, web_group=0)
    machine = Machine(sockets, frozenset(), ControlGroups(place, place, place))
    programs = [
        *groups_of(machine, SITE),
        own_group(SITE, "database"),
        *(task_group(SITE, each) for each in {one, other}),
    ]
    found = [group_of(1), *programs, *map(gate_group, programs)]
    assert len(found) == len(set(found))
