from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from panggon.core.errors import PermanentError
from panggon.core.node.planning.resources import Attributes, Key, Kind, Standing
from panggon.core.sites.spec import SiteState
from panggon.drivers import tls
from panggon.drivers.certificates.authority import create_authority, issue
from panggon.drivers.nginx.visit import Door
from panggon.drivers.system import files, shell
from panggon.drivers.tls import CertificateDriver
from tests.drivers.contract import Case, Contract
from tests.node.web_stand import HOST, SPEC, WEB, WebStand

pytestmark = pytest.mark.real

KEY = Key(Kind.CERTIFICATE, HOST)
NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
WISH: Attributes = {"issuer": "local", "valid": True}


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def driver(root: Path, clock: Clock) -> CertificateDriver:
    files.directory(root / "tls", mode=0o750, gid=WEB)
    authority = create_authority(root / "ca", now=NOW)
    door = Door("127.0.0.1", 1, authority.certificate)
    return CertificateDriver(tls.Settings(root, root / "control.sock", authority, door, clock))


@pytest.fixture
def place(root: Path) -> Path:
    return root / "tls" / HOST


class TestContract(Contract):
    @pytest.fixture
    def case(self, driver: CertificateDriver, place: Path) -> Case:
        def plant() -> None:
            place.mkdir()
            (place / "bundle.pem").write_text("dibeli sendiri")

        def clear() -> None:
            (place / "bundle.pem").unlink()
            place.rmdir()

        return Case(
            driver=lambda: driver,
            key=KEY,
            first=WISH,
            second=WISH,  # nothing else can be wished
            plant=plant,
            planted=(place / "bundle.pem").read_text,
            clear=clear,
            stride=2,
        )


@pytest.fixture
def issued(driver: CertificateDriver) -> Iterator[CertificateDriver]:
    driver.write(KEY, WISH)
    yield driver
    driver.write(KEY, None)


def valid(driver: CertificateDriver) -> object:
    attributes = driver.read(KEY).attributes
    assert attributes is not None
    assert attributes["issuer"] == "local"
    return attributes["valid"]


class TestBundle:
    def test_who_may_read_it(self, issued: CertificateDriver, place: Path) -> None:
        folder, bundle = place.stat(), (place / "bundle.pem").stat()
        assert (folder.st_uid, folder.st_gid, folder.st_mode & 0o777) == (0, WEB, 0o750)
        assert (bundle.st_uid, bundle.st_gid, bundle.st_mode & 0o777) == (0, WEB, 0o640)

    def test_what_it_says(self, issued: CertificateDriver, place: Path) -> None:
        leaf = x509.load_pem_x509_certificate((place / "bundle.pem").read_bytes())
        names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        assert names.get_values_for_type(x509.DNSName) == [HOST]
        assert leaf.not_valid_after_utc - leaf.not_valid_before_utc == timedelta(days=90)
        assert leaf.not_valid_before_utc < NOW < leaf.not_valid_after_utc

    def test_openssl_believes_it(self, issued: CertificateDriver, place: Path, root: Path) -> None:
        at = str(int(NOW.timestamp()))
        argv = ["openssl", "verify", "-x509_strict", "-purpose", "sslserver", "-attime", at, "-verify_hostname", HOST]
        bundle = str(place / "bundle.pem")
        assert shell.check([*argv, "-CAfile", str(root / "ca" / "ca.pem"), bundle]) == f"{bundle}: OK\n"

    @pytest.mark.parametrize(("days", "expected"), [(0, True), (80, True), (82, False), (91, False), (-2, False)])
    def test_a_plan_renews_it_when_a_tenth_is_left(
        self, issued: CertificateDriver, clock: Clock, days: int, expected: bool
    ) -> None:
        clock.now = NOW + timedelta(days=days)
        assert valid(issued) is expected
        issued.write(KEY, WISH)
        assert valid(issued) is True

    def test_a_valid_one_is_kept(self, issued: CertificateDriver, place: Path) -> None:
        before = (place / "bundle.pem").read_bytes()
        issued.write(KEY, WISH)
        assert (place / "bundle.pem").read_bytes() == before

    def test_an_undone_renewal_brings_the_old_one_back(
        self, issued: CertificateDriver, clock: Clock, place: Path
    ) -> None:
        before = (place / "bundle.pem").read_bytes()
        clock.now = NOW + timedelta(days=85)
        issued.write(KEY, WISH)
        assert (place / "bundle.pem").read_bytes() != before
        issued.write(KEY, {"issuer": "local", "valid": False})
        assert (place / "bundle.pem").read_bytes() == before
        assert valid(issued) is False

    def test_nothing_to_bring_back(self, issued: CertificateDriver) -> None:
        with pytest.raises(PermanentError, match=r"certificate\.previous"):
            issued.write(KEY, {"issuer": "local", "valid": False})

    def test_another_issuer_is_refused(self, issued: CertificateDriver) -> None:
        with pytest.raises(PermanentError, match=r"certificate\.issuer"):
            issued.write(KEY, {"issuer": "acme", "valid": True})


