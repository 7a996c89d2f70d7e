"""php-fpm that was started in advance: who gets it finds what he would have found, sooner; and nobody depends on it."""

import contextlib
import json
import math
import os
import shutil
import signal
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from panggon.core.errors import PermanentError
from panggon.drivers.system import files, processes
from panggon.node.sockets.sandboxes import spare as one
from panggon.node.sockets.sandboxes.spares import (
    BEFORE_SECONDS,
    BURST_SECONDS,
    FAILED_SECONDS,
    IN_A_BURST,
    PAUSE_SECONDS,
    START_SECONDS,
    Spares,
)
from tests import php
from tests.node.stand import Stand, started
from tests.waiting import until

AROUND = (Path(__file__).parent / "look_around.php").read_text().removeprefix("<?php")
USUAL = 900_100


@pytest.fixture
def stand(request: pytest.FixtureRequest) -> Iterator[Stand]:
    yield from started(request)


def differing(found: dict[str, Any], usual: dict[str, Any]) -> str:
    return json.dumps({name: (value, usual[name]) for name, value in found.items() if value != usual[name]})[:2000]


def spares(stand: Stand) -> frozenset[int]:
    """The first process of each."""
    holder = stand.holder()
    assert holder
    own = {each for each in processes.children(holder) if Path(f"/proc/{each}").stat().st_uid == stand.settings.nobody}
    awake = {stand.process(site) for site in stand.sites}
    return frozenset(own - awake)


@pytest.fixture
def with_databases() -> Iterator[Stand]:
    databases = Path(f"/srv/panggon-test-{os.getpid()}-spares/mysqld")
    made = Stand("spares", mariadb_socket=databases / "mysqld.sock", postgresql_run=databases.with_name("pgsql"))
    with contextlib.closing(made):
        for place in (databases, databases.with_name("pgsql")):
            files.directory(place)
            (place / "0").mkdir()
        made.start()
        yield made


@pytest.mark.real
@pytest.mark.parametrize("fields", [{}, {"outgoing": "web", "database": "postgresql"}], ids=["usual", "web"])
def test_it_finds_the_same_around_it(with_databases: Stand, fields: dict[str, Any]) -> None:
    stand = with_databases
    environment = ["KUNCI=a b=c;$d\"e'", "LAIN=ö"]
    site = stand.serve(USUAL, AROUND, environment=environment, **fields)
    usual = json.loads(stand.get(site))
    assert not stand.was_a_spare(site)
    stand.put_to_sleep(site)
    found = json.loads(stand.get(site))
    assert stand.was_a_spare(site)
    # Whom it maps, and how a nested user namespace is refused, differ; its root has an empty directory more.
    for name in ("user map", "users may be made"):
        assert found.pop(name) != usual.pop(name)
    assert found["settings"]["opcache.preload"] == "/spare/become.php"
    for each in (found, usual):
        del each["settings"]["opcache.preload"], each["settings"]["opcache.lockfile_path"]
        each["root"] = {name: mode for name, mode in each["root"] if name not in ("spare", "run")}
    assert {name for name, value in found.items() if value != usual[name]} == set(), differing(found, usual)
    assert usual["environment"]["KUNCI"] == "a b=c;$d\"e'"


@pytest.mark.real
def test_it_goes_to_whom_it_is_for_and_others_are_begun(stand: Stand) -> None:
    first, small = stand.serve(USUAL), stand.serve(USUAL + 1, memory_mebibytes=64)
    python = stand.serve(USUAL + 2, kind="python", interface="wsgi", entry="situs:app", database="")
    stand.put_to_sleep(first)
    (before, *_) = there = spares(stand)
    assert len(there) == IN_A_BURST
    assert stand.get(small) == "ok"
    assert not stand.was_a_spare(small), "it may use less memory"
    assert before in there, "a site of another kind or size leaves them alone"
    until(lambda: stand.ask(do="about")["spares"] == IN_A_BURST + 1)
    assert stand.get(first) == "ok"
    assert stand.was_a_spare(first)
    assert stand.process(first) in there
    until(lambda: len(spares(stand)) == IN_A_BURST + 1)
    assert stand.process(python) is None


@pytest.mark.real
def test_it_lives_on_when_the_holder_is_killed_and_the_others_end(stand: Stand) -> None:
    site = stand.serve(USUAL, "echo getmypid();")
    stand.put_to_sleep(site)
    assert stand.get(site)
    awake, left = stand.process(site), spares(stand)
    (answers,) = processes.children(processes.children(awake)[0]) if awake else ()
    stand.new_holder(after=stand.kill_holder())
    assert (stand.process(site), stand.was_a_spare(site)) == (awake, True)
    assert processes.start_time(answers), "who was asked before is not disturbed"
    until(lambda: not any(map(processes.start_time, left)))
    assert stand.ask(do="stop", site=site)["ok"]
    until(lambda: not processes.start_time(awake or 0))
    stand.put_to_sleep(site)


