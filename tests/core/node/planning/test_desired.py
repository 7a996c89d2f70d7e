"""What is wished of each resource of a site, in each of its states."""

from dataclasses import replace

from panggon.core.node.planning.desired import keys, owned
from panggon.core.node.planning.plan import make
from panggon.core.node.words.plan_words import words
from panggon.core.sites.spec import SiteKind, SiteState
from tests.core.node.planning.plans import (
    FACTS,
    GONE,
    OLD,
    OPEN,
    PARKED,
    PREPARED,
    PURGED,
    QUARANTINED,
    SUSPENDED,
    TASK,
    existing,
    plain,
)
from tests.core.sites.site_specs import HOST, SITE, ssh_key


def test_open_site_has_everything():
    assert plain(OPEN) == {
        "user": {"uid": 970001, "password": "sha256:one"},
        "directory": {"uid": 970001},
        "quota": {"mebibytes": 1024, "files": 200_000},
        "database": {"engine": "mariadb", "connections": 10, "mebibytes": 1024},
        "site": {
            "host": HOST,
            "generation": 4,
            "kind": "php",
            "php_version": "8.2",
            "profile": "front_controller",
            "upload_mebibytes": 8,
            "memory_mebibytes": 512,
            "processes": 16,
            "cpu_percent": 100,
            "database": "mariadb",
            "outgoing": "web",
            "document_root": "/site/public",
            "hsts_seconds": 0,
            "notice": "",
            "names": (HOST,),
            "php_memory_mebibytes": 256,
            "execution_seconds": 30,
            "input_vars": 1000,
            "post_mebibytes": 9,
            "environment": (),
        },
        "runtime": {"kind": "php", "php_version": "8.2", "generation": 4},
        "tasks": None,
        "certificate": {"issuer": "Uji CA", "valid": True},
        "host": {"site": SITE, "state": "open"},
        "access": {"keys": (ssh_key("a"), ssh_key("b"))},
        "records": {"site": SITE, "a": ("10.0.0.1", "10.0.0.2"), "aaaa": ("::1",), "safety": ("dmarc", "mx", "spf")},
    }


def test_tasks_run_for_open_sites_only():
    text = '{"command":["php","private/kirim.php","--semua"],"name":"kirim","schedule":"*/15 * * * *","seconds":300}'
    busy = replace(OPEN, tasks=(TASK,))
    assert plain(busy)["tasks"] == {"tasks": (text,)}
    assert [plain(replace(busy, state=state))["tasks"] for state in (SiteState.PREPARED, SiteState.PARKED)] == [
        None
    ] * 2
    made = make(busy, FACTS, existing(OPEN))
    assert words(made) == (
        f"Membuat tugas terjadwal situs {SITE} (tugas kirim [*/15 * * * *] php private/kirim.php --semua).",
    )


def test_names_are_kept_from_abuse():
    assert plain(OPEN, replace(FACTS, caa="ca.example"))["records"]["safety"] == (
        "caa:ca.example",
        "dmarc",
        "mx",
        "spf",
    )
    mailing = replace(OPEN, sends_mail=True)
    assert plain(mailing)["records"]["safety"] == ()
    assert plain(mailing, replace(FACTS, caa="ca.example"))["records"]["safety"] == ("caa:ca.example",)


def test_prepared_site_differs_only_in_that_nobody_may_come_in():
    expected = plain(OPEN)
    expected["user"]["password"] = ""
    expected["host"]["state"] = "prepared"
    expected["access"]["keys"] = ()
    assert plain(PREPARED) == expected


def test_parked_site_keeps_its_data_and_gives_up_its_place():
    expected = plain(OPEN)
    expected["user"]["password"] = ""
    expected["database"]["locked"] = True
    expected |= {"runtime": None, "host": None, "access": None, "records": None}
    assert plain(PARKED) == expected


def test_suspended_site_tells_why_and_lets_its_owner_mend_it():
    expected = plain(replace(OPEN, generation=5))
    expected["site"]["notice"] = "Isi situs sedang diperbaiki."
    expected["host"]["state"] = "suspended"
    expected["database"]["locked"] = True
    expected["runtime"] = None
    assert plain(SUSPENDED) == expected


def test_quarantined_site_lets_nobody_in_and_runs_nothing():
    expected = plain(replace(OPEN, generation=5))
    expected["host"]["state"] = "quarantined"
    expected["database"]["locked"] = True
    expected["user"]["password"] = ""
    expected["access"]["keys"] = ()
    expected["runtime"] = None
    assert plain(QUARANTINED) == expected


def test_static_site_has_no_runtime():
    assert plain(replace(OPEN, kind=SiteKind.STATIC))["runtime"] is None


def test_site_without_database_says_nothing_about_one():
    assert "database" not in plain(replace(OPEN, database=None))


def test_without_sandboxes_php_sees_the_real_path():
    facts = replace(FACTS, sandboxed=False)
    assert plain(OPEN, facts)["site"]["document_root"] == f"/srv/uji/sites/{SITE}/public"


def test_keys_are_the_site_or_the_host():
    assert [str(key) for key in keys(OPEN)] == [
        f"user:{SITE}",
        f"directory:{SITE}",
        f"quota:{SITE}",
        f"database:{SITE}",
        f"site:{SITE}",
        f"runtime:{SITE}",
        f"tasks:{SITE}",
        f"certificate:{HOST}",
        f"host:{HOST}",
        f"access:{SITE}",
        f"records:{HOST}",
    ]


def test_its_own_is_all_but_names_that_it_gave_up():
    everything = {"user", "directory", "quota", "database", "site", "runtime", "tasks", "access"}
    renamed = owned(replace(OPEN, tasks=(TASK,), former_hosts=(OLD,), retired_hosts=(GONE,)), FACTS)
    names = {f"{kind}:{name}" for kind in ("certificate", "host", "records") for name in (HOST, OLD)}
    assert {str(key) for key in renamed} == {f"{kind}:{SITE}" for kind in everything} | names
    assert {key.kind.value for key in owned(PARKED, FACTS)} == {"user", "directory", "quota", "database", "site"}
    assert owned(PURGED, FACTS) == frozenset()
