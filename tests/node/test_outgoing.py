"""Whom a site reaches, by its policy, on a machine that has a small internet of its own beside it."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.away import PROGRAM, away
from tests.node.stand import Stand
from tests.waiting import until

pytestmark = pytest.mark.real
INTERNET = Path(__file__).with_name("internet.py")
# Arguments: a directory for what is made, the interpreter, the program of the internet, then what to start.
BESIDE_AN_INTERNET = """
place=$1 python=$2 internet=$3; shift 3
ip link set lo up
"$python" "$internet" "$place/ready" &
until test -e "$place/ready"; do sleep 0.02; done
ip addr add 9.9.9.1/24 dev out; ip link set out up
echo 'nameserver 9.9.9.9' > "$place/resolv.conf"
mount --bind "$place/resolv.conf" /etc/resolv.conf
exec "$@"
"""
# What a page of the site reads from each address of the query; false where it gets nothing.
READS = (
    "ini_set('default_socket_timeout', 60); $got = []; foreach (explode(',', $_GET['urls']) as $url)"
    "{ $got[] = @file_get_contents($url); } echo json_encode($got);"
)
POLICIES = {"lokal": ["127.0.0.1:8080", "*.mitra.example:8080"]}


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    place = tmp_path_factory.mktemp("internet")
    script = ("sh", "-ec", BESIDE_AN_INTERNET, "internet", str(place), sys.executable, str(INTERNET))
    made = Stand("outgoing", around=("unshare", "--net", "--mount", *script), outgoing=POLICIES)
    try:
        made.start()
        yield made
    finally:
        made.close()


def reads(stand: Stand, site: str, *urls: str) -> list[str | bool]:
    return list(json.loads(stand.get(site, query=f"urls={','.join(urls)}")))


def test_web_reaches_web_servers_by_name_and_address_and_nothing_else(stand: Stand) -> None:
    site = stand.serve(900100, READS, outgoing="web")
    reached = reads(stand, site, "http://apa.saja.example/", "http://9.9.9.9/")
    assert reached == ["the internet", "the internet"]
    others = ("9.9.9.9:8080", "9.9.9.10:25", "9.9.9.1:8080", "127.0.0.1:8080", "127.0.0.1", "169.254.169.254")
    assert reads(stand, site, *(f"http://{place}/" for place in others)) == [False] * len(others)


def test_whoever_wakes_by_what_was_started_before_reaches_the_same(stand: Stand) -> None:
    site, nowhere = stand.serve(900107, READS, outgoing="lokal"), stand.serve(900108, READS, outgoing="none")
    places = (
        "http://127.0.0.1:8080/",
        "http://api.mitra.example:8080/",
        "http://lain.example:8080/",
        "http://9.9.9.1/",
    )
    for each, reached in ((site, ["the machine", "the internet", False, False]), (nowhere, [False] * 4)):
        stand.page(each, "echo 'ok';", "ok.php")
        stand.put_to_sleep(each, "/site/public/ok.php")
        assert reads(stand, each, *places) == reached
        assert stand.was_a_spare(each)


def test_none_reaches_nobody(stand: Stand) -> None:
    site = stand.serve(900101, READS, outgoing="none")
    assert reads(stand, site, "http://apa.saja.example/", "http://9.9.9.9/", "http://127.0.0.1:8080/") == [False] * 3


def test_a_list_of_the_machine_reaches_what_it_names(stand: Stand) -> None:
    site = stand.serve(900102, READS, outgoing="lokal")
    reached = reads(stand, site, "http://127.0.0.1:8080/", "http://api.mitra.example:8080/")
    assert reached == ["the machine", "the internet"]
    others = ("9.9.9.10:8080", "lain.example:8080", "api.mitra.example", "9.9.9.1:8080")
    assert reads(stand, site, *(f"http://{place}/" for place in others)) == [False] * len(others)


def test_a_policy_that_nobody_made_is_refused(stand: Stand) -> None:
    site = stand.lay_out(900103, {"outgoing": "rahasia"})
    answer = stand.sync(site)
    assert (answer["ok"], answer["code"]) == (False, "runtime.invalid")


def test_a_changed_policy_replaces_what_runs_and_the_gate_goes_along(stand: Stand) -> None:
    site = stand.serve(900104, READS, outgoing="web")
    assert reads(stand, site, "http://9.9.9.9/") == ["the internet"]
    stand.describe(site, {"outgoing": "none", "generation": 2})
    before = {*stand.processes(site)}
    assert stand.sync(site)["ok"]
    assert reads(stand, site, "http://9.9.9.9/") == [False]
    until(lambda: before.isdisjoint(stand.processes(site)))


def test_what_the_holder_starts_is_of_its_own_version_whatever_lies_on_the_disk(stand: Stand) -> None:
    holder = stand.holder()
    assert holder
    with away(holder, PROGRAM):
        site = stand.serve(900106, READS, outgoing="web")
        assert reads(stand, site, "http://apa.saja.example/") == ["the internet"]
        assert stand.proof(site)["site"] == site


def test_a_killed_holder_leaves_the_way_out_open(stand: Stand) -> None:
    site = stand.serve(900105, READS, outgoing="web")
    assert reads(stand, site, "http://9.9.9.9/") == ["the internet"]
    stand.new_holder(after=stand.kill_holder())
    assert reads(stand, site, "http://9.9.9.9/") == ["the internet"]
    assert stand.ask(do="stop", site=site)["ok"]
    until(lambda: stand.processes(site) == [])
