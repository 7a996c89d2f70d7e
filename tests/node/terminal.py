"""The command line as who sits at a simulated machine has it."""

import json

from click.testing import CliRunner

from panggon.node.command.cli import cli
from tests.node import simulated
from tests.node.simulated import document


class Terminal:
    def __init__(self, place):
        self.place = place
        self.config = simulated.toml(place)
        self.settings = simulated.settings(place)

    def __call__(self, *words):
        return CliRunner().invoke(cli, ["--config", str(self.config), *words], env={"COLUMNS": "200"})

    def spec(self, content=None):
        path = self.place / "spec.json"
        path.write_text(json.dumps(document() if content is None else content))
        return str(path)

    @property
    def machine(self):
        return simulated.machine_of(self.settings)
