"""Sandboxes that an earlier holder started: found again by their control groups and records."""

import json
import os
import socket
from collections.abc import Set
from contextlib import suppress
from typing import Any

from panggon.drivers.system import files, processes
from panggon.node.sockets.sandboxes.sandbox import Machine, Sandbox, end_leftovers, groups_of, members, record_of

UNKNOWN = 0  # the number of no socket


def adopt(
    machine: Machine, site: str, kind: str, listener: socket.socket, *, there: Set[str]
) -> tuple[Sandbox | None, tuple[Sandbox, ...]]:
    """What an earlier holder started: the sandbox that answers on this socket, if one does, and those that do not.

    One whose holder was killed before it could write the record gets an empty fingerprint: it is to be replaced, after
    its running requests. Without a record it is of the `kind` served, and taken to answer on this socket. `there` are
    all control groups.
    """
    groups = [each for each in groups_of(machine, site) if each in there or not machine.groups.tells_apart]
    found = [each for group in groups if (each := _adopted(machine, site, group, kind, listener))]
    number = os.fstat(listener.fileno()).st_ino
    here = [each for socket_number in (number, UNKNOWN) for each, of in found if of == socket_number]
    return next(iter(here), None), tuple(each for each, _ in found if each not in here[:1])


def _adopted(machine: Machine, site: str, group: str, kind: str, listener: socket.socket) -> tuple[Sandbox, int] | None:
    """With the number of its socket."""
    record = _recorded(machine, group) or _unrecorded(machine, site, group, kind)
    pidfd = processes.open_pidfd(record["pid"], record["started"]) if record else None
    if pidfd is None:
        end_leftovers(machine, site, group)
        return None
    machine.groups.confine(group, ())  # what the earlier holder saw of it is lost
    name = str(record.get("name", listener.getsockname()))
    made = Sandbox(machine, site, group, record["pid"], pidfd, record["fingerprint"], None, record["kind"], name)
    return made, record["socket"]


def _recorded(machine: Machine, group: str) -> dict[str, Any]:
    """Empty where there is none, or a damaged one."""
    with suppress(ValueError):
        record = json.loads(files.read(record_of(machine.settings, group)) or b"{}")
        if isinstance(record, dict) and record.keys() >= {"pid", "started", "fingerprint", "socket", "kind"}:
            return record
    return {}


def _unrecorded(machine: Machine, site: str, group: str, kind: str) -> dict[str, Any]:
    """A record of what runs for the site without one: the one process that all others descend from. Of what was a spare
    that is the monitor, which stays nobody's.
    """
    pids = members(machine, site, group)
    tops = [pid for pid in pids if processes.parent(pid) not in pids]
    if len(tops) != 1:
        return {}
    above = processes.parent(tops[0])
    first = above if above in processes.of_user(machine.settings.nobody) else tops[0]
    started = processes.start_time(first)
    return {"pid": first, "started": started, "fingerprint": "", "socket": UNKNOWN, "kind": kind}
