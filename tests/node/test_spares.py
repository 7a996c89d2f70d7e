"""php-fpm that was started in advance: who gets it finds what he would have found, sooner; and nobody depends on it."""

import contextlib
import hashlib
import json
import os
import shutil
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from panggon.core.sites.kinds import VARIABLES_MOST
from panggon.drivers.system import files, processes, shell
from panggon.node.sockets.control_groups import controllers
from panggon.node.sockets.sandboxes import sandbox, starting
from panggon.node.sockets.sandboxes import spare as one
from panggon.node.sockets.sandboxes.launch import Launch, launch
from panggon.node.sockets.sandboxes.sandbox import Machine
from panggon.node.sockets.sandboxes.spares import (
    IN_A_BURST,
)
from panggon.node.sockets.served import Served, described
from panggon.node.sockets.shields.protections import active, protections
from tests import php
from tests.node.stand import Stand, started
from tests.waiting import until

AROUND = (Path(__file__).parent / "look_around.php").read_text().removeprefix("<?php")
USUAL = 900_100
# Of what would take until somebody loses patience; it is known at once.
SOON = 15


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
@pytest.mark.parametrize("number", [signal.SIGSTOP, signal.SIGKILL])
def test_one_that_does_not_become_a_site_is_made_up_for_at_once(stand: Stand, number: signal.Signals) -> None:
    site = stand.serve(USUAL)
    stand.put_to_sleep(site)
    stopped = [processes.children(each)[0] for each in spares(stand)]
    for each in stopped:
        os.kill(each, number)
    assert stand.get(site, seconds=SOON) == "ok"
    assert not stand.was_a_spare(site)
    assert stand.ask(do="show", site=site)["serving"]["failures"] == 0
    until(lambda: not all(map(processes.start_time, stopped)), "whoever is of no use is gone")


@pytest.mark.real
def test_one_without_a_record_is_found_and_replaced(stand: Stand) -> None:
    site = stand.serve(USUAL)
    stand.put_to_sleep(site)
    assert stand.get(site) == "ok"
    before = stand.process(site)
    assert stand.was_a_spare(site)
    (stand.settings.records / f"{site}.json").unlink()
    holder = stand.kill_holder()
    stand.new_holder(after=holder)
    until(lambda: not processes.start_time(before or 0), "it is not asked in vain to end", seconds=SOON)
    assert stand.get(site) == "ok"


@pytest.mark.real
def test_what_is_mounted_afterwards_is_seen(tmp_path: Path) -> None:
    """Where the kernel does not tell those who have mounts of their own."""
    with contextlib.closing(Stand("mounted", around=("unshare", "--mount", "--propagation", "private"))) as stand:
        stand.start()
        site = stand.serve(USUAL)
        stand.put_to_sleep(site)
        other = stand.base / "other"
        shutil.copytree(stand.settings.site(site) / "public", other)
        (other / "index.php").write_text("<?php echo 'mounted';")
        shell.check(["chown", "-R", str(stand.settings.uid(site)), str(other)])
        holder = ("nsenter", "--mount", "--target", str(stand.holder()))
        shell.check([*holder, "mount", "--bind", str(other), str(stand.settings.site(site) / "public")])
        assert (stand.get(site), stand.was_a_spare(site)) == ("mounted", False)


@pytest.mark.real
@pytest.mark.parametrize("name", ["PHP_INI_SCAN_DIR", "KUNCI"])
def test_what_php_reads_when_it_begins_reaches_it(stand: Stand, name: str) -> None:
    site = stand.serve(USUAL, "echo json_encode(php_ini_scanned_files());", environment=[f"{name}=/site/private"])
    usual = stand.get(site)
    stand.put_to_sleep(stand.serve(USUAL + 1))
    assert stand.ask(do="stop", site=site)["ok"]
    assert stand.get(site) == usual
    assert stand.was_a_spare(site) is (name == "KUNCI")


@pytest.mark.real
def test_all_variables_that_a_site_may_have_are_told(stand: Stand) -> None:
    value = "\N{GRINNING FACE}" * 1000
    environment = [f"V{number}={value}" for number in range(VARIABLES_MOST)]
    site = stand.serve(USUAL, "echo md5(getenv('V31'));", environment=environment)
    stand.put_to_sleep(site)
    assert stand.get(site) == hashlib.md5(value.encode(), usedforsecurity=False).hexdigest()
    assert stand.was_a_spare(site)


@pytest.fixture
def asleep() -> Iterator[Stand]:
    """A site without a holder: the test starts what runs for it."""
    made = Stand("asleep")
    with contextlib.closing(made):
        for folder in (made.settings.records, made.settings.pages):
            files.directory(folder)
        made.lay_out(USUAL, {})
        yield made


def begun_by(machine: Machine, wanted: Launch) -> one.Spare:
    spare = one.begin(machine.settings, machine.shields, machine.groups, wanted.program)
    until(spare.is_ready)
    return spare


@pytest.mark.real
def test_it_is_the_sites_from_the_first_moment_on_and_a_failure_leaves_nothing(asleep: Stand) -> None:
    """Whom the holder confines, and who counts as running: nobody is to find it where it was."""
    settings, (site,) = asleep.settings, asleep.sites
    machine = Machine(settings, active(protections(settings.uid_base)), controllers.find())
    description = described(settings, site)
    wanted = launch(settings, Served(site, "php", 1, php_version=php.VERSION), description, machine.shields)
    with socket.socket(socket.AF_UNIX) as listener:
        spare = begun_by(machine, wanted)
        (master,) = processes.children(spare.child.pid)
        made = starting.use(machine, site, description, wanted, listener, group=site, spare=spare)
        there, user = machine.groups.members(site), Path(f"/proc/{master}").stat().st_uid
        # The master itself starts one for a moment; whoever else is there stays.
        until(lambda: machine.groups.members(site) == {master}, "others are in the site's group")
        made.kill()
        until(lambda: processes.ended(made.pidfd))
        made.clean_up()
        spare = begun_by(machine, wanted)
        os.kill(processes.children(spare.child.pid)[0], signal.SIGSTOP)
        before = len([*Path("/proc/self/fd").iterdir()])
        with pytest.raises(OSError, match="timed out"):
            starting.use(machine, site, description, wanted, listener, group=site, spare=spare)
        spare.close()
        after = len([*Path("/proc/self/fd").iterdir()])
        sandbox.end_leftovers(machine, site, site)
        machine.groups.remove(one.GROUP)
        machine.groups.close()
    assert (master in there, user) == (True, settings.uid(site))
    assert after < before, "its line is gone, and nothing has come"


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
