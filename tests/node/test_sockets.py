"""The holder of the sockets with real php-fpm and bubblewrap: waking, isolation, sleeping, limits."""

import contextlib
import json
import os
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from panggon.node.sockets.holder import TICK_SECONDS
from panggon.node.sockets.sandboxes.lookups import Users
from tests import php
from tests.node.stand import BEGINS, UNTIL_TOLD, WEB_GROUP, Stand, started
from tests.waiting import until

pytestmark = pytest.mark.real


@pytest.fixture
def stand(request: pytest.FixtureRequest) -> Iterator[Stand]:
    yield from started(request)


def test_the_first_connection_wakes_the_site_as_its_own_user(stand: Stand) -> None:
    site = stand.serve(900100, "echo posix_getuid(), ' ', getenv('PANGGON_GENERATION');", generation=7)
    assert stand.process(site) is None
    assert stand.get(site) == f"{stand.settings.uid(site)} 7"
    assert stand.process(site) is not None


def test_nginx_group_alone_may_connect(stand: Stand) -> None:
    path = stand.settings.root / "run" / f"{stand.serve(900100)}.sock"
    assert (path.stat().st_uid, path.stat().st_gid, path.stat().st_mode & 0o777) == (0, WEB_GROUP, 0o660)
    assert (path.parent.stat().st_uid, path.parent.stat().st_gid) == (0, WEB_GROUP)
    assert path.parent.stat().st_mode & 0o777 == 0o750
    assert stand.settings.control.stat().st_mode & 0o777 == 0o600


def test_two_sites_do_not_see_each_other(stand: Stand) -> None:
    code = "echo json_encode([@file_get_contents($_GET['f']), @scandir('/srv'), posix_kill((int) $_GET['p'], 0)]);"
    site, other = stand.serve(900100, code), stand.serve(900101, code)
    secret = stand.settings.site(other) / "public" / "index.php"
    stand.proof(other)
    victim = stand.process(other)
    assert json.loads(stand.get(site, query=f"f={secret}&p={victim}")) == [False, False, False]
    seen = stand.proof(site)
    assert (seen["site"], seen["uid"], seen["foreign"], seen["shadow"]) == (site, stand.settings.uid(site), [], False)
    assert seen["process_owners"] == [stand.settings.uid(site)]
    assert "srv" not in seen["root"]


def test_the_sandbox_reaches_no_socket_of_the_machine_and_makes_no_namespace(stand: Stand) -> None:
    site = stand.serve(
        900100,
        "echo json_encode([@stream_socket_client('tcp://127.0.0.1:' . $_GET['port'], $n, $e, 1) !== false,"
        '@stream_socket_client("unix://\\0panggon-test", $n, $e, 1) !== false,'
        "trim(shell_exec('unshare --user true 2>&1; echo $?') ?? ''), @file_put_contents('/stored', 'x')]);",
    )
    with contextlib.ExitStack() as stack:
        tcp = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        abstract = stack.enter_context(socket.socket(socket.AF_UNIX))
        abstract.bind("\0panggon-test")
        abstract.listen()
        loopback, other, unshared, stored = json.loads(stand.get(site, query=f"port={tcp.getsockname()[1]}"))
    assert (loopback, other, stored) == (False, False, False)
    assert unshared.endswith("\n1")


def test_what_php_writes_is_for_its_site_and_for_nginx(stand: Stand) -> None:
    site = stand.serve(900100, "file_put_contents('/site/public/a.txt', 'x'); session_start(); error_log('told');")
    stand.get(site)
    written = stand.settings.site(site) / "public" / "a.txt"
    assert (written.stat().st_uid, written.stat().st_gid) == (stand.settings.uid(site), WEB_GROUP)
    assert written.stat().st_mode & 0o777 == 0o640
    assert list((stand.settings.site(site) / "tmp").glob("sess_*"))
    output = stand.settings.site(site) / "run" / "output.log"
    assert output.read_text().partition("] ")[2] == "told\n"
    assert (output.stat().st_uid, output.stat().st_mode & 0o777) == (0, 0o620)


