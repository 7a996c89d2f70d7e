"""Where each server of the machine has its files and ports: from the node's settings to those of the servers."""

import errno
import grp
import socket
from dataclasses import dataclass
from pathlib import Path

from panggon.core.errors import PermanentError
from panggon.node.logs import LogSettings
from panggon.node.servers import knot, mariadb, nginx, postgresql, sshd
from panggon.node.settings.config import NodeConfig
from panggon.node.sockets import SocketSettings
from panggon.node.sockets.serving.room import wakes_most
from panggon.node.tasks import TaskSettings

WEB_GROUP = nginx.USER


@dataclass(frozen=True, slots=True)
class Listener:
    """One port that a server listens on."""

    kind: socket.SocketKind
    address: str
    port: int


def present(addresses: tuple[str, ...]) -> tuple[str, ...]:
    """What of these can be listened on here: every address of IPv6 is none where the kernel has no IPv6
    (`ipv6.disable=1`), unless nothing else was wished.
    """
    left = tuple(address for address in addresses if address != "::" or _has_ipv6())
    return left or addresses


def _has_ipv6() -> bool:
    try:
        socket.socket(socket.AF_INET6, socket.SOCK_STREAM).close()
    except OSError as error:
        return error.errno != errno.EAFNOSUPPORT
    return True


def listeners(config: NodeConfig, server: str) -> tuple[Listener, ...]:
    """The ports that this server will want."""
    stream, datagram = socket.SOCK_STREAM, socket.SOCK_DGRAM
    wanted = {
        "nginx": [(stream, config.web.addresses, port) for port in (config.web.http_port, config.web.https_port)],
        "knot": [(kind, config.dns.addresses, config.dns.port) for kind in (stream, datagram)],
        "sshd": [(stream, config.sftp.addresses, config.sftp.port)],
    }
    return tuple(
        Listener(kind, address, port)
        for kind, addresses, port in wanted.get(server, [])
        for address in present(addresses)
    )


def authority_certificate(config: NodeConfig) -> Path:
    """Of the local authority; its key lies beside it."""
    return config.paths.etc / "ca.pem"


def prepared(config: NodeConfig) -> Path:
    """Which version wrote the servers' configurations: packaging/panggon-node/prepared compares it with its own."""
    return config.paths.etc / "prepared"


def roots(config: NodeConfig) -> Path:
    """The file of authorities by which probes believe the sites' certificates."""
    return authority_certificate(config) if config.tls.issuer == "local" else config.tls.roots


def acme_account(config: NodeConfig) -> Path:
    return config.paths.etc / "acme" / "account.pem"


def renewal_settings_file(config: NodeConfig) -> Path:
    return config.paths.etc / "renewal.json"


def renewals_asked(config: NodeConfig) -> Path:
    return config.paths.state / "renewals-asked"


def renewal_alive(config: NodeConfig) -> Path:
    return config.paths.run / "renewal.json"


def databases_settings_file(config: NodeConfig) -> Path:
    return config.paths.etc / "databases.json"


def databases_alive(config: NodeConfig) -> Path:
    return config.paths.run / "databases.json"


def databases_control(config: NodeConfig) -> Path:
    return config.paths.run / "databases.sock"


def filled_record(config: NodeConfig) -> Path:
    """Which sites their file system lets store no more, for `status` and for the portal."""
    return config.paths.state / "filled.json"


def databases_report(config: NodeConfig) -> Path:
    """Which databases are full, for `status` and for the portal."""
    return config.paths.state / "databases.json"


def backup(config: NodeConfig) -> Path:
    """The servers' copies of their data, made by `panggon-node backup`."""
    return config.paths.state / "backup"


def holder_settings_file(config: NodeConfig) -> Path:
    return config.paths.etc / "sockets.json"


def log_settings_file(config: NodeConfig) -> Path:
    return config.paths.etc / "logs.json"


def task_settings_file(config: NodeConfig) -> Path:
    return config.paths.etc / "tasks.json"


def task_settings(config: NodeConfig) -> TaskSettings:
    paths, logs = config.paths, log_settings(config)
    return TaskSettings(
        holder=holder_settings_file(config),
        folder=paths.etc / "tasks",
        state=paths.state,
        run=paths.run,
        zone=config.tasks.zone,
        size=logs.size,
        days=logs.days,
    )


