"""What a machine takes of the kinds of site: PHP versions that it has, servers that its settings name; `.htaccess`."""

import dataclasses
import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from panggon.core.errors import InvalidError
from panggon.core.sites.kinds import Proxy
from panggon.core.sites.spec import SiteKind, SiteState
from panggon.core.sites.spec_document import dump
from panggon.drivers.nginx import htaccess
from panggon.node.command.cli import cli
from panggon.node.command.status import worries
from panggon.node.fault_words import fault_words
from panggon.node.sites import Sites
from panggon.node.sockets.settings import SocketSettings, php_versions
from panggon.node.state import records
from tests.node import simulated
from tests.node.simulated import SITE, SPEC

TARGET = "https://simpeg.kota.example:8443"
PROXIES = {"targets": [{"url": TARGET, "address": "10.20.0.5"}, {"url": "http://lama", "address": "2001:db8::5"}]}


def test_versions_are_those_on_the_machine(tmp_path):
    for name in ("php-fpm8.2", "php-fpm7.4", "php-fpm8.3", "php-fpm", "php-fpm9.0", "php-fpm8.2.old", "php-fpm5.6"):
        (tmp_path / name).touch()
    binary = str(tmp_path / "php-fpm{version}")
    settings = SocketSettings(tmp_path, tmp_path, tmp_path, 1, 33, php_binary=binary)
    assert php_versions(settings) == ("7.4", "8.2", "8.3")


def sites(tmp_path, **more) -> Sites:
    """Sites as on a real machine, of which only the settings matter here."""
    found = Sites.of(simulated.settings(tmp_path, **more))
    return dataclasses.replace(found, config=dataclasses.replace(found.config, simulate=False))


def refused(found: Sites, spec) -> list[str]:
    with pytest.raises(InvalidError) as caught:
        found.parse(dump(spec))
    return [fault_words(fault) for fault in caught.value.faults]


def test_a_version_that_is_not_there_is_refused_with_those_that_are(tmp_path):
    found = sites(tmp_path)
    there = ", ".join(found.php_versions)
    missing = dataclasses.replace(SPEC, php_version="7.0")
    assert refused(found, missing) == [f"php_version: versi ini tidak ada di mesin ini; yang ada: {there}."]
    for spec in (
        dataclasses.replace(SPEC, php_version=found.php_versions[0]),
        dataclasses.replace(missing, kind=SiteKind.STATIC),
        dataclasses.replace(missing, state=SiteState.PARKED),  # a machine that lost a version can still let go
    ):
        assert found.parse(dump(spec)) == spec


def test_sites_whose_version_was_taken_away_are_named(tmp_path):
    found = sites(tmp_path)
    missing = dataclasses.replace(SPEC, php_version="7.0")
    rows = {
        "s900001": missing,
        "s900002": dataclasses.replace(missing, state=SiteState.OPEN),
        "s900003": dataclasses.replace(missing, state=SiteState.SUSPENDED),
        "s900004": dataclasses.replace(missing, kind=SiteKind.STATIC),
        "s900005": dataclasses.replace(SPEC, php_version=found.php_versions[0]),
    }
    for site, spec in rows.items():
        records.save(found.config.paths.state / "specs" / f"{site}.json", dump(dataclasses.replace(spec, site=site)))
    assert found.without_php() == {"7.0": ["s900001", "s900002"]}
    words = (
        "PHP 7.0 tidak ada lagi di mesin ini, tetapi dipakai s900001 dan 1 situs lain, yang karena itu tidak dapat "
        "menjawab: pasang lagi php7.0-fpm, atau ubah versi PHP situs"
    )
    assert words in worries(found.config, found)


@pytest.mark.parametrize(
    "target",
    ["https://simpeg.kota.example", "http://simpeg.kota.example:8443", "http://127.0.0.1", "http://169.254.169.254"],
)
def test_a_server_that_the_settings_do_not_name_is_refused(tmp_path, target):
    found = sites(tmp_path, proxies=PROXIES)
    spec = dataclasses.replace(SPEC, kind=SiteKind.PROXY, proxy=Proxy(target))
    words = "tidak termasuk server yang boleh dituju menurut pengaturan mesin ini (proxies.targets)"
    assert refused(found, spec) == [f"proxy.target: {target} {words}."]


def test_a_named_server_is_reached_where_the_settings_say(tmp_path):
    found = sites(tmp_path, proxies=PROXIES)
    spec = dataclasses.replace(SPEC, kind=SiteKind.PROXY, proxy=Proxy(TARGET))
    assert found.parse(dump(spec)) == spec
    assert found.facts.proxies == ((TARGET, "10.20.0.5:8443"), ("http://lama", "[2001:db8::5]:80"))


@pytest.mark.parametrize("url", ["https://a.example/", "unix:/x", "https://a b", "ftp://a.example", 1])
def test_settings_that_name_no_server_are_refused(tmp_path, url):
    with pytest.raises(InvalidError) as caught:
        simulated.settings(tmp_path, proxies={"targets": [{"url": url, "address": "10.0.0.1"}]})
    assert [fault.field for fault in caught.value.faults] == ["proxies.targets.url"]


def test_lost_words_are_told_by_the_command(tmp_path):
    config = str(simulated.toml(tmp_path))
    spec = tmp_path / "spec.json"
    spec.write_text(json.dumps(dump(SPEC)))

    def run(*words: str):
        return CliRunner().invoke(cli, ["--config", config, *words], env={"COLUMNS": "200"})

    assert run("htaccess", SITE).exit_code == 1
    assert run("apply", str(spec)).exit_code == 0
    data = tmp_path / "root" / "sites" / SITE / "public" / "data"
    data.mkdir(parents=True)
    assert (run("htaccess", SITE).exit_code, "Tidak ada" in run("htaccess", SITE).stdout) == (0, True)
    (data / ".htaccess").write_text("# rahasia\nDeny from all\n")
    told = run("htaccess", SITE)
    assert told.exit_code == 1
    assert [word for word in told.stdout.split() if word in ("/data/.htaccess", "2", "Deny")] == [
        "/data/.htaccess",
        "2",
        "Deny",
    ]
    assert json.loads(run("htaccess", SITE, "--json").stdout) == [
        {"path": "/data/.htaccess", "line": 2, "directive": "Deny", "effect": "protection"}
    ]
    for strange in ("../etc", "s900009"):
        assert run("htaccess", strange).exit_code == 1


def test_what_a_site_plants_is_not_followed(tmp_path):
    public, secret = tmp_path / "public", tmp_path / "secret"
    secret.mkdir()
    (secret / ".htaccess").write_text("Deny from all\n")
    public.mkdir()
    (public / "link").symlink_to(secret)
    (public / "a").mkdir()
    (public / "a" / ".htaccess").symlink_to(secret / ".htaccess")
    (public / "b").mkdir()
    os.mkfifo(public / "b" / ".htaccess")
    (public / "c" / ".htaccess").mkdir(parents=True)
    assert htaccess.found(public, SPEC.profile) == ()
    (public / ".htaccess").write_text("Deny from all\n" * 10_000)
    found = htaccess.found(public, SPEC.profile)
    assert [(each.path, len(each.lost) < 5000) for each in found] == [("/.htaccess", True)]
    words = htaccess.summary(found)
    assert words.startswith(".htaccess tidak dibaca; ")
    assert words.endswith("di antaranya larangan atau kata sandi")
    assert htaccess.summary(()) == htaccess.summary(htaccess.found(Path("/tidak/ada"), SPEC.profile)) == ""
