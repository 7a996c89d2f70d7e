"""Names, keys, users and directories that somebody made by hand, on a machine whose drivers are simulated."""

import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from panggon.core.errors import PanggonError, PermanentError, TemporaryError
from panggon.core.node.planning.journal import Started
from panggon.core.node.planning.resources import Key, Kind, ours
from panggon.core.node.words import plan_words
from panggon.core.node.zone_names import ZoneNames
from panggon.core.sites.spec import SiteState
from panggon.core.sites.spec_document import dump
from panggon.drivers import fake, user
from panggon.engine import journal_file
from panggon.node import wiring
from panggon.node.agent import folders, strays
from panggon.node.agent.drift import DriftWatch
from panggon.node.command import show
from panggon.node.command.status import worries
from panggon.node.sites import Sites
from panggon.node.state import records
from tests.core.node.planning.plans import FACTS
from tests.node import simulated
from tests.node.simulated import HOST, SITE, SPEC, opened

pytestmark = pytest.mark.real

JUDI = "judi.kota.example"


@pytest.fixture
def machine(tmp_path: Path) -> fake.Machine:
    return simulated.machine_of(simulated.settings(tmp_path))


@pytest.fixture
def sites(tmp_path: Path, machine: fake.Machine, monkeypatch: pytest.MonkeyPatch) -> Sites:
    """One open site, and all that belongs to it on the disk."""
    monkeypatch.setattr(wiring, "zone_of", lambda _config: ZoneNames())
    config = replace(simulated.settings(tmp_path), simulate=False)
    sites = Sites(config, FACTS, lambda _spec, _known, silent=None: machine.drivers())
    for folder in ("root/live", "root/sites", "root/tls", "etc/keys", "etc/tasks", "userdb"):
        (tmp_path / folder).mkdir(parents=True)
    for folder, mode, group in (("root/tls", 0o750, 33), ("etc/tasks", 0o700, 0)):
        (tmp_path / folder).chmod(mode)
        os.chown(tmp_path / folder, 0, group)
    (tmp_path / "root/live" / HOST).symlink_to(f"../sites/{SITE}")
    for name in (f"root/sites/{SITE}", f"root/tls/{HOST}", "root/tls/_wildcard"):
        (tmp_path / name).mkdir()
    for name in (f"etc/keys/{SITE}", f"etc/tasks/{SITE}.json", f"userdb/{SITE}.user", "userdb/s800001.user"):
        (tmp_path / name).touch()
    records.save(tmp_path / "state/specs" / f"{SITE}.json", dump(opened()))
    return sites


def test_what_belongs_to_a_site_is_none(sites: Sites) -> None:
    assert strays.find(sites) == ()
    assert sites.strays == {}


def test_a_folder_of_all_sites_that_others_may_write_into_is_told(sites: Sites, tmp_path: Path) -> None:
    assert folders.faults(sites.config) == ()
    root, etc = sites.config.paths.root, sites.config.paths.etc
    (root / "live").chmod(0o777)
    os.chown(root / "tls", 0, 0)
    (etc / "tasks").chmod(0o711)
    (tmp_path / "userdb").chmod(0o775)
    watch = DriftWatch(sites)
    watch.look(elapsed=watch.pass_seconds)
    assert [line for line in watch.lines() if line.startswith("mesin: folder")] == [
        f"mesin: folder {root}/live: 0:0 0777, seharusnya 0:0 0755; panggon-node init memperbaikinya.",
        f"mesin: folder {tmp_path}/userdb: 0:0 0775, seharusnya 0:0 0755; panggon-node init memperbaikinya.",
        f"mesin: folder {root}/tls: 0:0 0750, seharusnya 0:33 0750; panggon-node init memperbaikinya.",
        f"mesin: folder {etc}/tasks: 0:0 0711, seharusnya 0:0 0700; panggon-node init memperbaikinya.",
    ]


