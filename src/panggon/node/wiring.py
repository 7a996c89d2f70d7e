"""From the settings to the drivers and servers of this machine; the only module that imports the drivers of kinds."""

import ipaddress
import os
import pwd
import stat
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from panggon.core import zone_names
from panggon.core.desired import MachineFacts
from panggon.core.driver import Driver
from panggon.core.errors import PermanentError, TemporaryError
from panggon.core.resources import Key, Kind
from panggon.core.spec import Engine, SiteSpec, SiteState
from panggon.drivers import (
    acme_orders,
    authority,
    database,
    directory,
    dns,
    fake,
    files,
    quota,
    runtime,
    sftp,
    tasks,
    tls,
    transfer,
    user,
    visit,
    web,
    zone,
)
from panggon.drivers.database_server import DatabaseServer
from panggon.drivers.mariadb import MariaDb
from panggon.drivers.postgresql import PostgreSql
from panggon.drivers.visit import Door
from panggon.node import alive, backup, layout, protections
from panggon.node.layout import WEB_GROUP
from panggon.node.servers import Server, knot, mariadb, nginx, postgresql, sshd
from panggon.node.settings import config_file
from panggon.node.settings.config import NodeConfig
from panggon.node.sockets import settings as sockets
from panggon.node.sockets.launch import DATABASE_DIRECTORIES


def drivers(
    config: NodeConfig,
    credentials: Mapping[str, str],
    *,
    engine: Engine | None = None,
    state: SiteState = SiteState.OPEN,
) -> Mapping[Kind, Driver]:
    """A driver for each kind; `credentials` are the password hashes that are known, by fingerprint, `engine` is that of
    the database which the spec names, `state` the one that it wishes.
    """
    if config.simulate:
        files.directory(config.paths.state, mode=0o711, uid=os.getuid(), gid=os.getgid())
        return fake.Machine(config.paths.state / "simulation.json").drivers()
    root, uid_base = config.paths.root, config.sites.uid_base
    in_web = _web(config)
    scheduled = layout.task_settings(config)
    return {
        Kind.USER: user.UserDriver(user.Settings(config.paths.userdb, uid_base), credentials.get),
        Kind.DIRECTORY: directory.DirectoryDriver(directory.Settings(root, uid_base, WEB_GROUP)),
        Kind.QUOTA: quota.QuotaDriver(_quota(config)),
        Kind.DATABASE: database.DatabaseDriver(
            database.Settings(database_servers(config), root, uid_base), engine, state
        ),
        Kind.SITE: web.SiteDriver(in_web),
        Kind.RUNTIME: runtime.RuntimeDriver(_runtime(config), state),
        Kind.TASKS: tasks.TasksDriver(tasks.Settings(scheduled.folder, scheduled.control)),
        Kind.CERTIFICATE: certificates(config),
        Kind.HOST: web.HostDriver(in_web),
        Kind.ACCESS: sftp.AccessDriver(_access(config)),
        Kind.RECORDS: dns.RecordsDriver(_records(config)),
    }


@dataclass(frozen=True, slots=True)
class Outside:
    """How a site of this machine looks to a visitor, and how much it stores."""

    web: web.SiteDriver
    programs: runtime.RuntimeDriver
    quota: quota.QuotaDriver

    @classmethod
    def of(cls, config: NodeConfig) -> "Outside | None":
        """None on a simulated machine, which nobody can visit."""
        if config.simulate:
            return None
        return cls(
            web.SiteDriver(_web(config)), runtime.RuntimeDriver(_runtime(config)), quota.QuotaDriver(_quota(config))
        )

    def answers(self, spec: SiteSpec, *, wakes: bool) -> bool:
        """Whether a visitor gets what the open site has to show: over HTTPS, and from its programs and its database, if
        they are awake or the visit `wakes` them.

        Raises PanggonError when this machine could not ask.
        """
        try:
            return self.web.answers(spec) and (not self._has_programs(spec, wakes=wakes) or self.programs.answers(spec))
        except TemporaryError as error:
            if error.code == "visit.failed":
                return False
            raise

    def _has_programs(self, spec: SiteSpec, *, wakes: bool) -> bool:
        """Whether they are to be asked. Where nobody can tell if they sleep, no visitor gets to them either."""
        if spec.kind not in runtime.PROOF_PATHS:
            return False
        try:
            return wakes or self.programs.is_awake(spec.site)
        except TemporaryError:
            return True

    def used(self, spec: SiteSpec) -> int | None:
        """Bytes, where the file system counts them."""
        return self.quota.used(Key(Kind.QUOTA, spec.site))


def names_leading_here(config: NodeConfig) -> frozenset[str]:
    """Every name of the zone that leads to the addresses of this machine's sites. Raises PermanentError `dns.refused`
    where the zone is not given out as a whole, and TemporaryError `dns.down`.
    """
    addresses = (*config.dns.ipv4, *config.dns.ipv6)
    here = frozenset(str(ipaddress.ip_address(each)) for each in addresses)
    return zone_names.leading_to(transfer.names(_records(config)), here)


