"""What the holder is told, and what it refuses."""

import json
import os
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from panggon.node.sockets.sandboxes.former import SETTLED_SECONDS
from tests import php
from tests.node.stand import BEGINS, Stand, started
from tests.waiting import until

pytestmark = pytest.mark.real


@pytest.fixture
def stand(request: pytest.FixtureRequest) -> Iterator[Stand]:
    yield from started(request)


def test_a_new_generation_replaces_the_sandbox(stand: Stand) -> None:
    site = stand.serve(900100, "echo getenv('PANGGON_GENERATION'), ' ', ini_get('memory_limit');")
    assert stand.get(site) == "1 64M"
    stand.describe(site, {"generation": 2, "memory_mebibytes": 256})
    assert stand.get(site) == "1 64M"  # nothing changes before it is told
    assert stand.sync(site) == {"ok": True}
    serving = stand.ask(do="show", site=site)["serving"]
    assert (serving["generation"], serving["kind"], serving["php_version"]) == (2, "php", php.VERSION)
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
    stand.new_holder(after=stand.kill_holder())
    assert stand.ask(do="list")["sites"] == []
    assert not path.exists()
    assert stand.sync(site) == {"ok": True}
    assert stand.get(site) == "ok"


def test_whoever_was_let_in_before_is_answered_whole_and_nobody_waits_for_him(stand: Stand) -> None:
    """Three generations at once, each in a `sleep()`, which php-fpm's way to ask for its end would cut short."""
    site = stand.serve(
        900100,
        f"{BEGINS} $cut = 0; while (!file_exists('/site/public/told.php')) $cut += sleep(3);"
        "echo getenv('PANGGON_GENERATION'), ' ', $cut;",
    )
    with ThreadPoolExecutor() as visitors:
        early = []
        for generation in (1, 2, 3):
            early.append(visitors.submit(stand.get, site))
            until(lambda: stand.has_begun(site))
            stand.describe(site, {"generation": generation + 1})
            assert stand.sync(site) == {"ok": True}
            assert [each.done() for each in early] == [False] * generation, "it waited for them"
            assert stand.process(site) is None
        stand.page(site, "echo getenv('PANGGON_GENERATION');", "now.php")
        assert stand.get(site, "/site/public/now.php") == "4"
        time.sleep(2 * SETTLED_SECONDS)
        assert [each.done() for each in early] == [False] * 3
        stand.page(site, "", "told.php")
        assert [each.result() for each in early] == ["1 0", "2 0", "3 0"]
    until(lambda: not [path for path in stand.settings.records.iterdir() if path.stem != f"{site}-4"])
    assert stand.get(site, "/site/public/now.php") == "4"


def test_former_programs_end_with_the_site(stand: Stand) -> None:
    site = stand.serve(900100, SLOW)
    with ThreadPoolExecutor() as visitors:
        for word, generation in (("killed", 2), ("", 3)):
            early = visitors.submit(stand.get, site, query=f"s={60 if word else 2}")
            until(lambda: stand.has_begun(site))
            stand.describe(site, {"generation": generation})
            assert stand.sync(site)["ok"]
            assert stand.ask(do="drop", site=site, running=word)["ok"]
            until(lambda: stand.processes(site) == [])
            assert early.exception() if word else early.result() == "done"
            stand.sync(site)


# Not one sleep: the signal by which php-fpm is asked to end would cut it short.
SLOW = (
    f"{BEGINS} $end = time() + (int) ($_GET['s'] ?? 0);"
    " while (time() < $end && !file_exists('/site/public/told.php')) usleep(50000); echo 'done';"
)


