"""What each kind of site wishes of a machine, and how a plan says it."""

from dataclasses import replace

import pytest

from panggon.core.node.planning.desired import MachineFacts, desired
from panggon.core.node.planning.plan import make
from panggon.core.node.planning.resources import absent
from panggon.core.node.words.plan_words import words
from panggon.core.sites.kinds import Proxy, PythonApplication, Redirect, origin
from panggon.core.sites.limits import PhpLimits
from panggon.core.sites.spec import Interface, Limits, Profile, SiteKind, SiteSpec, SiteState
from tests.core.sites.site_specs import HOST, SITE

TARGET = "https://simpeg.kota.example:8443"
FACTS = MachineFacts(70000, ("10.0.0.1",), (), "Uji CA", "/srv/uji", True, ((TARGET, "10.20.0.5:8443"),))
SPEC = SiteSpec(SITE, HOST, SiteState.OPEN, 4, limits=Limits(memory_mebibytes=100, upload_mebibytes=8))
PYTHON = replace(SPEC, kind=SiteKind.PYTHON, python=PythonApplication("situs.wsgi:app", Interface.ASGI))
REDIRECT = replace(SPEC, kind=SiteKind.REDIRECT, redirect=Redirect("https://lain.example/x", permanent=True))
PROXY = replace(SPEC, kind=SiteKind.PROXY, proxy=Proxy(TARGET, keep_host=False))


def wished(spec: SiteSpec) -> dict:
    return {key.kind.value: after for key, after in desired(spec, FACTS)}


def own(spec: SiteSpec) -> tuple[dict, dict | None]:
    """What is wished beyond what a site of files has, and of the runtime."""
    found, common = wished(spec), wished(replace(spec, kind=SiteKind.STATIC))["site"]
    site = {name: value for name, value in found["site"].items() if name not in common}
    return site, found["runtime"] and dict(found["runtime"])


def test_php_limits_are_the_sites_or_follow_from_it():
    usual, runtime = own(replace(SPEC, environment=(("A", "b=c"), ("MODE", ""))))
    assert usual == {
        "php_memory_mebibytes": 50,
        "execution_seconds": 30,
        "input_vars": 1000,
        "post_mebibytes": 9,
        "environment": ("A=b=c", "MODE="),
    }
    assert runtime == {"kind": "php", "php_version": "8.2", "generation": 4}
    said, _ = own(replace(SPEC, php=PhpLimits(64, 7, 100, 20)))
    assert said == {
        "php_memory_mebibytes": 64,
        "execution_seconds": 7,
        "input_vars": 100,
        "post_mebibytes": 20,
        "environment": (),
    }


@pytest.mark.parametrize(
    ("spec", "site", "runtime"),
    [
        (replace(SPEC, kind=SiteKind.STATIC, environment=(("A", "b"),)), {}, None),
        (
            PYTHON,
            {"environment": ()},
            {"kind": "python", "interface": "asgi", "entry": "situs.wsgi:app", "generation": 4},
        ),
        (REDIRECT, {"target": "https://lain.example/x", "keep_path": True, "permanent": True}, None),
        (PROXY, {"target": TARGET, "keep_host": False, "address": "10.20.0.5:8443"}, None),
        (
            replace(PROXY, proxy=Proxy("http://127.0.0.1")),  # not named by the machine: reached nowhere
            {"target": "http://127.0.0.1", "keep_host": True, "address": ""},
            None,
        ),
        (replace(PYTHON, state=SiteState.PARKED), {"environment": ()}, None),
    ],
    ids=["static", "python", "redirect", "proxy", "proxy unnamed", "parked"],
)
def test_other_kinds(spec, site, runtime):
    assert own(spec) == (site, runtime)


def test_laravel_begins_in_its_public_folder():
    assert wished(replace(SPEC, profile=Profile.LARAVEL))["site"]["document_root"] == "/site/public/public"


@pytest.mark.parametrize(
    ("spec", "sentences"),
    [
        (PYTHON, ["antarmuka asgi", "aplikasi situs.wsgi:app", "variabel lingkungan tidak ada"]),
        (REDIRECT, ["tujuan https://lain.example/x", "alamat diteruskan ya", "tetap ya"]),
        (PROXY, [f"tujuan {TARGET}", "nama situs diteruskan tidak", "alamat server 10.20.0.5:8443"]),
        (SPEC, ["memori PHP (MiB) 50", "waktu jalan PHP paling lama (detik) 30", "formulir paling besar (MiB) 9"]),
    ],
)
def test_a_plan_says_it_in_words(spec, sentences):
    observed = [absent(key) for key, _ in desired(spec, FACTS)]
    said = " ".join(words(make(spec, FACTS, observed)))
    assert [sentence for sentence in sentences if sentence not in said] == []


@pytest.mark.parametrize(
    ("target", "parts"),
    [
        ("https://a.example", ("https", "a.example", 443)),
        ("http://a.example:8080/x:9", ("http", "a.example", 8080)),
        ("http://[2001:db8::1]", ("http", "2001:db8::1", 80)),
        ("https://[::1]:8443", ("https", "::1", 8443)),
    ],
)
def test_parts_of_a_target(target, parts):
    assert origin(target) == parts
