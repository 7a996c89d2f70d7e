"""A peer on the same data size: ColdFront (AGPL, from PyPI), which runs requests of university groups for resources.

It gets an environment of its own below `var/bench`, so that nothing of it becomes a part of Panggon, the same
PostgreSQL, the same server (granian, two workers, as many threads), and pages that do the nearest to ours.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from bench.load import Page
from bench.serving import STATE, running_server
from demo.browser import Browser
from demo.ports import free_port

HOME = STATE / "peer"
PACKAGES = ("coldfront~=1.1", "psycopg2-binary", "granian")
PASSWORD = "kata sandi untuk mengukur"
PATIENCE = 600  # seconds, for each step of what is prepared once
SQL = Path(__file__).with_name("peer.sql")


@contextmanager
def running_peer(address: str, sizes: dict[str, int], *, workers: int, threads: int) -> Iterator[tuple[int, int]]:
    """ColdFront with its data: its port and process. Raises what subprocess and psycopg raise where it cannot be had,
    or takes too long.
    """
    _install()
    database = address.rsplit("/", 1)[0] + "/coldfront"
    environment = _environment(database)
    _fill(address, database, environment, sizes)
    port = free_port()
    argv = [str(HOME / "bin" / "granian"), "--interface", "wsgi", "--port", str(port), "--workers", str(workers)]
    argv += ["--blocking-threads", str(threads), "coldfront.config.wsgi:application"]
    with running_server(argv, environment, port) as process:
        yield port, process


def pages(port: int) -> list[Page]:
    """What waits, one request, the search: as the administrator, and as one who asks."""
    admin, applicant = (_cookies(port, login) for login in ("admin", "orang1"))
    return [
        Page("ColdFront: requests that wait", ["/allocation/request-list"], admin),
        Page("ColdFront: one allocation", [f"/allocation/{number}/" for number in range(1000, 1200)], admin),
        Page("ColdFront: search", _searches(), admin),
        Page("ColdFront: home of who asks", ["/"], applicant),
    ]


def _searches() -> list[str]:
    asked = ("project=Dinas+1234", "username=orang77", "project=Dinas+19", "status=5")
    return [f"/allocation/?show_all_allocations=on&{words}" for words in asked]


def _install() -> None:
    if not (HOME / "bin" / "granian").exists():
        subprocess.run([sys.executable, "-m", "venv", str(HOME)], check=True, timeout=PATIENCE)
        subprocess.run([str(HOME / "bin" / "pip"), "install", "--quiet", *PACKAGES], check=True, timeout=PATIENCE)


def _environment(database: str) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "DB_URL": database.replace("postgresql:", "psql:", 1),
        "SECRET_KEY": "only for measuring " * 4,
        "ALLOWED_HOSTS": "127.0.0.1",
        "DEBUG": "False",
    }


def _fill(address: str, database: str, environment: dict[str, str], sizes: dict[str, int]) -> None:
    """Nothing is done when as many allocations are there already."""
    with psycopg.connect(address.rsplit("/", 1)[0] + "/postgres", autocommit=True) as link:
        known = link.execute("SELECT 1 FROM pg_database WHERE datname = 'coldfront'").fetchone()
        if known and _allocations(database) == sizes["cases"]:
            return
        link.execute("DROP DATABASE IF EXISTS coldfront WITH (FORCE)")
        link.execute("CREATE DATABASE coldfront")
    _coldfront(environment, "initial_setup", "-f")
    _coldfront(environment, "shell", "-c", _account("admin", superuser=True))
    words = SQL.read_text()
    for name, value in sizes.items():
        words = words.replace(f":{name}", str(value))
    with psycopg.connect(database, options=f"-c statement_timeout={PATIENCE}s") as link:
        link.execute(words)
    _coldfront(environment, "shell", "-c", _account("orang1", superuser=False))


def _allocations(database: str) -> int:
    with psycopg.connect(database) as link:
        if link.execute("SELECT to_regclass('allocation_allocation')").fetchone() == (None,):
            return 0
        return int((link.execute("SELECT count(*) FROM allocation_allocation").fetchone() or (0,))[0])


def _account(login: str, *, superuser: bool) -> str:
    return (
        "from django.contrib.auth.models import User;"
        f"u, _ = User.objects.get_or_create(username='{login}');"
        f"u.is_superuser = u.is_staff = {superuser}; u.set_password('{PASSWORD}'); u.save()"
    )


def _coldfront(environment: dict[str, str], *argv: str) -> None:
    program = str(HOME / "bin" / "coldfront")
    quiet, kept = subprocess.DEVNULL, subprocess.PIPE
    subprocess.run([program, *argv], env=environment, check=True, cwd=HOME, timeout=PATIENCE, stdout=quiet, stderr=kept)


def _cookies(port: int, login: str) -> dict[str, str]:
    browser = Browser(f"http://127.0.0.1:{port}")
    page = browser.open("/user/login")
    browser.submit(page, page.form("username", "password"), {"username": login, "password": PASSWORD})
    return browser.cookies