@pytest.mark.parametrize(
    ("stand", "stays"),
    [({"idle_seconds": 0.5, "idle_most_seconds": 600.0, "awake_most": most}, most > 2) for most in (1000, 2)],
    indirect=["stand"],
)
def test_it_stays_awake_for_nobody_while_there_is_room(stand: Stand, stays: bool) -> None:
    site = stand.serve(900100)
    assert stand.get(site) == "ok"
    process = stand.process(site)
    if stays:
        time.sleep(2.0)
        assert stand.process(site) == process
    else:
        until(lambda: stand.process(site) is None)


@pytest.mark.parametrize("stand", [{"idle_seconds": 1.0}], indirect=True)
def test_going_to_sleep_loses_no_request(stand: Stand) -> None:
    site = stand.serve(900100, "usleep(2000); echo 'ok';")
    processes: set[int | None] = {None}
    over = threading.Event()

    def visit(pause: float) -> list[str]:
        answers: list[str] = []
        while len(answers) < 75 or not over.is_set():
            answers.append(stand.get(site))
            time.sleep(pause)
        return answers

    # Asked to sleep again and again, at every moment of a request's life, as the idle clock would.
    with ThreadPoolExecutor() as pool:
        visitors = [pool.submit(visit, pause) for pause in (0.001, 0.013, 0.03, 0.05)]
        while not all(visitor.done() for visitor in visitors):
            assert stand.ask(do="stop", site=site)["ok"]
            processes.add(stand.process(site))
            if len(processes) > 4:
                over.set()
    assert {answer for visitor in visitors for answer in visitor.result()} == {"ok"}
    until(lambda: stand.process(site) is None)
    assert stand.processes(site) == []


def test_a_request_that_runs_keeps_the_site_awake_and_may_finish(stand: Stand) -> None:
    site = stand.serve(900100, BEGINS + "usleep(500000); echo 'done';")
    with ThreadPoolExecutor() as visitors:
        visitor = visitors.submit(stand.get, site)
        until(lambda: stand.has_begun(site))
        assert stand.ask(do="stop", site=site) == {"ok": True}
        assert visitor.result() == "done"


@pytest.mark.parametrize("stand", [{"stop_seconds": 1.0}], indirect=True)
def test_what_does_not_end_in_time_is_killed_whole(stand: Stand) -> None:
    site = stand.serve(900100, "exec('setsid sleep 300 >/dev/null 2>&1 &'); while (true);")
    lost: list[str] = []

    def visit() -> None:
        with pytest.raises((OSError, ValueError)):
            stand.get(site)
        lost.append("killed")

    visitor = threading.Thread(target=visit)
    visitor.start()
    until(lambda: len(stand.processes(site)) >= 4)
    assert stand.ask(do="stop", site=site)["ok"]
    until(lambda: stand.processes(site) == [])  # who started the sandbox outlives it by a moment
    visitor.join()
    assert lost == ["killed"]


def test_a_php_that_cannot_start_is_not_tried_without_end(stand: Stand) -> None:
    site = stand.serve(900100, php_version="8.9")
    with pytest.raises((ConnectionError, ValueError)):
        stand.get(site)  # once more after 1 s, after 2 s more: then it is told
    assert stand.ask(do="show", site=site)["serving"]["failures"] == 3
    with pytest.raises((ConnectionError, ValueError)):
        stand.get(site)  # in a pause
    stand.describe(site, {})
    stand.sync(site)
    assert stand.get(site) == "ok"


def test_memory_and_processes_end_at_the_limit(stand: Stand) -> None:
    eater = "ini_set('memory_limit', -1); $x = str_repeat('x', 300 << 20); echo strlen($x);"
    site, other = stand.serve(900100, eater), stand.serve(900101)
    stand.page(
        site, "echo (int) shell_exec('for i in $(seq 40); do sleep 3 & done 2>/dev/null; jobs -p | wc -l');", "f.php"
    )
    with pytest.raises((OSError, ValueError)):
        stand.get(site)
    assert stand.get(other) == "ok"
    stand.get(site, "/site/public/f.php")
    assert len(stand.processes(site)) <= 14


@pytest.fixture
def own_php() -> Iterator[Path]:
    """Where sandboxes see it; a template of its name."""
    folder = Path("/usr/local/lib") / f"panggon-test-{os.getpid()}"
    folder.mkdir()
    try:
        shutil.copy(f"/usr/sbin/php-fpm{php.VERSION}", folder)
        yield folder / "php-fpm{version}"
    finally:
        shutil.rmtree(folder)


