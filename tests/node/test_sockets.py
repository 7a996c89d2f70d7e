"""The holder of the sockets with real php-fpm and bubblewrap."""

import contextlib
import json
import os
import resource
import signal
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from panggon.node.sockets import processes
from tests.node.stand import WEB_GROUP, Stand

pytestmark = pytest.mark.real


# A machine that gives neither sandboxes nor control groups, as a strict container does.
POOR = ("unshare", "--mount", "sh", "-ec")
POOR_SCRIPT = 'mount --bind /usr/bin/false /usr/bin/bwrap; mount -t tmpfs none /sys/fs/cgroup; exec "$@"'
BARE = {"around": (*POOR, POOR_SCRIPT, "bare")}


@pytest.fixture
def stand(request: pytest.FixtureRequest) -> Iterator[Stand]:
    stand = Stand("sockets", **getattr(request, "param", {}))
    try:
        stand.start()
        yield stand
    finally:
        stand.close()


def proof(stand: Stand, site: str, script: str = "/panggon/proof.php") -> dict[str, object]:
    return dict(json.loads(stand.get(site, script)))


def kill_holder(stand: Stand) -> int:
    pid = stand.holder()
    assert pid
    os.kill(pid, signal.SIGKILL)
    return pid


def kill_keeper(stand: Stand) -> int:
    """Kill the keeper; returns the holder, which lives."""
    pid = stand.holder()
    assert stand.keeper
    assert pid
    stand.keeper.send(signal.SIGKILL)
    assert stand.keeper.wait(seconds=5)
    return pid


def test_the_first_connection_wakes_the_site_as_its_own_user(stand: Stand) -> None:
    site = stand.serve(900100, "echo posix_getuid(), ' ', getenv('PANGGON_GENERATION');", generation=7)
    assert stand.process(site) is None
    began = time.monotonic()
    assert stand.get(site) == f"{stand.settings.uid(site)} 7"
    assert time.monotonic() - began < 2
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
    proof(stand, other)
    victim = stand.process(other)
    assert json.loads(stand.get(site, query=f"f={secret}&p={victim}")) == [False, False, False]
    seen = proof(stand, site)
    assert (seen["site"], seen["uid"], seen["foreign"], seen["shadow"]) == (site, stand.settings.uid(site), [], False)
    assert seen["process_owners"] == [stand.settings.uid(site)]
    assert "srv" not in seen["root"]  # type: ignore[operator]


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
    log = stand.settings.site(site) / "logs" / "php.log"
    stand.until(lambda: "told" in log.read_text())
    assert (log.stat().st_uid, log.stat().st_gid) == (0, stand.settings.uid(site))


@pytest.mark.parametrize("stand", [{"idle_seconds": 1.0}], indirect=True)
def test_going_to_sleep_loses_no_request(stand: Stand) -> None:
    site = stand.serve(900100, "usleep(2000); echo 'ok';")
    processes, answers = set(), []

    def visit(pause: float) -> None:
        for _ in range(75):
            answers.append(stand.get(site))
            time.sleep(pause)

    # Asked to sleep again and again, at every moment of a request's life, as the idle clock would.
    visitors = [threading.Thread(target=visit, args=(pause,)) for pause in (0.001, 0.013, 0.03, 0.05)]
    for visitor in visitors:
        visitor.start()
    while any(visitor.is_alive() for visitor in visitors):
        assert stand.ask(do="stop", site=site)["ok"]
        processes.add(stand.process(site))
    assert answers == ["ok"] * 300
    assert len(processes - {None}) > 3
    stand.until(lambda: stand.process(site) is None)
    assert stand.processes(site) == []


def test_a_request_that_runs_keeps_the_site_awake_and_may_finish(stand: Stand) -> None:
    site = stand.serve(900100, "$end = microtime(true) + 1.5; while (microtime(true) < $end); echo 'done';")
    answers: list[str] = []
    visitor = threading.Thread(target=lambda: answers.append(stand.get(site)))
    visitor.start()
    stand.until(lambda: stand.process(site) is not None)
    time.sleep(0.5)
    assert stand.ask(do="stop", site=site) == {"ok": True}
    visitor.join()
    assert answers == ["done"]


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
    stand.until(lambda: len(stand.processes(site)) >= 4)
    assert stand.ask(do="stop", site=site)["ok"]
    assert stand.processes(site) == []
    visitor.join()
    assert lost == ["killed"]


def test_killing_the_holder_disturbs_nobody(stand: Stand) -> None:
    awake, asleep = stand.serve(900100, "usleep(3000); echo 'ok';"), stand.serve(900101)
    assert stand.get(awake) == "ok"
    before = stand.process(awake)
    answers: list[str] = []
    visitor = threading.Thread(target=lambda: answers.extend(stand.get(awake) for _ in range(150)))
    visitor.start()
    for _ in range(2):
        former = kill_holder(stand)
        assert stand.get(asleep) == "ok"  # waits in the kept socket until there is a holder again
        stand.new_holder(after=former)
        stand.ask(do="stop", site=asleep)
    visitor.join()
    assert answers == ["ok"] * 150
    assert stand.process(awake) == before  # adopted, not started anew
    assert stand.ask(do="stop", site=awake) == {"ok": True}
    assert stand.processes(awake) == []


