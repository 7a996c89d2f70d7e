"""`kill -9` at any moment: what was asked for is reached by itself, once, and nobody else notices."""

import logging
import os
import random
import secrets
import time

import pytest

from demo import proofs
from panggon.drivers.nginx import control
from panggon.drivers.system import processes
from tests.faults.machine import frozen, kill
from tests.faults.office import pause, visitors, within

pytestmark = [pytest.mark.real, pytest.mark.timeout(600)]
ROUNDS = int(os.environ.get("PANGGON_ROUNDS", "2"))
log = logging.getLogger(__name__)
OFFICE = ("postgresql", "portal", "node-interface", "worker", "machine", "agent")


@pytest.fixture
def chance():
    """Random moments that can be had again: PANGGON_SEED."""
    seed = int(os.environ.get("PANGGON_SEED") or secrets.randbits(32))
    log.warning("PANGGON_SEED=%s", seed)
    return random.Random(seed)


def pids(office):
    layout = office.stack.layout
    return {**office.machine.processes(layout.state / "stack.json"), **office.machine.servers()}


def break_things(office, chance, kills=3):
    """Never both who keeps the sockets and who holds them: then waiting connections may be lost."""
    victims = [*OFFICE, chance.choice(["sockets", "holder"])]
    for victim in chance.sample(victims, kills):
        pause(chance)
        pid = pids(office).get(victim)
        log.warning("%.2f kill -9 %s %s", time.monotonic(), victim, pid)
        if pid:
            kill(pid)


@pytest.mark.parametrize("number", range(ROUNDS))
def test_a_preparation_reaches_its_end(office, witness, chance, number):
    before = office.machine.standing()
    with visitors(witness) as visits:
        course = office.verified()
        office.complete(course)
        break_things(office, chance)
        within(lambda: office.sees(course, ">Siapkan<"), "the plan is there")
        course.press(5, "technician", "Siapkan")
        break_things(office, chance)
        within(lambda: office.sees(course, "Laporkan ke Kepala Bidang"), "the case is prepared")
    target = office.target(course)
    assert [proof for proof in proofs.before_approval(target) if not proof.ok] == []
    assert office.machine.standing() == before | office.machine.of_site(office.spec_of(target))
    assert office.machine.unfinished() == []
    assert office.sql("SELECT count(*) FROM sites_wish WHERE reported_at IS NULL AND cancelled_at IS NULL") == [(0,)]
    assert "Siap Dilaporkan" in office.people["technician"].case(course.number).text
    assert visits.count > 20
    assert visits.failures == []


@pytest.mark.parametrize("number", range(2 * ROUNDS))
def test_an_apply_that_is_killed_is_taken_up_again(machine, chance, number):
    spec, before = machine.spec(60 + number), machine.standing()
    for _ in range(2):
        process = machine.start("apply", machine.write_spec(spec))
        time.sleep(chance.uniform(0.3, 3))
        process.kill()
        process.communicate()
    ended = machine.apply(spec)
    assert (ended["status"], ended["outcome"]) == (0, "applied"), ended
    assert all(check["ok"] for check in ended["evidence"])
    assert (machine.standing(), machine.unfinished()) == (before | machine.of_site(spec), [])


@pytest.mark.parametrize("victim", ["holder", "sockets"])
def test_open_sites_answer_while_the_holder_is_gone(office, witness, victim):
    machine = office.machine
    assert machine.page(witness.spec.host, "/hidup.php").status == 200
    with visitors(witness) as visits:
        dead = machine.servers()[victim]
        kill(dead)
        within(lambda: machine.servers().get(victim, dead) != dead, f"another {victim}")
        time.sleep(1)
    assert visits.failures == []


def test_visitors_notice_only_the_web_servers_own_restart(office, witness):
    machine = office.machine
    with visitors(witness) as visits:
        dead = machine.servers()["nginx"]
        with frozen(processes.parent(dead)):
            kill(dead)
            within(lambda: visits.failures, "somebody notices it")
        within(lambda: machine.servers().get("nginx", dead) != dead, "another nginx")
        within(lambda: control.answers(machine.layout.run / "nginx" / "control.sock"), "it answers")
        begun = visits.count
        within(lambda: visits.count > begun + 1, "whoever had come before has left")
        noticed = len(visits.failures)
        time.sleep(1)
    assert len(visits.failures) == noticed
