"""`panggon`: the portal's command line. Settings come from the environment; see `portal/settings/environment.py`."""

import os
import sys
from datetime import timedelta
from pathlib import Path

import click

from panggon.portal import deadline, index

PAGES, NODES = "panggon.portal.settings.base", "panggon.portal.settings.nodes"
# Each thread holds one of PostgreSQL's connections; a waiting node holds a thread. `docs/portal.md` adds them up.
PAGE_THREADS, NODE_THREADS = 4, 32
WORKERS_MOST = 6
STOP_SECONDS = 5  # that requests under way are given when the server is told to stop


class Commands(click.Group):
    """What an installation lacks is said in a sentence, not as a traceback."""

    def invoke(self, context: click.Context) -> object:
        from django.core.exceptions import ImproperlyConfigured  # noqa: PLC0415 (not before a command is called)
        from django.db.utils import OperationalError, ProgrammingError  # noqa: PLC0415

        try:
            return super().invoke(context)
        except ImproperlyConfigured as error:
            raise click.ClickException(str(error)) from None
        except OperationalError as error:
            raise click.ClickException(f"Basis data (DATABASE_URL) tidak dapat dihubungi: {error}") from None
        except ProgrammingError as error:
            if "does not exist" not in str(error):
                raise
            words = "Basis data belum sesuai dengan versi ini. Jalankan `panggon migrate` dahulu."
            raise click.ClickException(words) from None


@click.group(cls=Commands)
def main() -> None:
    """Runs the portal of Pelayanan Hosting."""


def _prepare(settings: str = PAGES) -> None:
    import django  # noqa: PLC0415 (settings have to be chosen first)

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", settings)
    django.setup()


@main.command()
def migrate() -> None:
    """Bring the database to this version."""
    _django("migrate", "--no-input", "--verbosity", "0")


@main.command()
@click.option("--nodes", is_flag=True, help="The interface of the nodes instead of the pages.")
@click.option("--address", default="127.0.0.1", show_default=True)
@click.option("--port", type=int, help="8080, with --nodes 8081.")
@click.option(
    "--workers",
    type=click.IntRange(1, WORKERS_MOST),
    default=1,
    show_default=True,
    help=f"Processes, with {PAGE_THREADS} threads and as many connections of PostgreSQL each.",
)
def serve(*, nodes: bool, address: str, port: int | None, workers: int) -> None:
    """Answer browsers, or with --nodes the agents of the hosting machines (always one process)."""
    from granian import Granian  # noqa: PLC0415 (only here)
    from granian.constants import Interfaces  # noqa: PLC0415

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", NODES if nodes else PAGES)
    Granian(
        f"panggon.portal.served:{'nodes' if nodes else 'pages'}",
        address=address,
        port=port or (8081 if nodes else 8080),
        interface=Interfaces.RSGI,
        workers=1 if nodes else workers,
        workers_kill_timeout=STOP_SECONDS,
        websockets=False,
        respawn_failed_workers=True,
    ).serve()


@main.command()
def worker() -> None:
    """Run the office jobs: papers, mail, what nodes report."""
    _prepare()
    from procrastinate.contrib.django import app  # noqa: PLC0415 (needs Django)

    from panggon.portal.working import run  # noqa: PLC0415

    with app.replace_connector(app.connector.get_worker_connector()):  # type: ignore[attr-defined]
        run(app)


@main.command("enrol-code")
@click.argument("name")
@click.option("--hours", type=int, default=24, show_default=True)
def enrol_code(name: str, hours: int) -> None:
    """Print a code with which the hosting machine NAME may enrol once."""
    _prepare()
    from django.utils import timezone  # noqa: PLC0415 (needs settings)

    from panggon.sites.machines import issue_code  # noqa: PLC0415

    click.echo(issue_code(name, at=timezone.now(), life=timedelta(hours=hours)))


@main.command("release-factors")
@click.argument("login")
def release_factors(login: str) -> None:
    """Release the second factors of LOGIN, who lost the phone and all codes: for an administrator without another."""
    _prepare()
    from django.utils import timezone  # noqa: PLC0415 (needs settings)

    from panggon.core.errors import InvalidError  # noqa: PLC0415
    from panggon.people.selectors import user_named  # noqa: PLC0415
    from panggon.signin import services, words  # noqa: PLC0415

    user = user_named(login)
    if user is None:
        raise click.ClickException(f"{login}: tidak dikenal")
    try:
        services.release_factors(user, actor=None, at=timezone.now(), reason="panggon release-factors")
    except InvalidError as error:
        raise click.ClickException(" ".join(map(words.fault_words, error.faults))) from None
    click.echo(f"{login}: dilepas; saat masuk berikutnya petugas memasang yang baru")