@pytest.mark.real
def test_with_the_holder_all_of_them_end(stand: Stand) -> None:
    site = stand.serve(USUAL)
    stand.put_to_sleep(site)
    left = spares(stand)
    masters = frozenset(master for each in left for master in processes.children(each))
    assert len(masters) == IN_A_BURST
    assert stand.keeper
    stand.keeper.send(signal.SIGTERM)
    assert stand.keeper.wait(seconds=60)
    until(lambda: not any(map(processes.start_time, left | masters)))


@pytest.mark.real
def test_without_any_a_site_wakes_as_quickly_as_ever(stand: Stand) -> None:
    site = stand.serve(USUAL)
    stand.put_to_sleep(site)
    there = spares(stand)
    for each in there:
        os.kill(each, signal.SIGKILL)
    until(lambda: not any(map(processes.start_time, there)))
    assert stand.get(site) == "ok"
    assert not stand.was_a_spare(site)
    assert stand.ask(do="show", site=site)["serving"]["failures"] == 0
    until(lambda: stand.ask(do="about")["spares"] == IN_A_BURST)


@pytest.mark.real
def test_one_that_ends_while_it_becomes_a_site_is_made_up_for(stand: Stand) -> None:
    site = stand.serve(USUAL)
    stand.put_to_sleep(site)
    masters = [processes.children(each)[0] for each in spares(stand)]
    for each in masters:
        os.kill(each, signal.SIGSTOP)
    with ThreadPoolExecutor() as visitors:
        waits = visitors.submit(stand.get, site, seconds=60)
        until(lambda: stand.process(site) is not None)
        for each in masters:
            os.kill(each, signal.SIGKILL)
        assert waits.result() == "ok"
    assert not stand.was_a_spare(site)
    assert stand.ask(do="show", site=site)["serving"]["failures"] == 1


# A copy of the machine's settings of PHP in the place of them, for what is started here.
OWN_SETTINGS = 'cp -a /etc/php "$1"; mount --bind "$1/php" /etc/php; shift; exec "$@"'


@pytest.mark.real
def test_changed_settings_of_php_hold_from_the_next_time_on(tmp_path: Path) -> None:
    script = ("unshare", "--mount", "sh", "-ec", OWN_SETTINGS, "php", str(tmp_path))
    with contextlib.closing(Stand("settings", around=script)) as stand:
        stand.start()
        folder = tmp_path / "php" / php.VERSION / "fpm" / "conf.d"
        site = stand.serve(USUAL, "echo ini_get('precision');")
        stand.put_to_sleep(site)
        (folder / "99-ours.ini").write_text("precision = 5\n")
        assert (stand.get(site), stand.was_a_spare(site)) == ("5", False)
        stand.put_to_sleep(site)
        assert (stand.get(site), stand.was_a_spare(site)) == ("5", True)
        (folder / "99-ours.ini").write_text("opcache.preload = /usr/share/php/anything.php\nopcache.enable = 0\n")
        assert stand.ask(do="stop", site=site)["ok"]
        assert stand.get(site) == "14"
        said = stand.settings.logs / "sockets.log"
        until(lambda: "no spare: runtime.preload" in said.read_text(), "scripts that the machine preloads stay")


@pytest.mark.real
def test_an_update_of_php_reaches_who_sleeps(tmp_path: Path) -> None:
    folder = Path("/usr/local/lib") / f"panggon-test-{os.getpid()}"
    folder.mkdir()
    binary = folder / f"php-fpm{php.VERSION}"
    try:
        shutil.copy(f"/usr/sbin/{binary.name}", folder)
        with contextlib.closing(Stand("newer", php_binary=str(folder / "php-fpm{version}"))) as stand:
            stand.start()
            site = stand.serve(USUAL)
            stand.put_to_sleep(site)
            shutil.copy(binary, folder / "new")
            (folder / "new").replace(binary)
            assert (stand.get(site), stand.was_a_spare(site)) == ("ok", False)
            stand.put_to_sleep(site)
            assert (stand.get(site), stand.was_a_spare(site)) == ("ok", True)
    finally:
        shutil.rmtree(folder)


# Which there are: without any process.


class Fake:
    """Of a program; `ready` and `running` as the test wants it."""

    def __init__(self, program: one.Program) -> None:
        self.program = program
        self.ready = self.running = self.current = True
        self.closed = False
        self.child = SimpleNamespace(running=lambda: self.running)

    def is_ready(self) -> bool:
        return self.ready

    def is_current(self, settings: object) -> bool:
        return self.current

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list[Fake]:
    made: list[Fake] = []

    def begin(settings: object, shields: object, groups: object, program: one.Program) -> Fake:
        made.append(Fake(program))
        return made[-1]

    monkeypatch.setattr(one, "begin", begin)
    monkeypatch.setattr(one, "fits", lambda launch, uid, shields: launch.program != ("never",))
    return made


@pytest.fixture
def kept() -> Spares:
    settings: Any = SimpleNamespace(uid=lambda name: 1)
    return Spares(settings, frozenset(), SimpleNamespace(remove=lambda name: None))  # type: ignore[arg-type]


