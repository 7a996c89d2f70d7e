"""The command line `panggon-node`. Exit status: 0 everything held, 1 something did not, 2 the input was refused."""

import functools
import json
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

import click
from rich.console import Console

from panggon.core import plan_words
from panggon.core import spec_document as specs
from panggon.core.errors import Fault, InvalidError, PanggonError, PermanentError
from panggon.core.journal import Word
from panggon.core.plan import plain_attributes
from panggon.core.spec import SiteSpec, SiteState
from panggon.node import backup, layout, protections, systemd, wiring
from panggon.node.agent import identity, strays
from panggon.node.agent.bounds import Bounds, Measure
from panggon.node.agent.client import Portal
from panggon.node.agent.identity import Identity
from panggon.node.agent.loop import VERSION, Agent
from panggon.node.command import batch, beginning, copies, show, show_many
from panggon.node.command.status import status as status_of
from panggon.node.command.status import worries
from panggon.node.lock import alone
from panggon.node.servers import sshd
from panggon.node.settings import config as configs
from panggon.node.settings.config import NodeConfig
from panggon.node.sites import Sites, fault_words, now
from panggon.node.supervision import services
from panggon.node.supervision.services import Service, Supervisor

FAILED, REFUSED = 1, 2
SPEC_BYTES_MOST = 1_048_576


class Commands(click.Group):
    """Turns our errors into words: one line each, nothing else."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except InvalidError as error:
            lines, code = [fault_words(fault) for fault in error.faults], REFUSED
        except PanggonError as error:
            lines, code = [show.problem(error.code, error.detail)], FAILED
        except PermissionError as error:
            lines, code = (
                [show.problem("disk.refused", f"{error.filename or error} tidak boleh dipakai pengguna ini")],
                FAILED,
            )
        click.echo("\n".join(lines), err=True)
        return ctx.exit(code)


@click.group(cls=Commands)
@click.option(
    "--config", "path", default=configs.DEFAULT_PATH, type=click.Path(path_type=Path), help="Pengaturan mesin (TOML)."
)
@click.version_option(VERSION)
@click.pass_context
def cli(context: click.Context, path: Path) -> None:
    """Mesin hosting Panggon: menyiapkan situs dan membuktikannya."""
    context.obj = path


def on_machine(command: Callable[..., None]) -> Callable[..., None]:
    """Give the command the machine's settings; they are read late, so that every `--help` works without any."""

    @click.pass_obj
    @functools.wraps(command)
    def with_settings(settings: Path, /, **arguments: Any) -> None:
        config = configs.load(settings)
        if not config.simulate and os.geteuid() != 0:
            raise PermanentError("node.root", "panggon-node harus dijalankan sebagai root")
        command(config, **arguments)

    return with_settings


spec_file = click.argument("path", metavar="SPEC.json", type=click.Path(path_type=Path))
as_json = click.option("--json", "as_json", is_flag=True, help="Keluaran JSON untuk program.")


@cli.command()
@spec_file
@as_json
@on_machine
def plan(config: NodeConfig, path: Path, *, as_json: bool) -> None:
    """Tunjukkan apa yang akan diubah, tanpa mengubah apa pun."""
    sites = Sites.of(config)
    made = sites.plan(_spec(sites, path))
    _say(as_json, show.plan_document(made), lambda console: show.plan(console, made))


@cli.command()
@click.argument("path", metavar="SPEC.json|DAFTAR", type=click.Path(path_type=Path))
@as_json
@on_machine
def apply(config: NodeConfig, path: Path, *, as_json: bool) -> None:
    """Buat situs seperti SPEC.json, lalu buktikan.

    DAFTAR adalah folder berisi banyak SPEC.json, atau berkas .jsonl dengan satu spesifikasi per baris. Bila terputus,
    jalankan lagi dengan daftar yang sama.
    """
    sites = Sites.of(config)
    if batch.is_list(path):
        _carry_out_all(sites, batch.read(sites, path), as_json=as_json)
    else:
        _carry_out(sites, _spec(sites, path), as_json=as_json)


@cli.command()
@spec_file
@as_json
@on_machine
def remove(config: NodeConfig, path: Path, *, as_json: bool) -> None:
    """Tutup situs: nama dan akses dilepas, isinya disimpan."""
    sites = Sites.of(config)
    _carry_out(sites, _spec(sites, path, state=SiteState.PARKED), as_json=as_json)


@cli.command()
@click.argument("path", metavar="[SPEC.json]", required=False, type=click.Path(path_type=Path))
@as_json
@on_machine
def verify(config: NodeConfig, path: Path | None, *, as_json: bool) -> None:
    """Buktikan lagi bahwa situs bekerja, atau semua situs, tanpa mengubah apa pun."""
    sites = Sites.of(config)
    if path is None:
        _verify_all(sites, as_json=as_json)
    checks = sites.verify(_spec(sites, path))
    held = all(check.ok for check in checks)
    document = {"outcome": "verified" if held else "unproven", "evidence": show.evidence_document(checks)}
    _say(as_json, document, lambda console: show.evidence(console, checks))
    sys.exit(0 if held else FAILED)


