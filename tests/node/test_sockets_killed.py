"""Keeper and holder killed, replaced and ended: what the sites and their visitors notice of it."""

import contextlib
import ctypes
import os
import resource
import signal
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from panggon.drivers.system import processes
from panggon.node.sockets.control_groups import controllers
from panggon.node.sockets.listening.channel import KEEP, send
from panggon.node.sockets.served import remember, served_of
from tests.node.stand import BEGINS, UNTIL_TOLD, Stand, started
from tests.waiting import until

pytestmark = pytest.mark.real


@pytest.fixture
def stand(request: pytest.FixtureRequest) -> Iterator[Stand]:
    yield from started(request)


def test_killing_the_holder_disturbs_nobody(stand: Stand) -> None:
    awake, asleep = stand.serve(900100, "usleep(3000); echo 'ok';"), stand.serve(900101)
    assert stand.get(awake) == "ok"
    before, everywhere = stand.process(awake), os.sched_getaffinity(0)
    controllers.find().confine(awake, [max(everywhere)])  # as this holder does with who wants too much
    answers: list[str] = []
    visitor = threading.Thread(target=lambda: answers.extend(stand.get(awake) for _ in range(150)))
    visitor.start()
    for _ in range(2):
        former = stand.kill_holder()
        assert stand.get(asleep) == "ok"  # waits in the kept socket until there is a holder again
        stand.new_holder(after=former)
        stand.ask(do="stop", site=asleep)
    visitor.join()
    assert answers == ["ok"] * 150
    assert stand.process(awake) == before  # adopted, not started anew
    assert before
    assert os.sched_getaffinity(before) == everywhere  # the holder that would have let it out is gone
    assert stand.ask(do="stop", site=awake) == {"ok": True}
    assert stand.processes(awake) == []


def test_killing_the_keeper_leaves_the_sites_up_and_a_new_one_takes_over(stand: Stand) -> None:
    awake, asleep = stand.serve(900100), stand.serve(900101)
    stand.get(awake)
    before, former = stand.process(awake), stand.kill_keeper()
    assert stand.get(asleep) == "ok"
    stand.start()
    stand.new_holder(after=former)
    assert stand.get(awake) == stand.get(asleep) == "ok"
    assert stand.process(awake) == before


def test_keeper_and_holder_killed_the_site_comes_back_on_a_new_socket(stand: Stand) -> None:
    site = stand.serve(900100)
    stand.get(site)
    before = stand.process(site)
    os.kill(stand.kill_keeper(), signal.SIGKILL)
    stand.start()
    assert stand.get(site) == "ok"
    assert stand.process(site) != before  # it listened on a socket that has no name any more
    until(lambda: before not in stand.processes(site))


@pytest.mark.parametrize("keeper_too", [False, True], ids=["holder", "keeper and holder"])
def test_a_former_sandbox_is_known_to_the_next_holder(stand: Stand, keeper_too: bool) -> None:
    site = stand.serve(900100, UNTIL_TOLD + "echo 'whole';")
    with ThreadPoolExecutor() as visitors:
        early = visitors.submit(stand.get, site)
        until(lambda: stand.has_begun(site))
        before = stand.process(site)
        stand.describe(site, {"generation": 2})
        stand.page(site, "echo getenv('PANGGON_GENERATION');", "now.php")
        assert stand.sync(site)["ok"]
        if keeper_too:
            os.kill(stand.kill_keeper(), signal.SIGKILL)
            stand.start()
        else:
            stand.new_holder(after=stand.kill_holder())
        assert stand.process(site) is None
        assert stand.get(site, "/site/public/now.php") == "2"
        assert before in stand.processes(site)
        stand.page(site, "", "told.php")
        assert early.result() == "whole"
    until(lambda: before not in stand.processes(site))
    assert stand.get(site, "/site/public/now.php") == "2"


def test_killed_before_what_is_wished_anew_has_a_socket(stand: Stand) -> None:
    """The next holder finds another wish than the sandbox was started for: who is inside is answered to the end."""
    site = stand.serve(900100, UNTIL_TOLD + "echo 'whole';")
    stand.page(site, "echo getenv('PANGGON_GENERATION');", "now.php")
    with ThreadPoolExecutor() as visitors:
        early = visitors.submit(stand.get, site)
        until(lambda: stand.has_begun(site))
        before = stand.process(site)
        assert before
        stand.describe(site, {"generation": 2})
        remember(stand.settings, replace(served_of(stand.settings, site), generation=2))
        stand.new_holder(after=stand.kill_holder())
        assert stand.get(site, "/site/public/now.php") == "2"
        assert before in stand.processes(site)
        stand.page(site, "", "told.php")
        assert early.result() == "whole"
    until(lambda: before not in stand.processes(site))


