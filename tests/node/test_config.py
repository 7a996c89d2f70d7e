"""Settings of the node: defaults, and one sentence for every fault, all at once."""

import errno
import socket
from pathlib import Path
from typing import Any

import pytest

from panggon.core.errors import InvalidError
from panggon.node import layout
from panggon.node.fault_words import fault_words
from panggon.node.settings import config

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "node.toml"
LEAST = {"dns": {"zone": "kota.example", "ipv4": ["192.0.2.1"]}}


def sentences(document: Any) -> list[str]:
    with pytest.raises(InvalidError) as caught:
        config.parse(document)
    return [fault_words(fault) for fault in caught.value.faults]


def test_the_least_settings_are_a_production_machine():
    found = config.parse(LEAST)
    assert found.paths.root == Path("/srv/panggon")
    assert found.paths.state == Path("/var/lib/panggon")
    assert found.tsig_secret == Path("/etc/panggon/tsig.secret")
    assert (found.web.http_port, found.web.https_port, found.dns.port) == (80, 443, 53)
    assert found.services.run == (
        "mariadb",
        "postgresql",
        "sockets",
        "knot",
        "sshd",
        "nginx",
        "logs",
        "tasks",
        "databases",
        "renewal",
    )
    assert found.protections.require_all
    assert not found.simulate


def test_where_the_kernel_has_no_ipv6_servers_listen_without_it(monkeypatch):
    everywhere, known = config.parse(LEAST), socket.socket

    def without_ipv6(family: int = socket.AF_INET, *more: int) -> socket.socket:
        if family == socket.AF_INET6:
            raise OSError(errno.EAFNOSUPPORT, "Address family not supported by protocol")
        return known(family, *more)

    def heard() -> list[set[str]]:
        settings = (
            layout.nginx_settings(everywhere, sandboxed=True, own_mounts=True),
            layout.knot_settings(everywhere),
            layout.sshd_settings(everywhere),
        )
        listeners = [each.address for name in ("nginx", "knot", "sshd") for each in layout.listeners(everywhere, name)]
        return [set(addresses) for addresses in (*(each.addresses for each in settings), listeners)]

    assert heard() == [{"0.0.0.0", "::"}] * 4
    monkeypatch.setattr(socket, "socket", without_ipv6)
    assert heard() == [{"0.0.0.0"}] * 4
    assert layout.present(("::",)) == ("::",)  # then the server says why it does not start


def test_the_example_can_be_used():
    found = config.load(EXAMPLE)
    assert found.dns.zone == "pekalongankota.example"
    assert found.dns.name_servers[0].name == "ns1.pekalongankota.example"


def test_site_numbers_are_bounded():
    found = config.parse({**LEAST, "sites": {"first_site": 900001, "last_site": 900002}})
    assert [site for site in ("s900000", "s900001", "s900002", "s900003", "900001") if found.takes(site)] == [
        "s900001",
        "s900002",
    ]


def test_every_fault_is_told_at_once():
    document = {
        "dns": {"servers": [{"address": "ns1"}], "ttl": 5, "ipv4": ["::1"]},
        "web": {"http_port": 0, "adresses": []},
        "paths": {"root": "srv/panggon"},
        "services": {"run": ["apache"]},
        "protections": {"require_all": "no"},
        "extra": 1,
    }
    assert sentences(document) == [
        "extra: tidak dikenal.",
        "dns.zone: wajib diisi.",
        "dns.servers.address: harus alamat IPv4 atau IPv6, bukan 'ns1'.",
        "dns.ipv4: harus alamat IPv4, bukan '::1'.",
        "dns.ttl: harus bilangan bulat dari 30 sampai 86400.",
        "paths.root: harus alamat berkas lengkap, dimulai dengan /.",
        "web.adresses: tidak dikenal.",
        "web.http_port: harus bilangan bulat dari 1 sampai 65535.",
        "protections.require_all: harus true atau false.",
        f"services.run: harus salah satu dari {', '.join(config.SERVERS)}.",
    ]


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ({}, "dns.zone: wajib diisi."),
        ({"dns": 3}, "dns: harus sebuah tabel."),
        ({"dns": {"zone": "Kota"}}, "dns.zone: harus nama domain dengan huruf kecil, misalnya kota.example."),
        ({"dns": {"zone": "a.b"}}, "dns.ipv4: isi ipv4 atau ipv6, ke sanalah nama situs diarahkan."),
        ({**LEAST, "web": {"addresses": "::1"}}, "web.addresses: harus daftar dalam kurung siku."),
        (
            {**LEAST, "web": {"addresses": []}, "services": {"run": ["knot"]}},
            "web.addresses: isi paling sedikit satu alamat.",
        ),
        (
            {**LEAST, "sites": {"first_site": 9, "last_site": 8}},
            "sites.last_site: harus tidak kurang dari sites.first_site.",
        ),
        (
            {**LEAST, "web": {"addresses": ["192.0.2.1", "::"]}},
            "web.probe_address: tidak termasuk alamat yang didengarkan server di mesin ini.",
        ),
        ({**LEAST, "sftp": {"probe_address": "::1"}}, "sftp.probe_address: tidak dikenal."),
        ({**LEAST, "services": {"run": ["knot", "knot"]}}, "services.run: menyebut satu server dua kali."),
        (
            {**LEAST, "paths": {"run": "/" + "r" * 90}},
            "paths.run: paling panjang 83 huruf, karena di dalamnya ada soket Unix.",
        ),
        (
            {**LEAST, "paths": {"root": "/srv/../etc"}},
            "paths.root: harus alamat berkas lengkap, dimulai dengan /.",
        ),
    ],
)
def test_a_wrong_setting_is_one_sentence(document, sentence):
    assert sentences(document) == [sentence]


def test_a_file_that_is_missing_or_not_toml_is_named(tmp_path):
    path = tmp_path / "node.toml"
    with pytest.raises(InvalidError) as missing:
        config.load(path)
    path.write_text("dns = [")
    with pytest.raises(InvalidError) as broken:
        config.load(path)
    assert fault_words(missing.value.faults[0]) == f"{path}: tidak dapat dibaca: tidak ada."
    assert fault_words(broken.value.faults[0]).startswith(f"{path}: bukan TOML yang benar: ")