@cli.command()
@click.argument("path", metavar="[SPEC.json]", required=False, type=click.Path(path_type=Path))
@as_json
@on_machine
def drift(config: NodeConfig, path: Path | None, *, as_json: bool) -> None:
    """Tunjukkan yang sudah menyimpang dari SPEC.json, atau di semua situs; status 1 bila ada."""
    sites = Sites.of(config)
    if path is None:
        found = show.differences(strays.find(sites), sites.drift())
        _say(as_json, found, lambda console: show.drift(console, found))
        sys.exit(FAILED if found else 0)
    made = sites.plan(_spec(sites, path))
    rows = [
        {"key": str(change.key), "before": plain_attributes(change.before), "after": plain_attributes(change.after)}
        for change in made.changes
    ]
    document = {"changes": rows, "words": list(plan_words.words(made))}
    _say(as_json, document, lambda console: show.plan(console, made))
    sys.exit(FAILED if made.changes else 0)


@cli.command("htaccess")
@click.argument("site", metavar="SITUS")
@as_json
@on_machine
def unread(config: NodeConfig, site: str, *, as_json: bool) -> None:
    """Tunjukkan perintah .htaccess SITUS yang tidak berlaku; status 1 bila ada."""
    found = Sites.of(config).unread(site)
    _say(as_json, show.unread_document(found), lambda console: show.unread(console, found))
    sys.exit(FAILED if found else 0)


@cli.command()
@click.argument("site", metavar="SITUS")
@click.option("--to", "target", type=click.Path(path_type=Path), help="Simpan juga sebagai berkas ini.")
@on_machine
def dump(config: NodeConfig, site: str, target: Path | None) -> None:
    """Buat salinan basis data SITUS di folder private/database-nya."""
    said = copies.dump(config, site, target)
    click.echo(said.words)
    sys.exit(0 if said.done else FAILED)