def certificates(config: NodeConfig) -> tls.CertificateDriver:
    """Also for whoever renews: `order` may be asked for `*.<zone>`."""
    wished = config.tls
    orders = _orders(config) if wished.issuer in ("acme", "wildcard") else None
    return tls.CertificateDriver(
        tls.Settings(
            root=config.paths.root,
            control=nginx.control_socket(config.paths.run),
            authority=_authority(config),
            door=_door(config),
            now=lambda: datetime.now(UTC),
            web_group=WEB_GROUP,
            issuer=wished.issuer,
            order=partial(acme_orders.order, orders) if orders else None,
            clear=partial(acme_orders.clear, orders) if orders else None,
            sweep=partial(acme_orders.sweep, orders) if orders else None,
        )
    )


def _orders(config: NodeConfig) -> acme_orders.Settings:
    wished = config.tls
    by_http = wished.challenge == "http-01"
    return acme_orders.Settings(
        directory=wished.directory,
        account=layout.acme_account(config),
        planted=config.paths.state / "acme",
        challenge=acme_orders.WellKnown(config.paths.root) if by_http else dns.ChallengeRecords(_records(config)),
        contact=wished.contact,
        ca=wished.ca,
    )


def sweep_proofs(config: NodeConfig, site: str) -> None:
    """Remove what a killed proof of the site has left. For the one writer that it has. Raises PermanentError."""
    if not config.simulate:
        visit.sweep(config.paths.root / "proof", site)
        sftp.sweep(_access(config), site, config.paths.root / "sites" / site / "public")


def machine_facts(config: NodeConfig) -> MachineFacts:
    return MachineFacts(
        uid_base=config.sites.uid_base,
        ipv4=config.dns.ipv4,
        ipv6=config.dns.ipv6,
        issuer=config.tls.issuer,
        root=str(config.paths.root),
        sandboxed=protections.sandboxed(config),
        caa=config.tls.caa,
        proxies=config.proxy_addresses,
    )


def php_versions(config: NodeConfig) -> tuple[str, ...]:
    """What a site may choose from, found anew at each question: installing a package is enough."""
    return sockets.php_versions(layout.socket_settings(config))


def prepare(config: NodeConfig) -> None:
    """Everything that the servers need before they start; made once, brought up to date each time.

    Raises PermanentError `node.path` where the sites would not be safe, `node.packages` where a server is missing,
    `node.restore`.
    """
    paths = config.paths
    _demand_packages(config)
    backup.demand_restored(config)
    _demand_root_owned(paths.root)
    for folder in (paths.root, paths.run, paths.etc, paths.logs, paths.userdb):
        files.directory(folder)
    files.directory(paths.state, mode=0o711)
    for folder in (layout.task_settings(config).folder, layout.acme_account(config).parent):
        files.directory(folder, mode=0o700)
    authority.create_authority(layout.authority_certificate(config).parent, now=datetime.now(UTC))
    preparers = {
        "mariadb": lambda: mariadb.prepare(layout.mariadb_settings(config)),
        "postgresql": lambda: postgresql.prepare(layout.postgresql_settings(config)),
        "sockets": lambda: layout.socket_settings(config).save(layout.holder_settings_file(config)),
        "knot": lambda: knot.prepare(layout.knot_settings(config)),
        "sshd": lambda: sshd.prepare(layout.sshd_settings(config)),
        "nginx": lambda: nginx.prepare(_nginx(config)),
        "logs": lambda: layout.log_settings(config).save(layout.log_settings_file(config)),
        "tasks": lambda: layout.task_settings(config).save(layout.task_settings_file(config)),
        "databases": lambda: config_file.save(config, layout.databases_settings_file(config)),
        "renewal": lambda: config_file.save(config, layout.renewal_settings_file(config)),
    }
    for name in config.services.run:
        preparers[name]()


def servers(config: NodeConfig) -> tuple[Server, ...]:
    """The servers that Panggon runs here, in the order of starting; after `prepare`."""
    makers = {
        "mariadb": lambda: mariadb.server(layout.mariadb_settings(config)),
        "postgresql": lambda: postgresql.server(layout.postgresql_settings(config)),
        "sockets": lambda: _holder(config),
        "knot": lambda: knot.server(layout.knot_settings(config)),
        "sshd": lambda: sshd.server(layout.sshd_settings(config)),
        "nginx": lambda: nginx.server(_nginx(config)),
        "logs": lambda: _own(config, "logs", layout.log_settings_file(config), layout.log_settings(config).alive),
        "tasks": lambda: _own(config, "tasks", layout.task_settings_file(config), layout.task_settings(config).alive),
        "databases": lambda: _own(
            config, "databases", layout.databases_settings_file(config), layout.databases_alive(config)
        ),
        "renewal": lambda: _own(config, "renewal", layout.renewal_settings_file(config), layout.renewal_alive(config)),
    }
    return tuple(makers[name]() for name in config.services.run)


