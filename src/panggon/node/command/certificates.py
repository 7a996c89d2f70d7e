"""What people do with certificates: have them replaced, and the machine's own authority's renewed."""

import sys
import time
from collections.abc import Iterator
from dataclasses import replace

import click

from panggon.command_line import Refused
from panggon.core.errors import PermanentError, TemporaryError
from panggon.drivers.tls import BUNDLE, LOCAL
from panggon.node import layout, wiring
from panggon.node.command.options import FAILED, REFUSED, demand_real, on_machine, program
from panggon.node.daemons import alive
from panggon.node.renewal import report
from panggon.node.renewal.asked import Asked, Wish
from panggon.node.renewal.renewal import ORDERS_A_PASS, Renewal
from panggon.node.settings.config import NodeConfig

LOOK_SECONDS = 0.2
WILDCARD = "_wildcard"


@click.command()
@click.argument("hosts", metavar="[NAMA]...", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Semua sertifikat di mesin ini.")
@click.option("--revoke", is_flag=True, help="Kunci yang lama bocor: mintalah penerbitnya mencabutnya.")
@on_machine
def renew(config: NodeConfig, hosts: tuple[str, ...], *, everything: bool, revoke: bool) -> None:
    """Ganti sertifikat dan kuncinya sekarang.

    NAMA adalah nama situs, atau *.ZONA untuk sertifikat yang dipakai bersama.
    """
    if bool(hosts) is everything:
        raise Refused("Sebut nama situsnya, atau --all untuk semua.", REFUSED)
    demand_real(config)
    _demand_issuer(config, revoke=revoke)
    renewal = Renewal(config, wiring.certificates(config))
    names = sorted(renewal.names()) if everything else [_name(renewal, host) for host in dict.fromkeys(hosts)]
    for name in names:
        _ask(renewal, name, revoke=revoke)
    click.echo(f"{len(names)} sertifikat akan diganti layanan renewal, juga bila perintah ini dihentikan (Ctrl-C).")
    if config.tls.issuer != LOCAL and len(names) > ORDERS_A_PASS:
        click.echo(f"Yang dipesan paling banyak {ORDERS_A_PASS} tiap 10 menit, supaya penerbitnya tidak menolak.")
    done = [_tell(renewal, name) for name in _as_they_end(renewal.asked, names)]
    sys.exit(0 if all(done) else FAILED)


@click.command("renew-authority")
@on_machine
def renew_authority(config: NodeConfig) -> None:
    """Perbarui sertifikat otoritas mesin ini.

    Kunci dan namanya tetap, jadi sertifikat situs tetap berlaku.
    """
    demand_real(config)
    ends = wiring.renew_authority(config)
    place = layout.authority_certificate(config)
    click.echo(f"{place} berlaku sampai {ends:%Y-%m-%d}. Bagikan kepada semua yang memercayai yang lama.")


COMMANDS = (renew, renew_authority)

# ------------------------------------------------------------------------------------------------------------------


def _demand_issuer(config: NodeConfig, *, revoke: bool) -> None:
    """Raises PermanentError `certificate.issuer`, TemporaryError `certificate.owner`."""
    tls = config.tls
    if tls.issuer == "bought":
        why = f"sertifikat mesin ini dibeli: taruh yang baru di {tls.certificate} dan {tls.key}, lalu tunggu 10 menit"
        raise PermanentError("certificate.issuer", f"{why}; penjualnya yang mencabut yang lama")
    if revoke and tls.issuer == LOCAL:
        why = "otoritas mesin ini tidak dapat mencabut: siapa memercayainya menerima yang lama sampai habis berlakunya"
        raise PermanentError("certificate.issuer", f"{why}; jalankan lagi tanpa --revoke")
    if not alive.announced(layout.renewal_alive(config)):
        raise TemporaryError("certificate.owner", f"layanan renewal tidak jalan; jalankan {program()} init")


def _name(renewal: Renewal, host: str) -> str:
    """Raises PermanentError `certificate.unknown`."""
    zone, names = renewal.config.dns.zone, set(renewal.names())
    if host == f"*.{zone}" and WILDCARD in names:
        return WILDCARD
    if host in names and host != WILDCARD:
        return host
    if (renewal.config.paths.root / "tls" / host / BUNDLE).is_symlink():
        raise PermanentError("certificate.unknown", f"{host} memakai sertifikat bersama; perbarui '*.{zone}'")
    raise PermanentError("certificate.unknown", f"tidak ada situs dengan nama {host} yang dilayani di mesin ini")


def _ask(renewal: Renewal, name: str, *, revoke: bool) -> None:
    """People ask again after they have mended something: nothing waits for the pause after a failure, and what is to be
    revoked stays so. Of one that is replaced and not revoked yet that is all that is asked.
    """
    asked = renewal.asked
    known, bundle = asked.wish(name), asked.lying(name)
    report.forget_failures(renewal.folder, name)
    if known and not asked.wants(name):
        asked.ask(name, replace(known, problem=""))
    elif bundle:
        asked.ask(name, Wish(bundle, revoke=revoke or (known is not None and known.revoke)))


def _as_they_end(asked: Asked, names: list[str]) -> Iterator[str]:
    """Each name when its wish is fulfilled or has failed."""
    left = list(names)
    while left:
        for name in [name for name in left if (wish := asked.wish(name)) is None or wish.problem]:
            left.remove(name)
            yield name
        time.sleep(LOOK_SECONDS)


def _tell(renewal: Renewal, name: str) -> bool:
    host, wish, bundle = renewal.named(name), renewal.asked.wish(name), renewal.asked.lying(name)
    if wish is None and bundle:
        click.echo(f"{host}: baru, berlaku sampai {bundle.ends:%Y-%m-%d}")
        return True
    click.echo(f"{host}: GAGAL: {wish.problem if wish else 'belum ada sertifikat yang utuh'}; dicoba lagi")
    return False