def test_killing_the_keeper_leaves_the_sites_up_and_a_new_one_takes_over(stand: Stand) -> None:
    awake, asleep = stand.serve(900100), stand.serve(900101)
    stand.get(awake)
    before, former = stand.process(awake), kill_keeper(stand)
    assert stand.get(asleep) == "ok"
    stand.start()
    stand.new_holder(after=former)
    assert stand.get(awake) == stand.get(asleep) == "ok"
    assert stand.process(awake) == before


def test_keeper_and_holder_killed_the_site_comes_back_on_a_new_socket(stand: Stand) -> None:
    site = stand.serve(900100)
    stand.get(site)
    before = stand.process(site)
    os.kill(kill_keeper(stand), signal.SIGKILL)
    stand.start()
    assert stand.get(site) == "ok"
    assert stand.process(site) != before  # it listened on a socket that has no name any more
    stand.until(lambda: before not in stand.processes(site))


def test_a_new_generation_replaces_the_sandbox(stand: Stand) -> None:
    site = stand.serve(900100, "echo getenv('PANGGON_GENERATION'), ' ', ini_get('memory_limit');")
    assert stand.get(site) == "1 64M"
    stand.describe(site, {"generation": 2, "memory_mebibytes": 256})
    assert stand.get(site) == "1 64M"  # nothing changes before it is told
    assert stand.sync(site) == {"ok": True}
    serving = stand.ask(do="show", site=site)["serving"]
    assert (serving["generation"], serving["kind"], serving["php_version"]) == (2, "php", "8.2")
    assert stand.get(site) == "2 128M"
    process = stand.process(site)
    stand.sync(site)
    assert stand.process(site) == process  # nothing has changed: nothing is stopped


def test_a_dropped_site_stays_dropped(stand: Stand) -> None:
    site, path = stand.serve(900100), stand.settings.root / "run" / "s900100.sock"
    stand.get(site)
    assert stand.ask(do="drop", site=site) == {"ok": True}
    assert stand.processes(site) == []
    assert not path.exists()
    stand.new_holder(after=kill_holder(stand))
    assert stand.ask(do="list")["sites"] == []
    assert not path.exists()
    assert stand.sync(site) == {"ok": True}
    assert stand.get(site) == "ok"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"php_version": "8.2; rm"}, "PHP version"),
        ({"processes": 100_000}, "processes"),
        ({"document_root": "/etc"}, "document_root"),
        ({"site": "s900999"}, "no PHP site"),
        ({"kind": "static"}, "no PHP site"),
    ],
)
def test_a_description_that_cannot_be_is_refused(stand: Stand, fields: dict[str, object], words: str) -> None:
    site = stand.lay_out(900100, fields)
    answer = stand.ask(do="sync", site=site, php_version=fields.get("php_version", "8.2"), generation=1)
    assert (answer["ok"], answer["code"], answer["temporary"]) == (False, "runtime.invalid", False)
    assert words in answer["error"]
    assert stand.ask(do="list")["sites"] == []


def test_a_php_that_cannot_start_is_not_tried_without_end(stand: Stand) -> None:
    site = stand.serve(900100, php_version="8.9")
    with pytest.raises(TimeoutError):
        stand.get(site, seconds=4)
    assert 2 <= stand.ask(do="show", site=site)["serving"]["failures"] <= 3  # at once, after 1 s, after 2 s more
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


@pytest.mark.parametrize("text", ["no json\n", "[]\n", '{"do": "sync", "site": "../../etc"}\n', '{"do": "x"}\n'])
def test_a_bad_request_is_refused_and_harms_nothing(stand: Stand, text: str) -> None:
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(stand.settings.control))
        client.sendall(text.encode())
        assert json.loads(client.makefile().readline())["ok"] is False
    assert stand.ask(do="list")["ok"]


def test_the_end_leaves_nothing(stand: Stand) -> None:
    site = stand.serve(900100)
    stand.get(site)
    assert stand.keeper
    stand.keeper.send(signal.SIGTERM)
    assert stand.keeper.wait(seconds=10)
    assert stand.processes(site) == []


def test_the_file_of_another_is_named_and_not_touched(stand: Stand) -> None:
    site = stand.lay_out(900100, {})
    path = stand.settings.root / "run" / f"{site}.sock"
    path.write_text("of somebody else")
    for request in ({"do": "drop", "site": site}, {"do": "sync", "site": site, "php_version": "8.2", "generation": 1}):
        assert stand.ask(**request)["code"] == "runtime.foreign"
    assert stand.ask(do="show", site=site) == {"ok": True, "serving": None, "foreign": f"{path} is not ours"}
    assert path.read_text() == "of somebody else"