def _holder(config: NodeConfig) -> Server:
    settings = layout.socket_settings(config)
    return Server(
        name="sockets",
        argv=(sys.executable, "-m", "panggon.node.sockets", "--config", str(layout.holder_settings_file(config))),
        log=config.paths.logs / "keeper.log",
        ready=lambda: protections.ask_holder(config) is not None,
        stop_seconds=settings.stop_seconds + 10,
    )


def _own(config: NodeConfig, name: str, settings: Path, record: Path) -> Server:
    """A small server of the node's own: `python -m panggon.node.<name>`."""
    return Server(
        name=name,
        argv=(sys.executable, "-m", f"panggon.node.{name}", "--config", str(settings)),
        log=config.paths.logs / f"{name}.log",
        ready=lambda: alive.announced(record),
    )


def renew_authority(config: NodeConfig) -> datetime:
    """When the new certificate of the machine's own authority ends. Raises PermanentError `certificate.authority`."""
    return authority.renew(_authority(config), now=datetime.now(UTC))


def _nginx(config: NodeConfig) -> nginx.Settings:
    sandboxed = protections.sandboxed(config)
    return layout.nginx_settings(config, sandboxed=sandboxed, own_mounts=protections.own_mounts())


def _authority(config: NodeConfig) -> authority.Authority:
    certificate = layout.authority_certificate(config)
    return authority.Authority(certificate, certificate.with_name("ca-key.pem"))


def database_servers(config: NodeConfig) -> Mapping[Engine, DatabaseServer]:
    """Those that this machine runs, as its sites reach them."""
    sandboxed = protections.sandboxed(config)
    of_mariadb, of_postgresql = layout.mariadb_settings(config), layout.postgresql_settings(config)
    real, run = of_mariadb.socket, of_postgresql.run
    seen = DATABASE_DIRECTORIES[Engine.MARIADB] / real.name if sandboxed else real
    seen_run = DATABASE_DIRECTORIES[Engine.POSTGRESQL] if sandboxed else run
    servers: Mapping[Engine, DatabaseServer] = {
        Engine.MARIADB: MariaDb(real, seen, of_mariadb.data, of_mariadb.temporary),
        Engine.POSTGRESQL: PostgreSql(run, seen_run),
    }
    return {engine: server for engine, server in servers.items() if engine in config.services.run}


def _door(config: NodeConfig) -> Door:
    return Door(config.web.probe_address, config.web.https_port, layout.roots(config))


def _web(config: NodeConfig) -> web.Settings:
    return web.Settings(config.paths.root, _nginx(config).control, _door(config), WEB_GROUP)


def _runtime(config: NodeConfig) -> runtime.Settings:
    return runtime.Settings(
        config.paths.root,
        layout.socket_settings(config).control,
        config.sites.uid_base,
        _door(config),
        sandboxed=protections.sandboxed(config),
        web_group=WEB_GROUP,
    )


def _quota(config: NodeConfig) -> quota.Settings:
    return quota.Settings(config.paths.root, config.sites.uid_base, bounded=protections.bounds_storage(config))


def _access(config: NodeConfig) -> sftp.Settings:
    server = layout.sshd_settings(config)
    public = server.host_key.with_name(f"{server.host_key.name}.pub")
    way_in = sshd.for_one_login(server)
    return sftp.Settings(way_in, config.sftp.port, public, config.paths.etc, config.sites.uid_base)


def _records(config: NodeConfig) -> zone.Settings:
    wished = config.dns
    servers = tuple(zone.Server(each.address, each.port) for each in wished.servers)
    secret = files.read(config.tsig_secret)
    if secret is None:
        raise PermanentError("dns.secret", f"kunci TSIG {config.tsig_secret} tidak ada")
    return zone.Settings(
        zone=wished.zone,
        primary=servers[0],
        authoritative=servers,
        key_name=wished.key_name,
        secret=secret.decode(errors="replace").strip(),
        ttl=wished.ttl,
        signed=wished.signed,
    )


def _demand_packages(config: NodeConfig) -> None:
    """Each of these users comes with the server's package."""
    users = {"mariadb": mariadb.USER, "postgresql": postgresql.USER, "knot": knot.USER, "nginx": nginx.USER}
    for server, name in users.items():
        if server in config.services.run and name not in {entry.pw_name for entry in pwd.getpwall()}:
            raise PermanentError("node.packages", f"paket {server} belum terpasang: pengguna {name} tidak ada")


def _demand_root_owned(path: Path) -> None:
    """OpenSSH refuses a jail below a directory that others may change (sshd_config(5), ChrootDirectory)."""
    for part in (path, *path.parents):
        if part.exists() and (part.stat().st_uid != 0 or part.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH)):
            why = f"{part} harus milik root dan hanya dapat diubah root, karena situs ada di dalamnya"
            raise PermanentError("node.path", why)