class TestDamage:
    """Whatever is wrong reads as not valid, and the same write heals it."""

    @pytest.fixture(autouse=True)
    def _heals(self, issued: CertificateDriver) -> Iterator[None]:
        yield
        assert valid(issued) is False
        issued.write(KEY, WISH)
        assert valid(issued) is True

    def test_nothing_in_it(self, place: Path) -> None:
        (place / "bundle.pem").write_text("")

    def test_gone(self, place: Path) -> None:
        (place / "bundle.pem").unlink()

    def test_without_its_key(self, place: Path) -> None:
        text = (place / "bundle.pem").read_text()
        (place / "bundle.pem").write_text(text[: text.index("-----BEGIN PRIVATE KEY")])

    def test_with_the_key_of_another(self, place: Path, root: Path) -> None:
        text = (place / "bundle.pem").read_text()
        other = (root / "ca" / "ca-key.pem").read_text()
        (place / "bundle.pem").write_text(text[: text.index("-----BEGIN PRIVATE KEY")] + other)

    def test_for_another_name(self, place: Path, issued: CertificateDriver) -> None:
        other = Key(Kind.CERTIFICATE, "lain.kota.example")
        issued.write(other, WISH)
        (place / "bundle.pem").write_bytes((place.parent / other.name / "bundle.pem").read_bytes())
        issued.write(other, None)

    def test_of_another_authority(self, place: Path, issued: CertificateDriver, root: Path, tmp_path: Path) -> None:
        settings = replace(issued.settings, root=tmp_path, authority=create_authority(tmp_path / "ca", now=NOW))
        (tmp_path / "tls").mkdir()
        CertificateDriver(settings).write(KEY, WISH)
        (place / "bundle.pem").write_bytes((tmp_path / "tls" / HOST / "bundle.pem").read_bytes())


class TestAuthority:
    def test_made_once(self, tmp_path: Path) -> None:
        first = create_authority(tmp_path / "ca", now=NOW)
        before = first.certificate.read_bytes(), first.key.read_bytes()
        again = create_authority(tmp_path / "ca", now=NOW + timedelta(days=1))
        assert (again.certificate.read_bytes(), again.key.read_bytes()) == before
        assert first.key.stat().st_mode & 0o777 == 0o600

    def test_it_may_sign_certificates_but_no_authorities(self, tmp_path: Path) -> None:
        path = create_authority(tmp_path / "ca", now=NOW).certificate
        constraints = x509.load_pem_x509_certificate(path.read_bytes()).extensions.get_extension_for_class(
            x509.BasicConstraints
        )
        assert (constraints.critical, constraints.value.ca, constraints.value.path_length) == (True, True, 0)


@pytest.mark.parametrize("name", ["../x", "", "A.example", "*.kota.example", "a.example/", "satu"])
def test_names_that_would_be_other_paths_are_refused(driver: CertificateDriver, name: str) -> None:
    with pytest.raises(PermanentError, match=r"certificate\.invalid"):
        driver.write(Key(Kind.CERTIFICATE, name), WISH)


