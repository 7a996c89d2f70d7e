"""`panggon`: the portal's command line. Settings come from the environment; see `portal/settings/environment.py`."""

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from panggon import file_words
from panggon.command_line import Group, Refused, ask_secret
from panggon.portal import deadline, index, logbook_commands, running
from panggon.portal.prepared import prepare

if TYPE_CHECKING:
    from panggon.people.models import User


class Commands(Group):
    """What an installation lacks is said in a sentence, not as a traceback."""

    def invoke(self, context: click.Context) -> object:
        from django.core.exceptions import ImproperlyConfigured  # noqa: PLC0415 (not before a command is called)
        from django.db.utils import OperationalError, ProgrammingError  # noqa: PLC0415

        from panggon.portal import database  # noqa: PLC0415

        try:
            return super().invoke(context)
        except ImproperlyConfigured as error:
            raise Refused(str(error), 1) from None
        except OperationalError as error:
            raise Refused(database.why_away(error), 1) from None
        except ProgrammingError as error:
            if "does not exist" not in str(error):
                raise
            raise Refused(database.UNFIT, 1) from None


@click.group(cls=Commands)
@click.version_option(package_name="panggon", message="%(prog)s %(version)s")
def main() -> None:
    """Portal Pelayanan Hosting."""


def _user(login: str) -> "User":
    from panggon.people.selectors import user_named  # noqa: PLC0415 (needs settings)

    user = user_named(login)
    if user is None:
        raise Refused(f"{login}: tidak dikenal", 1)
    return user


@main.command()
def migrate() -> None:
    """Sesuaikan basis data dengan versi ini."""
    _django("migrate", "--no-input", "--verbosity", "0")


@main.command("enrol-code")
@click.argument("name", metavar="NAMA")
@click.option(
    "--hours",
    metavar="JUMLAH",
    type=click.IntRange(1, 8760),
    default=24,
    show_default=True,
    help="Berlakunya, dalam jam.",
)
def enrol_code(name: str, hours: int) -> None:
    """Cetak kode pendaftaran mesin hosting NAMA.

    Kode itu berlaku untuk satu kali pendaftaran.
    """
    prepare()
    from django.utils import timezone  # noqa: PLC0415 (needs settings)

    from panggon.sites.machines import issue_code  # noqa: PLC0415

    click.echo(issue_code(name, at=timezone.now(), life=timedelta(hours=hours)))


@main.command("release-factors")
@click.argument("login")
def release_factors(login: str) -> None:
    """Lepas pengaman kedua LOGIN.

    Untuk administrator yang kehilangan ponsel dan semua kodenya, dan tidak mempunyai rekan administrator.
    """
    prepare()
    from django.utils import timezone  # noqa: PLC0415 (needs settings)

    from panggon.core.errors import InvalidError  # noqa: PLC0415
    from panggon.signin import services, words  # noqa: PLC0415

    user = _user(login)
    try:
        services.release_factors(user, actor=None, at=timezone.now(), reason="panggon release-factors")
    except InvalidError as error:
        raise click.ClickException(" ".join(map(words.fault_words, error.faults))) from None
    click.echo(f"{login}: dilepas; saat masuk berikutnya petugas memasang yang baru")


@main.command("certificate")
@click.argument("login")
@click.option("--passphrase", metavar="FRASA", help="Ditanyakan bila tidak disebut.")
def certificate(login: str, *, passphrase: str | None) -> None:
    """Buat sertifikat tanda tangan LOGIN untuk demonstrasi.

    Sertifikat itu tidak membuktikan apa pun.
    """
    prepare()
    from django.utils import timezone  # noqa: PLC0415 (needs settings)

    from panggon.papers.certificates import make  # noqa: PLC0415
    from panggon.papers.signers.interface import Secret  # noqa: PLC0415

    user = _user(login)
    click.echo(make(user, Secret(passphrase or ask_secret("Frasa sandi")), at=timezone.now()))


@main.command("oidc-key")
@click.option("--renew", is_flag=True, help="Buat kunci lain; dipakai sehari kemudian, setelah penyedia mengenalnya.")
def oidc_key(*, renew: bool) -> None:
    """Buat kunci portal untuk penyedia akun.

    Dipakai untuk private_key_jwt. Yang dicetak: alamat bagian publiknya.
    """
    prepare()
    from django.conf import settings  # noqa: PLC0415 (needs settings)
    from django.urls import reverse  # noqa: PLC0415
    from django.utils import timezone  # noqa: PLC0415

    from panggon.signin import keys, selectors  # noqa: PLC0415

    now = timezone.now()
    if renew or not selectors.client_keys(now=now):
        keys.renew(at=now)
    click.echo(f"{settings.PANGGON_BASE_URL}{reverse('client_keys')}")
    for key in selectors.client_keys(now=now):
        click.echo(f"{key.kid} {keys.ALGORITHM}, {timezone.localtime(key.signs_from):%Y-%m-%d %H:%M}")


