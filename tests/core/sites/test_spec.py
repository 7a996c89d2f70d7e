"""Spec documents: what is taken, what is refused with which words, and the schema that says the same."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from panggon.core.errors import Fault, InvalidError
from panggon.core.naming import host_faults
from panggon.core.sites import kinds as site_kinds
from panggon.core.sites import spec as subject
from panggon.core.sites import tasks as site_tasks
from panggon.core.sites.limits import LIMITS
from panggon.core.sites.spec import (
    Access,
    Limits,
    PhpLimits,
    SiteKind,
    SiteSpec,
    SiteState,
    bare_keys,
)
from panggon.core.sites.spec_document import digestable, dump, parse
from panggon.core.sites.spec_words import words
from tests.core.sites.site_specs import specs, ssh_key

ROOT = Path(__file__).parents[3]
SCHEMA = json.loads((ROOT / "schema/site-spec.v1.json").read_text())
VALIDATOR = Draft202012Validator(SCHEMA)
LEAST = {"version": 1, "site": "s000123", "host": "uji.kota.example", "state": "open", "generation": 1}
KEY = ssh_key("a")
RSA = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQC7" + "b" * 300 + "=="
SECURITY_KEY = "sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAAI" + "c" * 60
GOOD = {
    "least": {},
    "static": {"kind": "static", "database": None},
    "whole number written as 1.0": {"generation": 1.0},
    "comment behind a key": {"access": {"ssh_keys": [f"{KEY} budi@laptop kantor"]}},
    "other types of key": {"access": {"ssh_keys": [RSA, SECURITY_KEY]}},
    "some limits": {"limits": {"processes": 4}},
    "63 letters": {"host": f"{'a' * 63}.kota.example"},
    "237 characters": {"host": f"{'a.' * 117}aid"},
    "a task": {"tasks": [{"name": "a", "schedule": "0 3 * * 1-5", "command": ["php", "public/a.php", "é"]}]},
    "policy of outgoing traffic": {"outgoing": "surel-kota"},
    "php limits": {
        "php": {"memory_mebibytes": 16, "execution_seconds": 300, "input_vars": 100, "post_mebibytes": None}
    },
    "python": {"kind": "python", "python": {"entry": "situs.wsgi:application"}},
    "asgi": {"kind": "python", "python": {"entry": "a:b", "interface": "asgi"}},
    "redirect": {"kind": "redirect", "redirect": {"target": "https://lain.example:8443/a%20b/", "keep_path": False}},
    "proxy by name": {"kind": "proxy", "proxy": {"target": "https://simpeg.kota.example"}},
    "proxy by address": {"kind": "proxy", "proxy": {"target": "http://[2001:db8::1]:8080", "keep_host": False}},
    "what another kind would need": {"python": {"entry": "a:b"}, "redirect": None},
    "environment": {"environment": {"APP_ENV": "production", "A": "", "NAMA_DINAS": "Dinas “Sosial” $HOME 'x'"}},
    "fingerprint": {"access": {"password_fingerprint": "sha256:0a9f"}},
}


def task(**members):
    return {"tasks": [{"name": "a", "schedule": "0 3 * * *", "command": ["php", "private/a"], **members}]}


# Each with exactly the faults that it has: field and code.
BAD = {
    "site too short": ({"site": "s123"}, [("site", "spec.site")]),
    "site with a line feed": ({"site": "s000123\n"}, [("site", "spec.site")]),
    "site as a path": ({"site": "../../etc"}, [("site", "spec.site")]),
    "site as a number": ({"site": 123}, [("site", "spec.site")]),
    "host in upper case": ({"host": "UJI.kota.example"}, [("host", "spec.host")]),
    "host in punycode": ({"host": "xn--uji.kota.example"}, [("host", "spec.host")]),
    "host with one label": ({"host": "uji"}, [("host", "host.one_label")]),
    "host as a path": ({"host": "../x.id"}, [("host", "host.bad_character"), ("host", "host.empty_label")]),
    "host with a line feed": ({"host": "uji.kota.example\n"}, [("host", "host.bad_character")]),
    "host of 64 letters": ({"host": f"{'a' * 64}.id"}, [("host", "host.label_too_long")]),
    "host too long": ({"host": "a." * 130 + "id"}, [("host", "host.too_long")]),
    "host without room for what stands before it": ({"host": f"{'a.' * 118}id"}, [("host", "host.too_long")]),
    "former host without room": ({"former_hosts": [f"{'a.' * 118}id"]}, [("former_hosts.0", "host.too_long")]),
    "host as an address": ({"host": "127.0.0.1"}, [("host", "host.address")]),
    "host as a list": ({"host": ["a.id"]}, [("host", "spec.host")]),
    "state unknown": ({"state": "deleted"}, [("state", "spec.choice")]),
    "generation zero": ({"generation": 0}, [("generation", "spec.bounds")]),
    "generation true": ({"generation": True}, [("generation", "spec.bounds")]),
    "generation as text": ({"generation": "1"}, [("generation", "spec.bounds")]),
    "generation with a part": ({"generation": 1.5}, [("generation", "spec.bounds")]),
    "php version with a path": ({"php_version": "8.2/../x"}, [("php_version", "spec.php_version")]),
    "php version old": ({"php_version": "5.6"}, [("php_version", "spec.php_version")]),
    "kind unknown": ({"kind": "perl"}, [("kind", "spec.choice")]),
    "profile unknown": ({"profile": "joomla"}, [("profile", "spec.choice")]),
    "php limits out of bounds": (
        {"php": {"memory_mebibytes": 15, "execution_seconds": 301, "input_vars": "1000", "post_mebibytes": 0}},
        [
            ("php.memory_mebibytes", "spec.bounds"),
            ("php.execution_seconds", "spec.bounds"),
            ("php.input_vars", "spec.bounds"),
            ("php.post_mebibytes", "spec.bounds"),
        ],
    ),
    "python without application": ({"kind": "python"}, [("python", "spec.missing")]),
    "python with null": ({"kind": "python", "python": None}, [("python", "spec.object")]),
    "entry as a path": ({"kind": "python", "python": {"entry": "../a:b"}}, [("python.entry", "spec.entry")]),
    "entry with a call": ({"python": {"entry": "os:system('id')"}}, [("python.entry", "spec.entry")]),
    "entry without callable": ({"python": {"entry": "situs.wsgi"}}, [("python.entry", "spec.entry")]),
    "interface unknown": ({"python": {"entry": "a:b", "interface": "cgi"}}, [("python.interface", "spec.choice")]),
    "redirect without target": ({"kind": "redirect", "redirect": {}}, [("redirect.target", "spec.missing")]),
    "redirect to a script": ({"redirect": {"target": "javascript:alert(1)"}}, [("redirect.target", "spec.target")]),
    "redirect with a user": ({"redirect": {"target": "https://a@b.example/"}}, [("redirect.target", "spec.target")]),
    "redirect with a query": ({"redirect": {"target": "https://b.example/?a=b"}}, [("redirect.target", "spec.target")]),
    "redirect with a line feed": (
        {"redirect": {"target": "https://b.example/\r\nSet-Cookie: a=b"}},
        [("redirect.target", "spec.target")],
    ),
    "redirect to an address": ({"redirect": {"target": "https://127.0.0.1/"}}, [("redirect.target", "spec.target")]),
    "keep_path as text": (
        {"redirect": {"target": "https://b.example", "keep_path": "yes"}},
        [("redirect.keep_path", "spec.truth")],
    ),
    "proxy without target": ({"kind": "proxy", "proxy": None}, [("proxy", "spec.object")]),
    "proxy with a path": ({"proxy": {"target": "https://b.example/"}}, [("proxy.target", "spec.origin")]),
    "proxy to a socket": ({"proxy": {"target": "http://unix:/run/x.sock"}}, [("proxy.target", "spec.origin")]),
    "proxy of another scheme": ({"proxy": {"target": "ftp://b.example"}}, [("proxy.target", "spec.origin")]),
    "environment as a list": ({"environment": ["A=b"]}, [("environment", "spec.variables")]),
    "environment too large": ({"environment": {f"V{n}": "" for n in range(33)}}, [("environment", "spec.variables")]),
    "variables of the system": (
        {
            "environment": {
                "LD_PRELOAD": "/x.so",
                "PATH": "/x",
                "PANGGON_UID": "0",
                "PYTHONPATH": "/x",
                "HTTP_HOST": "x",
            }
        },
        [
            (f"environment.{name}", "spec.variable")
            for name in ("LD_PRELOAD", "PATH", "PANGGON_UID", "PYTHONPATH", "HTTP_HOST")
        ],
    ),
    "names of secrets": (
        {"environment": {"DB_PASSWORD": "x", "SECRET_KEY": "x", "MY_API_KEY": "x"}},
        [(f"environment.{name}", "spec.variable") for name in ("DB_PASSWORD", "SECRET_KEY", "MY_API_KEY")],
    ),
    "names that are none": (
        {"environment": {"a": "x", "A=B": "x", "A\n": "x"}},
        [(f"environment.{name}", "spec.variable") for name in ("a", "A=B", "A\n")],
    ),
    "values of two lines": ({"environment": {"A": "b\nc"}}, [("environment.A", "spec.variable_value")]),
    "values that are no text": ({"environment": {"A": 1}}, [("environment.A", "spec.variable_value")]),
    "database unknown": ({"database": "oracle"}, [("database", "spec.choice")]),
    "limits as a number": ({"limits": 3}, [("limits", "spec.object")]),
    "memory too little": ({"limits": {"memory_mebibytes": 63}}, [("limits.memory_mebibytes", "spec.bounds")]),
    "files too few": ({"limits": {"files": 999}}, [("limits.files", "spec.bounds")]),
    "outgoing as a target": ({"outgoing": "10.0.0.1:25"}, [("outgoing", "spec.outgoing")]),
    "field unknown": ({"shell": "/bin/sh"}, [("shell", "spec.unknown")]),
    "deep field unknown": ({"limits": {"cpu": 1}}, [("limits.cpu", "spec.unknown")]),
    "keys as text": ({"access": {"ssh_keys": KEY}}, [("access.ssh_keys", "spec.list")]),
    "too many keys": ({"access": {"ssh_keys": [KEY] * 21}}, [("access.ssh_keys", "spec.list")]),
    "key with options": (
        {"access": {"ssh_keys": [KEY, f'command="/bin/sh" {KEY}']}},
        [("access.ssh_keys.1", "spec.ssh_key")],
    ),
    "two keys in one": ({"access": {"ssh_keys": [f"{KEY}\n{KEY}"]}}, [("access.ssh_keys.0", "spec.ssh_key")]),
    "key ends its line": ({"access": {"ssh_keys": [f"{KEY}\n"]}}, [("access.ssh_keys.0", "spec.ssh_key")]),
    "key of another type": (
        {"access": {"ssh_keys": [KEY.replace("ssh-ed25519", "ssh-rsa")]}},
        [("access.ssh_keys.0", "spec.ssh_key")],
    ),
    "weak key": ({"access": {"ssh_keys": [f"ssh-dss {'A' * 80}"]}}, [("access.ssh_keys.0", "spec.ssh_key")]),
    "task outside of the site": (task(command=["php", "../a.php"]), [("tasks.0.command", "spec.command")]),
    "task in a hidden file": (task(command=["php", "private/.a"]), [("tasks.0.command", "spec.command")]),
    "task of a shell": (task(command=["sh", "private/a.sh"]), [("tasks.0.command", "spec.command")]),
    "task with a line feed": (task(command=["php", "private/a", "\n"]), [("tasks.0.command", "spec.command")]),
    "task as text": (task(command="php private/a"), [("tasks.0.command", "spec.command")]),
    "schedule with names": (task(schedule="0 0 * * mon"), [("tasks.0.schedule", "spec.schedule_form")]),
    "task with a path as name": (task(name="../x"), [("tasks.0.name", "spec.task_name")]),
    "too many tasks": ({"tasks": [{}] * 11}, [("tasks", "spec.list")]),
    "hsts too long": ({"hsts_seconds": 63_072_001}, [("hsts_seconds", "spec.bounds")]),
    "mail as a number": ({"sends_mail": 1}, [("sends_mail", "spec.truth")]),
    "password itself": (
        {"access": {"password_fingerprint": "rahasia sekali"}},
        [("access.password_fingerprint", "spec.fingerprint")],
    ),
}


def faults(document: object) -> list[tuple[str, str]]:
    with pytest.raises(InvalidError) as caught:
        parse(document)
    return [(fault.field, fault.code) for fault in caught.value.faults]


@pytest.mark.parametrize("fields", GOOD.values(), ids=GOOD)
def test_valid_for_parse_and_schema(fields):
    document = LEAST | fields
    assert VALIDATOR.is_valid(document)
    assert parse(document).site == "s000123"


@pytest.mark.parametrize(("fields", "expected"), BAD.values(), ids=BAD)
def test_invalid_for_parse_and_schema(fields, expected):
    document = LEAST | fields
    assert not VALIDATOR.is_valid(document)
    assert faults(document) == expected


def test_defaults_are_those_of_the_schema():
    assert parse(LEAST) == SiteSpec(
        site="s000123", host="uji.kota.example", state=SiteState.OPEN, generation=1, kind=SiteKind.PHP
    )
    properties = SCHEMA["properties"]
    spoken = {name: rule["default"] for name, rule in properties.items() if "default" in rule}
    assert spoken.items() <= dump(parse(LEAST)).items()
    limits = {name: rule["default"] for name, rule in properties["limits"]["properties"].items()}
    assert Limits(**limits) == Limits()
    php = {name: rule["default"] for name, rule in properties["php"]["properties"].items()}
    assert PhpLimits(**php) == PhpLimits()


def test_a_site_that_leads_to_itself_is_refused_by_parse_alone():
    document = LEAST | {"kind": "redirect", "redirect": {"target": "https://uji.kota.example:8443/x"}}
    assert faults(document) == [("redirect.target", "spec.redirect_loop")]
    former = LEAST | {"former_hosts": ["lama.kota.example"], "redirect": {"target": "http://lama.kota.example"}}
    assert faults(former) == [("redirect.target", "spec.redirect_loop")]
    assert VALIDATOR.is_valid(document)  # a schema cannot compare two fields


@pytest.mark.parametrize(
    ("schedule", "code"), [("*/4 * * * *", "often"), ("0 0 30 2 *", "never"), ("60 * * * *", "form")]
)
def test_what_the_schema_cannot_say_of_schedules(schedule, code):
    assert faults(LEAST | task(schedule=schedule)) == [("tasks.0.schedule", f"spec.schedule_{code}")]


def test_tasks_have_different_names():
    assert faults(LEAST | {"tasks": task()["tasks"] * 2}) == [("tasks", "spec.task_names")]


def test_all_faults_at_once():
    document = {"version": 1, "site": "x", "state": "open", "limits": {"processes": 0, "cpu": 1}, "shell": "sh"}
    assert faults(document) == [
        ("site", "spec.site"),
        ("host", "spec.missing"),
        ("generation", "spec.missing"),
        ("limits.processes", "spec.bounds"),
        ("limits.cpu", "spec.unknown"),
        ("shell", "spec.unknown"),
    ]


@pytest.mark.parametrize("version", [2, 0, "1", True, None, 1.5])
def test_unknown_version_is_the_only_fault(version):
    document = {"version": version, "site": "x", "new_field": 1}
    assert faults(document) == [("version", "spec.version")]
    assert not VALIDATOR.is_valid(LEAST | {"version": version})


@pytest.mark.parametrize("document", [None, [], "spec", 1])
def test_what_is_no_object_is_refused(document):
    assert faults(document) == [("", "spec.object")]
    assert not VALIDATOR.is_valid(document)


def test_version_left_out_is_refused():
    assert faults({}) == [("version", "spec.version")]


def test_comments_of_keys_are_dropped_and_keys_kept_once():
    document = LEAST | {"access": {"ssh_keys": [f"{KEY} budi@laptop", KEY, RSA]}}
    assert parse(document).access == Access(ssh_keys=(KEY, RSA))


def test_digest_does_not_see_comments():
    bare = parse(LEAST | {"access": {"ssh_keys": [KEY]}})
    named = SiteSpec("s000123", "uji.kota.example", SiteState.OPEN, 1, access=Access(ssh_keys=(f"{KEY} budi",)))
    assert digestable(bare) == digestable(named) == dump(bare)
    assert bare_keys(named.access.ssh_keys) == (KEY,)


@given(specs)
def test_dump_and_parse_are_inverse(spec):
    document = json.loads(json.dumps(dump(spec)))
    assert parse(document) == spec
    assert VALIDATOR.is_valid(document)


junk = st.none() | st.booleans() | st.integers(-5, 5000) | st.floats(allow_nan=False) | st.text(max_size=8)
values = junk | st.lists(junk, max_size=2) | st.dictionaries(st.sampled_from(["processes", "ssh_keys", "x"]), junk)
names = st.sampled_from(["version", *dump(parse(LEAST)), "unknown"])


@settings(max_examples=300)
@given(specs, st.dictionaries(names, values, max_size=3))
def test_schema_and_parse_judge_alike(spec, altered):
    document = dump(spec) | altered
    try:
        parse(document)
    except InvalidError:
        taken = False
    else:
        taken = True
    assert VALIDATOR.is_valid(document) is taken


labels = st.from_regex(r"(xn--)?[a-zA-Z0-9-]{1,5}", fullmatch=True) | st.sampled_from(["a" * 63, "a" * 64, "", "ä"])


@given(st.lists(labels, min_size=1, max_size=5).map(".".join))
def test_host_is_a_host_name_in_lower_case_without_punycode_and_with_a_letter_at_last(host):
    plain = host == host.lower() and not any(label.startswith("xn--") for label in host.split("."))
    expected = not host_faults(host) and plain and host.split(".")[-1][0].isalpha()
    assert bool(subject.HOST.fullmatch(host)) is expected


def test_patterns_and_bounds_of_the_schema_are_those_of_parse():
    rules = SCHEMA["properties"]
    for name, pattern in (("site", subject.SITE_ID), ("host", subject.HOST), ("php_version", subject.PHP_VERSION)):
        assert rules[name]["pattern"] == written(pattern)
    access = rules["access"]["properties"]
    assert access["ssh_keys"]["items"]["pattern"] == written(subject.SSH_KEY)
    assert access["password_fingerprint"]["pattern"] == written(subject.FINGERPRINT)
    task = rules["tasks"]["items"]["properties"]
    assert task["name"]["pattern"] == written(site_tasks.TASK_NAME)
    assert task["command"]["prefixItems"][1]["pattern"] == written(site_tasks.TASK_SCRIPT)
    assert task["command"]["items"]["pattern"] == written(site_tasks.TASK_WORD)
    assert (task["command"]["maxItems"], rules["tasks"]["maxItems"]) == (
        site_tasks.TASK_WORDS_MOST,
        site_tasks.TASKS_MOST,
    )
    entry, target = (rules[kind]["properties"][name] for kind, name in (("python", "entry"), ("redirect", "target")))
    assert (entry["pattern"], target["pattern"]) == (written(site_kinds.ENTRY), written(site_kinds.REDIRECT_TARGET))
    assert rules["proxy"]["properties"]["target"]["pattern"] == written(site_kinds.PROXY_TARGET)
    variables = rules["environment"]
    assert variables["propertyNames"]["pattern"] == written(site_kinds.VARIABLE)
    assert variables["additionalProperties"]["pattern"] == written(site_kinds.VARIABLE_VALUE)
    assert variables["maxProperties"] == site_kinds.VARIABLES_MOST
    for name, (least, most) in subject.BOUNDS.items():
        group, _, member = name.rpartition(".")
        inner = rules[group or "limits"]
        rule = rules[name] if name in rules else inner.get("items", inner)["properties"][member]
        assert (rule["minimum"], rule["maximum"]) == (least, most)


def written(pattern) -> str:
    return "^(?:" + pattern.pattern.replace(r"\Z", "$") + r")$(?!\n)"


def test_example_is_valid_and_complete():
    document = json.loads((ROOT / "examples/site-spec.json").read_text())
    assert dump(parse(document)) == document
    assert VALIDATOR.is_valid(document)
    Draft202012Validator.check_schema(SCHEMA)


def test_the_page_of_the_spec_says_every_limit():
    page = (ROOT / "docs" / "spec.md").read_text()
    said = re.findall(r"^\| `limits\.(\w+)` \| (\d+) – (\d+)[^|]* \| (\d+) \|", page, re.MULTILINE)
    expected = [(name, limit.least, limit.most, limit.usual) for name, limit in LIMITS.items()]
    assert [(name, int(least), int(most), int(usual)) for name, least, most, usual in said] == expected


@pytest.mark.parametrize(("fields", "expected"), BAD.values(), ids=BAD)
def test_every_fault_has_its_sentence(fields, expected):
    with pytest.raises(InvalidError) as caught:
        parse(LEAST | fields)
    for fault in caught.value.faults:
        assert words(fault).startswith(f"{fault.field}: ")


def test_sentences():
    with pytest.raises(InvalidError) as caught:
        parse(LEAST | {"limits": {"processes": 3}, "state": "deleted"})
    assert list(map(words, caught.value.faults)) == [
        "state: harus salah satu dari: prepared, open, suspended, quarantined, parked, purged.",
        "limits.processes: harus bilangan bulat dari 4 sampai 256.",
    ]
    with pytest.raises(InvalidError) as caught:
        parse({"version": 2})
    assert list(map(words, caught.value.faults)) == ["version: versi 2 tidak dikenal; yang dikenal hanya versi 1."]
    assert words(Fault("spec.object")) == "dokumen: harus berupa objek JSON."