def test_a_link_in_its_place_is_foreign(driver: CertificateDriver, place: Path, tmp_path: Path) -> None:
    place.symlink_to(tmp_path)
    found = driver.read(KEY)
    place.unlink()
    assert found.standing is Standing.FOREIGN


@pytest.fixture(scope="module")
def server() -> Iterator[WebStand]:
    with WebStand("tls-driver").serving() as stand:
        yield stand


@pytest.fixture
def stand(server: WebStand) -> Iterator[WebStand]:
    server.make()
    yield server
    server.remove()


class TestProbe:
    def check(self, stand: WebStand, change: Callable[[], object] = lambda: None) -> tuple[bool, str]:
        change()
        (check,) = stand.certificates.probe(KEY, spec=SPEC)
        assert check.name == "tls.certificate"
        return check.ok, check.detail

    def test_the_one_that_was_written(self, stand: WebStand) -> None:
        ok, detail = self.check(stand)
        assert ok
        assert detail.startswith(f"TLSv1.3, {HOST}, berlaku sampai 20")

    def test_another_than_the_one_on_disk(self, stand: WebStand) -> None:
        """nginx was not told: it still gives the old one."""
        place = stand.root / "tls" / HOST

        def change() -> None:
            assert stand.handshake(HOST)
            with_other_control = replace(stand.certificates.settings, control=stand.base / "none.sock")
            (place / "bundle.pem").write_text("")
            CertificateDriver(with_other_control).write(KEY, WISH)

        both = [
            self.check(stand, change if index == 0 else lambda: None) for index, _ in enumerate(stand.each_worker())
        ]
        assert (False, "server memberi sertifikat lain") in both

    def test_none(self, stand: WebStand) -> None:
        ok, _ = self.check(stand, lambda: stand.certificates.write(KEY, None))
        assert not ok

    def test_one_that_has_run_out(self, stand: WebStand) -> None:
        def change() -> None:
            stand.now = datetime.now(UTC) - timedelta(days=200)
            stand.certificates.write(KEY, None)
            stand.certificates.write(KEY, WISH)
            stand.now = datetime.now(UTC)

        ok, detail = self.check(stand, change)
        assert not ok
        assert "expired" in detail


class TestShared:
    def test_names_that_share_a_certificate_get_a_new_one_with_one_word(self, stand: WebStand) -> None:
        """A wildcard in the place that `node/renewal` gives it; each worker keeps it once."""
        driver = CertificateDriver(replace(stand.certificates.settings, issuer="wildcard"))
        shared = driver.settings.shared("wildcard")
        files.directory(shared.parent, mode=0o750, gid=WEB)

        def renew() -> bytes:
            bundle = issue(stand.authority, "*.kota.example", now=datetime.now(UTC))
            files.write(shared, bundle, mode=0o640, gid=WEB)
            return x509.load_pem_x509_certificate(bundle).public_bytes(Encoding.DER)

        first = renew()
        driver.write(KEY, {"issuer": "wildcard", "valid": True})
        assert driver.probe(KEY, spec=SPEC)[0].ok
        assert [stand.handshake(HOST) for _ in stand.each_worker()] == [first] * 2
        second = renew()
        assert stand.handshake(HOST) == first
        driver.announce("_wildcard")
        assert [stand.handshake(HOST) for _ in stand.each_worker()] == [second] * 2
        assert stand.handshake("_wildcard") is None
        shared.unlink()
        driver.announce("_wildcard")
        assert stand.handshake(HOST) is None


class TestHsts:
    def test_only_where_it_is_wished_and_the_site_is_open(self, stand: WebStand) -> None:
        name = "strict-transport-security"
        assert name not in stand.get("/").headers
        stand.make(hsts_seconds=86400)
        assert stand.get("/").headers[name] == "max-age=86400"
        assert stand.get("/tidak-ada").headers[name] == "max-age=86400"
        stand.make(hsts_seconds=86400, state=SiteState.PREPARED)
        assert name not in stand.get("/").headers
