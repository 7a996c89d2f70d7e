"""Specs for tests: any that is valid, as values."""

import base64
import hashlib

from hypothesis import strategies as st

from panggon.core.spec import BOUNDS, Access, Engine, Limits, Profile, SiteKind, SiteSpec, SiteState

SITE = "s900001"
HOST = "uji.kota.example"
OLD, GONE = "lama.kota.example", "hilang.kota.example"


def ssh_key(seed: str) -> str:
    blob = b"".join(
        len(part).to_bytes(4, "big") + part for part in (b"ssh-ed25519", hashlib.sha256(seed.encode()).digest())
    )
    return f"ssh-ed25519 {base64.b64encode(blob).decode()}"


def bounded(name: str) -> st.SearchStrategy[int]:
    return st.integers(*BOUNDS[name])


limits = st.builds(
    Limits,
    memory_mebibytes=bounded("memory_mebibytes"),
    processes=bounded("processes"),
    upload_mebibytes=bounded("upload_mebibytes"),
    database_connections=bounded("database_connections"),
    cpu_percent=bounded("cpu_percent"),
    disk_mebibytes=bounded("disk_mebibytes"),
    files=bounded("files"),
)
accesses = st.builds(
    Access,
    ssh_keys=st.lists(st.sampled_from([ssh_key(seed) for seed in "abc"]), unique=True).map(tuple),
    password_fingerprint=st.sampled_from(["", "sha256:one", "sha256:two"]),
)
specs = st.builds(
    SiteSpec,
    site=st.just(SITE),
    host=st.just(HOST),
    state=st.sampled_from(SiteState),
    generation=bounded("generation"),
    kind=st.sampled_from(SiteKind),
    php_version=st.sampled_from(["7.4", "8.2", "8.4"]),
    profile=st.sampled_from(Profile),
    database=st.sampled_from([None, Engine.MARIADB]),
    limits=limits,
    access=accesses,
    outgoing=st.sampled_from(["none", "web", "surel"]),
    notice=st.sampled_from(["", "Sedang diperiksa."]),
    former_hosts=st.sampled_from([(), (OLD,)]),
    retired_hosts=st.sampled_from([(), (GONE,)]),
)
