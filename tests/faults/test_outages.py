"""A failure at any write gives the former state back, and one sentence says why."""

import base64
import re
import secrets
import time
from dataclasses import replace

import pytest

from demo.layout import ZONE
from panggon.core.sites.spec import SiteState
from panggon.drivers.system import processes
from tests.faults.machine import USERDB, frozen, kill
from tests.waiting import until

pytestmark = pytest.mark.real


def begun(machine, spec):
    """An `apply` that has just made the site's directory; the database is next."""
    process = machine.start("apply", machine.write_spec(spec))
    while not (machine.sites_folder / spec.site).exists():
        assert process.poll() is None, process.communicate()
        time.sleep(0.001)
    return process


def supervisor(machine):
    """Whoever started MariaDB."""
    found = processes.parent(machine.servers()["mariadb"])
    assert found > 1
    return found


def test_a_database_that_comes_back_in_time_only_delays(machine):
    spec = machine.spec(1)
    process = begun(machine, spec)
    kill(machine.servers()["mariadb"])
    output, errors = process.communicate(timeout=100)
    assert process.returncode == 0, output + errors
    assert "Selesai: semua bukti terpenuhi." in output
    assert machine.of_site(spec) <= machine.standing()


def test_a_database_that_hangs_for_a_moment_only_delays(machine):
    spec = machine.spec(2)
    process = begun(machine, spec)
    with frozen(machine.servers()["mariadb"]):
        time.sleep(2)
    output, errors = process.communicate(timeout=100)
    assert process.returncode == 0, output + errors


def test_a_database_that_stays_away_takes_everything_back(machine):
    spec, before = machine.spec(3), machine.standing()
    process = begun(machine, spec)
    with frozen(supervisor(machine)):
        kill(machine.servers()["mariadb"])
        until(lambda: '"failed"' in machine.journal(spec.site), "the run gives up")
    output, errors = process.communicate(timeout=100)
    assert process.returncode == 1, output + errors
    # On a slow machine the database's own turn is over by then, and its proof fails instead.
    assert "Gagal, dan keadaan semula sudah dikembalikan." in output
    assert re.search(r"\((database\.down|unproven)\)", output)
    assert machine.standing() == before


def test_a_wrong_tsig_key_takes_everything_back(machine):
    wrong = machine.layout.state / "wrong.secret"
    wrong.write_bytes(base64.b64encode(secrets.token_bytes(32)))
    config = machine.config_with("zone = ", f'secret_file = "{wrong}"\nzone = ')
    before = machine.standing()
    ended = machine.apply(machine.spec(4), config=config)
    assert (ended["status"], ended["outcome"], ended["problem"]["code"]) == (1, "restored", "dns.refused")
    assert "menolak kunci TSIG panggon" in ended["problem"]["detail"]
    assert machine.standing() == before


def test_a_proof_that_fails_takes_a_change_back(machine):
    """A site that was prepared stays prepared when its opening cannot be proven."""
    spec = machine.spec(5)
    assert machine.apply(spec)["outcome"] == "applied"
    listening = machine.layout.ports["sftp"]
    config = machine.config_with(f"port = {listening}\n", f"port = {machine.layout.ports['nodes']}\n")
    before, wished = machine.standing(), machine.opened(spec)
    ended = machine.apply(wished, config=config)
    assert (ended["status"], ended["outcome"], ended["problem"]["code"]) == (1, "restored", "unproven")
    assert (machine.page(spec.host).status, machine.standing()) == (503, before)
    assert machine.run("drift", machine.write_spec(spec)).returncode == 0
    again = machine.apply(wished)
    assert again["outcome"] == "applied", again
    assert machine.page(spec.host).status in (403, 404)


def foreign_things(machine, spec):
    """For each kind of resource: how a stranger comes to have it, how it goes away, and what is said."""
    root, site = machine.layout.hosting, spec.site
    link, keys, tree = root / "live" / spec.host, root / "etc" / "keys" / site, machine.sites_folder / site
    record = f"{spec.host}."
    return {
        "records": (
            lambda: machine.update_zone(lambda zone: zone.add(record, 300, "A", "192.0.2.7")),
            lambda: machine.update_zone(lambda zone: zone.delete(record, "A")),
            f"{spec.host} sudah memiliki A",
        ),
        "host": (lambda: link.symlink_to("/var/www"), link.unlink, "menunjuk ke /var/www"),
        "access": (lambda: keys.write_text("ssh-ed25519 AAAA\n"), keys.unlink, str(keys)),
        "directory": (tree.mkdir, tree.rmdir, f"{tree} tanpa tanda {site}"),
        "database": (
            lambda: machine.sql(f"CREATE DATABASE {site}"),
            lambda: machine.sql(f"DROP DATABASE {site}"),
            f"basis data {site}",
        ),
    }


@pytest.mark.parametrize("kind", ["records", "host", "access", "directory", "database"])
def test_what_others_made_is_named_and_left_alone(machine, kind):
    spec = machine.spec(6, host=f"milik-lain.{ZONE}")
    come, go, words = foreign_things(machine, spec)[kind]
    come()
    try:
        before = machine.standing()
        for command in ("plan", "apply"):
            done = machine.run(command, machine.write_spec(spec))
            assert (done.returncode, done.stdout) == (1, "")
            assert done.stderr.startswith("sudah ada dan bukan milik situs ini, jadi tidak ada yang diubah: ")
            assert f"{kind}:" in done.stderr
            assert words in done.stderr
            assert done.stderr.count("\n") == 1
        assert machine.standing() == before
    finally:
        go()


def test_a_site_whose_own_things_a_person_damaged_is_closed_and_mended(machine):
    spec = machine.spec(7)
    for each in (spec, machine.opened(spec)):
        assert machine.apply(each)["outcome"] == "applied"
    tree, root = machine.sites_folder / spec.site, machine.layout.hosting
    (tree / "site.json").write_text("{")
    (tree / ".panggon").unlink()
    (root / "tls" / spec.host / ".panggon").unlink()
    (root / "etc" / "keys" / spec.site).write_text(machine.key.with_suffix(".pub").read_text())
    record = USERDB / f"{spec.site}.user"
    record.write_text(record.read_text().replace("/usr/sbin/nologin", "/bin/bash"))
    machine.update_zone(lambda zone: zone.delete(f"_panggon.{spec.host}.", "TXT"))
    link = root / "live" / spec.host
    link.unlink()
    link.symlink_to("/var/www")
    machine.sql(f"GRANT PROXY ON 'root'@'%' TO {spec.site}@localhost")

    closed = replace(spec, state=SiteState.QUARANTINED, generation=3)
    ended = machine.apply(closed)
    assert ended["outcome"] == "applied", ended
    assert machine.page(spec.host).status == 503
    again = replace(machine.opened(spec), generation=4)
    ended = machine.apply(again)
    assert ended["outcome"] == "applied", ended
    assert machine.of_site(spec) <= machine.standing()
    assert machine.run("drift", machine.write_spec(again)).returncode == 0