def wants(kept: Spares, name: str, now: float) -> Any:
    launch: Any = SimpleNamespace(program=(name,), name="s000001")
    return kept.take(launch, now)


def passes(kept: Spares, now: float) -> float:
    """Whatever is due at once; when that was over."""
    while kept.due <= now + START_SECONDS:
        now = max(now, kept.due)
        kept.look(now)
    return now


def test_none_is_begun_before_anybody_wants_one(kept: Spares, begun: list[Fake]) -> None:
    assert math.isinf(kept.due)
    assert wants(kept, "never", 1.0) is None
    kept.look(2.0)
    assert (begun, math.isinf(kept.due)) == ([], True)


def test_who_wakes_is_not_disturbed_by_the_next_ones(kept: Spares, begun: list[Fake]) -> None:
    assert wants(kept, "one", 1.0) is None
    assert kept.due == 1.0 + PAUSE_SECONDS
    assert passes(kept, 1.0) == pytest.approx(1.0 + (1 + IN_A_BURST) * PAUSE_SECONDS)
    assert ([each.program for each in begun], kept.ready) == ([("one",)] * IN_A_BURST, IN_A_BURST)
    assert wants(kept, "one", 5.0) is begun[0]
    passes(kept, 5.0)
    assert (len(begun), kept.ready) == (IN_A_BURST + 1, IN_A_BURST)


def test_what_was_wanted_last_is_kept(kept: Spares, begun: list[Fake]) -> None:
    taken = []
    for place, name in enumerate(("one", "two", "one", "three")):
        taken.append(wants(kept, name, place))
        passes(kept, place)
    left = sorted(each.program for each in begun if not each.closed and each not in taken)
    assert left == sorted([("three",)] * IN_A_BURST + [("one",)])
    assert kept.ready == len(left)


def test_when_no_site_wakes_for_long_one_is_enough(kept: Spares, begun: list[Fake]) -> None:
    for place, name in enumerate(("one", "two")):
        wants(kept, name, place)
        passes(kept, place)
    there = {}
    while not math.isinf(kept.due):
        now = kept.due
        kept.look(now)
        there[now] = kept.ready
    ends = {BURST_SECONDS: IN_A_BURST + 1, 1 + BURST_SECONDS: 2, BEFORE_SECONDS: 1, 1 + BEFORE_SECONDS: 1}
    assert there == ends, "of the first one there is only one from the second one's wish on"
    assert [each.program for each in begun if not each.closed] == [("two",)]
    assert wants(kept, "two", 1000.0) is not None


def test_before_anybody_comes_there_is_one(kept: Spares, begun: list[Fake]) -> None:
    launch: Any = SimpleNamespace(program=("one",), name="s000001")
    assert kept.expect(launch, 5.0)
    passes(kept, 5.0)
    assert kept.ready == 1
    assert wants(kept, "one", 7.0) is begun[0]
    passes(kept, 7.0)
    assert kept.ready == IN_A_BURST


def test_one_that_is_not_what_it_would_be_now_is_nobodys(kept: Spares, begun: list[Fake]) -> None:
    wants(kept, "one", 0.0)
    passes(kept, 0.0)
    begun[0].current = False
    assert wants(kept, "one", 1.0) is begun[1]
    assert [each.closed for each in begun] == [True, False]


@pytest.mark.parametrize("running", [True, False])
def test_one_that_does_not_get_ready_is_tried_again_later(kept: Spares, begun: list[Fake], running: bool) -> None:
    wants(kept, "one", 0.0)
    kept.look(0.1)
    begun[0].ready, begun[0].running = False, running
    kept.look(0.2)
    kept.look(11.0)
    assert (begun[0].closed, len(begun), kept.ready) == (True, 1, 0)
    assert wants(kept, "one", 12.0) is None
    assert kept.due == pytest.approx((11.0 if running else 0.2) + FAILED_SECONDS)
    passes(kept, kept.due)
    assert kept.ready == (1 if running else IN_A_BURST)


def test_a_machine_that_can_have_none_is_not_asked_all_the_time(
    kept: Spares, begun: list[Fake], monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[object] = []

    def refused(*what: object) -> None:
        tries.append(what)
        raise PermanentError("runtime.preload", "")

    monkeypatch.setattr(one, "begin", refused)
    for second in range(int(2 * FAILED_SECONDS)):
        wants(kept, "one", second)
        kept.look(second + 0.5)
    assert len(tries) == 2


def test_what_is_too_long_to_be_told_is_not_told_in_part() -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    spare = one.Spare((), SimpleNamespace(), ours, ())  # type: ignore[arg-type]
    launch: Any = SimpleNamespace(
        name="s000001", texts={"/etc/long": "x" * one.MESSAGE_BYTES}, places=(), environment={}
    )
    settings: Any = SimpleNamespace(uid=lambda name: 1)
    with theirs, pytest.raises(OSError, match="too much to be told"):
        spare.become(settings, launch, descriptors=[0], limits={})
    ours.close()
