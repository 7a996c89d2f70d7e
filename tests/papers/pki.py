"""A certificate authority with OCSP, CRL and time stamps (RFC 3161) over HTTP on loopback, and people's certificates.

Certomancer makes it from a description; keys are made anew for each run.
"""

from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

from asn1crypto import pem, x509
from certomancer import PKIArchitecture
from certomancer.integrations.animator import Animator, AnimatorArchStore
from certomancer.registry import ArchLabel, CertLabel, CertomancerConfig
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from werkzeug.exceptions import NotFound
from werkzeug.serving import make_server

PASSPHRASE = "Rahasia Pak Kadis 7391"
NIK = "3375011405690001"
KEYS = ("root", "tsa", "ocsp", "head", "other", "old", "revoked", "stranger")
YEARS = {"valid-from": "2020-01-01T00:00:00+0000", "valid-to": "2040-01-01T00:00:00+0000"}


def _usage(*names: str) -> dict:
    return {"id": "key_usage", "critical": True, "smart-value": {"schema": "key-usage", "params": list(names)}}


LISTED = {
    "id": "crl_distribution_points",
    "smart-value": {"schema": "crl-dist-url", "params": {"crl-repo-names": ["root"]}},
}
ANSWERED = {
    "id": "authority_information_access",
    "smart-value": {"schema": "aia-urls", "params": {"ocsp-responder-names": ["root"]}},
}
PERSON = [_usage("digital_signature", "non_repudiation"), LISTED, ANSWERED]


def _person(**changes) -> dict:
    return {"issuer": "root", "validity": YEARS, "extensions": PERSON, **changes}


def description(folder: Path, address: str) -> dict:
    stamps = {"id": "extended_key_usage", "critical": True, "value": ["time_stamping"]}
    answers = {"id": "extended_key_usage", "value": ["ocsp_signing"]}
    authority = [
        {"id": "basic_constraints", "critical": True, "value": {"ca": True}},
        _usage("digital_signature", "key_cert_sign", "crl_sign"),
    ]
    return {
        "external-url-prefix": address,
        "keysets": {
            "keys": {"path-prefix": str(folder), "keys": {name: {"path": f"{name}.pem"} for name in KEYS}},
        },
        "pki-architectures": {
            "pki": {
                "keyset": "keys",
                "entity-defaults": {"country-name": "ID", "organization-name": "Otoritas Uji"},
                "entities": {
                    "root": {"common-name": "Root Uji"},
                    "tsa": {"common-name": "TSA Uji"},
                    "ocsp": {"common-name": "OCSP Uji"},
                    "head": {"common-name": "Kadis", "serial-number": NIK},
                    "other": {"common-name": "Orang Lain", "serial-number": "3375010101010101"},
                    "old": {"common-name": "Kadis", "serial-number": NIK, "title": "lama"},
                    "revoked": {"common-name": "Kadis", "serial-number": NIK, "title": "dicabut"},
                    "stranger": {"common-name": "Kadis", "serial-number": NIK, "title": "sendiri"},
                },
                "certs": {
                    "root": {
                        "subject": "root",
                        "subject-key": "root",
                        "issuer": "root",
                        "authority-key": "root",
                        "validity": YEARS,
                        "extensions": authority,
                    },
                    "tsa": _person(extensions=[_usage("digital_signature"), stamps, LISTED]),
                    "ocsp": _person(extensions=[_usage("digital_signature"), answers, {"id": "ocsp_no_check"}]),
                    "head": _person(),
                    "other": _person(),
                    "old": _person(validity={**YEARS, "valid-to": "2022-01-01T00:00:00+0000"}),
                    "revoked": _person(
                        revocation={"revoked-since": "2024-01-01T00:00:00+0000", "reason": "key_compromise"}
                    ),
                    "stranger": {
                        "subject": "stranger",
                        "subject-key": "stranger",
                        "issuer": "stranger",
                        "authority-key": "stranger",
                        "validity": YEARS,
                        "extensions": [_usage("digital_signature", "non_repudiation")],
                    },
                },
                "services": {
                    "ocsp": {"root": {"for-issuer": "root", "responder-cert": "ocsp", "signing-key": "ocsp"}},
                    "crl-repo": {
                        "root": {"for-issuer": "root", "signing-key": "root", "simulated-update-schedule": "P30D"}
                    },
                    "time-stamping": {"tsa": {"signing-key": "tsa", "signing-cert": "tsa"}},
                },
            }
        },
    }


@dataclass
class Authority:
    folder: Path
    architecture: PKIArchitecture
    address: str

    @property
    def root(self) -> x509.Certificate:
        return self.architecture.get_cert(CertLabel("root"))

    @property
    def time_stamps(self) -> str:
        return f"{self.address}/pki/tsa/tsa"

    def pem(self, *names: str) -> Path:
        """The certificates in one file."""
        file = self.folder / f"{'-'.join(names)}.crt"
        certificates = (self.architecture.get_cert(CertLabel(name)) for name in names)
        file.write_bytes(b"".join(pem.armor("CERTIFICATE", cert.dump()) for cert in certificates))
        return file

    def person(self, name: str, passphrase: str = PASSPHRASE) -> Path:
        """Somebody's PKCS #12 file."""
        file = self.folder / f"{name}.p12"
        if not file.exists():
            file.write_bytes(self.architecture.package_pkcs12(CertLabel(name), password=passphrase.encode()))
        return file


@contextmanager
def authority(folder: Path):
    for name in KEYS:
        key = ec.generate_private_key(ec.SECP256R1())
        written = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (folder / f"{name}.pem").write_bytes(written)
    server = make_server("127.0.0.1", 0, NotFound(), threaded=True)  # its port stands in the certificates
    address = f"http://127.0.0.1:{server.port}"
    config = CertomancerConfig(description(folder, address), key_search_dir=str(folder), config_search_dir=str(folder))
    architecture = config.get_pki_arch(ArchLabel("pki"))
    server.app = Animator(AnimatorArchStore({ArchLabel("pki"): architecture}), with_web_ui=False)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Authority(folder, architecture, address)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
