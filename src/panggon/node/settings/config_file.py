"""The settings of the machine as JSON: for a server of its own that needs them all, and as they were accepted last."""

import dataclasses
import json
from pathlib import Path
from typing import Any

from panggon.drivers.system import files
from panggon.node.settings import config as configs
from panggon.node.settings.config import NodeConfig


def accepted(path: Path) -> Path:
    """Where the settings of this TOML file lie as the machine was prepared with them last."""
    return path.with_name(f"{path.stem}.accepted.json")


def save(config: NodeConfig, path: Path) -> None:
    text = json.dumps(_without_empty(dataclasses.asdict(config)), indent=2, default=str)
    files.ensure(path, text + "\n", mode=0o600)


def load(path: Path) -> NodeConfig:
    """Raises OSError, ValueError and InvalidError when the file is missing or is not what `save` wrote."""
    return configs.parse(json.loads(path.read_text()))


def _without_empty(table: dict[str, Any]) -> dict[str, Any]:
    """What was left out stays left out; the empty text is no value of most rules."""
    kept = {name: value for name, value in table.items() if value not in (None, "")}
    return {name: _without_empty(value) if isinstance(value, dict) else value for name, value in kept.items()}
