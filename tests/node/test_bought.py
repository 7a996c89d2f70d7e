"""A certificate that was bought: what is taken into use, and what waits."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes

from panggon.core.node.planning.resources import Key, Kind
from panggon.drivers.certificates import authority, bundles
from panggon.drivers.certificates.bundles import key_text
from panggon.drivers.system import files
from panggon.node.renewal import report
from tests.node.renewal_place import BEGIN, KEY, SITE, Place, chained, key

pytestmark = pytest.mark.real

TEN_MINUTES = 1 / 144  # of a day


class TestBought:
    @pytest.fixture
    def place(self, tmp_path: Path) -> Place:
        bought = {"certificate": str(tmp_path / "bought.pem"), "key": str(tmp_path / "bought.key")}
        return Place(tmp_path, tls={"issuer": "bought", **bought})

    def buy(self, place: Place, name: str = "*.kota.example", *, must_staple: bool = False) -> None:
        self.put(place, bundles.load(chained(place.authority, name, now=place.now, must_staple=must_staple)))

    def buy_without_chain(self, place: Place) -> None:
        """Signed by one between, whom visitors do not know."""
        between = authority.create_authority(place.base / "between", now=place.now)
        bundle = bundles.load(authority.issue(between, "*.kota.example", now=place.now))
        self.put(place, replace(bundle, chain=(bundle.leaf,)))

    def buy_through(self, place: Place, begins: int, ends: int) -> None:
        """Signed by one between, which is good from and until that day after the purchase."""
        name, between = "*.kota.example", authority.create_authority(place.base / "between", now=place.now)
        own, signer = (
            between.load(),
            bundles.load(place.authority.certificate.read_bytes() + place.authority.key.read_bytes()),
        )
        builder = x509.CertificateBuilder(
            signer.leaf.subject, own.subject, own.public_key(), own.serial_number,
            place.now + timedelta(days=begins), place.now + timedelta(days=ends), list(own.extensions),
        )  # fmt: skip
        bundle = bundles.load(authority.issue(between, name, now=place.now))
        signed = builder.sign(signer.key, hashes.SHA256())  # type: ignore[arg-type]
        self.put(place, replace(bundle, chain=(bundle.leaf, signed, signer.leaf)))

    def buy_with(self, place: Place, key: CertificateIssuerPrivateKeyTypes) -> None:
        bundle = bundles.load(chained(place.authority, "*.kota.example", now=place.now))
        leaf, signer = (
            bundle.leaf,
            bundles.load(place.authority.certificate.read_bytes() + place.authority.key.read_bytes()),
        )
        builder = x509.CertificateBuilder(
            leaf.issuer, leaf.subject, key.public_key(), leaf.serial_number, bundle.begins, bundle.ends,
            list(leaf.extensions),
        )  # fmt: skip
        signed = builder.sign(signer.key, hashes.SHA256())  # type: ignore[arg-type]
        self.put(place, replace(bundle, chain=(signed, signer.leaf), key=key))

    def buy_for(self, place: Place, *names: str) -> None:
        """One for several names."""
        bundle = bundles.load(chained(place.authority, names[0], now=place.now))
        leaf, signer = bundle.leaf, bundle.chain[1]
        own = [each for each in leaf.extensions if not isinstance(each.value, x509.SubjectAlternativeName)]
        builder = x509.CertificateBuilder(
            leaf.issuer, leaf.subject, leaf.public_key(), leaf.serial_number, bundle.begins, bundle.ends, own
        ).add_extension(x509.SubjectAlternativeName(list(map(x509.DNSName, names))), critical=False)
        signing = bundles.load(place.authority.certificate.read_bytes() + place.authority.key.read_bytes()).key
        signed = builder.sign(signing, hashes.SHA256())  # type: ignore[arg-type]
        self.put(place, replace(bundle, chain=(signed, signer)))

    def put(self, place: Place, bundle: bundles.Bundle) -> None:
        text = bundle.text()
        (place.base / "bought.pem").write_bytes(text[: text.index(b"-----BEGIN PRIVATE KEY")])
        (place.base / "bought.key").write_bytes(key_text(bundle.key))

    def test_taken_watched_and_replaced(self, place: Place) -> None:
        renewal = place.renewal(issuer="bought")
        assert "belum ada" in place.at(0, renewal)[0]
        self.buy(place)
        assert place.at(1, renewal) == ()
        first = place.ends("_bought")
        renewal.driver.write(KEY, {"issuer": "bought", "valid": True})
        assert place.at(59, renewal) == ()
        where = f"taruh yang baru di {place.base / 'bought.pem'} dan {place.base / 'bought.key'}"
        assert place.at(61, renewal) == (f"sertifikat: yang dibeli berlaku sampai {first:%Y-%m-%d}; {where}",)
        assert place.at(92, renewal)[0].startswith(f"sertifikat: yang dibeli HABIS sejak {first:%Y-%m-%d}")
        self.buy(place)
        assert place.at(93, renewal) == ()
        assert place.ends("_bought") > first

    @pytest.mark.parametrize(("days", "served", "taken"), [(1, True, False), (1, False, True), (91, True, True)])
    def test_one_without_a_name_that_is_served_waits(self, place: Place, days: int, served: bool, taken: bool) -> None:
        """Until nobody is served under that name, or the one that has it has run out."""
        inner, renewal = "www.dinas.kota.example", place.renewal(issuer="bought")
        self.buy_for(place, "*.kota.example", "*.dinas.kota.example")
        place.at(0, renewal)
        renewal.driver.write(Key(Kind.CERTIFICATE, inner), {"issuer": "bought", "valid": True})
        if served:
            files.link(place.config.paths.root / "live" / inner, f"../sites/{SITE}")
        first = place.ends("_bought")
        place.now = BEGIN + timedelta(days=days)
        self.buy(place)
        place.at(days, renewal)
        assert (place.ends("_bought") > first) is taken
        problem = report.failures(renewal.folder, "_bought").problem
        assert problem == ("" if taken else f"certificate.unusable: tidak berlaku untuk {inner}, yang dilayani")

    @pytest.mark.parametrize(
        ("spoil", "words"),
        [
            (lambda test, place: test.buy(place, "*.lain.example"), "tidak berlaku untuk *.kota.example"),
            (lambda test, place: test.buy(place, must_staple=True), "must-staple"),
            (lambda test, place: (place.base / "bought.key").write_bytes(key()), "kunci dan sertifikat tidak cocok"),
            (lambda test, place: (place.base / "bought.pem").write_text("x"), "Unable to load PEM"),
            (lambda test, place: test.buy_without_chain(place), "rantai tidak lengkap?"),
            (
                lambda test, place: test.buy_through(place, -9, -1),
                "sertifikat antara di dalam rantainya sudah habis masa berlakunya 2026-08-31",
            ),
            (
                lambda test, place: test.buy_through(place, 85, 199),
                "sertifikat antara di dalam rantainya belum berlaku sebelum 2026-11-25",
            ),
            (lambda test, place: test.buy_with(place, rsa.generate_private_key(65537, 1024)), "RSA 2048 ke atas"),
            (lambda test, place: test.buy_with(place, ec.generate_private_key(ec.SECP521R1())), "P-256, P-384"),
            (lambda test, place: test.buy_with(place, ed25519.Ed25519PrivateKey.generate()), "P-256, P-384"),
        ],
    )
    def test_a_bad_one_takes_no_place(self, place: Place, spoil: Callable[[Any, Place], object], words: str) -> None:
        renewal = place.renewal(issuer="bought")
        self.buy(place)
        place.at(0, renewal)
        before = (place.config.paths.root / "tls" / "_bought" / "bundle.pem").read_bytes()
        spoil(self, place)
        assert place.at(1, renewal) == (), "somebody may be about to bring the second of the two files"
        assert (place.config.paths.root / "tls" / "_bought" / "bundle.pem").read_bytes() == before
        assert words in report.failures(renewal.folder, "_bought").problem
        assert words in place.at(1 + TEN_MINUTES, renewal)[0]
