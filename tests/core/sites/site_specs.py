"""Specs for tests: any that is valid, as values."""

import base64
import hashlib
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from panggon.core.sites.kinds import Proxy, PythonApplication, Redirect
from panggon.core.sites.limits import PhpLimits
from panggon.core.sites.spec import (
    BOUNDS,
    Access,
    Engine,
    Interface,
    Limits,
    Profile,
    SiteKind,
    SiteSpec,
    SiteState,
    Task,
)

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
    database_mebibytes=bounded("database_mebibytes"),
    cpu_percent=bounded("cpu_percent"),
    disk_mebibytes=bounded("disk_mebibytes"),
    files=bounded("files"),
)
accesses = st.builds(
    Access,
    ssh_keys=st.lists(st.sampled_from([ssh_key(seed) for seed in "abc"]), unique=True).map(tuple),
    password_fingerprint=st.sampled_from(["", "sha256:one", "sha256:two"]),
)
tasks = st.builds(
    Task,
    name=st.sampled_from(["kirim", "bersih-2"]),
    schedule=st.sampled_from(["*/5 * * * *", "0 3 1,15 * 0", "59 23 29 2 *"]),
    command=st.sampled_from([("php", "private/a.php"), ("php", "public/b/c.php", "--kata", "dua kata")]),
    seconds=bounded("tasks.seconds"),
)
php_limits = st.builds(
    PhpLimits,
    memory_mebibytes=st.none() | bounded("php.memory_mebibytes"),
    execution_seconds=bounded("php.execution_seconds"),
    input_vars=bounded("php.input_vars"),
    post_mebibytes=st.none() | bounded("php.post_mebibytes"),
)
applications = st.builds(
    PythonApplication,
    entry=st.sampled_from(["app:app", "situs.wsgi:application"]),
    interface=st.sampled_from(Interface),
)
redirects = st.builds(
    Redirect,
    target=st.sampled_from(["https://lain.kota.example", "http://lain.kota.example:8080/a/b"]),
    keep_path=st.booleans(),
    permanent=st.booleans(),
)
proxies = st.builds(
    Proxy, target=st.sampled_from(["https://10.0.0.5:8443", "http://server", "https://[::1]"]), keep_host=st.booleans()
)
environments = st.dictionaries(
    st.from_regex(r"MODE[A-Z0-9_]{0,9}", fullmatch=True),
    st.text(st.characters(min_codepoint=32, exclude_characters="\x7f", exclude_categories=["Cs"]), max_size=30),
    max_size=3,
).map(lambda found: tuple(sorted(found.items())))


def complete(spec: SiteSpec, python: PythonApplication, redirect: Redirect, proxy: Proxy) -> SiteSpec:
    """What its kind needs, and nothing of the others."""
    own: dict[SiteKind, dict[str, Any]] = {
        SiteKind.PYTHON: {"python": python},
        SiteKind.REDIRECT: {"redirect": redirect},
        SiteKind.PROXY: {"proxy": proxy},
    }
    return replace(spec, **own.get(spec.kind, {}))


specs = st.builds(
    complete,
    st.builds(
        SiteSpec,
        site=st.just(SITE),
        host=st.just(HOST),
        state=st.sampled_from(SiteState),
        generation=bounded("generation"),
        kind=st.sampled_from(SiteKind),
        php_version=st.sampled_from(["7.4", "8.2", "8.4"]),
        profile=st.sampled_from(Profile),
        database=st.sampled_from([None, *Engine]),
        database_key=bounded("database_key"),
        limits=limits,
        access=accesses,
        outgoing=st.sampled_from(["none", "web", "surel"]),
        php=php_limits,
        environment=environments,
        notice=st.sampled_from(["", "Sedang diperiksa."]),
        former_hosts=st.sampled_from([(), (OLD,)]),
        retired_hosts=st.sampled_from([(), (GONE,)]),
        tasks=st.lists(tasks, max_size=2, unique_by=lambda task: task.name).map(tuple),
        hsts_seconds=bounded("hsts_seconds"),
        sends_mail=st.booleans(),
    ),
    applications,
    redirects,
    proxies,
)
