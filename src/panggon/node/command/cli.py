"""The command line `panggon-node`. Exit status: 0 everything held, 1 something did not, 2 the input was refused."""

from pathlib import Path
from typing import Any

import click

from panggon.command_line import Group
from panggon.core.errors import InvalidError, PanggonError
from panggon.node.command import certificates, machine, show, sites
from panggon.node.command.options import FAILED, REFUSED
from panggon.node.command.printable import printable
from panggon.node.fault_words import fault_words
from panggon.node.settings import config as configs
from panggon.node.version import VERSION


class Commands(Group):
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
        click.echo("\n".join(map(printable, lines)), err=True)
        return ctx.exit(code)


@click.group(cls=Commands)
@click.option(
    "--config",
    "path",
    metavar="BERKAS",
    default=configs.DEFAULT_PATH,
    type=click.Path(path_type=Path),
    help="Pengaturan mesin (TOML).",
)
@click.version_option(VERSION, message="%(prog)s %(version)s")
@click.pass_context
def cli(context: click.Context, path: Path) -> None:
    """Mesin hosting Panggon: menyiapkan situs dan membuktikannya."""
    context.obj = path


for command in (*sites.COMMANDS, *certificates.COMMANDS, *machine.COMMANDS):
    cli.add_command(command)


def main() -> None:
    cli(prog_name="panggon-node")
