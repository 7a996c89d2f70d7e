"""A site as people who look for weaknesses see it from outside: testssl.sh, and its headers."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.applications.sites import opened
from tests.node.machine_stand import Machine

pytestmark = [pytest.mark.real, pytest.mark.timeout(1500)]
# What the authority of a demonstration and a test's address bring along; an ACME or bought certificate has none of it.
# Of secure renegotiation testssl 3.0 with Debian's OpenSSL only says that it could not ask. Of tickets it speaks of a
# connect problem when it hangs up before TLS 1.3 has sent one, which it does once in six times on an idle machine.
OF_THE_TEST = {
    *("cert_chain_of_trust", "cert_revocation", "OCSP_stapling", "cert_crlDistributionPoints", "DNS_CAArecord"),
    *("secure_renego", "sessionresumption_ticket"),
}
# Otherwise it complains of an OpenSSL that has not the engine for GOST's ciphers, as Debian's has not of itself.
WITHOUT_GOST = {"NO_ENGINE": "true"}


def test_testssl_finds_nothing(machine: Machine, tmp_path: Path) -> None:
    site = opened(machine, 990001, kind="static", database=None, hsts_seconds=31_536_000)
    page = tmp_path / "pages"
    page.mkdir()
    (page / "index.html").write_text("<!doctype html><title>Dinas</title>")
    site.upload(page)
    host, found = str(site.spec["host"]), tmp_path / "found.json"
    words = ("--quiet", "--color", "0", "--warnings", "off", "--jsonfile", str(found), "--ip", "127.0.0.1")
    authority = ("--add-ca", str(machine.base / "etc" / "ca.pem"))
    argv = ["testssl", *words, *authority, f"{host}:{machine.https}"]
    done = subprocess.run(argv, env=os.environ | WITHOUT_GOST, capture_output=True, text=True, timeout=1400)
    rows = json.loads(found.read_text())
    assert len(rows) > 100, done.stdout[-2000:]
    wrong = [row for row in rows if row["severity"] not in ("OK", "INFO") and row["id"] not in OF_THE_TEST]
    assert "\n".join(f"{row['severity']} {row['id']}: {row['finding']}" for row in wrong) == ""
    said = {row["id"]: row["finding"] for row in rows}
    assert {name: "not" not in said[name] for name in ("SSLv2", "SSLv3", "TLS1", "TLS1_1", "TLS1_2", "TLS1_3")} == {
        **dict.fromkeys(("SSLv2", "SSLv3", "TLS1", "TLS1_1"), False),
        **dict.fromkeys(("TLS1_2", "TLS1_3"), True),
    }


def test_headers_tell_nothing_and_keep_the_promise(machine: Machine, tmp_path: Path) -> None:
    site = opened(machine, 990001, kind="php", database=None, hsts_seconds=31_536_000, generation=2)
    page = tmp_path / "pages"
    page.mkdir()
    (page / "halo.php").write_text("<?php echo 'halo';")
    site.upload(page)
    with site.visitor() as visitor:
        for path in ("/halo.php", "/tidak-ada", "/"):
            headers = visitor.get(path).headers
            assert headers["strict-transport-security"] == "max-age=31536000", path
            assert headers["x-content-type-options"] == "nosniff", path
            assert "x-powered-by" not in headers
            assert headers.get("server", "nginx") == "nginx", "no version"