@cli.command()
@click.argument("site", metavar="SITUS")
@click.argument("source", metavar="BERKAS", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@on_machine
def load(config: NodeConfig, site: str, source: Path) -> None:
    """Ganti isi basis data SITUS dengan BERKAS (.sql atau .sql.gz)."""
    said = copies.load(config, site, source)
    click.echo(said.words)
    sys.exit(0 if said.done else FAILED)


@cli.command("backup")
@on_machine
def back_up(config: NodeConfig) -> None:
    """Salin data basis data dan DNS semua situs secara utuh, supaya dapat dicadangkan sebagai berkas."""
    _demand_real(config)
    click.echo(f"Salinan utuh ada di {backup.make(config, click.echo)}.")


@cli.command()
@on_machine
def restore(config: NodeConfig) -> None:
    """Taruh salinan dari `backup` di tempatnya, di mesin baru sebelum `init`."""
    _demand_real(config)
    backup.restore(config, click.echo)
    click.echo("Lanjutkan dengan `panggon-node init`, lalu `panggon-node verify`.")


@cli.command()
@click.argument("number", metavar="JUMLAH", type=click.IntRange(min=1))
@click.option("--new", is_flag=True, help="Nama situs baru, bukan situs yang diubah.")
@on_machine
def allow(config: NodeConfig, number: int, *, new: bool) -> None:
    """Izinkan portal mengubah sampai JUMLAH situs dalam 24 jam ini, atau membuat sampai JUMLAH nama situs baru."""
    limits, measure = Bounds(Sites.of(config)), Measure.MADE if new else Measure.CHANGED
    limits.allow(measure, number, now=now())
    done = limits.done(measure, now=now())
    what, was = ("membuat sampai {} nama situs baru", "dibuat") if new else ("mengubah sampai {} situs", "diubah")
    click.echo(f"Selama 24 jam portal boleh {what.format(number)}; {done} di antaranya sudah {was}.")


@cli.command()
@as_json
@on_machine
def status(config: NodeConfig, *, as_json: bool) -> None:
    """Perlindungan, server, dan banyaknya situs di mesin ini."""
    found = status_of(config, Sites.of(config))
    _say(as_json, found.document(), lambda console: show.status(console, found))


@cli.command()
@click.argument("url")
@click.argument("code", metavar="KODE")
@click.option("--name", default=socket.gethostname, help="Nama mesin seperti yang didaftarkan di portal.")
@on_machine
def enroll(config: NodeConfig, url: str, code: str, name: str) -> None:
    """Daftarkan mesin ini ke portal di URL dengan KODE sekali pakai."""
    facts = {
        "version": VERSION,
        "zone": config.dns.zone,
        "ipv4": list(config.dns.ipv4),
        "ipv6": list(config.dns.ipv6),
        "kinds": list(config.sites.kinds),
        "php_versions": list(Sites.of(config).php_versions),
        "sftp_port": config.sftp.port,
        "sftp_fingerprint": sshd.fingerprint(layout.sshd_settings(config)),
        "simulated": config.simulate,
    }
    node, token = Portal(url, ca=config.portal.ca).enroll(code, name=name, facts=facts)
    identity.save(config.paths.state, Identity(url, node, token, now()))
    click.echo(f"Mesin {name} terdaftar di {url} dengan nomor {node}.")


@cli.command()
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
    with alone(config.paths.state / "agent.lock", "agen mesin ini sudah berjalan"):
        systemd.ready()
        sites = Sites.of(config)
        Agent(sites, portal, me, reduced=protections.reduced(config), worries=partial(worries, config, sites)).run()


@cli.command()
@on_machine
def init(config: NodeConfig) -> None:
    """Siapkan mesin ini dan jalankan servernya; ulangi setelah pengaturan diubah."""
    _demand_real(config)
    beginning.begin(config, click.echo)


@cli.command("renew-authority")
@on_machine
def renew_authority(config: NodeConfig) -> None:
    """Perbarui sertifikat otoritas mesin ini; kunci dan namanya tetap, jadi sertifikat situs tetap berlaku."""
    _demand_real(config)
    ends = wiring.renew_authority(config)
    place = layout.authority_certificate(config)
    click.echo(f"{place} berlaku sampai {ends:%Y-%m-%d}. Bagikan kepada semua yang memercayai yang lama.")


@cli.group("services")
def services_group() -> None:
    """Server di mesin ini: web, PHP, basis data, SFTP, DNS."""


@services_group.command("prepare")
@on_machine
def services_prepare(config: NodeConfig) -> None:
    """Tulis konfigurasi server dan buat data yang belum ada, tanpa menjalankan apa pun."""
    wiring.prepare(config)


@services_group.command("run")
@on_machine
def services_run(config: NodeConfig) -> None:
    """Jalankan dan jaga semua server sampai dihentikan (Ctrl-C)."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    _demand_real(config)
    protections.demand(config)
    wiring.prepare(config)
    wanted = [
        Service(server, layout.listeners(config, server.name), early=server.name in configs.OWNERS)
        for server in wiring.servers(config)
    ]
    Supervisor(wanted, config.paths.run / services.RECORD, tell=click.echo).run()


def main() -> None:
    cli(prog_name="panggon-node")


def _demand_real(config: NodeConfig) -> None:
    if config.simulate:
        raise PermanentError("node.simulated", "mesin simulasi tidak menjalankan server")


def _carry_out(sites: Sites, spec: SiteSpec, *, as_json: bool) -> None:
    """An interrupted run first, then plan and run; exit status 0 only if every proof held."""
    errors = Console(stderr=True, quiet=as_json)
    position = sites.position(spec.site)
    if position and not position.outcome:
        errors.print(f"Menyelesaikan dahulu pekerjaan {spec.site} yang terputus.")
        with show.Watcher(position.plan, errors) as watch:
            sites.resume(spec.site, credentials={}, watch=watch)
    made = sites.plan(spec)
    with show.Watcher(made, errors) as watch:
        ended = sites.apply(made, watch=watch)
    _say(as_json, show.outcome_document(ended, made.digest), lambda console: show.outcome(console, ended))
    sys.exit(0 if ended.word is Word.APPLIED else FAILED)


def _carry_out_all(sites: Sites, wishes: Sequence[SiteSpec], *, as_json: bool) -> None:
    with show_many.Many(len(wishes), Console(stderr=True, quiet=as_json)) as watch:
        found = watch.to_the_end(batch.apply(sites, wishes))
    _say(as_json, show_many.results_document(found), lambda console: show_many.results(console, found))
    sys.exit(FAILED if any(result.ending is batch.Ending.FAILED for result in found) else 0)


def _verify_all(sites: Sites, *, as_json: bool) -> NoReturn:
    with show_many.Many(len(sites.known()), Console(stderr=True, quiet=as_json)) as watch:
        found = watch.to_the_end(batch.verify(sites))
    _say(as_json, show_many.results_document(found), lambda console: show_many.verified(console, found))
    sys.exit(FAILED if any(result.ending is batch.Ending.FAILED for result in found) else 0)


def _say(as_json: bool, document: Any, words: Callable[[Console], None]) -> None:
    if as_json:
        click.echo(json.dumps(document, indent=2, ensure_ascii=False))
    else:
        words(Console())


def _spec(sites: Sites, path: Path, **instead: str) -> SiteSpec:
    """With `instead` in place of what the file says. Raises InvalidError with every fault."""
    try:
        with path.open("rb") as file:
            document = json.loads(file.read(SPEC_BYTES_MOST))
    except OSError as error:
        raise _unreadable(path, f"tidak dapat dibaca: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise _unreadable(path, f"bukan JSON yang benar: {error}") from error
    return sites.parse({**specs.dump(specs.parse(document)), **instead} if instead else document)


def _unreadable(path: Path, words: str) -> InvalidError:
    return InvalidError((Fault("config.invalid", str(path), {"words": words}),))


def _leave(_number: int, _frame: FrameType | None) -> None:
    """What is under way is taken up again at the next start."""
    sys.exit(0)
