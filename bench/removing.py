"""A site that goes, with all that a large one has: what the others notice of it is measured meanwhile."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

import pymysql

from bench.machine import Machine
from panggon.core.node.parking import Uptime
from panggon.core.sites.spec import SiteSpec, SiteState
from panggon.node.state import recorded
from panggon.node.state.parked import uptime

FILES, FOLDERS, FILE = 10_000, 100, b"x" * 2048
TABLES, ROWS = 50, 2_000


def parked(machine: Machine, site: SiteSpec) -> SiteSpec:
    """A large site that was taken out of use, as wished."""
    machine.make(site)
    _fill_tree(machine.config.paths.root / "sites" / site.site / "public")
    _fill_database(machine, site)
    wished = replace(site, state=SiteState.PARKED, generation=2)
    machine.make(wished)
    return wished


def seconds(machine: Machine, site: SiteSpec) -> float:
    """From the wish to purge the parked site until nothing of it is left: user, tree, database, certificate."""
    with patch.object(recorded, "uptime", _later(machine)):
        began = time.perf_counter()
        machine.make(replace(site, state=SiteState.PURGED, generation=3))
        return time.perf_counter() - began


def _later(machine: Machine) -> Callable[[], Uptime]:
    """When it has been parked for as long as it must."""
    waiting, ran = timedelta(days=machine.config.sites.purge_days + 1), uptime()
    return lambda: replace(ran, seconds=ran.seconds + waiting.total_seconds())


def _fill_tree(public: Path) -> None:
    for number in range(FOLDERS):
        folder = public / f"berkas-{number}"
        folder.mkdir()
        for each in range(FILES // FOLDERS):
            (folder / f"{each}.txt").write_bytes(FILE)


def _fill_database(machine: Machine, site: SiteSpec) -> None:
    place = str(machine.config.paths.run / "mariadb" / "mysqld.sock")
    with (
        pymysql.connect(unix_socket=place, user="root", database=site.site, autocommit=True) as session,
        session.cursor() as cursor,
    ):
        for number in range(TABLES):
            cursor.execute(f"CREATE TABLE surat_{number} (nomor INT PRIMARY KEY, isi TEXT)")
            cursor.execute(f"INSERT INTO surat_{number} SELECT seq, REPEAT('x', 200) FROM seq_1_to_{ROWS}")
