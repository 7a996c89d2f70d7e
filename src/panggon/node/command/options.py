"""What the commands of `panggon-node` have in common: settings, JSON, exit status."""

import functools
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from panggon.core.errors import PermanentError
from panggon.node.settings import config as configs
from panggon.node.settings.config import NodeConfig

FAILED, REFUSED = 1, 2


def on_machine(command: Callable[..., None]) -> Callable[..., None]:
    """Give the command the machine's settings; they are read late, so that every `--help` works without any."""

    @click.pass_obj
    @functools.wraps(command)
    def with_settings(settings: Path, /, **arguments: Any) -> None:
        command(settings_of(settings), **arguments)

    return with_settings


def settings_of(path: Path) -> NodeConfig:
    """Raises InvalidError with every fault of the settings, PermanentError `node.root`."""
    config = configs.load(path)
    if not config.simulate and os.geteuid() != 0:
        raise PermanentError("node.root", "panggon-node harus dijalankan sebagai root")
    return config


def program() -> str:
    """What is typed before a command, so that it is about the same machine."""
    settings = click.get_current_context().find_root().obj
    return "panggon-node" if settings == configs.DEFAULT_PATH else f"panggon-node --config {settings}"


spec_file = click.argument("path", metavar="SPEC.json|SITUS", type=click.Path(path_type=Path))
as_json = click.option("--json", "as_json", is_flag=True, help="Keluaran JSON untuk program.")


def demand_real(config: NodeConfig) -> None:
    if config.simulate:
        raise PermanentError("node.simulated", "mesin simulasi tidak menjalankan server")


def say(as_json: bool, document: Any, words: Callable[[Console], None]) -> None:
    if as_json:
        click.echo(json.dumps(document, indent=2))
    else:
        words(Console())
