"""A hosting machine and a portal set up by the words of the documentation, from signed packages, under systemd.

Each test goes on where the one before has left the machine.
"""

import json
import re
import subprocess
import time
import zipfile
from pathlib import Path

import pytest

from panggon.node.agent.client import POLL_SECONDS
from tests.host.administrator import (
    SERVERS,
    active,
    apply,
    carry_out,
    commands,
    document,
    everybody_was_served,
    set_up,
)
from tests.host.conftest import GIVEN, NEXT, NOW, REPOSITORY, give, visitors
from tests.host.host import SUITE, shown
from tests.waiting import until

pytestmark = [pytest.mark.real, pytest.mark.timeout(1200, func_only=True)]
SITES = ("s000001", "s000002", "s000003", "s000004")
PORTAL = {"PANGGON_BASE_URL": "http://localhost:8080", "PANGGON_INSECURE_LOOPBACK": "1"}
PAGES = {
    "s000001": ("index.php", '<?php usleep(20000); echo "halo\\n";'),
    "s000002": ("index.html", "<h1>halo</h1>\n"),
    "s000003": (
        "lambat.php",
        '<?php $e = microtime(true) + ($_GET["detik"] ?? 3); while (microtime(true) < $e) usleep(9000); echo "ya\\n";',
    ),
}
PLACES = ("situs1.kota.example/", "situs2.kota.example/", "situs3.kota.example/lambat.php", "situs4.kota.example/")
APPLICATION = """
from salam import KATA

def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [KATA]
"""
SECONDS_TO_START = 2.0
LIBRARY = "libgnutls.so.30"
# As an update of Debian does it: another file in its place, brought by a package that is made for the occasion.
REPLACE_LIBRARY = f"""
folder=$(echo /usr/lib/*-linux-gnu)
file=$(readlink --canonicalize $folder/{LIBRARY})
cp $file $file.new
mv $file.new $file
mkdir -p /root/pustaka/DEBIAN /root/pustaka$folder
touch /root/pustaka$folder/pustaka.so
printf '%s\n' 'Package: pustaka' 'Version: 1' 'Architecture: all' 'Maintainer: M <m@localhost>' 'Description: pustaka' \
  >/root/pustaka/DEBIAN/control
dpkg-deb --build /root/pustaka /root/pustaka.deb
dpkg --install /root/pustaka.deb
"""
MANY = range(10_001, 15_001)


def test_packages_are_the_same_byte_for_byte_wherever_they_are_built(vendor, tmp_path):
    again = vendor.build(NOW, "panggon-node", tmp_path)
    assert again.read_bytes() == vendor.built(NOW, "panggon-node", vendor.published).read_bytes()


def test_a_machine_is_set_up_as_the_documentation_says(machine):
    lines = commands("node.md", "## Setting up")
    assert lines[-2:] == ["panggon-node enroll https://portal.example KODE --name NAME", "panggon-node status"]
    said = set_up(machine)
    assert [f"{name} siap" in said for name in SERVERS] == [True] * len(SERVERS)
    assert active(machine, *SERVERS, "sites", "node.target") == ["active"] * (len(SERVERS) + 2)
    assert active(machine, "agent") == ["inactive"]  # nobody to ask yet


def test_a_repository_that_somebody_else_signed_is_refused(machine):
    release = machine.root / GIVEN / "dists" / SUITE / "InRelease"
    whole = release.read_text()
    release.write_text(whole.replace("Origin: Panggon", "Origin: Penggon"))
    try:
        with pytest.raises(RuntimeError, match=r"(?i)invalid|BADSIG|not signed|manipulated"):
            machine.run("apt-get", "update", "-o", "APT::Update::Error-Mode=any")
    finally:
        release.write_text(whole)
        machine.run("apt-get", "-qq", "update")