@main.command("certificate")
@click.argument("login")
@click.option(
    "--passphrase",
    prompt="Frasa sandi",
    hide_input=True,
    confirmation_prompt=True,
    help="Asked for when it is not given.",
)
def certificate(login: str, *, passphrase: str) -> None:
    """Make a certificate with which LOGIN signs in a demonstration. It proves nothing."""
    _prepare()
    from django.utils import timezone  # noqa: PLC0415 (needs settings)

    from panggon.papers.certificates import make  # noqa: PLC0415
    from panggon.papers.signers.interface import Secret  # noqa: PLC0415
    from panggon.people.selectors import user_named  # noqa: PLC0415

    user = user_named(login)
    if user is None:
        raise click.ClickException(f"{login}: tidak dikenal")
    click.echo(make(user, Secret(passphrase), at=timezone.now()))


@main.command("oidc-key")
@click.option("--renew", is_flag=True, help="Make another key; it signs a day later, when providers know it.")
def oidc_key(*, renew: bool) -> None:
    """Make the key by which providers know the portal (private_key_jwt), and print where they find its public half."""
    _prepare()
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
@click.argument("years", type=int, nargs=-1)
def seed_calendar(years: tuple[int, ...]) -> None:
    """Fill in office hours, holidays and joint leave days of YEARS (2025 to 2027 when none is named)."""
    _prepare()
    from panggon.schedule.services import seed  # noqa: PLC0415 (needs Django)

    click.echo(f"{seed(years or (2025, 2026, 2027))} hari libur baru")


main.add_command(deadline.command)
main.add_command(index.command)


@main.group()
def audit() -> None:
    """The log: who did what when, in chains of digests that are sealed daily."""


@audit.command("verify")
def audit_verify() -> None:
    """Check every row of the log against its chain and the seals; exit status 1 when anything is not as it was."""
    _prepare()
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
    """Seal the ends of all chains for today, as the office worker does; prints day and SHA-256 of the seal."""
    _prepare()
    from django.utils import timezone  # noqa: PLC0415 (needs settings)

    from panggon.portal import logbook  # noqa: PLC0415

    made = logbook.seal(at=timezone.now())
    click.echo(f"{made.day} {made.digest}")


@main.command()
@click.option(
    "--answers", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="TOML instead of questions."
)
def init(answers: Path | None) -> None:
    """Ask for what a new city has to say: letterhead, standard, domain, contacts, first administrator, calendar."""
    _prepare()
    from django.utils import timezone  # noqa: PLC0415 (needs settings)

    from panggon.core.errors import InvalidError  # noqa: PLC0415
    from panggon.portal import beginning  # noqa: PLC0415

    now = timezone.now()
    click.echo("\n".join(beginning.present(now=now)))
    try:
        document = beginning.read(answers) if answers else beginning.ask(now=now)
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
    """Reckon the public figures now; the worker does so every five minutes."""
    _prepare()
    from django.utils import timezone  # noqa: PLC0415 (needs settings)

    from panggon.public import snapshots  # noqa: PLC0415

    made = snapshots.take(now=timezone.now())
    click.echo(f"{timezone.localtime(made.made_at):%Y-%m-%d %H.%M.%S} WIB")


@main.command()
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
def retention(*, dry_run: bool) -> None:
    """Erase what speaks of people and is older than the department keeps it; the worker does so every night."""
    _prepare()
    from django.utils import timezone  # noqa: PLC0415 (needs settings)

    from panggon.cases.archive import retention as periods  # noqa: PLC0415
    from panggon.cases.words import PERSONAL_DATA  # noqa: PLC0415

    rows = (periods.due if dry_run else periods.erase)(now=timezone.now())
    for row in rows:
        click.echo(f"{PERSONAL_DATA[row.kind]}: {row.things} ({row.cases} permohonan), sebelum {row.before:%Y-%m-%d}")
    if not any(row.things for row in rows):
        click.echo("Tidak ada yang melewati masa simpannya.")


@main.command("seed-demo", context_settings={"ignore_unknown_options": True}, add_help_option=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def seed_demo(arguments: tuple[str, ...]) -> None:
    """Make the people of a demonstration."""
    _prepare()
    from panggon.people.commands import seed_demo as command  # noqa: PLC0415 (needs Django)

    command.main(args=list(arguments), prog_name="panggon seed-demo")


@main.command("django", context_settings={"ignore_unknown_options": True}, add_help_option=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def django_command(arguments: tuple[str, ...]) -> None:
    """Any management command of Django."""
    _django(*arguments)


def _django(*arguments: str) -> None:
    _prepare()
    from django.core.management import execute_from_command_line  # noqa: PLC0415 (needs settings)

    execute_from_command_line(["panggon", *arguments])


if __name__ == "__main__":
    main()