def test_what_was_let_in_before_a_suspension_is_answered_whole(stand: Stand) -> None:
    site, path = stand.serve(900100, SLOW), stand.settings.root / "run" / "s900100.sock"
    with ThreadPoolExecutor() as visitors:
        early = visitors.submit(stand.get, site, query="s=60")
        until(lambda: stand.has_begun(site))
        assert stand.ask(do="drop", site=site, running="later") == {"ok": True}
        assert not early.done(), "nobody waits for them"
        known = stand.ask(do="show", site=site)
        assert (known["serving"], known["ending"]["kind"]) == (None, "php")
        uploaded = visitors.submit(stand.get, site, query="s=1")  # let in before, and its body took a while
        stand.new_holder(after=stand.kill_holder())
        stand.page(site, "", "told.php")
        assert (early.result(), uploaded.result()) == ("done", "done")
        assert stand.get(site) == "done"  # another, after the holder was killed
    assert stand.ask(do="list")["sites"] == []
    mark = stand.settings.leaving(site)
    os.utime(mark, (mark.stat().st_mtime - 3600,) * 2)
    stand.new_holder(after=stand.kill_holder())
    until(lambda: not path.exists() and stand.processes(site) == [])
    until(lambda: not mark.exists())


def test_what_lingers_is_killed_in_quarantine_and_served_again_when_resumed(stand: Stand) -> None:
    site, path = stand.serve(900100, SLOW), stand.settings.root / "run" / "s900100.sock"
    stand.get(site)
    assert stand.has_begun(site)
    assert stand.ask(do="drop", site=site, running="later")["ok"]
    assert stand.sync(site)["ok"]
    assert stand.ask(do="show", site=site)["serving"]["kind"] == "php"
    with ThreadPoolExecutor() as visitors:
        lost = visitors.submit(stand.get, site, query="s=60")
        until(lambda: stand.has_begun(site))
        assert stand.ask(do="drop", site=site, running="later")["ok"]
        assert stand.ask(do="drop", site=site, running="killed")["ok"]
        assert not path.exists()
        until(lambda: stand.processes(site) == [])  # who started the sandbox outlives it by a moment
        assert isinstance(lost.exception(), OSError | ValueError)
    assert stand.ask(do="drop", site=site, running="never")["code"] == "runtime.invalid"


@pytest.mark.parametrize("handed_over", [False, True], ids=["one holder", "another holder meanwhile"])
@pytest.mark.parametrize("stand", [{"awake_most": 1}], indirect=True)
def test_who_waits_in_the_socket_of_a_site_that_goes_is_answered(stand: Stand, handed_over: bool) -> None:
    """There is no room for its program yet: nothing has taken him in when the site is dropped."""
    other, site = stand.serve(900101, SLOW), stand.serve(900100)
    with ThreadPoolExecutor() as visitors:
        busy = visitors.submit(stand.get, other, query="s=60")
        until(lambda: stand.has_begun(other))
        waiting = visitors.submit(stand.get, site)
        until(lambda: is_waited_at(site))
        dropped = visitors.submit(stand.ask, do="drop", site=site)
        until(lambda: not (stand.settings.root / "run" / f"{site}.sock").exists())
        assert not dropped.done(), "somebody is to be answered"
        if handed_over:
            former = stand.kill_keeper()
            stand.start()
            stand.new_holder(after=former)
            assert isinstance(dropped.exception(), ValueError), "who asked is not answered, and asks again"
            dropped = visitors.submit(stand.ask, do="drop", site=site)
        stand.page(other, "", "told.php")
        assert (busy.result(), waiting.result(), dropped.result()) == ("done", "ok", {"ok": True})
    assert not (stand.settings.root / "run" / f"{site}.sock").exists()
    assert stand.processes(site) == []


def test_who_waits_for_a_program_that_is_ending_is_answered_by_the_next_one(stand: Stand) -> None:
    site = stand.serve(900100, SLOW)
    stand.page(site, "echo getenv('PANGGON_GENERATION');", "now.php")
    with ThreadPoolExecutor() as visitors:
        early = visitors.submit(stand.get, site, query="s=60")
        until(lambda: stand.has_begun(site))
        before = takers(stand, site)
        with socket.socket(socket.AF_UNIX) as stopping:
            stopping.connect(str(stand.settings.control))
            stopping.sendall(json.dumps({"do": "stop", "site": site}).encode() + b"\n")
            until(lambda: takers(stand, site) < before)
            waiting = visitors.submit(stand.get, site, "/site/public/now.php")
            until(lambda: is_waited_at(site))
            stand.describe(site, {"generation": 2})
            told = visitors.submit(stand.sync, site)
            until(lambda: stand.ask(do="show", site=site)["serving"]["generation"] == 2)
            stand.page(site, "", "told.php")
            assert (early.result(), told.result(), waiting.result()) == ("done", {"ok": True}, "2")


