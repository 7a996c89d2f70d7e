import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdatatype
import dns.rrset
import dns.tsig
import dns.update
import dns.zone
import pytest

from panggon.core.errors import PermanentError, TemporaryError
from panggon.core.resources import Attributes, Key, Kind, Standing
from panggon.core.spec import SiteSpec, SiteState
from panggon.drivers import shell
from panggon.drivers.dns import ChallengeRecords, RecordsDriver
from panggon.drivers.zone import Server, Settings, Zone
from panggon.node.servers import knot
from tests.drivers import bind
from tests.drivers.contract import Case, Contract
from tests.drivers.running import free_port, running

ZONE = "kota.example"
HOST = f"opd.{ZONE}"
KEY = Key(Kind.RECORDS, HOST)
SITE = "s900001"
SAFETY = ("caa:ca.example", "dmarc", "mx", "spf")
FIRST: Attributes = {"site": SITE, "a": ("192.0.2.1",), "aaaa": ("2001:db8::1",), "safety": ()}
SECOND: Attributes = {"site": SITE, "a": ("192.0.2.2", "192.0.2.3"), "aaaa": (), "safety": SAFETY}
SPEC = SiteSpec(SITE, HOST, SiteState.PREPARED, 1)

pytestmark = pytest.mark.real


def knot_settings(place: Path) -> knot.Settings:
    return knot.Settings(
        zone=ZONE,
        addresses=("127.0.0.1",),
        port=free_port(),
        name_servers=((f"ns1.{ZONE}", "127.0.0.1"),),
        data=place / "state",
        run=place / "run",
        configuration=place / "etc" / "knot.conf",
        secret=place / "etc" / "tsig.secret",
        log=place / "logs" / "knot.log",
    )


def driver_settings(server: knot.Settings) -> Settings:
    primary = Server("127.0.0.1", server.port)
    return Settings(ZONE, primary, (primary,), knot.TSIG_KEY, knot.tsig_secret(server), settle=0.5)


@pytest.fixture(scope="module")
def server(root: Path) -> Iterator[knot.Settings]:
    """With update rights for all types, so that the tests can put there what others put there."""
    settings = knot_settings(root / "knot")
    knot.prepare(settings)
    text = settings.configuration.read_text()
    settings.configuration.write_text(
        text.replace("    update-type: [A, AAAA, CAA, MX, TXT]\n", "").replace(
            "action: update", "action: [update, transfer]"
        )
    )
    with running(knot.server(settings)):
        yield settings


@pytest.fixture(scope="module")
def settings(server: knot.Settings) -> Settings:
    return driver_settings(server)


@pytest.fixture
def driver(settings: Settings) -> RecordsDriver:
    return RecordsDriver(settings)


