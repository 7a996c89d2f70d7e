"""`panggon audit`: the log of who did what, looked through and sealed."""

import sys

import click

from panggon.command_line import Group
from panggon.portal.prepared import prepare


@click.group(cls=Group)
def audit() -> None:
    """Catatan: siapa melakukan apa, dan kapan."""


@audit.command("verify")
def audit_verify() -> None:
    """Periksa semua baris; status 1 bila ada yang berubah.

    Tiap baris dicocokkan dengan rantai sidik dan segelnya.
    """
    prepare()
    from django.utils import timezone  # noqa: PLC0415 (needs settings)

    from panggon.audit.words import fault_words  # noqa: PLC0415
    from panggon.portal import logbook  # noqa: PLC0415

    count = 0
    for count, (chain, fault) in enumerate(logbook.broken(now=timezone.now()), 1):  # noqa: B007 (counted to the end)
        click.echo(f"{chain}: {fault_words(fault)}")
    newest = logbook.newest_seal()
    said = f"segel terakhir {newest.day} {newest.digest}" if newest else "belum pernah disegel"
    click.echo(f"{count} kejanggalan; {said}" if count else f"Catatan utuh; {said}")
    sys.exit(1 if count else 0)


@audit.command("seal")
def audit_seal() -> None:
    """Segel catatan untuk hari ini.

    Pekerja kantor melakukannya tiap hari. Yang dicetak: tanggal dan SHA-256 segelnya.
    """
    prepare()
    from django.utils import timezone  # noqa: PLC0415 (needs settings)

    from panggon.portal import logbook  # noqa: PLC0415

    made = logbook.seal(at=timezone.now())
    click.echo(f"{made.day} {made.digest}")
