import pytest
from hypothesis import given
from hypothesis import strategies as st

from panggon.core.errors import Fault, InvalidError
from panggon.core.naming import host, host_faults, label_faults, normalise


def codes(faults):
    return [fault.code for fault in faults]


@pytest.mark.parametrize(
    "label", ["dindik", "a", "7", "puskesmas-tirto", "DinDik", "a" * 63, "e-sakip2026", "judisial"]
)
def test_good_labels(label):
    assert label_faults(label) == ()


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("", ["label.empty"]),
        ("a" * 64, ["label.too_long"]),
        ("-dindik", ["label.leading_hyphen"]),
        ("dindik-", ["label.trailing_hyphen"]),
        ("din--dik", ["label.double_hyphen"]),
        ("xn--dindik-abc", ["label.punycode"]),
        ("XN--dindik", ["label.punycode"]),
        ("din.dik", ["label.bad_character"]),
        ("din/dik", ["label.bad_character"]),
        ("dindik\0", ["label.bad_character"]),
        ("dindik\n", ["label.bad_character"]),
        ("din dik", ["label.bad_character"]),
        ("*", ["label.bad_character"]),
        ("_dmarc", ["label.bad_character"]),
        ("dìndik", ["label.not_ascii"]),
        ("dindi\u212a", ["label.not_ascii"]),  # the Kelvin sign, a k in lower case
        ("www", ["label.reserved"]),
        ("WWW", ["label.reserved"]),
        ("www2", ["label.reserved"]),
        ("ns1", ["label.reserved"]),
        ("ns27", ["label.reserved"]),
        ("mx10", ["label.reserved"]),
        ("autodiscover", ["label.reserved"]),
        ("panggon", ["label.reserved"]),
        ("localhost", ["label.reserved"]),
        ("slot88", ["label.gambling"]),
        ("info-judi", ["label.gambling"]),
        ("situstogelresmi", ["label.gambling"]),
        ("slot-online", ["label.gambling", "label.gambling"]),
    ],
)
def test_bad_labels(label, expected):
    assert codes(label_faults(label)) == expected


@pytest.mark.parametrize(
    "label",
    ["admin", "api", "cpanel", "ftp", "imap", "mail", "mta-sts", "ns", "pop", "pop3", "smtp", "webmail", "wpad"],
)
def test_reserved(label):
    assert codes(label_faults(label)) == ["label.reserved"]


def test_a_look_alike_letter_is_named():
    assert label_faults("din\u0434ik\u0430") == (
        Fault(
            "label.not_ascii",
            field="label",
            facts={"characters": ("U+0430 CYRILLIC SMALL LETTER A", "U+0434 CYRILLIC SMALL LETTER DE")},
        ),
    )


def test_a_character_without_a_name_is_named_by_its_number():
    assert label_faults("a\0")[0].facts == {"characters": ("U+0000",)}


def test_every_fault_at_once():
    label = "-Xn--" + "a" * 60 + "_\u0430-"
    assert codes(label_faults(label)) == [
        "label.too_long",
        "label.bad_character",
        "label.not_ascii",
        "label.leading_hyphen",
        "label.trailing_hyphen",
        "label.double_hyphen",
    ]


def test_taken_and_retired_names():
    assert codes(label_faults("Dindik", taken={"dindik"})) == ["label.taken"]
    assert codes(label_faults("dindik", retired={"dindik"})) == ["label.retired"]
    assert codes(label_faults("www", taken={"www"}, retired={"www"})) == [
        "label.reserved",
        "label.taken",
        "label.retired",
    ]
    assert label_faults("dindik2", taken={"dindik"}, retired={"dindi"}) == ()


def test_faults_name_the_field_and_the_limit():
    assert label_faults("a" * 64) == (Fault("label.too_long", field="label", facts={"length": 64, "limit": 63}),)


def test_normalise_lowers_ascii_only():
    assert normalise("DinDik") == "dindik"
    assert normalise("\u212a\u0130") == "\u212a\u0130"


def test_host():
    assert host("DinDik", "Pekalongankota.go.id") == "dindik.pekalongankota.go.id"


@pytest.mark.parametrize(
    ("label", "zone"),
    [
        ("din.dik", "pekalongankota.go.id"),
        ("", "pekalongankota.go.id"),
        ("dindik", ""),
        ("dindik", "go.id."),
        ("dindik", "../etc"),
        ("a" * 63, ".".join(["b" * 63] * 3)),  # 255 long
    ],
)
def test_what_makes_no_host_name_is_refused(label, zone):
    with pytest.raises(InvalidError):
        host(label, zone)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("dindik.pekalongankota.go.id", []),
        ("DINDIK.Pekalongankota.go.id", []),
        ("xn--bcher-kva.example", []),
        (".".join(["a" * 63] * 3 + ["b" * 61]), []),  # 253
        (".".join(["a" * 63] * 3 + ["b" * 62]), ["host.too_long"]),  # 254
        ("", ["host.empty"]),
        ("localhost", ["host.one_label"]),
        ("127.0.0.1", ["host.address"]),
        ("dindik.pekalongankota.go.id.", ["host.empty_label"]),
        (".go.id", ["host.empty_label"]),
        ("dindik..go.id", ["host.empty_label"]),
        ("../../etc/passwd", ["host.bad_character", "host.empty_label"]),
        ("dindik.go.id\0.evil.id", ["host.bad_character"]),
        ("dindik.go.id:443", ["host.bad_character"]),
        ("[::1]", ["host.bad_character", "host.one_label"]),
        ("_dmarc.go.id", ["host.bad_character"]),
        ("\u0434indik.go.id", ["host.not_ascii"]),
        ("-a.go.id", ["host.outer_hyphen"]),
        ("a-.go.id", ["host.outer_hyphen"]),
        ("a" * 64 + ".go.id", ["host.label_too_long"]),
    ],
)
def test_full_host_names(name, expected):
    assert codes(host_faults(name)) == expected


NEARLY_LABELS = st.text("abxnXN7-", max_size=66) | st.text("abxn-._/\0\u0430\u212a", max_size=12)


@given(NEARLY_LABELS)
def test_what_passes_is_one_safe_label(label):
    if not label_faults(label):
        name = normalise(label)
        assert 1 <= len(name) <= 63
        assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
        assert not name.startswith("-")
        assert not name.endswith("-")
        assert "--" not in name
        assert host_faults(f"{name}.go.id") == ()


@given(st.lists(NEARLY_LABELS, max_size=5).map(".".join))
def test_what_passes_as_a_host_name_is_safe_as_a_path(name):
    if not host_faults(name):
        assert not set("/\\\0 \n") & set(name)
        assert ".." not in name
