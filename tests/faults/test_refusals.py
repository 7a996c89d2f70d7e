"""What cannot be: one look, every fault, nothing changed, nothing left running."""

import json
import socket
import subprocess
from pathlib import Path

import pytest

from demo.layout import ZONE
from panggon.core.sites import spec_document as specs
from tests.faults.machine import Machine
from tests.site_numbers import First

pytestmark = pytest.mark.real


def test_a_port_that_is_taken_is_named_and_nothing_runs():
    other = Machine.at(Path("/srv/panggon-test-faults-port"), first_site=First.FAULTS_PORT)
    try:
        with socket.socket() as stranger:
            stranger.bind(("127.0.0.1", other.layout.ports["https"]))
            stranger.listen()
            done = other.run("services", "run")
        port = other.layout.ports["https"]
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr == f"port {port} di 127.0.0.1 untuk nginx sudah dipakai program lain (services.port)\n"
        assert other.servers() == {}
        everything = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
        assert str(other.layout.hosting) not in everything
    finally:
        other.remove()


def test_a_second_supervisor_is_told(machine):
    done = machine.run("services", "run")
    assert (done.returncode, done.stderr) == (1, "server mesin ini sudah dijalankan proses lain (node.busy)\n")


def refused(machine, words):
    before = machine.standing()
    done = machine.run("apply", words)
    assert (done.returncode, done.stdout) == (2, "")
    assert machine.standing() == before
    return done.stderr.splitlines()


def test_a_spec_of_another_version(machine):
    document = {**specs.dump(machine.spec(41)), "version": 2, "host": "!"}
    assert refused(machine, machine.write_spec(document)) == [
        "version: versi 2 tidak dikenal; yang dikenal hanya versi 1."
    ]


def test_every_fault_of_a_spec(machine):
    document = {**specs.dump(machine.spec(41)), "host": f"wah!.{ZONE}", "generation": 0, "shell": "/bin/sh"}
    del document["state"]
    document["limits"]["processes"] = 9999
    assert sorted(refused(machine, machine.write_spec(document))) == [
        "generation: harus bilangan bulat dari 1 sampai 2147483647.",
        "host: memuat karakter yang tidak dapat dipakai: U+0021 EXCLAMATION MARK.",
        "limits.processes: harus bilangan bulat dari 4 sampai 256.",
        "shell: tidak dikenal.",
        "state: wajib diisi.",
    ]


def test_a_spec_for_another_machine(machine):
    first, last = machine.layout.first_site, machine.layout.last_site
    document = {**specs.dump(machine.spec(41)), "site": "s000001", "host": "dinas.lain.example"}
    assert refused(machine, machine.write_spec(document)) == [
        f"site: mesin ini hanya menerima nomor situs {first} sampai {last}.",
        f"host: mesin ini hanya menerima nama di bawah {ZONE}.",
    ]


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, '{"version": 1, "host": "\\ud800"}', json.dumps("x" * 2**21)])
def test_what_is_no_spec_at_all(machine, text):
    assert len(refused(machine, machine.write_spec(text))) >= 1


def test_no_file(machine):
    assert refused(machine, "/nonexistent.json") == ["/nonexistent.json: tidak dapat dibaca: tidak ada."]
