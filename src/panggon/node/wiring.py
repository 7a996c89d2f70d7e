"""From the settings to the drivers of this machine; the only module that imports those of kinds."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from panggon.core.errors import PermanentError, TemporaryError
from panggon.core.node.planning.desired import MachineFacts, records_of
from panggon.core.node.planning.driver import Check, Driver
from panggon.core.node.planning.resources import Key, Kind
from panggon.core.node.zone_names import ZoneNames
from panggon.core.sites.spec import Engine, SiteKind, SiteSpec, SiteState
from panggon.drivers import database, directory, dns, fake, host_link, quota, runtime, sftp, site_file, tasks, tls, user
from panggon.drivers.certificates import acme_orders, authority
from panggon.drivers.databases.database_server import DatabaseServer
from panggon.drivers.databases.mariadb import MariaDb
from panggon.drivers.databases.postgresql import PostgreSql
from panggon.drivers.file_systems import storage
from panggon.drivers.nginx import visit, web
from panggon.drivers.nginx.visit import Door, Visited
from panggon.drivers.system import files
from panggon.drivers.zones import transfer, zone
from panggon.drivers.zones.challenges import ChallengeRecords
from panggon.node import clock, layout, protections
from panggon.node.layout import WEB_GROUP
from panggon.node.servers import knot, nginx, sshd
from panggon.node.settings.config import NodeConfig
from panggon.node.sockets import settings as sockets
from panggon.node.sockets.sandboxes.places import DATABASE_DIRECTORIES

SilentServers = dict[zone.Server, Check]


def drivers(
    config: NodeConfig,
    credentials: Mapping[str, str],
    *,
    engine: Engine | None = None,
    state: SiteState = SiteState.OPEN,
    kind: SiteKind = SiteKind.PHP,
    owned: frozenset[Key] = frozenset(),
    silent: SilentServers | None = None,
    site: str = "",
) -> Mapping[Kind, Driver]:
    """A driver for each kind; `credentials` are the password hashes that are known, by fingerprint, `engine` is that of
    the database which the spec names, `state` and `kind` those that it wishes, `owned` what is on record as the own of
    the `site`, `silent` the servers of names that are not asked again, for who proves many sites.
    """
    if config.simulate:
        files.directory(config.paths.state, mode=0o711, uid=os.getuid(), gid=os.getgid())
        return fake.Machine(config.paths.state / "simulation.json").drivers()
    root, uid_base = config.paths.root, config.sites.uid_base
    in_web = _web(config)
    scheduled = layout.task_settings(config)
    return {
        Kind.USER: user.UserDriver(user.Settings(config.paths.userdb, uid_base), credentials.get, owned),
        Kind.DIRECTORY: directory.DirectoryDriver(directory.Settings(root, uid_base, WEB_GROUP), owned, state),
        Kind.QUOTA: quota.QuotaDriver(_quota(config), owned),
        Kind.DATABASE: database.DatabaseDriver(
            database.Settings(database_servers(config), root, uid_base), engine, state
        ),
        Kind.SITE: site_file.SiteDriver(in_web, owned),
        Kind.RUNTIME: runtime.RuntimeDriver(_runtime(config), state, kind),
        Kind.TASKS: tasks.TasksDriver(tasks.Settings(scheduled.folder, scheduled.control), owned),
        Kind.CERTIFICATE: certificates(config, owned),
        Kind.HOST: host_link.HostDriver(in_web, owned),
        Kind.ACCESS: sftp.AccessDriver(_access(config), owned),
        Kind.RECORDS: dns.RecordsDriver(
            _records(config), owned, wished=partial(records_of, facts=machine_facts(config)), silent=silent, site=site
        ),
    }


@dataclass(frozen=True, slots=True)
class Outside:
    """How a site of this machine looks to a visitor, and how much it stores."""

    web: site_file.SiteDriver
    programs: runtime.RuntimeDriver
    quota: quota.QuotaDriver

    @classmethod
    def of(cls, config: NodeConfig) -> "Outside | None":
        """None on a simulated machine, which nobody can visit."""
        if config.simulate:
            return None
        return cls(
            site_file.SiteDriver(_web(config)),
            runtime.RuntimeDriver(_runtime(config)),
            quota.QuotaDriver(_quota(config)),
        )

    def visited(self, spec: SiteSpec, *, wakes: bool) -> Visited:
        """Whether a visitor gets what the open site has to show: over HTTPS, and from its programs and its database, if
        they are awake or the visit `wakes` them.

        Raises PanggonError when this machine could not ask.
        """
        try:
            found = self.web.visited(spec)
            if found.answered and self._has_programs(spec, wakes=wakes):
                return replace(found, answered=self.programs.answers(spec))
        except TemporaryError as error:
            if error.code == "visit.failed":
                return Visited(answered=False)
            raise
        return found

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

    def is_full(self, spec: SiteSpec) -> bool:
        """Whether its file system lets it store no more."""
        limit = storage.Limit(spec.limits.disk_mebibytes, spec.limits.files)
        return self.quota.is_full(Key(Kind.QUOTA, spec.site), limit)


def zone_of(config: NodeConfig) -> ZoneNames:
    """What all names of the zone lead to. Raises PermanentError `dns.refused` where the zone is not given out as a
    whole, and TemporaryError `dns.down`.
    """
    return transfer.names(_records(config))


def ask_for_the_zone(config: NodeConfig, server: zone.Server, *, seconds: float) -> None:
    """One server of its names. Raises PanggonError where it does not answer for the zone."""
    zone.Zone(replace(_records(config), timeout=seconds)).knows_itself(server)


def certificates(config: NodeConfig, owned: frozenset[Key] = frozenset()) -> tls.CertificateDriver:
    """Also for whoever renews: `order` may be asked for `*.<zone>`."""
    wished = config.tls
    orders = _orders(config) if wished.issuer in ("acme", "wildcard") else None
    return tls.CertificateDriver(
        tls.Settings(
            root=config.paths.root,
            control=nginx.control_socket(config.paths.run),
            authority=_authority(config),
            door=_door(config),
            now=clock.now,
            web_group=WEB_GROUP,
            issuer=wished.issuer,
            order=partial(acme_orders.order, orders) if orders else None,
            clear=partial(acme_orders.clear, orders) if orders else None,
            sweep=partial(acme_orders.sweep, orders) if orders else None,
            revoke=partial(acme_orders.revoke, orders) if orders else None,
        ),
        owned,
    )


def _orders(config: NodeConfig) -> acme_orders.Settings:
    wished = config.tls
    by_http = wished.challenge == "http-01"
    return acme_orders.Settings(
        directory=wished.directory,
        account=layout.acme_account(config),
        planted=config.paths.state / "acme",
        challenge=acme_orders.WellKnown(config.paths.root) if by_http else ChallengeRecords(_records(config)),
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


def renew_authority(config: NodeConfig) -> datetime:
    """When the new certificate of the machine's own authority ends. Raises PermanentError `certificate.authority`."""
    return authority.renew(_authority(config), now=clock.now())


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
    return web.Settings(config.paths.root, nginx.control_socket(config.paths.run), _door(config), WEB_GROUP)


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
    return sftp.Settings(
        server=sshd.for_one_login(server),
        port=config.sftp.port,
        host_key=public,
        etc=config.paths.etc,
        uid_base=config.sites.uid_base,
        sites=config.paths.root / "sites",
    )


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
        afterwards=knot.tell_now(layout.knot_settings(config)) if "knot" in config.services.run else (),
    )
