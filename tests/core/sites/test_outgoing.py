"""Whom a site may speak to: targets, and what no target reaches by accident."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panggon.core.sites import outgoing
from panggon.core.sites.outgoing import BUILT_IN, Destination, Policy, Target, is_public, parse

WEB = Policy(tuple(map(parse, BUILT_IN["web"])))
ADDRESSES = st.ip_addresses()
INWARD = [
    "127.0.0.1", "127.8.8.8", "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "169.254.169.254", "0.0.0.0",
    "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fd00::1", "ff02::1", "::ffff:127.0.0.1",
    "::ffff:169.254.169.254", "64:ff9b::7f00:1", "2002:7f00:1::", "fd00:ec2::254",
    "168.63.129.16", "::ffff:168.63.129.16", "64:ff9b::a83f:8110", "::a9fe:a9fe", "::ffff:0:a9fe:a9fe",
    "100.100.100.200", "192.0.0.192",
]  # fmt: skip


def destination(address: str, port: int = 443, *, own: bool = False, names: tuple[str, ...] = ()) -> Destination:
    return Destination(ipaddress.ip_address(address), port, own=own, names=names)


def test_web_reaches_web_servers_of_the_internet_and_nothing_else():
    assert WEB.allows(destination("93.184.216.34"))
    assert WEB.allows(destination("2606:4700::1111", 80))
    assert not WEB.allows(destination("93.184.216.34", 22))
    assert not WEB.allows(destination("93.184.216.34", own=True))
    assert WEB.resolves("apa.saja.example")


@pytest.mark.parametrize("address", INWARD)
def test_web_reaches_no_address_that_is_not_everybodys(address):
    assert not WEB.allows(destination(address))
    assert not is_public(ipaddress.ip_address(address))


@given(address=ADDRESSES, port=st.integers(1, 65535), own=st.booleans())
def test_none_reaches_nobody(address, port, own):
    policy = Policy(tuple(map(parse, BUILT_IN["none"])))
    assert not policy.allows(Destination(address, port, own=own))
    assert policy.ports == ()
    assert not policy.resolves("kota.example")


def test_a_network_is_reached_as_it_is_written_even_on_this_machine():
    policy = Policy((parse("10.1.2.0/24:5432"), parse("127.0.0.1:6379"), parse("[fd00:1::/64]:443")))
    assert policy.allows(destination("10.1.2.9", 5432))
    assert policy.allows(destination("127.0.0.1", 6379, own=True))
    assert policy.allows(destination("fd00:1::9", 443))
    for address, port in (("10.1.3.9", 5432), ("10.1.2.9", 443), ("127.0.0.2", 6379), ("fd00:2::9", 443)):
        assert not policy.allows(destination(address, port))
    assert not policy.resolves("kota.example")


def test_a_name_is_reached_where_it_leads_but_never_in_here():
    policy = Policy((parse("surel.kota.example:587"), parse("*.pusat.example:443")))
    assert policy.allows(destination("10.1.2.3", 587, names=("Surel.kota.example.",)))
    assert policy.allows(destination("93.184.216.34", 443, names=("a.b.pusat.example",)))
    assert not policy.allows(destination("10.1.2.3", 587))
    assert not policy.allows(destination("10.1.2.3", 587, names=("surel.kota.example.penipu.example",)))
    assert not policy.allows(destination("93.184.216.34", 443, names=("pusat.example",)))
    inward_too = ("168.63.129.16", "::ffff:169.254.169.254", "::1", "fe80::1", "0.0.0.0")
    platforms = ("100.100.100.200", "fd00:ec2::254", "fd20:ce::254", "192.0.0.192", "fd00:c1::a9fe:a9fe", "fd00:42::42")
    for inward in ("127.0.0.1", "169.254.169.254", *inward_too, *platforms):
        assert not policy.allows(destination(inward, 587, names=("surel.kota.example",)))
    assert not policy.allows(destination("10.1.2.3", 587, own=True, names=("surel.kota.example",)))
    assert policy.resolves("surel.kota.example")
    assert not policy.resolves("kota.example")


@given(
    st.one_of(
        st.builds(Target, st.integers(54, 65535)),
        st.builds(Target, st.integers(1, 52), st.ip_addresses().map(ipaddress.ip_network)),
        st.builds(Target, st.integers(54, 65535), st.none(), st.sampled_from(["a.example", "*.b.example"])),
    )
)
def test_what_is_written_is_read_back(target):
    assert parse(str(target)) == target


@pytest.mark.parametrize(
    "text",
    ["", "*", "*:", "*:0", "*:65536", "*:53", "*:http", "kota:80", "10.1.2.3/24:80", "*.example:80x", "a b.id:1"],
)
def test_what_is_no_target_is_refused(text):
    with pytest.raises(ValueError, match="harus"):
        parse(text)


def test_names_of_policies():
    assert all(outgoing.NAME.fullmatch(name) for name in BUILT_IN)
    assert not outgoing.NAME.fullmatch("10.0.0.1:25")