def takers(stand: Stand, site: str) -> int:
    """How many descriptors of its programs lead to the site's socket. A worker of php-fpm closes one of its own, and
    takes nobody in any more, when its master tells it to end, who starts no others by then.
    """
    record = json.loads((stand.settings.records / f"{site}.json").read_text())
    return sum(link == f"socket:[{record['socket']}]" for pid in stand.processes(site) for link in _descriptors(pid))


def _descriptors(pid: int) -> list[str]:
    found = []
    with suppress(OSError):  # ended meanwhile
        for each in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(OSError):
                found.append(str(each.readlink()))
    return found


def is_waited_at(site: str) -> bool:
    """Whether somebody has come whom nothing has taken in (unix(7): the state is that of who is being connected)."""
    lines = Path("/proc/net/unix").read_text().splitlines()
    return any(" 02 " in line and line.endswith(f"run/.{site}-1.sock") for line in lines)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"php_version": "8.2; rm"}, "PHP version"),
        ({"processes": 100_000}, "processes"),
        ({"document_root": "/etc"}, "document_root"),
        ({"site": "s900999"}, "with programs"),
        ({"kind": "static"}, "with programs"),
    ],
)
def test_a_description_that_cannot_be_is_refused(stand: Stand, fields: dict[str, Any], words: str) -> None:
    site = stand.lay_out(900100, fields)
    answer = stand.ask(
        do="sync", site=site, kind="php", php_version=fields.get("php_version", php.VERSION), generation=1
    )
    assert (answer["ok"], answer["code"], answer["temporary"]) == (False, "runtime.invalid", False)
    assert words in answer["error"]
    assert stand.ask(do="list")["sites"] == []


@pytest.mark.parametrize("text", ["no json\n", "[]\n", '{"do": "sync", "site": "../../etc"}\n', '{"do": "x"}\n'])
def test_a_bad_request_is_refused_and_harms_nothing(stand: Stand, text: str) -> None:
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(stand.settings.control))
        client.sendall(text.encode())
        assert json.loads(client.makefile().readline())["ok"] is False
    assert stand.ask(do="list")["ok"]


def test_what_the_holder_says_of_itself_names_no_site(stand: Stand) -> None:
    """Every command of the node asks for it, with thousands of sites there."""
    site, _ = stand.serve(900100), stand.serve(900101)
    assert stand.ask(do="about").keys() == {"ok", "full", "protections", "spares"}
    said = stand.ask(do="list")
    assert [row["site"] for row in said["sites"]] == [site, "s900101"]
    assert said["protections"] == stand.ask(do="about")["protections"]


def test_the_file_of_another_is_named_and_not_touched(stand: Stand) -> None:
    site = stand.lay_out(900100, {})
    path = stand.settings.root / "run" / f"{site}.sock"
    path.write_text("of somebody else")
    for request in (
        {"do": "drop", "site": site},
        {"do": "sync", "site": site, "kind": "php", "php_version": php.VERSION, "generation": 1},
    ):
        assert stand.ask(**request)["code"] == "runtime.foreign"
    assert stand.ask(do="show", site=site) == {
        "ok": True,
        "serving": None,
        "ending": None,
        "foreign": f"{path} is not ours",
    }
    assert path.read_text() == "of somebody else"


def test_a_removed_socket_is_seen_and_mended(stand: Stand) -> None:
    site = stand.serve(900100)
    stand.get(site)
    (stand.settings.root / "run" / f"{site}.sock").unlink()
    assert stand.ask(do="show", site=site)["serving"] is None
    assert stand.sync(site) == {"ok": True}
    assert stand.get(site) == "ok"
