"""What people do with the machine itself: begin, enrol, run, allow, back up, look at."""

import logging
import signal
import socket
import sys
from functools import partial
from pathlib import Path
from types import FrameType

import click

from panggon.command_line import Group
from panggon.core.errors import InvalidError
from panggon.node import backup, layout, own_servers, protections
from panggon.node.agent import identity
from panggon.node.agent.bounds import DailyBounds, Measure
from panggon.node.agent.client import Portal
from panggon.node.agent.identity import Identity
from panggon.node.agent.loop import Agent
from panggon.node.clock import now
from panggon.node.command import beginning, show
from panggon.node.command.options import as_json, demand_real, on_machine, say, settings_of
from panggon.node.command.status import health_of, worries
from panggon.node.command.status import status as status_of
from panggon.node.daemons import systemd, whole
from panggon.node.daemons.lock import AGENT, alone
from panggon.node.servers import sshd
from panggon.node.settings import config as configs
from panggon.node.settings import config_file
from panggon.node.settings.config import NodeConfig
from panggon.node.sites import Sites
from panggon.node.supervision import services, units
from panggon.node.supervision.services import Service, Supervisor
from panggon.node.version import VERSION


@click.command("backup")
@on_machine
def back_up(config: NodeConfig) -> None:
    """Salin data basis data dan DNS semua situs secara utuh.

    Salinannya dapat dicadangkan sebagai berkas.
    """
    demand_real(config)
    click.echo(f"Salinan utuh ada di {backup.make(config, click.echo)}.")


@click.command()
@on_machine
def restore(config: NodeConfig) -> None:
    """Taruh salinan dari `backup` di tempatnya.

    Di mesin baru, sebelum `init`.
    """
    demand_real(config)
    backup.restore(config, click.echo)
    click.echo("Lanjutkan dengan `panggon-node init`, lalu `panggon-node verify`.")


@click.command()
@click.argument("number", metavar="JUMLAH", required=False, type=click.IntRange(min=1))
@click.option("--new", is_flag=True, help="Nama situs baru, bukan situs yang diubah.")
@click.option("--none", "nothing", is_flag=True, help="Cabut semua izin yang masih berlaku.")
@on_machine
def allow(config: NodeConfig, number: int | None, *, new: bool, nothing: bool) -> None:
    """Izinkan portal mengubah lebih banyak situs.

    Sampai JUMLAH situs dalam 24 jam ini; dengan --new, sampai JUMLAH nama situs baru. Yang masih berlaku ditunjukkan
    oleh `status`, dan dicabut dengan --none.
    """
    context = click.get_current_context()
    if nothing and (number is not None or new):
        raise click.UsageError("", context)
    limits = DailyBounds(Sites.of(config))
    if nothing:
        limits.allow_nothing()
        click.echo("Izin dicabut. Yang berlaku lagi batas mesin ini sendiri.")
        return
    if number is None:
        raise click.MissingParameter(ctx=context, param=context.command.params[0])
    measure = Measure.MADE if new else Measure.CHANGED
    limits.allow(measure, number, now=now())
    done = limits.done(measure, now=now())
    what, was = show.ALLOWED[measure]
    click.echo(f"Selama 24 jam portal boleh {what.format(number)}; {done} di antaranya sudah {was}.")


@click.command()
@as_json
@on_machine
def status(config: NodeConfig, *, as_json: bool) -> None:
    """Perlindungan, server, dan banyaknya situs di mesin ini."""
    found = status_of(config, Sites.of(config))
    say(as_json, found.document(), lambda console: show.status(console, found))


@click.command()
@click.argument("url")
@click.argument("code", metavar="KODE")
@click.option(
    "--name", metavar="NAMA", default=socket.gethostname, help="Nama mesin seperti yang didaftarkan di portal."
)
@on_machine
def enroll(config: NodeConfig, url: str, code: str, name: str) -> None:
    """Daftarkan mesin ini ke portal.

    URL adalah alamat portal, KODE kode sekali pakai yang dibuatnya.
    """
    facts = {
        "version": VERSION,
        "zone": config.dns.zone,
        "ipv4": list(config.dns.ipv4),
        "ipv6": list(config.dns.ipv6),
        "kinds": list(config.sites.kinds),
        "php_versions": list(Sites.of(config).php_versions),
        "https_port": config.web.https_port,
        "sftp_port": config.sftp.port,
        "sftp_fingerprint": sshd.fingerprint(layout.sshd_settings(config)),
        "simulated": config.simulate,
    }
    node, token = Portal(url, ca=config.portal.ca).enroll(code, name=name, facts=facts)
    identity.save(config.paths.state, Identity(url, node, token))
    click.echo(f"Mesin {name} terdaftar di {url} dengan nomor {node}.")
    if not units.installed():
        click.echo("Tanpa systemd: jalankan `panggon-node run`, yang mengambil permintaan dari portal.")


@click.command()
@on_machine
def run(config: NodeConfig) -> None:
    """Ambil permintaan dari portal dan kerjakan, terus-menerus."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _leave)
    protections.demand(config)
    me = identity.load(config.paths.state)
    portal = Portal(config.portal.url or me.url, token=me.token, ca=config.portal.ca)
    with alone(config.paths.state / AGENT, "agen mesin ini sudah berjalan"):
        systemd.ready()
        whole.load()
        sites = Sites.of(config)
        Agent(
            sites,
            portal,
            me,
            reduced=protections.reduced(config),
            worries=partial(worries, config, sites),
            health=partial(health_of, config, sites),
        ).run()


@click.command()
@on_machine
def init(config: NodeConfig) -> None:
    """Siapkan mesin ini dan jalankan servernya.

    Ulangi setelah pengaturan diubah.
    """
    demand_real(config)
    beginning.begin(config, click.echo)


@click.group("services", cls=Group)
def services_group() -> None:
    """Server di mesin ini: web, PHP, basis data, SFTP, DNS."""


@services_group.command("prepare")
@click.pass_obj
def services_prepare(settings: Path) -> None:
    """Tulis konfigurasi server dan buat data yang belum ada.

    Tidak ada yang dijalankan. Pengaturan yang salah ditolak, tetapi mesin disiapkan dengan yang terakhir diterima.
    """
    accepted = config_file.accepted(settings)
    try:
        config = settings_of(settings)
    except InvalidError:
        if accepted.exists():  # whoever starts the machine again need not be the one who edits them
            own_servers.prepare(config_file.load(accepted))
        raise
    own_servers.prepare(config)
    config_file.save(config, accepted)


@services_group.command("run")
@on_machine
def services_run(config: NodeConfig) -> None:
    """Jalankan dan jaga semua server sampai dihentikan (Ctrl-C)."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    demand_real(config)
    protections.demand(config)
    own_servers.prepare(config)
    wanted = [
        Service(server, layout.listeners(config, server.name), early=server.name in configs.OWNERS)
        for server in own_servers.servers(config)
    ]
    Supervisor(wanted, config.paths.run / services.RECORD, tell=click.echo).run()


COMMANDS = (back_up, restore, allow, status, enroll, run, init, services_group)

# ------------------------------------------------------------------------------------------------------------------


def _leave(_number: int, _frame: FrameType | None) -> None:
    """What is under way is taken up again at the next start."""
    sys.exit(0)
