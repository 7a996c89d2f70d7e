"""A machine that gives neither sandboxes nor control groups, as a strict container does."""

import json
from collections.abc import Iterator

import pytest

from tests.node.stand import Stand, started
from tests.waiting import until

pytestmark = pytest.mark.real
BARE_SCRIPT = 'mount --bind /usr/bin/false /usr/bin/bwrap; mount -t tmpfs none /sys/fs/cgroup; exec "$@"'
BARE = {"around": ("unshare", "--mount", "sh", "-ec", BARE_SCRIPT, "bare")}


@pytest.fixture
def stand(request: pytest.FixtureRequest) -> Iterator[Stand]:
    yield from started(request)


@pytest.mark.parametrize("stand", [{**BARE, "require_all": False, "stop_seconds": 1.0}], indirect=True)
class TestReduced:
    """Without sandboxes and control groups: own user and `open_basedir`, every missing protection named."""

    def serve(self, stand: Stand, number: int, code: str) -> tuple[str, str]:
        home = stand.settings.site(f"s{number}")
        site = stand.serve(number, code, document_root=str(home / "public"))
        return site, str(home / "public" / "index.php")

    def test_what_is_missing_is_named(self, stand: Stand) -> None:
        found = {row["name"]: row for row in stand.ask(do="about")["protections"]}
        assert list(found) == [
            "sandbox",
            "network",
            "nested-namespaces",
            "system-calls",
            "memory",
            "processes",
            "cpu",
            "outgoing",
        ]
        assert [name for name, row in found.items() if row["active"]] == []
        assert all(row["reason"] for row in found.values())

    def test_a_site_runs_as_its_own_user_and_sees_no_other(self, stand: Stand) -> None:
        code = "echo json_encode([posix_getuid(), @file_get_contents($_GET['f']), @file_get_contents('/etc/passwd')]);"
        site, script = self.serve(stand, 900100, code)
        _, other_script = self.serve(stand, 900101, code)
        answer = stand.get(site, script, query=f"f={other_script}")
        assert json.loads(answer) == [stand.settings.uid(site), False, False]
        page = str(stand.settings.pages / "proof.php")
        seen = stand.proof(site, page)
        assert (seen["foreign"], seen["shadow"], seen["generation"]) == ([], False, 1)

    def test_a_document_root_of_a_sandbox_is_refused(self, stand: Stand) -> None:
        site = stand.lay_out(900100, {})
        assert "document_root" in stand.sync(site)["error"]

    def test_its_end_is_the_end_of_all_that_it_started(self, stand: Stand) -> None:
        site, script = self.serve(stand, 900100, "exec('setsid sleep 300 >/dev/null 2>&1 &'); echo 'ok';")
        assert stand.get(site, script) == "ok"
        assert len(stand.processes(site)) >= 3
        assert stand.ask(do="stop", site=site) == {"ok": True}
        until(lambda: stand.processes(site) == [])
        assert stand.get(site, script) == "ok"

    def test_killing_the_holder_disturbs_nobody(self, stand: Stand) -> None:
        site, script = self.serve(stand, 900100, "echo 'ok';")
        assert stand.get(site, script) == "ok"
        before = stand.process(site)
        stand.new_holder(after=stand.kill_holder())
        assert stand.process(site) == before
        assert stand.get(site, script) == "ok"


def test_a_machine_without_protection_is_refused() -> None:
    stand = Stand("refused", **BARE)
    try:
        stand.launch()
        assert stand.keeper
        assert stand.keeper.wait(seconds=60)
        assert stand.keeper.code == 78
        said = (stand.settings.logs / "sockets.log").read_text()
        assert "refusing to start: sockets.unprotected: sandbox: " in said
        assert "memory: mesin ini tidak memberi pengendali memory" in said
    finally:
        stand.keeper = None
        stand.close()