def test_a_damaged_record_of_a_sandbox_stops_no_holder(stand: Stand) -> None:
    site, other = stand.serve(900100), stand.serve(900101)
    stand.get(site)
    before = stand.process(site)
    for damage in ("[", "[]", "{}"):
        (stand.settings.records / f"{site}.json").write_text(damage)
        stand.new_holder(after=stand.kill_holder())
        assert [stand.get(site), stand.get(other)] == ["ok", "ok"]
    until(lambda: before not in stand.processes(site))


@pytest.mark.parametrize("in_place", [False, True], ids=["before its name", "after"])
def test_killed_while_a_socket_takes_the_place_of_another(stand: Stand, in_place: bool) -> None:
    """The keeper has both: the next holder goes on with the newer one, and nginx finds it."""
    site = stand.serve(900100, "echo getenv('PANGGON_GENERATION');")
    assert stand.get(site) == "1"
    before, path = stand.process(site), stand.settings.root / "run" / f"{site}.sock"
    holder = stand.holder()
    assert holder
    os.kill(holder, signal.SIGSTOP)
    channel = _copy_of_its_channel(holder)
    with channel, socket.socket(socket.AF_UNIX) as newer:
        with contextlib.chdir(stand.settings.root):
            newer.bind(f"run/.{site}-2.sock")
        newer.listen()
        send(channel, KEEP, f"{site}-2", newer)
        if in_place:
            path.with_name(f".{site}-2.sock").replace(path)
        os.kill(holder, signal.SIGKILL)
    stand.new_holder(after=holder)
    assert stand.get(site) == "1"
    assert stand.process(site) != before
    assert [each.name for each in path.parent.glob("*.sock")] == [path.name]
    until(lambda: before not in stand.processes(site))


def _copy_of_its_channel(holder: int) -> socket.socket:
    """The line to the keeper, taken out of the holder (pidfd_getfd(2))."""
    words = Path(f"/proc/{holder}/cmdline").read_text().split("\0")
    number = int(words[words.index("--keeper") + 1])
    descriptor = ctypes.CDLL(None).syscall(438, os.pidfd_open(holder), number, 0)
    assert descriptor >= 0
    return socket.socket(fileno=descriptor)


def test_a_sandbox_without_a_record_finishes_its_request_and_is_replaced(stand: Stand) -> None:
    """As if the holder had been killed between starting PHP and writing the record."""
    site = stand.serve(900100, BEGINS + "$end = microtime(true) + 1.5; while (microtime(true) < $end); echo 'done';")
    answers: list[str] = []
    visitor = threading.Thread(target=lambda: answers.append(stand.get(site)))
    visitor.start()
    until(lambda: stand.has_begun(site))
    before = stand.process(site)
    (stand.settings.records / f"{site}.json").unlink()
    stand.new_holder(after=stand.kill_holder())
    visitor.join()
    assert answers == ["done"]
    until(lambda: stand.process(site) is None)
    assert stand.get(site) == "done"
    assert stand.process(site) != before


def test_the_holder_is_replaced_on_request(stand: Stand) -> None:
    site, former = stand.serve(900100), stand.holder()
    stand.get(site)
    before = stand.process(site)
    assert stand.keeper
    assert former
    stand.keeper.send(signal.SIGHUP)
    stand.new_holder(after=former)
    assert stand.process(site) == before
    assert stand.get(site) == "ok"


def test_a_holder_without_keeper_and_installation_ends(stand: Stand) -> None:
    site = stand.serve(900100)
    stand.get(site)
    former = stand.kill_keeper()
    stand.settings.control.unlink()
    until(lambda: not processes.start_time(former))
    assert stand.processes(site) == []


@pytest.mark.parametrize("stand", [{"around": ("prlimit", "--nofile=64:")}], indirect=True)
def test_more_sites_than_a_process_may_usually_open(stand: Stand) -> None:
    """Keeper and holder raise their own limit; a socket that the keeper cannot take would be lost with the holder."""
    assert stand.keeper
    holder = stand.holder()
    assert holder
    for pid in (stand.keeper.pid, holder):
        soft, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        assert soft == hard


@pytest.mark.parametrize("stand", [{"idle_seconds": 4.0}], indirect=True)
def test_an_adopted_site_is_not_put_to_sleep_before_its_time(stand: Stand) -> None:
    site = stand.serve(900100)
    stand.get(site)
    before, holder = stand.process(site), stand.holder()
    assert before
    assert holder
    os.kill(holder, signal.SIGSTOP)  # or it would itself be the one that does it where this machine stands still
    workers = {pid for pid in stand.processes(site) if processes.children(pid) == ()}
    until(lambda: workers.isdisjoint(stand.processes(site)))  # they end after half the idle time
    began = time.monotonic()
    stand.new_holder(after=stand.kill_holder())
    time.sleep(1.5)
    assert stand.process(site) == before or time.monotonic() - began > stand.settings.idle_seconds


def test_the_end_leaves_nothing(stand: Stand) -> None:
    site = stand.serve(900100)
    stand.get(site)
    assert stand.keeper
    stand.keeper.send(signal.SIGTERM)
    assert stand.keeper.wait(seconds=60)
    assert stand.processes(site) == []
