"""The servers that Panggon itself runs on this machine: what they need before they start, and how each is started."""

import pwd
import stat
import sys
from pathlib import Path

from panggon.core.errors import PermanentError
from panggon.drivers.certificates import authority
from panggon.drivers.system import files
from panggon.node import backup, clock, layout, protections
from panggon.node.daemons import alive
from panggon.node.servers import Server, knot, mariadb, nginx, postgresql, sshd
from panggon.node.settings import config_file
from panggon.node.settings.config import NodeConfig
from panggon.node.version import VERSION


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
    authority.create_authority(layout.authority_certificate(config).parent, now=clock.now())
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
    files.ensure(layout.prepared(config), f"{VERSION}\n")


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


def _nginx(config: NodeConfig) -> nginx.Settings:
    sandboxed = protections.sandboxed(config)
    return layout.nginx_settings(config, sandboxed=sandboxed, own_mounts=protections.own_mounts())


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