def test_sites_are_made_and_proven_with_every_protection(machine):
    for site in SITES:
        apply(machine, document(machine, site))
        name, page = PAGES.get(site, ("", ""))
        if name:
            (machine.root / "srv/panggon/sites" / site / "public" / name).write_text(page)
    _upload_application(machine.root / "srv/panggon/sites/s000004/private")
    apply(machine, document(machine, "s000004") | {"generation": 2})  # the application is there only now
    with visitors(machine, PLACES) as rows:
        time.sleep(4)
    everybody_was_served(rows)
    status = json.loads(machine.run("panggon-node", "status", "--json"))
    assert status["sites"] == len(SITES)
    assert {row["name"] for row in status["protections"] if not row["active"]} <= {"disk", "files"}
    assert [(row["name"], row["running"]) for row in status["servers"]] == [(name, True) for name in SERVERS]


# What the holder of the sockets says of a request.
ASK = """
import json, socket, sys
line = socket.socket(socket.AF_UNIX)
line.connect("/run/panggon/sockets.sock")
line.sendall(sys.argv[1].encode() + b"\\n")
print(line.makefile().readline())
"""


def _held(machine, **request) -> dict:
    return json.loads(machine.run("/usr/bin/python3", "-c", ASK, json.dumps(request)))


def test_a_sleeping_site_wakes_by_a_php_that_was_started_in_advance(machine):
    until(lambda: _held(machine, do="about")["spares"] > 0)
    assert _held(machine, do="stop", site="s000001")["ok"]
    with visitors(machine, PLACES[:1]) as rows:
        time.sleep(1)
    everybody_was_served(rows)
    monitor = _held(machine, do="show", site="s000001")["serving"]["process"]
    master = machine.run("cat", f"/proc/{monitor}/task/{monitor}/children").strip()
    assert machine.run("cat", f"/proc/{master}/uid_map").split() == ["1900000000", "1900000000", "1000000"]
    assert "no spare" not in machine.run("cat", "/var/log/panggon/sockets.log")
    groups = [line.split(":", 2) for line in machine.run("cat", f"/proc/{master}/cgroup").splitlines()]
    named = {controllers: path.rpartition("/")[2] for _, controllers, path in groups}
    assert named["memory" if "memory" in named else ""] == "s000001"  # version 1 or 2


