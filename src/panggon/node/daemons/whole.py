"""What libraries load only when they first need it, loaded at once by what runs for long.

An update may have put another version of them on the disk by then, or be just doing it.
"""

import importlib

import dns.rdata

LATE = ("cryptography.hazmat.backends.openssl.backend", "idna")


def load() -> None:
    dns.rdata.load_all_types()  # type: ignore[no-untyped-call]
    for name in LATE:
        importlib.import_module(name)
