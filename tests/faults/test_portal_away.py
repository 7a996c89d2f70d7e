"""The portal goes away, and the zone is not ours alone: sites go on, people are told, wishes are carried out."""

import os
import re
import signal
from contextlib import contextmanager

import pytest

from tests.faults.machine import kill
from tests.faults.office import visitors, within

pytestmark = pytest.mark.real


@contextmanager
def away(office, *names):
    """These servers of the office are dead, and nobody starts them again."""
    supervisor = office.stack.process.pid
    os.kill(supervisor, signal.SIGSTOP)
    try:
        running = office.machine.processes(office.stack.layout.state / "stack.json")
        for name in names:
            kill(running[name])
        yield
    finally:
        os.kill(supervisor, signal.SIGCONT)


def pauses(office):
    """The agent's own words about its pauses, in seconds."""
    said = (office.stack.layout.logs / "agent.log").read_text()
    return [int(seconds) for seconds in re.findall(r"waiting (\d+) s: portal.down", said)]


def test_portal_away(office, witness):
    before = len(pauses(office))
    course = office.verified()
    with visitors(witness) as visits:
        with away(office, "node-interface"):
            office.complete(course)
            with away(office, "portal"):
                within(lambda: len(pauses(office)) >= before + 4, "the agent tries four times")
        within(lambda: office.sees(course, ">Siapkan<"), "the plan that was asked for meanwhile")
    grown = pauses(office)[before : before + 4]
    assert grown == sorted(grown)
    assert grown[-1] > grown[0]
    assert visits.failures == []


def test_a_name_that_somebody_else_has(office):
    course = office.verified()
    host = f"{course.label}.panggon.test"
    office.machine.update_zone(lambda zone: zone.add(f"{host}.", 300, "A", "192.0.2.7"))
    before = office.machine.standing()
    try:
        office.complete(course)
        sentence = (
            f"sudah ada dan bukan milik situs ini, jadi tidak ada yang diubah: records:{host} ({host} sudah memiliki A)"
        )
        within(lambda: office.sees(course, sentence), "the technician is told")
        page = office.people["technician"].case(course.number)
        assert "Penyiapan belum berhasil" in page.text
        assert page.link("Laporkan ke Kepala Bidang") is None
        assert office.machine.standing() == before
        assert office.machine.ask(host, "A") == ["192.0.2.7"]
    finally:
        office.machine.update_zone(lambda zone: zone.delete(f"{host}.", "A"))


def test_a_name_that_somebody_takes_meanwhile(office):
    """Between the plan that was approved and its run the zone changes: nothing is overwritten, nothing stays."""
    course = office.verified()
    office.complete(course)
    host = f"{course.label}.panggon.test"
    within(lambda: office.sees(course, ">Siapkan<"), "the plan")
    office.machine.update_zone(lambda zone: zone.add(f"{host}.", 300, "AAAA", "2001:db8::7"))
    before = office.machine.standing()
    try:
        course.press(5, "technician", "Siapkan")
        within(lambda: office.sees(course, "sudah ada dan bukan milik situs ini"), "the technician is told")
        assert (office.machine.standing(), office.machine.ask(host, "AAAA")) == (before, ["2001:db8::7"])
    finally:
        office.machine.update_zone(lambda zone: zone.delete(f"{host}.", "AAAA"))
