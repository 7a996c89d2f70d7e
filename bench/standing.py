"""The portal with a large city's years behind it, on private servers below `var/bench`."""

import json
import os
import platform
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from bench.serving import STATE, running_server
from demo.layout import REPOSITORY
from demo.people import Account
from demo.ports import free_port


@contextmanager
def portal(environment: dict[str, str], workers: int) -> Iterator[tuple[int, int]]:
    port = free_port()
    argv = [sys.executable, "-m", "panggon.portal.cli", "serve", "--workers", str(workers), "--port", str(port)]
    with running_server(argv, environment | {"PANGGON_BASE_URL": f"http://127.0.0.1:{port}"}, port) as process:
        yield port, process


def environment_of(address: str) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": f"{REPOSITORY}/src:{REPOSITORY}",
        "DATABASE_URL": address,
        "PANGGON_SECRET_KEY": "only for measuring " * 4,
        "PANGGON_INSECURE_LOOPBACK": "1",
        "PANGGON_FILES": str(STATE / "files"),
        "PANGGON_BASE_URL": "http://127.0.0.1",
    }


def data(address: str, cases: int) -> dict[str, Account]:
    """The accounts of a database that holds so many cases, made anew when it holds other ones."""
    accounts = STATE / "accounts.json"
    run(address, "panggon.portal.cli", "migrate")
    with psycopg.connect(address) as link:
        found = link.execute("SELECT count(*) FROM cases_case").fetchone()
    if found != (cases,):
        with psycopg.connect(address.rsplit("/", 1)[0] + "/postgres", autocommit=True) as link:
            link.execute("DROP DATABASE panggon WITH (FORCE)")
            link.execute("CREATE DATABASE panggon")
        run(address, "panggon.portal.cli", "migrate")
        run(address, "bench.generate", "--cases", str(cases), "--accounts", str(accounts))
    return {role: Account(**account) for role, account in json.loads(accounts.read_text()).items()}


def run(address: str, *argv: str) -> None:
    subprocess.run([sys.executable, "-m", *argv], env=environment_of(address), check=True)


def machine() -> str:
    names = re.findall(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    busy = os.getloadavg()[0]
    return f"{os.cpu_count()} × {names[0] if names else platform.machine()}, load before the run {busy:.1f}"
