"""All sites of a machine, on the command line."""

import json

import pytest

from panggon.node.sites import Sites
from tests.node.simulated import HOST, SITE, SPEC, document, opened
from tests.node.terminal import Terminal


@pytest.fixture
def terminal(tmp_path):
    return Terminal(tmp_path)


def test_all_sites_are_listed_as_they_were_applied_last(terminal):
    assert terminal("list").stdout == "Belum ada situs di mesin ini.\n"
    terminal("apply", terminal.spec(document(opened())))
    (row,) = json.loads(terminal("list", "--json").stdout)
    assert row == {
        "site": SITE,
        "host": HOST,
        "state": "open",
        "kind": "php",
        "php_version": SPEC.php_version,
        "database": str(SPEC.database or ""),
        "generation": opened().generation,
    }
    shown = [line.split() for line in terminal("list").stdout.splitlines() if SITE in line]
    assert [[word for word in line if word != "│"][:3] for line in shown] == [[SITE, HOST, "Terbuka"]]


def test_a_site_whose_record_is_damaged_is_listed_with_that(terminal):
    terminal("apply", terminal.spec())
    sites = Sites.of(terminal.settings)
    (sites.recorded.folder / f"{SITE}.json").write_text("{")
    sites.journal_path(SITE).write_text("")
    (row,) = json.loads(terminal("list", "--json").stdout)
    assert (row["site"], "record.damaged" in row["problem"]) == (SITE, True)
    assert " rusak: " in terminal("list").stdout