def log_settings(config: NodeConfig) -> LogSettings:
    paths, wished = config.paths, config.logs
    return LogSettings(
        root=paths.root,
        run=paths.run,
        logs=paths.logs,
        state=paths.state,
        nginx_pid=paths.run / "nginx.pid",
        uid_base=config.sites.uid_base,
        size=wished.site_mebibytes * 1024 * 1024,
        days=wished.days,
    )


def mariadb_settings(config: NodeConfig) -> mariadb.Settings:
    paths, wished = config.paths, config.database
    return mariadb.Settings(
        data=paths.state / "mariadb",
        socket=paths.run / "mariadb" / "mysqld.sock",
        configuration=paths.etc / "mariadb.cnf",
        log=paths.logs / "mariadb.log",
        buffer_mebibytes=wished.buffer_mebibytes,
        connections=wished.connections,
    )


def postgresql_settings(config: NodeConfig) -> postgresql.Settings:
    """The socket's directory has a short name: PostgreSQL's own name for the socket is long (`rules.ShortPath`)."""
    paths, wished = config.paths, config.postgresql
    return postgresql.Settings(
        data=paths.state / "postgresql",
        run=paths.run / "pgsql",
        configuration=paths.etc / "postgresql.conf",
        log=paths.logs / "postgresql.log",
        buffer_mebibytes=wished.buffer_mebibytes,
        connections=wished.connections,
    )


def socket_settings(config: NodeConfig) -> SocketSettings:
    paths = config.paths
    return SocketSettings(
        root=paths.root,
        run=paths.run,
        logs=paths.logs,
        uid_base=config.sites.uid_base,
        web_group=_web_group(),
        mariadb_socket=mariadb_settings(config).socket,
        postgresql_run=postgresql_settings(config).run,
        require_all=config.protections.require_all,
        outgoing=config.policies,
    )


def _web_group() -> int:
    try:
        return grp.getgrnam(WEB_GROUP).gr_gid
    except KeyError as error:
        raise PermanentError("node.packages", f"grup {WEB_GROUP} tidak ada: paket nginx belum terpasang") from error


def knot_settings(config: NodeConfig) -> knot.Settings:
    paths, wished = config.paths, config.dns
    usual = ((f"ns1.{wished.zone}", next(iter((*wished.ipv4, *wished.ipv6)))),)
    return knot.Settings(
        zone=wished.zone,
        addresses=present(wished.addresses),
        port=wished.port,
        name_servers=tuple((each.name, each.address) for each in wished.name_servers) or usual,
        secondaries=tuple((each.address, each.port) for each in wished.secondaries),
        data=paths.state / "knot",
        run=paths.run / "knot",
        configuration=paths.etc / "knot.conf",
        secret=config.tsig_secret,
        log=paths.logs / "knot.log",
    )


def sshd_settings(config: NodeConfig) -> sshd.Settings:
    paths = config.paths
    return sshd.Settings(
        addresses=present(config.sftp.addresses),
        port=config.sftp.port,
        root=paths.root,
        etc=paths.etc,
        host_key=paths.etc / "ssh_host_ed25519_key",
        configuration=paths.etc / "sshd_config",
        groups=socket_settings(config).sftp_groups,
        log=paths.logs / "sshd.log",
    )


def nginx_settings(config: NodeConfig, *, sandboxed: bool, own_mounts: bool) -> nginx.Settings:
    paths = config.paths
    sockets = socket_settings(config)
    page = "/panggon/proof.php" if sandboxed else str(sockets.pages / "proof.php")
    return nginx.Settings(
        root=paths.root,
        run=paths.run,
        configuration=paths.etc / "nginx.conf",
        logs=paths.logs,
        addresses=present(config.web.addresses),
        http_port=config.web.http_port,
        https_port=config.web.https_port,
        proof_page=page,
        own_mounts=own_mounts,
        proxy_authorities=config.proxies.ca,
        wakes_most=wakes_most(sockets),
        idle_seconds=sockets.idle_seconds,
    )
