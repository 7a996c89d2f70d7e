"""Two versions of PHP on one machine: one comes while sites are served, a site changes to it and back, one goes.

The other version is that of Debian's release before; each test goes on where the one before has left the machine.
"""

import json
import re
import time

import pytest

from tests.host.administrator import (
    SETTINGS,
    SPEC,
    active,
    apply,
    ask,
    carry_out,
    commands,
    document,
    everybody_was_served,
    php_versions,
    set_up,
)
from tests.host.conftest import FORMER_PACKAGES, FORMER_PHP, visitors
from tests.host.host import SUITE

pytestmark = [pytest.mark.real, pytest.mark.timeout(1200, func_only=True)]
SITE, HOST = "s000005", "situs5.kota.example"
UID = "1900000005"
FORMER = FORMER_PHP[SUITE][1]
# What an owner may count on, whatever the version (packaging/panggon-node/control).
EXTENSIONS = {
    *("curl", "dom", "gd", "intl", "mbstring", "mysqli", "mysqlnd", "pdo_mysql", "pdo_pgsql", "pgsql", "posix", "zip"),
    *("SimpleXML", "Zend OPcache", "ctype", "exif", "fileinfo", "json", "openssl", "session", "xmlwriter"),
}
LIMITS = {"memory_mebibytes": 96, "execution_seconds": 21, "input_vars": 777, "post_mebibytes": 70}
PAGE = """<?php
$names = ["memory_limit", "max_execution_time", "max_input_vars", "post_max_size", "upload_max_filesize"];
$access = parse_ini_file(getenv("PANGGON_HOME") . "/private/database.ini");
$link = new mysqli("localhost", $access["user"], $access["password"], $access["database"]);
$link->query("CREATE TABLE IF NOT EXISTS surat (versi VARCHAR(10) PRIMARY KEY)");
$link->query("INSERT IGNORE INTO surat VALUES ('" . substr(PHP_VERSION, 0, 3) . "')");
$rows = $link->query("SELECT versi FROM surat ORDER BY versi")->fetch_all();
echo json_encode([
    "version" => substr(PHP_VERSION, 0, 3), "extensions" => get_loaded_extensions(),
    "limits" => array_map("ini_get", $names), "mode" => getenv("MODE"), "rows" => array_merge(...$rows),
]), "\\n";
"""


@pytest.fixture(scope="module")
def own(machine) -> str:
    """The version of the machine's own release; a site runs on it."""
    if active(machine, "nginx") != ["active"]:
        set_up(machine)
    version = php_versions(machine)[-1]
    apply(machine, wish(machine, version, 1))
    (machine.root / "srv/panggon/sites" / SITE / "public/index.php").write_text(PAGE)
    return version


def wish(machine, version: str, generation: int, **more) -> dict:
    changed = {"php_version": version, "generation": generation, "php": LIMITS, "environment": {"MODE": "uji"}}
    return document(machine, SITE) | changed | more


def visited(machine) -> tuple[str, str]:
    """Status and body of the site's page."""
    words = ("--cacert", "/etc/panggon/ca.pem", "--resolve", f"{HOST}:443:127.0.0.1", "--write-out", "\n%{http_code}")
    body, _, status = machine.run("curl", "--silent", *words, f"https://{HOST}/").rpartition("\n")
    return status, body


def seen(machine) -> dict:
    status, body = visited(machine)
    assert status == "200", body
    return json.loads(body)


def status(machine) -> dict:
    return json.loads(machine.run("panggon-node", "status", "--json"))


def last_entry(machine) -> dict:
    journal = machine.root / "var/lib/panggon/journal" / f"{SITE}.jsonl"
    return json.loads(journal.read_text().splitlines()[-1])


def installed(machine, *names: str) -> None:
    """Of the packages that an administrator would download."""
    files = " ".join(f"/{FORMER_PACKAGES}/{name}_*.deb" for name in names)
    machine.shell(f"apt-get -qq -y --no-install-recommends install {files}", seconds=600)