class Others:
    """Somebody else with update rights in the zone."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def add(self, name: str, kind: str, text: str) -> None:
        self._change("add", name, 300, kind, text)

    def remove(self, name: str, kind: str) -> None:
        self._change("delete", name, kind)

    def ask(self, name: str, kind: str) -> list[str]:
        query = dns.message.make_query(name, kind)
        answer = dns.query.tcp(query, "127.0.0.1", port=self._settings.primary.port, timeout=5).answer
        return sorted(record.to_text() for rrset in answer for record in rrset)

    def _change(self, verb: str, name: str, *arguments: object) -> None:
        update = dns.update.UpdateMessage(ZONE)
        update.use_tsig(dns.tsig.Key(knot.TSIG_KEY, self._settings.secret, "hmac-sha256"))
        getattr(update, verb)(f"{name}.", *arguments)
        response = dns.query.tcp(update, "127.0.0.1", port=self._settings.primary.port, timeout=5)
        assert response.rcode() == dns.rcode.NOERROR


@pytest.fixture
def others(settings: Settings) -> Others:
    return Others(settings)


class TestContract(Contract):
    @pytest.fixture
    def case(self, driver: RecordsDriver, others: Others) -> Case:
        return Case(
            driver=lambda: driver,
            key=KEY,
            first=FIRST,
            second=SECOND,
            plant=lambda: others.add(HOST, "A", "203.0.113.7"),
            planted=lambda: [others.ask(HOST, kind) for kind in ("A", "AAAA", "TXT")],
            clear=lambda: others.remove(HOST, "A"),
            stride=3,  # only one line of a write changes anything there
        )


@pytest.fixture
def _clean(driver: RecordsDriver) -> Iterator[None]:
    yield
    driver.write(KEY, None)


@pytest.mark.usefixtures("_clean")
class TestOthersRecords:
    @pytest.mark.parametrize(
        ("kind", "text"),
        [("AAAA", "2001:db8::7"), ("CNAME", "www.example."), ("NS", "ns.example."), ("HTTPS", "1 . alpn=h2")],
    )
    def test_a_name_in_use_is_foreign(self, driver: RecordsDriver, others: Others, kind: str, text: str) -> None:
        others.add(HOST, kind, text)
        found = driver.read(KEY)
        assert (found.standing, found.detail) == (Standing.FOREIGN, f"{HOST} sudah memiliki {kind}")
        with pytest.raises(PermanentError, match=r"dns\.foreign"):
            driver.write(KEY, FIRST)
        with pytest.raises(PermanentError, match=r"dns\.foreign"):
            driver.write(KEY, None)
        others.remove(HOST, kind)
        assert driver.read(KEY).standing is Standing.ABSENT

    def test_records_of_other_types_and_names_are_left_alone(self, driver: RecordsDriver, others: Others) -> None:
        others.add(HOST, "MX", "10 mail.example.")
        others.add(f"www.{HOST}", "A", "203.0.113.9")
        driver.write(KEY, FIRST)
        driver.write(KEY, SECOND)
        driver.write(KEY, None)
        assert driver.read(KEY).standing is Standing.ABSENT
        assert (others.ask(HOST, "MX"), others.ask(f"www.{HOST}", "A")) == (["10 mail.example."], ["203.0.113.9"])
        others.remove(HOST, "MX")
        others.remove(f"www.{HOST}", "A")

    def test_a_wildcard_of_the_zone_holds_no_name(self, driver: RecordsDriver, others: Others) -> None:
        others.add(f"*.{ZONE}", "A", "203.0.113.8")
        assert others.ask(HOST, "A") == ["203.0.113.8"]
        assert driver.read(KEY).standing is Standing.ABSENT
        driver.write(KEY, FIRST)
        assert driver.read(KEY).attributes == FIRST
        driver.write(KEY, None)
        assert others.ask(HOST, "A") == ["203.0.113.8"]
        others.remove(f"*.{ZONE}", "A")

    def test_the_name_of_another_site_is_not_taken_over(self, driver: RecordsDriver) -> None:
        driver.write(KEY, FIRST)
        with pytest.raises(PermanentError, match=r"dns\.foreign: .* milik s900001"):
            driver.write(KEY, {**FIRST, "site": "s900002"})
        assert driver.read(KEY).attributes == FIRST

    def test_a_change_in_between_is_not_overwritten(self, driver: RecordsDriver, others: Others) -> None:
        driver.write(KEY, FIRST)
        stale = driver._update(KEY, driver._found(KEY), SECOND)
        others.add(HOST, "A", "203.0.113.7")
        with pytest.raises(TemporaryError, match=r"dns\.changed"):
            driver._zone.send(stale)
        assert driver.read(KEY).attributes == {**FIRST, "a": ("192.0.2.1", "203.0.113.7")}


def everything(settings: Settings) -> dict[str, list[str]]:
    """All records of the zone but those that the server makes itself: by name and type."""
    found: dict[str, list[str]] = {}
    for name, node in dns.zone.from_xfr(bind.transfer(settings), relativize=False).nodes.items():
        for rdataset in node.rdatasets:
            kind = dns.rdatatype.to_text(rdataset.rdtype)
            if kind not in (
                "SOA",
                "NS",
                "RRSIG",
                "NSEC",
                "NSEC3",
                "NSEC3PARAM",
                "DNSKEY",
                "CDS",
                "CDNSKEY",
                "TYPE65534",
            ):
                found[f"{name} {kind}"] = sorted(record.to_text() for record in rdataset)
    return found


@pytest.fixture(params=["knot", "bind"])
def served(request: pytest.FixtureRequest, root: Path) -> Iterator[Settings]:
    if request.param == "knot":
        yield request.getfixturevalue("settings")
        return
    with bind.serving(root / "bind", ZONE) as settings:
        yield settings


def test_safety_records_beside_those_of_others_and_nothing_left_in_the_end(served: Settings, tmp_path: Path) -> None:
    """Knot and BIND: what others have is kept, what is missing is added, DNSSEC holds, removal leaves no name."""
    driver, others = RecordsDriver(served), Others(served)
    before = everything(served)
    others.add(HOST, "MX", "10 mail.example.")
    others.add(HOST, "TXT", '"google-site-verification=x"')
    others.add(f"_dmarc.{HOST}", "TXT", '"v=DMARC1; p=reject"')
    driver.write(KEY, FIRST)
    driver.write(KEY, SECOND)
    assert driver.read(KEY).attributes == SECOND
    assert (others.ask(HOST, "MX"), others.ask(HOST, "CAA")) == (["10 mail.example."], ['0 issue "ca.example"'])
    assert others.ask(HOST, "TXT") == ['"google-site-verification=x"', '"v=spf1 -all"']
    assert others.ask(f"_panggon.{HOST}", "TXT") == [f'"site={SITE} with=caa:ca.example,-dmarc,-mx,spf"']
    checks = driver.probe(KEY, spec=SPEC)
    assert all(check.ok for check in checks), checks
    anchor = bind.anchor(served, tmp_path / "anchor")
    for name, kind in ((HOST, "A"), (HOST, "MX"), (HOST, "CAA"), (f"_dmarc.{HOST}", "TXT"), (f"tiada.{ZONE}", "A")):
        where = ["delv", f"@{served.primary.address}", "-p", str(served.primary.port), "-a", str(anchor)]
        said = shell.run([*where, f"+root={ZONE}", name, kind]).output
        assert "; fully validated" in said or "; negative response, fully validated" in said, said
    others.remove(HOST, "CAA")
    drifted = driver.read(KEY).attributes
    assert drifted is not None
    assert drifted["safety"] == ("dmarc", "mx", "spf")
    driver.write(KEY, SECOND)
    driver.write(KEY, None)
    assert others.ask(f"_dmarc.{HOST}", "TXT") == ['"v=DMARC1; p=reject"']
    assert others.ask(HOST, "TXT") == ['"google-site-verification=x"']
    for name, kind in ((HOST, "MX"), (HOST, "TXT"), (f"_dmarc.{HOST}", "TXT")):
        others.remove(name, kind)
    assert everything(served) == before


def test_an_answer_to_a_challenge_is_taken_away_exactly(settings: Settings, others: Others) -> None:
    challenge = ChallengeRecords(settings)
    name = f"_acme-challenge.{HOST}"
    others.add(name, "TXT", '"theirs"')
    challenge.plant(HOST, "", "ours")
    assert others.ask(name, "TXT") == ['"ours"', '"theirs"']
    challenge.clear(HOST, "", "ours")
    challenge.clear(HOST, "", "ours")
    assert others.ask(name, "TXT") == ['"theirs"']
    others.remove(name, "TXT")
    with pytest.raises(PermanentError, match=r"dns\.name"):
        challenge.plant("*.lain.example", "", "x")


class TestRefusals:
    def test_a_wrong_key_is_named(self, settings: Settings, driver: RecordsDriver) -> None:
        for wrong in (replace(settings, secret="d3Jvbmc="), replace(settings, key_name="lain")):
            with pytest.raises(PermanentError, match=rf"dns\.refused: .* menolak kunci TSIG {wrong.key_name}"):
                RecordsDriver(wrong).write(KEY, FIRST)
        assert driver.read(KEY).standing is Standing.ABSENT

    def test_an_unsigned_update_is_refused_by_the_server(self, settings: Settings) -> None:
        update = dns.update.UpdateMessage(ZONE)
        update.add(f"{HOST}.", 300, "A", "203.0.113.7")
        response = dns.query.tcp(update, "127.0.0.1", port=settings.primary.port, timeout=5)
        assert response.rcode() == dns.rcode.NOTAUTH

    def test_a_server_that_is_down_may_come_back(self, settings: Settings) -> None:
        away = RecordsDriver(replace(settings, primary=Server("127.0.0.1", free_port()), timeout=1))
        for ask in (lambda: away.read(KEY), lambda: away.write(KEY, FIRST)):
            with pytest.raises(TemporaryError, match=r"dns\.down"):
                ask()

    @pytest.mark.parametrize("name", ["opd.kota.lain", ZONE, "opd.bukankota.example", "o pd.kota.example", "."])
    def test_names_outside_the_zone_are_refused(self, driver: RecordsDriver, name: str) -> None:
        with pytest.raises(PermanentError, match=r"dns\.name"):
            driver.write(Key(Kind.RECORDS, name), FIRST)

    def test_a_server_of_another_zone_is_named(self, settings: Settings) -> None:
        lost = RecordsDriver(replace(settings, zone="lain.example"))
        with pytest.raises(PermanentError, match=r"dns\.refused: .* menjawab REFUSED untuk lain\.example"):
            lost.read(Key(Kind.RECORDS, "opd.lain.example"))


@pytest.mark.usefixtures("_clean")
class TestProof:
    def test_holds(self, driver: RecordsDriver, settings: Settings) -> None:
        driver.write(KEY, FIRST)
        checks = driver.probe(KEY, spec=SPEC)
        assert [(check.name, check.ok) for check in checks] == [
            ("dns.answer", True),
            ("dns.mark", True),
            ("dns.signed", True),
        ]
        assert checks[0].detail == f"{settings.primary}: {HOST} 192.0.2.1 2001:db8::1"

    def test_fails_without_addresses(self, driver: RecordsDriver) -> None:
        driver.write(KEY, {**FIRST, "a": (), "aaaa": ()})
        assert driver.probe(KEY, spec=SPEC)[0].ok is False

    def test_fails_for_another_site(self, driver: RecordsDriver) -> None:
        driver.write(KEY, FIRST)
        assert [check.ok for check in driver.probe(KEY, spec=replace(SPEC, site="s900002"))] == [True, False, True]

    def test_fails_where_a_server_did_not_follow_or_is_silent(
        self, driver: RecordsDriver, settings: Settings, root: Path
    ) -> None:
        driver.write(KEY, FIRST)
        lagging = knot_settings(root / "lagging")
        knot.prepare(lagging)
        servers = (settings.primary, Server("127.0.0.1", lagging.port), Server("127.0.0.1", free_port()))
        with running(knot.server(lagging)):
            checks = RecordsDriver(replace(settings, authoritative=servers, timeout=0.5)).probe(KEY, spec=SPEC)
        assert [(check.name, check.ok) for check in checks] == [
            ("dns.answer", True),
            ("dns.mark", True),
            ("dns.signed", True),
            ("dns.answer", False),
            ("dns.mark", False),
            ("dns.signed", True),
            ("dns.answer", False),
        ]

    def test_fails_for_a_zone_that_is_not_signed(self, root: Path) -> None:
        plain = knot_settings(root / "plain")
        knot.prepare(plain)
        text = plain.configuration.read_text()
        plain.configuration.write_text(text.replace("dnssec-signing: on", "dnssec-signing: off"))
        with running(knot.server(plain)):
            driver = RecordsDriver(driver_settings(plain))
            driver.write(KEY, FIRST)
            assert [check.ok for check in driver.probe(KEY, spec=SPEC)] == [True, True, False]
            unsigned = RecordsDriver(replace(driver_settings(plain), signed=False))
            assert [check.name for check in unsigned.probe(KEY, spec=SPEC)] == ["dns.answer", "dns.mark"]


class TestKnot:
    def test_records_survive_a_kill_and_another_preparation(self, root: Path) -> None:
        server = knot_settings(root / "killed")
        knot.prepare(server)
        driver = RecordsDriver(driver_settings(server))
        with running(knot.server(server)) as process:
            driver.write(KEY, FIRST)
            process.kill_session()
        secret = knot.tsig_secret(server)
        knot.prepare(server)
        assert knot.tsig_secret(server) == secret
        with running(knot.server(server)):
            assert driver.read(KEY).attributes == FIRST
            driver.write(KEY, SECOND)
            checks = driver.probe(KEY, spec=SPEC)
            assert [(check.name, check.ok) for check in checks] == [
                ("dns.answer", True),
                ("dns.mark", True),
                ("dns.safety", True),
                ("dns.signed", True),
            ]

    def test_a_change_does_not_rewrite_the_zone_file(self, server: knot.Settings, driver: RecordsDriver) -> None:
        zone = server.data / "zones" / f"{ZONE}.zone"
        before = zone.stat()
        for _ in range(15):  # more than the 20 changes that a journal keeps by itself
            driver.write(KEY, FIRST)
            driver.write(KEY, None)
        assert (zone.stat().st_ino, zone.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)

    def test_the_secret_is_for_root_and_the_server_only(self, server: knot.Settings) -> None:
        assert oct(server.secret.stat().st_mode & 0o777) == "0o600"
        for path in (server.secret, server.configuration):
            assert path.stat().st_uid == 0
        fresh = replace(server, configuration=server.configuration.with_name("fresh.conf"))
        knot.prepare(fresh)
        assert oct(fresh.configuration.stat().st_mode & 0o777) == "0o640"


def test_answers_in_another_order_find_their_questions() -> None:
    """RFC 7766 section 7: a server may give them as they are ready."""
    first, second = ((dns.name.from_text(f"{label}.kota.example"), "TXT") for label in "ab")
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            line, _ = listener.accept()
            with line:
                for query in reversed([dns.query.receive_tcp(line)[0] for _ in range(2)]):
                    response = dns.message.make_response(query)
                    name = query.question[0].name
                    response.answer.append(dns.rrset.from_text(name, 1, "IN", "TXT", f'"{name.labels[0].decode()}"'))
                    dns.query.send_tcp(line, response)

        server = Server("127.0.0.1", listener.getsockname()[1])
        asked = Zone(Settings("kota.example", server, (server,), "key", ""))
        with ThreadPoolExecutor() as pool:
            pool.submit(answer)
            assert asked.texts(first, second) == {first: ('"a"',), second: ('"b"',)}