def test_a_user_of_a_site_that_other_files_know_too_is_told(
    sites: Sites, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    etc, beside = tmp_path / "system", tmp_path / "beside"
    etc.mkdir()
    beside.mkdir()
    monkeypatch.setattr(user, "ETC", etc)
    monkeypatch.setattr(user, "OTHER_RECORDS", (beside, tmp_path / "none"))
    uid = sites.config.sites.uid_base + int(SITE[1:])
    lines = {
        "passwd": f"root:x:0:0::/root:/bin/sh\n{SITE}:x:0:0::/root:/bin/bash\ns800001:x:1:1::/:/bin/sh\n"
        f"budi:x:{uid}:100::/:/bin/sh\n+::::::\n",
        "shadow": f"root:*:::::::\n{SITE}:$6$x:::::::\n",
        "group": f"sudo:x:27:budi,{SITE}\nwww-data:x:33:\nsitus:x:{uid}:\n",
    }
    for name, text in lines.items():
        (etc / name).write_text(text)
    userdb = sites.config.paths.userdb
    records_besides = [beside / f"{SITE}.user", userdb / f"budi:{SITE}.membership", userdb / f"{SITE}:sudo.membership"]
    for record in records_besides:
        record.touch()
    files = (etc / name for name in lines for _ in range(1 if name == "shadow" else 2))
    places = [*files, *records_besides]
    assert strays.find(sites) == tuple(Key(Kind.USER, f"{SITE} ({place})") for place in places)
    watch = DriftWatch(sites)
    watch.look(elapsed=watch.pass_seconds)
    assert f"mesin: pengguna Unix {SITE} ({places[0]}) ada, padahal tidak diminta." in watch.lines()


def test_a_name_of_a_stranger_goes_with_the_sites_next_plan(
    sites: Sites, machine: fake.Machine, tmp_path: Path
) -> None:
    link = tmp_path / "root/live" / JUDI
    link.symlink_to(f"../sites/{SITE}")
    machine.put(ours(Key(Kind.HOST, JUDI), site=SITE, state="open"))
    assert sites.applied(SITE) is not None
    assert strays.find(sites) == ()
    assert sites.strays == {SITE: [JUDI]}
    plan = sites.drift_of(SITE)
    assert plan is not None
    assert (plan.changes[0].key, plan.changes[0].after) == (Key(Kind.HOST, JUDI), None)
    link.unlink()
    assert strays.find(sites) == ()
    assert sites.strays == {}


def test_what_belongs_to_no_site_is_told_of_the_machine(sites: Sites, tmp_path: Path) -> None:
    (tmp_path / "root/live" / JUDI).symlink_to("/var/www")
    (tmp_path / "root/tls" / JUDI).mkdir()
    for name in ("root/sites/s900009", "etc/keys/s900009", "etc/tasks/s900009.json", "userdb/s900009.user"):
        (tmp_path / name).touch()
    watch = DriftWatch(sites)
    assert watch.look(elapsed=watch.pass_seconds)
    found = strays.find(sites)
    shown = show.differences([plan_words.stray(key) for key in found], {})
    assert [f"{where}: {words}" for where, all_words in shown.items() for words in all_words] == [
        line for line in watch.lines() if line.startswith("mesin: ")
    ]
    assert show.differences((), {}) == {}
    assert [line for line in watch.lines() if line.startswith("mesin: ")] == [
        "mesin: akses SFTP s900009 ada, padahal tidak diminta.",
        f"mesin: sertifikat TLS {JUDI} ada, padahal tidak diminta.",
        "mesin: direktori situs s900009 ada, padahal tidak diminta.",
        f"mesin: nama situs di server web {JUDI} ada, padahal tidak diminta.",
        "mesin: tugas terjadwal situs s900009 ada, padahal tidak diminta.",
        "mesin: pengguna Unix s900009 ada, padahal tidak diminta.",
    ]


def test_names_in_the_zone_that_lead_here_are_told_but_those_of_sites_and_the_machines_own(
    sites: Sites, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    leading = (HOST, JUDI, "ns1.kota.example", "hosting.kota.example", "sftp.kota.example")
    zone = ZoneNames({name: {sites.config.dns.ipv4[0]} for name in leading})
    monkeypatch.setattr(wiring, "zone_of", lambda _config: zone)
    monkeypatch.setattr("socket.gethostname", lambda: "hosting")
    dns = replace(sites.config.dns, own_names=("sftp.kota.example",))
    sites = replace(sites, config=replace(sites.config, dns=dns))
    watch = DriftWatch(sites)
    assert watch.look(elapsed=watch.pass_seconds)
    astray = f"rekaman DNS {JUDI} mengarah ke mesin ini, padahal bukan nama situs."
    assert [line for line in watch.lines() if line.startswith("mesin: ")] == [f"mesin: {astray}"]
    assert show.differences([plan_words.stray(key) for key in strays.find(sites)], {}) == {"mesin": [astray]}
    records.save(tmp_path / "state/specs" / f"{SITE}.json", dump(replace(opened(), state=SiteState.PARKED)))
    assert Key(Kind.RECORDS, HOST) in strays.find(sites), "of a site that is gone nothing should lead here"


def test_records_by_which_a_sites_name_leads_elsewhere_are_told(
    sites: Sites, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = {HOST: {"HTTPS", "DNAME"}, "kota.example": {"NS"}, f"_acme-challenge.{HOST}": {"NS"}, JUDI: {"HTTPS"}}
    zone = ZoneNames({HOST: {sites.config.dns.ipv4[0]}}, {f"_acme-challenge.{HOST}": "judi.example"}, others)
    monkeypatch.setattr(wiring, "zone_of", lambda _config: zone)
    watch = DriftWatch(sites)
    watch.look(elapsed=watch.pass_seconds)
    found = (f"{HOST} DNAME", f"{HOST} HTTPS", f"_acme-challenge.{HOST} CNAME", f"_acme-challenge.{HOST} NS")
    ends = "bukan buatan Panggon dan dapat membawa orang ke tempat lain."
    of_zone = [line for line in watch.lines() if line.startswith("mesin: rekaman DNS")]
    assert of_zone == [f"mesin: rekaman DNS {each} {ends}" for each in found]


def test_a_zone_that_is_not_given_out_is_told_once(
    sites: Sites, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_config: object) -> ZoneNames:
        raise found

    monkeypatch.setattr(wiring, "zone_of", refused)
    found: PanggonError = PermanentError("dns.refused", "192.0.2.53#53 menjawab AXFR dengan REFUSED")
    for _ in range(2):
        assert strays.find(sites) == ()
        (words,) = (line for line in worries(sites.config, sites) if line.startswith("zona "))
    assert words == (
        "zona kota.example tidak dapat dibaca seluruhnya: nama yang mengarah ke mesin ini tanpa situs tidak dicari "
        "(192.0.2.53#53 menjawab AXFR dengan REFUSED); izinkan AXFR bagi kunci panggon"
    )
    found = TemporaryError("dns.down", "")
    assert strays.find(sites) == ()
    assert strays.unread_zone(sites.config) != "", "what is away for a moment says nothing of it"
    monkeypatch.setattr(wiring, "zone_of", lambda _config: ZoneNames())
    assert (strays.find(sites), strays.unread_zone(sites.config)) == ((), "")


def test_a_run_under_way_is_no_stray_and_of_a_purged_site_its_own_turn_tells(sites: Sites, tmp_path: Path) -> None:
    spec = tmp_path / "state/specs" / f"{SITE}.json"
    records.save(spec, dump(replace(opened(), state=SiteState.PURGED)))
    assert strays.find(sites) == ()
    spec.unlink()
    assert len(strays.find(sites)) == 6
    plan = sites.plan(SPEC)
    with journal_file.writing(tmp_path / "state/journal" / f"{SITE}.jsonl") as store:
        store.append(Started(plan, 1, datetime.now(UTC)))
    assert strays.find(sites) == ()
