"""How this machine is, as a value for people and for programs."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from panggon.core.errors import PanggonError, PermanentError, TemporaryError
from panggon.core.node import health
from panggon.core.node.health import Health, Room, Server
from panggon.drivers.nginx import control
from panggon.drivers.system import files, processes
from panggon.node import layout, protections, room
from panggon.node.agent import filled, identity, strays
from panggon.node.agent.bounds import Allowed, DailyBounds
from panggon.node.clock import now
from panggon.node.command import addresses, silent
from panggon.node.renewal import report
from panggon.node.servers import mariadb, nginx, postgresql
from panggon.node.settings.config import NodeConfig
from panggon.node.sites import Sites
from panggon.node.sockets import Protection
from panggon.node.sockets.quota.full import TOO_MUCH, excess_of
from panggon.node.state import records
from panggon.node.supervision import services, units

NOBODY = "situs.invalid"  # a name that no site has (RFC 6761)
FULL_MOST = 200  # sites of which the portal is told


@dataclass(frozen=True, slots=True)
class Status:
    """`portal` is its address, "" where the machine is not enrolled; `sites` does not count the `parked` ones; neither
    the programs nor the owners of `full` sites may write, because they store all that they may. `worries` are sentences
    about what will fail unless somebody acts.
    """

    simulated: bool
    portal: str
    sites: int
    parked: int
    php_versions: tuple[str, ...]
    allowed: tuple[Allowed, ...]
    unfinished: tuple[str, ...]
    full: tuple[str, ...]
    protections: tuple[Protection, ...]
    worries: tuple[str, ...]
    servers: tuple[Server, ...]
    disks: tuple[Room, ...]
    memory: Room

    def document(self) -> dict[str, Any]:
        return {
            "simulated": self.simulated,
            "portal": self.portal,
            "sites": self.sites,
            "parked": self.parked,
            "php_versions": list(self.php_versions),
            "allowed": [
                {"what": each.measure.value, "number": each.number, "done": each.done, "until": each.until.isoformat()}
                for each in self.allowed
            ],
            "unfinished": list(self.unfinished),
            "full": list(self.full),
            "protections": [
                {"name": each.name, "active": each.active, "reason": each.reason} for each in self.protections
            ],
            "worries": list(self.worries),
            "servers": list(map(health.server_document, self.servers)),
            "disks": list(map(health.room_document, self.disks)),
            "memory": health.room_document(self.memory),
        }


def status(config: NodeConfig, sites: Sites) -> Status:
    return Status(
        simulated=config.simulate,
        portal=_portal(config),
        sites=len(here := sites.recorded.here()),
        parked=len(here.symmetric_difference(sites.recorded.unpurged())),
        php_versions=sites.php_versions,
        allowed=DailyBounds(sites).allowed(now=now()),
        unfinished=tuple(site for site in sites.begun() if _unfinished(sites, site)),
        full=(*_full(config), *filled.known(config)),
        protections=protections.protections(config),
        worries=worries(config, sites),
        servers=_servers(config),
        disks=room.disks(config),
        memory=room.memory(),
    )


def health_of(config: NodeConfig, sites: Sites) -> Health:
    """What of it the portal is told besides worries and protections; it looks only at runs that may not be at their
    end, because it is asked for all the time.
    """
    return Health(
        servers=_servers(config),
        unfinished=tuple(site for site in sorted(sites.under_way()) if _unfinished(sites, site)),
        disks=room.disks(config),
        memory=room.memory(),
    )


def worries(config: NodeConfig, sites: Sites) -> tuple[str, ...]:
    """What people have to know before it matters, one sentence each; for the portal too."""
    if config.simulate:
        return ()
    run = config.services.run
    databases = records.known(layout.databases_report(config), _sentences, otherwise=())
    of_names = report.load(config.paths.state / "renewal.json", now=now()) if "renewal" in run else ()
    of_php = (_php_is_gone(version, *each) for version, each in sorted(sites.without_php().items()))
    of_zone = (_unread(config, problem),) if (problem := strays.unread_zone(config)) else ()
    of_records = map(_is_damaged, records.damaged(config.paths.state))
    of_postgresql = _outlived(config) if "postgresql" in run else ()
    of_mariadb = _unseen(config) if "mariadb" in run else ()
    of_nginx = _deaf(config) if "nginx" in run else ()
    deaf = (*silent.silent(config), *of_nginx, *_stopped(config))
    of_servers = (*of_postgresql, *of_mariadb, *deaf, *addresses.unheard(config))
    full = _few((*_overfull(config), *map(filled.sentence, filled.known(config)), *databases))
    circles = map(_goes_round, sites.recorded.circles())
    return (*of_records, *room.worries(config), *of_names, *full, *of_php, *circles, *of_zone, *of_servers)


def _unread(config: NodeConfig, problem: str) -> str:
    return (
        f"zona {config.dns.zone} tidak dapat dibaca seluruhnya: nama yang mengarah ke mesin ini tanpa situs tidak "
        f"dicari ({problem}); izinkan AXFR bagi kunci {config.dns.key_name}"
    )


def _overfull(config: NodeConfig) -> tuple[str, ...]:
    """A sentence of each site that stores too much, which begins with the site."""
    marks = ((site, files.read(layout.socket_settings(config).full(site))) for site in _full(config))
    return tuple(
        f"{site}: situs menyimpan {TOO_MUCH[excess_of(mark)]} daripada yang diizinkan paketnya, "
        "dan hanya dapat dibaca dan dihapus"
        for site, mark in marks
        if mark is not None
    )


def _few(lines: Sequence[str]) -> tuple[str, ...]:
    """The portal takes a bounded number."""
    rest = len(lines) - FULL_MOST
    return (*lines[:FULL_MOST], f"{rest} situs lain penuh juga") if rest > 0 else tuple(lines)


def _sentences(document: Any) -> tuple[str, ...]:
    return tuple(map(str, document))


def _is_damaged(path: Path) -> str:
    return f"catatan {path} rusak dan sudah dimulai dari awal: periksa disk mesin, lalu hapus berkas itu"


def _php_is_gone(version: str, first: str, *others: str) -> str:
    whose = f"{first} dan {len(others)} situs lain" if others else first
    return (
        f"PHP {version} tidak ada lagi di mesin ini, tetapi dipakai {whose}, yang karena itu tidak dapat menjawab: "
        f"pasang lagi php{version}-fpm, atau ubah versi PHP situs"
    )


def _goes_round(circle: Sequence[str]) -> str:
    way = ", yang mengarah ke ".join((*circle[1:], circle[0]))
    return f"pengunjung {circle[0]} berputar-putar: {circle[0]} mengarah ke {way}; ubah tujuan salah satunya"


def _outlived(config: NodeConfig) -> tuple[str, ...]:
    """What an upgrade of Debian leaves to people."""
    found = postgresql.versions(layout.postgresql_settings(config))
    if not found.data or found.programs[-1:] == (found.data,):
        return ()
    if found.data not in found.programs:
        lost = f"PostgreSQL {found.data} tidak ada lagi di mesin ini, tetapi dibutuhkan basis data situs"
        return (f"{lost}, yang karena itu tidak jalan: pasang lagi postgresql-{found.data}",)
    outlived = f"basis data situs masih memakai PostgreSQL {found.data}, yang tidak diperbarui Debian lagi"
    steps = f"pindahkan ke PostgreSQL {found.programs[-1]} (docs/node.md, Upgrading Debian)"
    return (f"{outlived}: {steps}, dan jangan hapus postgresql-{found.data} sebelum itu",)


def _unseen(config: NodeConfig) -> tuple[str, ...]:
    """What data of MariaDB that were made without files for it leave until it stops the next time."""
    settings = layout.mariadb_settings(config)
    if not settings.data.exists() or mariadb.has_undo_files(settings):
        return ()
    unseen = "MariaDB belum menyimpan isi lama dari perubahan yang berjalan di berkas tersendiri"
    return (f"{unseen}, sehingga ruang yang dihabiskan satu situs dengannya tidak terlihat: mulai ulang MariaDB",)


def _deaf(config: NodeConfig) -> tuple[str, ...]:
    """What of nginx does not answer: no change of any site is done meanwhile."""
    try:
        control.known(nginx.control_socket(config.paths.run), NOBODY)
    except TemporaryError as error:
        return (f"server web: {error.detail}",)
    return ()


def _stopped(config: NodeConfig) -> tuple[str, ...]:
    """Those whose children go on answering without them; of any other server that is stopped nothing answers."""
    rows = {row["name"]: int(row["pid"]) for row in services.recorded(config.paths.run / services.RECORD)}
    beside = {
        "nginx": (control.master(nginx.control_socket(config.paths.run)), "proses yang berakhir tidak diganti"),
        "sockets": (rows.get("sockets", 0), "bila pemegang soket berakhir, situs yang tidur tidak dapat bangun"),
    }
    return tuple(
        f"proses utama {name} ({pid}) dihentikan dengan sinyal: {waits}; `kill -CONT {pid}` melanjutkannya"
        for name, (pid, waits) in beside.items()
        if name in config.services.run and pid and processes.is_stopped(pid)
    )


def _full(config: NodeConfig) -> tuple[str, ...]:
    said = None if config.simulate else protections.ask_holder(config)
    return tuple(said["full"]) if said else ()


def _portal(config: NodeConfig) -> str:
    try:
        return config.portal.url or identity.load(config.paths.state).url
    except PermanentError:
        return ""


def _unfinished(sites: Sites, site: str) -> bool:
    """Also where a damaged journal does not say it: `drift` says what is wrong with it."""
    try:
        position = sites.position(site)
    except PanggonError:
        return True
    return position is not None and position.outcome is None


def _servers(config: NodeConfig) -> tuple[Server, ...]:
    wanted = () if config.simulate else config.services.run
    rows = {row["name"]: row for row in services.recorded(config.paths.run / services.RECORD)}
    if wanted and not rows and units.installed():
        states = units.states(wanted)
        return tuple(Server(name, each.running, each.since, each.restarts) for name, each in states.items())
    return tuple(
        Server(name, services.alive(rows[name]), rows[name]["since"], rows[name]["restarts"])
        if name in rows
        else Server(name, running=False, since="", restarts=0)
        for name in wanted
    )