def test_another_version_comes_while_sites_are_served(machine, own):
    assert status(machine)["php_versions"] == [own]
    install, begin = commands("node.md", "## Versions of PHP")
    assert install.startswith("apt install php")
    with visitors(machine, [f"{HOST}/"]) as rows:
        installed(machine, "*")
        carry_out(machine, begin, edits=lambda _example: SETTINGS)
    everybody_was_served(rows)
    assert status(machine)["php_versions"] == sorted([own, FORMER])
    asked = ("systemctl", "is-active", f"php{FORMER}-fpm", f"php{own}-fpm")
    assert machine.run(*asked, check=False).split() == ["inactive", "inactive"]  # Debian's own pools are switched off


def test_a_site_changes_its_version_and_nobody_notices(machine, own):
    before = seen(machine)
    assert (before["version"], before["rows"]) == (own, [own])
    wished = wish(machine, FORMER, 2)
    planned = ask(machine, "plan", wished)
    assert any("versi PHP" in words and own in words and FORMER in words for words in planned["words"]), planned
    with visitors(machine, [f"{HOST}/"]) as rows:
        outcome = apply(machine, wished)
        time.sleep(1)
    everybody_was_served(rows)
    assert outcome["digest"] == planned["digest"]
    proof = next(check for check in outcome["evidence"] if check["name"] == "php.generation")
    assert proof["ok"]
    assert proof["detail"].startswith(f"PHP {FORMER}.")
    assert last_entry(machine)["outcome"] == "applied"
    after = seen(machine)
    assert (after["version"], after["rows"]) == (FORMER, sorted([own, FORMER]))
    for said in (before, after):
        assert EXTENSIONS - set(said["extensions"]) == set()
        assert said["limits"] == ["96M", "21", "777", "70M", "64M"]
        assert said["mode"] == "uji"


def test_the_way_back_is_the_same(machine, own):
    with visitors(machine, [f"{HOST}/"]) as rows:
        apply(machine, wish(machine, own, 3))
        time.sleep(1)
    everybody_was_served(rows)
    assert seen(machine)["version"] == own


def test_a_version_that_does_not_prove_itself_leaves_the_former_one(machine, own):
    machine.run("apt-get", "-qq", "-y", "remove", f"php{FORMER}-mysql")
    outcome = ask(machine, "apply", wish(machine, FORMER, 4))
    assert outcome["outcome"] == "restored"
    assert outcome["problem"]["code"] == "unproven"
    assert "could not find driver" in outcome["problem"]["detail"]
    assert last_entry(machine)["outcome"] == "restored"
    assert seen(machine)["version"] == own
    assert ask(machine, "drift", wish(machine, own, 3))["changes"] == []
    installed(machine, f"php{FORMER}-mysql")


def test_a_version_that_is_taken_away_is_told_and_its_site_is_not_lost(machine, own):
    apply(machine, wish(machine, FORMER, 5))
    machine.run("apt-get", "-qq", "-y", "purge", f"php{FORMER}-*")
    machine.run("pkill", "--uid", UID, check=False)  # as after half a minute without visitors
    assert visited(machine)[0] == "503"
    assert status(machine)["php_versions"] == [own]
    words = (
        f"PHP {FORMER} tidak ada lagi di mesin ini, tetapi dipakai {SITE}, yang karena itu tidak dapat menjawab: "
        f"pasang lagi php{FORMER}-fpm, atau ubah versi PHP situs"
    )
    assert words in status(machine)["worries"]
    fault = re.escape(f": 2\n\nphp_version: versi ini tidak ada di mesin ini; yang ada: {own}.\n")
    with pytest.raises(RuntimeError, match=fault):
        machine.run("panggon-node", "plan", SPEC)
    apply(machine, wish(machine, FORMER, 6, state="suspended"))
    apply(machine, wish(machine, own, 7))
    said = seen(machine)
    assert (said["version"], said["rows"]) == (own, sorted([own, FORMER]))
    assert words not in status(machine)["worries"]
