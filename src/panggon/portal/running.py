"""`panggon serve` and `panggon worker`: what runs until it is stopped."""

import click

from panggon.command_line import Refused
from panggon.portal.prepared import NODES, PAGES, prepare

# Each thread holds one of PostgreSQL's connections; a waiting node holds a thread. `docs/portal.md` adds them up.
PAGE_THREADS, NODE_THREADS = 4, 32
WORKERS_MOST = 6
STOP_SECONDS = 5  # that requests under way are given when the server is told to stop


@click.command()
@click.option("--nodes", is_flag=True, help="Antarmuka mesin hosting, bukan halaman.")
@click.option("--address", metavar="ALAMAT", default="127.0.0.1", show_default=True)
@click.option("--port", metavar="NOMOR", type=click.IntRange(1, 65535), help="8080, dengan --nodes 8081.")
@click.option(
    "--workers",
    metavar="JUMLAH",
    type=click.IntRange(1, WORKERS_MOST),
    default=1,
    show_default=True,
    help=f"Proses, 1 sampai {WORKERS_MOST}, masing-masing dengan {PAGE_THREADS} sambungan ke PostgreSQL.",
)
def serve(*, nodes: bool, address: str, port: int | None, workers: int) -> None:
    """Layani peramban.

    Dengan --nodes: agen di mesin hosting, selalu dalam satu proses.
    """
    from granian import Granian  # noqa: PLC0415 (only here)
    from granian.constants import Interfaces  # noqa: PLC0415

    from panggon.portal import database  # noqa: PLC0415
    from panggon.portal.memory import keep_out_of_dumps  # noqa: PLC0415

    keep_out_of_dumps()
    prepare(NODES if nodes else PAGES)
    database.demand()
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


@click.command()
def worker() -> None:
    """Kerjakan naskah, surat, dan laporan mesin hosting."""
    prepare()
    from procrastinate.contrib.django import app  # noqa: PLC0415 (needs Django)
    from procrastinate.exceptions import ConnectorException  # noqa: PLC0415

    from panggon.portal import database  # noqa: PLC0415
    from panggon.portal.working import run  # noqa: PLC0415

    database.demand()
    try:
        with app.replace_connector(app.connector.get_worker_connector()):  # type: ignore[attr-defined]
            run(app)
    except ConnectorException as error:
        raise Refused(database.why_away(error.__cause__ or error), 1) from None