@main.command("seed-calendar")
@click.argument("years", metavar="[TAHUN]...", type=int, nargs=-1)
def seed_calendar(years: tuple[int, ...]) -> None:
    """Isi jam kerja, hari libur, dan cuti bersama.

    Tanpa TAHUN: 2025 sampai 2027.
    """
    prepare()
    from panggon.schedule.services import seed  # noqa: PLC0415 (needs Django)

    click.echo(f"{seed(years or (2025, 2026, 2027))} hari libur baru")


for command in (running.serve, running.worker, deadline.command, index.command, logbook_commands.audit):
    main.add_command(command)


@main.command()
@click.option(
    "--answers",
    "file",
    metavar="BERKAS",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="TOML, sebagai ganti pertanyaan.",
)
def init(file: Path | None) -> None:
    """Tanyakan semua yang perlu dikatakan kota baru.

    Kop surat, standar pelayanan, domain, kontak, administrator pertama, kalender.
    """
    prepare()
    from django.utils import timezone  # noqa: PLC0415 (needs settings)

    from panggon.core.errors import InvalidError  # noqa: PLC0415
    from panggon.portal import answers, beginning  # noqa: PLC0415

    now = timezone.now()
    click.echo("\n".join(beginning.present(now=now)))
    try:
        document = answers.read(file) if file else answers.ask(now=now)
        said = beginning.begin(beginning.check(document), at=now)
    except InvalidError as error:
        raise click.ClickException(
            "\n".join(["Belum ada yang disimpan.", *beginning.fault_lines(error.faults)])
        ) from None
    click.echo("\n".join(["", *(said or ["Tidak ada yang berubah."]), "", "Selanjutnya:"]))
    for number, words in enumerate(beginning.next_steps(now=now), 1):
        click.echo(f"{number}. {words}")


@main.command("figures")
def public_figures() -> None:
    """Hitung angka publik sekarang.

    Pekerja kantor melakukannya tiap lima menit.
    """
    prepare()
    from django.utils import timezone  # noqa: PLC0415 (needs settings)

    from panggon.public import snapshots  # noqa: PLC0415

    made = snapshots.take(now=timezone.now())
    click.echo(f"{timezone.localtime(made.made_at):%Y-%m-%d %H.%M.%S} WIB")


@main.command()
@click.option("--dry-run", is_flag=True, help="Hanya tunjukkan yang akan dihapus.")
def retention(*, dry_run: bool) -> None:
    """Hapus data pribadi yang lewat masa simpannya.

    Pekerja kantor melakukannya tiap malam.
    """
    prepare()
    from django.utils import timezone  # noqa: PLC0415 (needs settings)

    from panggon.cases.archive import retention as periods  # noqa: PLC0415
    from panggon.cases.words import PERSONAL_DATA  # noqa: PLC0415

    rows = (periods.due if dry_run else periods.erase)(now=timezone.now())
    for row in rows:
        click.echo(f"{PERSONAL_DATA[row.kind]}: {row.things} ({row.cases} permohonan), sebelum {row.before:%Y-%m-%d}")
    if not any(row.things for row in rows):
        click.echo("Tidak ada yang melewati masa simpannya.")


@main.command("seed-demo")
@click.argument("accounts", metavar="BERKAS", type=click.Path(path_type=Path, dir_okay=False))
def seed_demo(accounts: Path) -> None:
    """Buat orang-orang untuk demonstrasi.

    Kata sandi dan rahasia TOTP mereka disimpan di BERKAS (JSON); dengan berkas yang sama akunnya tetap sama.
    """
    prepare()
    from panggon.people.demonstration import seed_kept_in  # noqa: PLC0415 (needs Django)

    try:
        seed_kept_in(accounts)
    except OSError as error:
        raise Refused(f"{accounts}: {file_words.reason(error)}", 1) from None
    except ValueError:
        raise Refused(f"{accounts}: bukan berkas akun demonstrasi", 1) from None


@main.command("django", context_settings={"ignore_unknown_options": True}, add_help_option=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def django_command(arguments: tuple[str, ...]) -> None:
    """Jalankan perintah Django (berbahasa Inggris)."""
    _django(*arguments)


def _django(*arguments: str) -> None:
    prepare()
    from django.core.management import execute_from_command_line  # noqa: PLC0415 (needs settings)

    execute_from_command_line(["panggon", *arguments])


if __name__ == "__main__":
    main()