def _upload_application(private: Path) -> None:
    """With a library that is to be installed for it."""
    (private / "aplikasi.py").write_text(APPLICATION)
    (private / "requirements.txt").write_text("salam\n")
    (private / "wheels").mkdir()
    with zipfile.ZipFile(private / "wheels" / "salam-1-py3-none-any.whl", "w") as wheel:
        wheel.writestr("salam.py", 'KATA = b"halo\\n"\n')
        wheel.writestr("salam-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: salam\nVersion: 1\n")
        wheel.writestr("salam-1.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr("salam-1.dist-info/RECORD", "")


def test_links_of_tenants_lead_nginx_nowhere(machine):
    public = machine.root / "srv/panggon/sites/s000002/public"
    (public / "rahasia.html").symlink_to("/etc/hostname")
    with visitors(machine, ["situs2.kota.example/rahasia.html"]) as rows:
        time.sleep(0.2)
    assert set(rows[0]["answers"]) & {"200"} == set()
    master = shown(machine, "panggon-nginx", "MainPID")["MainPID"]
    status = machine.run("cat", f"/proc/{master}/status")
    assert int(re.search(r"CapBnd:\s+(\S+)", status)[1], 16) & 1 << 21 == 0  # CAP_SYS_ADMIN was given up


def test_everything_is_started_anew_under_load_and_nobody_notices(machine):
    sandbox = machine.run("pgrep", "-u", "1900000001", "-f", "php-fpm: master").split()[0]
    with visitors(machine, PLACES) as rows:
        for unit in (*SERVERS, "prepare", "nginx", "sockets"):
            machine.run("systemctl", "restart", f"panggon-{unit}")
            time.sleep(0.5)
        machine.run("systemctl", "reload", "panggon-nginx")
        machine.run("systemctl", "kill", "--signal=KILL", "panggon-sockets")
        time.sleep(2)
        until(lambda: active(machine, *SERVERS) == ["active"] * len(SERVERS))
    everybody_was_served(rows)
    assert sandbox in machine.run("pgrep", "-u", "1900000001", "-f", "php-fpm: master").split()  # it went on


def test_settings_that_were_edited_are_taken_over_by_init(machine):
    before = {name: shown(machine, f"panggon-{name}", "MainPID")["MainPID"] for name in SERVERS}
    path = machine.root / "etc/panggon/node.toml"
    path.write_text(path.read_text() + "[logs]\ndays = 10\n")
    machine.run("panggon-node", "init")
    after = {name: shown(machine, f"panggon-{name}", "MainPID")["MainPID"] for name in SERVERS}
    assert {name for name in SERVERS if before[name] != after[name]} == {"logs", "tasks", "databases", "renewal"}


def test_faults_of_the_settings_are_told_and_nothing_is_changed(machine):
    path = machine.root / "etc/panggon/node.toml"
    good = path.read_text()
    path.write_text(good.replace('zone = "kota.example"', 'zone = "Kota!"\nttll = 3'))
    try:
        with pytest.raises(RuntimeError, match=r"dns.zone(?s:.)*dns.ttll|dns.ttll(?s:.)*dns.zone"):
            machine.run("panggon-node", "init")
    finally:
        path.write_text(good)
    assert active(machine, *SERVERS) == ["active"] * len(SERVERS)


def test_an_update_stops_no_site_and_an_older_version_is_refused(machine, vendor):
    socket = machine.root / "srv/panggon/run/s000003.sock"
    kept = socket.stat().st_ino
    databases = shown(machine, "panggon-mariadb", "MainPID")
    vendor.publish(NEXT, "panggon-node")
    give(vendor, machine.root)
    with visitors(machine, [*PLACES, "situs3.kota.example/lambat.php?detik=15"]) as rows:
        time.sleep(2)
        before = _launched(machine, "s000003")
        machine.shell("apt-get -qq update && apt-get -qq -y upgrade")
        time.sleep(2)
    everybody_was_served(rows)
    assert machine.run("panggon-node", "--version").split()[-1] == NEXT
    # What another version starts otherwise takes a place of its own beside what runs.
    assert socket.stat().st_ino == kept or _launched(machine, "s000003") != before
    assert shown(machine, "panggon-mariadb", "MainPID") == databases
    running = machine.run("cat", f"/proc/{shown(machine, 'panggon-sockets', 'MainPID')['MainPID']}/maps")
    assert "(deleted)" not in running  # nothing of the former version runs on
    with pytest.raises(RuntimeError, match="lebih lama"):
        machine.run("apt-get", "-qq", "-y", "--allow-downgrades", "install", f"panggon-node={vendor.full(NOW)}")
    assert machine.run("panggon-node", "--version").split()[-1] == NEXT
    assert active(machine, *SERVERS) == ["active"] * len(SERVERS)


def test_a_library_that_debian_replaces_is_taken_into_use(machine):
    before = {name: shown(machine, f"panggon-{name}", "MainPID")["MainPID"] for name in SERVERS}
    with_it = {name for name, pid in before.items() if LIBRARY in machine.run("cat", f"/proc/{pid}/maps")}
    with visitors(machine, PLACES) as rows:
        machine.shell(REPLACE_LIBRARY)
    everybody_was_served(rows)
    after = {name: shown(machine, f"panggon-{name}", "MainPID")["MainPID"] for name in SERVERS}
    assert {name for name in SERVERS if before[name] != after[name]} == with_it
    assert "knot" in with_it
    assert "nginx" not in with_it


def _launched(machine, site: str) -> set[str]:
    """Of each program that runs for the site: another one where it is started with other words, or sees other files."""
    return set(re.findall(r'"fingerprint": "(\w+)"', machine.shell(f"cat /run/panggon/sockets/{site}*.json")))


def test_a_portal_is_set_up_as_the_documentation_says_and_the_machine_enrols(machine):
    def edit(example: str) -> str:
        kept = [line for line in example.splitlines() if line.partition("=")[0] not in PORTAL]
        return "\n".join([*kept, *(f"{name}={value}" for name, value in PORTAL.items())]) + "\n"

    lines = commands("portal.md", "## Set up")
    for line in lines[: lines.index("systemctl enable --now panggon.target") + 1]:
        carry_out(
            machine, line.replace("panggon init", "panggon init --answers /usr/share/panggon/kota.toml"), edits=edit
        )
    ends = time.monotonic() + 60
    while "200" not in machine.shell("curl -so /dev/null -w '%{http_code}' http://localhost:8080/ || true"):
        assert time.monotonic() < ends
        time.sleep(0.5)
    code = machine.run("panggon", "enrol-code", "hosting").split()[-1]
    machine.run("panggon-node", "enroll", "http://127.0.0.1:8081", code, "--name", "hosting")
    ends = time.monotonic() + 30
    while active(machine, "agent") != ["active"]:  # by itself
        assert time.monotonic() < ends
        time.sleep(0.2)
    asked = "SELECT jsonb_array_length(health->'servers') FROM sites_node WHERE name = 'hosting'"
    while machine.run("runuser", "-u", "postgres", "--", "psql", "-tAc", asked, "panggon").strip() != f"{len(SERVERS)}":
        assert time.monotonic() < ends
        time.sleep(0.2)
    assert active(machine, "pages", "nodes", "worker", "migrate") == ["active"] * 4


def test_after_a_reboot_everything_is_there_again(machine):
    machine.power_off()
    took = machine.boot()
    with visitors(machine, PLACES) as rows:
        time.sleep(4)
    everybody_was_served(rows)
    assert active(machine, *SERVERS, "agent", "pages", "nodes", "worker") == ["active"] * (len(SERVERS) + 4)
    status = json.loads(machine.run("panggon-node", "status", "--json"))
    assert (status["sites"], status["portal"]) == (len(SITES), "http://127.0.0.1:8081")
    assert {row["name"] for row in status["protections"] if not row["active"]} <= {"disk", "files"}
    assert [row["restarts"] for row in status["servers"]] == [0] * len(SERVERS)
    for unit in ("sockets", "agent", "mariadb", "knot", "sshd"):
        assert len(_said(machine, unit).splitlines()) > 1
    assert "Errno" not in _said(machine, "sockets")  # nothing fails again and again
    assert took < 60


def test_a_fault_in_the_settings_keeps_no_machine_from_serving_when_it_is_started(machine):
    path = machine.root / "etc/panggon/node.toml"
    good = path.read_text()
    path.write_text(good.replace('zone = "kota.example"', 'zone = "Kota!"'))
    machine.power_off()
    machine.boot()
    try:
        with visitors(machine, PLACES) as rows:
            time.sleep(2)
    finally:
        path.write_text(good)
    everybody_was_served(rows)
    assert active(machine, *SERVERS) == ["active"] * len(SERVERS)
    assert _said(machine, "prepare").count("dns.zone: ") == 1  # not again at each try of the agent
    machine.run("panggon-node", "init")
    assert active(machine, *SERVERS, "prepare") == ["active"] * (len(SERVERS) + 1)
    until(lambda: active(machine, "agent") == ["active"])


def _said(machine, unit: str) -> str:
    """Since it was booted."""
    return machine.run("journalctl", "--boot", "--unit", f"panggon-{unit}", "--output=cat")


def test_units_are_as_tight_as_the_documentation_says(machine):
    text = (REPOSITORY / "docs/node.md").read_text()
    for unit in (*SERVERS, "agent", "prepare"):
        said = machine.run("systemd-analyze", "security", "--no-pager", f"panggon-{unit}", check=False)
        figure = re.search(r"exposure level for \S+: ([\d.]+)", said)[1]
        told = re.findall(rf"\b{unit}\b[^.0-9]*\b(\d\.\d)\b", text)
        assert any(abs(float(each) - float(figure)) < 0.25 for each in told), (unit, figure)


def test_five_thousand_sites_start_in_two_seconds_and_cost_nothing_idle(machine, record_property):
    script = REPOSITORY / "tests" / "host" / "many.py"
    (machine.root / "root" / "many.py").write_text(script.read_text())
    machine.run("/usr/lib/panggon-node/bin/python", "/root/many.py", str(MANY.start), str(MANY.stop), seconds=900)
    figures = {}
    for unit in ("sockets", "agent"):
        for name in ("first", "again"):
            machine.run("systemctl", "restart", f"panggon-{unit}")
            row = shown(machine, f"panggon-{unit}", "InactiveExitTimestampMonotonic", "ActiveEnterTimestampMonotonic")
            began, ready = (int(value) for value in sorted(row.values(), key=int))
            figures[f"{unit} {name}"] = (ready - began) / 1e6
    # Before: the agent looks through all that is there when it has waited for a wish once, then every six hours.
    time.sleep(POLL_SECONDS + 15)
    before = {unit: _cpu(machine, unit) for unit in ("sockets", "agent")}
    time.sleep(60)
    spent = {f"{unit} share of a core": (_cpu(machine, unit) - before[unit]) / 60 for unit in before}
    memory = {f"{unit} MB": _memory(machine, unit) for unit in ("sockets", "agent")}
    figures |= spent | memory
    record_property("figures", figures)
    print(figures)  # noqa: T201 -- for those who look, with -s
    assert sum(spent.values()) < 0.01, figures
    assert sum(memory.values()) < 100
    starts = [figures[f"{unit} {name}"] for unit in ("sockets", "agent") for name in ("first", "again")]
    assert max(starts) < SECONDS_TO_START, figures


def test_a_package_that_is_purged_leaves_every_site(machine, vendor):
    machine.run("apt-get", "-qq", "-y", "remove", "panggon-node")
    with pytest.raises(RuntimeError, match="lebih lama"):
        machine.run("apt-get", "-qq", "-y", "--allow-downgrades", "install", f"panggon-node={vendor.full(NOW)}")
    machine.run("apt-get", "-qq", "-y", "purge", "panggon-node", "panggon")
    assert active(machine, *SERVERS, "agent") == ["inactive"] * (len(SERVERS) + 1)
    for site in SITES:
        assert (machine.root / "srv/panggon/sites" / site / "public").is_dir()
    for kept in ("etc/panggon/ca-key.pem", "etc/userdb/s000001.user", "var/lib/panggon/mariadb/s000001"):
        assert (machine.root / kept).exists()
    machine.run("apt-get", "-qq", "-y", "--no-install-recommends", "install", "panggon-node")
    machine.run("panggon-node", "init")
    with visitors(machine, PLACES) as rows:
        time.sleep(3)
    everybody_was_served(rows)


def _cpu(machine, unit: str) -> float:
    """Seconds that the unit's process has computed."""
    pid = shown(machine, f"panggon-{unit}", "MainPID")["MainPID"]
    fields = machine.run("cat", f"/proc/{pid}/stat").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def _memory(machine, unit: str) -> float:
    pid = shown(machine, f"panggon-{unit}", "MainPID")["MainPID"]
    rollup = machine.run("cat", f"/proc/{pid}/smaps_rollup")
    return int(re.search(r"^Pss:\s+(\d+)", rollup, re.MULTILINE)[1]) / 1024


def test_nothing_of_the_host_is_left_here():
    said = subprocess.run(["findmnt", "--noheadings", "--output", "TARGET"], capture_output=True, text=True, check=True)
    assert str(Path("var/host/root")) not in said.stdout