def test_an_update_of_php_reaches_who_is_awake_and_cuts_nobody_off(own_php: Path) -> None:
    slow = UNTIL_TOLD + "echo 'whole';"
    with contextlib.closing(Stand("update", php_binary=str(own_php), update_seconds=0.1)) as stand:
        stand.start()
        site = stand.serve(900100, slow)
        stand.page(site, "echo 'now';", "now.php")
        with ThreadPoolExecutor() as visitors:
            early = visitors.submit(stand.get, site, seconds=60)
            until(lambda: stand.has_begun(site))
            before = stand.process(site)
            replace_on_disk(own_php)
            until(lambda: stand.process(site) != before)
            assert stand.get(site, "/site/public/now.php") == "now"
            assert before in stand.processes(site)
            after = stand.process(site)
            replace_on_disk(own_php)
            time.sleep(1.5)
            assert (stand.process(site), before in stand.processes(site)) == (after, True), "one after the other"
            stand.page(site, "", "told.php")
            assert early.result() == "whole"
            until(lambda: before not in stand.processes(site))
            until(lambda: stand.process(site) != after)
            assert stand.get(site, "/site/public/now.php") == "now"


def replace_on_disk(own_php: Path) -> None:
    """As dpkg does."""
    binary = Path(str(own_php).format(version=php.VERSION))
    shutil.copy(binary, binary.with_suffix(".new"))
    binary.with_suffix(".new").replace(binary)


@pytest.mark.parametrize("stand", [{"awake_most": 2}], indirect=True)
def test_who_has_been_idle_longest_makes_room_and_who_finds_none_waits(stand: Stand) -> None:
    busy = UNTIL_TOLD + "echo 'told';"
    first, second, third, fourth = (stand.serve(900100 + number, busy) for number in range(4))
    with ThreadPoolExecutor() as visitors:
        early = [visitors.submit(stand.get, site) for site in (first, second)]
        until(lambda: all(len(stand.processes(site)) >= 3 for site in (first, second)))
        waits = visitors.submit(stand.get, third)
        time.sleep(1)
        assert (stand.process(third), stand.ask(do="show", site=third)["serving"]["failures"]) == (None, 0)
        for site in (first, second, third):
            stand.page(site, "", "told.php")
        assert [each.result() for each in (*early, waits)] == ["told"] * 3
    assert stand.process(third) is not None
    until(lambda: (stand.process(first) is None) ^ (stand.process(second) is None))
    time.sleep(1.5)
    stand.page(fourth, "", "told.php")
    assert stand.get(fourth) == "told"
    until(lambda: stand.process(first) is None and stand.process(second) is None)
    assert None not in (stand.process(third), stand.process(fourth))


def test_a_program_named_as_openssh_has_no_second_set_of_bounds(stand: Stand) -> None:
    site = stand.serve(900100, "copy('/bin/sleep', '/tmp/sshd'); chmod('/tmp/sshd', 0755); exec('/tmp/sshd 60 >&- &');")
    stand.get(site)

    def named() -> list[int]:
        return [pid for pid in stand.processes(site) if Path(f"/proc/{pid}/comm").read_text() == "sshd\n"]

    until(lambda: named() != [])
    groups = Path(f"/proc/{named()[0]}/cgroup").read_text()
    time.sleep(Users.SECONDS + 3 * TICK_SECONDS)  # the holder has looked for sessions meanwhile
    assert Path(f"/proc/{named()[0]}/cgroup").read_text() == groups
    assert f"/{site}\n" in groups
    assert "-sftp" not in groups


def test_a_program_whose_name_is_no_text_takes_the_holder_from_nobody(stand: Stand) -> None:
    site = stand.serve(
        900100, r"""copy('/bin/sleep', "/tmp/\xff"); chmod("/tmp/\xff", 0755); exec("/tmp/\xff 60 >&- &");"""
    )
    neighbour, holder = stand.serve(900101), stand.holder()
    stand.get(site)
    until(lambda: any(Path(f"/proc/{pid}/comm").read_bytes() == b"\xff\n" for pid in stand.processes(site)))
    time.sleep(Users.SECONDS + 3 * TICK_SECONDS)  # the holder has looked for sessions meanwhile
    assert stand.get(neighbour) == "ok"
    assert stand.holder() == holder