def test_a_removed_socket_is_seen_and_mended(stand: Stand) -> None:
    site = stand.serve(900100)
    stand.get(site)
    (stand.settings.root / "run" / f"{site}.sock").unlink()
    assert stand.ask(do="show", site=site)["serving"] is None
    assert stand.sync(site) == {"ok": True}
    assert stand.get(site) == "ok"


@pytest.mark.parametrize("stand", [{**BARE, "require_all": False, "stop_seconds": 1.0}], indirect=True)
class TestReduced:
    """Without sandboxes and control groups: own user and `open_basedir`, every missing protection named."""

    def serve(self, stand: Stand, number: int, code: str) -> tuple[str, str]:
        home = stand.settings.site(f"s{number}")
        site = stand.serve(number, code, document_root=str(home / "public"))
        return site, str(home / "public" / "index.php")

    def test_what_is_missing_is_named(self, stand: Stand) -> None:
        found = {row["name"]: row for row in stand.ask(do="list")["protections"]}
        assert list(found) == ["sandbox", "network", "nested-namespaces", "memory", "processes"]
        assert [name for name, row in found.items() if row["active"]] == []
        assert all(row["reason"] for row in found.values())

    def test_a_site_runs_as_its_own_user_and_sees_no_other(self, stand: Stand) -> None:
        code = "echo json_encode([posix_getuid(), @file_get_contents($_GET['f']), @file_get_contents('/etc/passwd')]);"
        site, script = self.serve(stand, 900100, code)
        _, other_script = self.serve(stand, 900101, code)
        answer = stand.get(site, script, query=f"f={other_script}")
        assert json.loads(answer) == [stand.settings.uid(site), False, False]
        page = str(stand.settings.pages / "proof.php")
        seen = proof(stand, site, page)
        assert (seen["foreign"], seen["shadow"], seen["generation"]) == ([], False, 1)

    def test_a_document_root_of_a_sandbox_is_refused(self, stand: Stand) -> None:
        site = stand.lay_out(900100, {})
        assert "document_root" in stand.sync(site)["error"]

    def test_its_end_is_the_end_of_all_that_it_started(self, stand: Stand) -> None:
        site, script = self.serve(stand, 900100, "exec('setsid sleep 300 >/dev/null 2>&1 &'); echo 'ok';")
        assert stand.get(site, script) == "ok"
        assert len(stand.processes(site)) >= 3
        assert stand.ask(do="stop", site=site) == {"ok": True}
        stand.until(lambda: stand.processes(site) == [])
        assert stand.get(site, script) == "ok"

    def test_killing_the_holder_disturbs_nobody(self, stand: Stand) -> None:
        site, script = self.serve(stand, 900100, "echo 'ok';")
        assert stand.get(site, script) == "ok"
        before = stand.process(site)
        stand.new_holder(after=kill_holder(stand))
        assert stand.process(site) == before
        assert stand.get(site, script) == "ok"


def test_a_machine_without_protection_is_refused() -> None:
    stand = Stand("refused", **BARE)
    try:
        stand.launch()
        assert stand.keeper
        assert stand.keeper.wait(seconds=10)
        assert stand.keeper.code == 78
        said = (stand.settings.logs / "sockets.log").read_text()
        assert "refusing to start: sockets.unprotected: sandbox: " in said
        assert "memory: no memory controller" in said
    finally:
        stand.keeper = None
        stand.close()


def test_a_sandbox_without_a_record_finishes_its_request_and_is_replaced(stand: Stand) -> None:
    """As if the holder had been killed between starting PHP and writing the record."""
    site = stand.serve(900100, "$end = microtime(true) + 1.5; while (microtime(true) < $end); echo 'done';")
    answers: list[str] = []
    visitor = threading.Thread(target=lambda: answers.append(stand.get(site)))
    visitor.start()
    stand.until(lambda: len(stand.processes(site)) >= 3)
    before = stand.process(site)
    (stand.settings.records / f"{site}.json").unlink()
    stand.new_holder(after=kill_holder(stand))
    visitor.join()
    assert answers == ["done"]
    stand.until(lambda: stand.process(site) is None)
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
    former = kill_keeper(stand)
    stand.settings.control.unlink()
    stand.until(lambda: not processes.start_time(former))
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
    before = stand.process(site)
    assert before
    workers = {pid for pid in stand.processes(site) if processes.children(pid) == ()}
    stand.until(lambda: workers.isdisjoint(stand.processes(site)), seconds=45)  # they end after half the idle time
    stand.new_holder(after=kill_holder(stand))
    time.sleep(1.5)
    assert stand.process(site) == before
