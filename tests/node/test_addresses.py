"""Addresses at which nobody meets a server are told."""

import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from panggon.node.command.addresses import unheard
from panggon.node.settings.config import NodeConfig
from tests.node import simulated

AWAY = "192.0.2.7"  # RFC 5737: nobody's


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as made:
        yield made


def config(tmp_path: Path, *servers: str, address: str, port: int) -> NodeConfig:
    found = simulated.settings(tmp_path)
    return replace(
        found,
        web=replace(found.web, addresses=("127.0.0.1", address)),
        sftp=replace(found.sftp, addresses=("127.0.0.1", address), port=port),
        services=replace(found.services, run=servers),
    )


@pytest.mark.parametrize("servers", [("nginx",), ("sshd",), ("nginx", "sshd")])
def test_an_address_that_is_not_there_is_told_once(
    tmp_path: Path, listener: socket.socket, servers: tuple[str, ...]
) -> None:
    told = (
        f"alamat {AWAY} tidak ada di mesin ini, jadi tidak ada yang dapat menghubunginya di sana: pasang alamat itu, "
        "atau hapus dari pengaturan lalu jalankan panggon-node init"
    )
    assert unheard(config(tmp_path, *servers, address=AWAY, port=listener.getsockname()[1])) == (told,)


def test_openssh_that_started_before_its_address_is_told(tmp_path: Path, listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    told = (
        f"sshd tidak mendengar di 127.0.0.2 port {port}; kalau alamat itu baru ada sesudah sshd mulai: "
        "systemctl restart panggon-sshd.service"
    )
    assert unheard(config(tmp_path, "nginx", "sshd", address="127.0.0.2", port=port)) == (told,)


def test_an_address_of_a_server_that_is_not_run_here_is_nobodys_business(
    tmp_path: Path, listener: socket.socket
) -> None:
    assert unheard(config(tmp_path, "mariadb", address=AWAY, port=listener.getsockname()[1])) == ()
