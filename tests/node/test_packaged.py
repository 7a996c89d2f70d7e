"""The package of a hosting machine has every module of ours that its programs import."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "panggon"


def packaged() -> tuple[set[str], set[str]]:
    """Modules and packages that lie directly below `panggon`, as script/package names them."""
    line = next(
        each for each in (ROOT / "script/package").read_text().splitlines() if "panggon-node/requirements" in each
    )
    found = re.search(r"src/panggon/\{([\w,]+)\}\.py src/panggon/\{([\w,]+)\}$", line)
    assert found
    return set(found[1].split(",")), set(found[2].split(","))


def imported(folder: Path) -> Iterator[str]:
    """What stands directly below `panggon` in the imports of these sources."""
    for file in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module == "panggon":
                yield from (each.name for each in node.names)
            elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("panggon."):
                yield (node.module or "").split(".")[1]
            elif isinstance(node, ast.Import):
                yield from (each.name.split(".")[1] for each in node.names if each.name.startswith("panggon."))


def test_it_has_all_that_it_imports() -> None:
    modules, packages = packaged()
    assert {name for name in packages if not (SOURCE / name / "__init__.py").exists()} == set()
    found = {name for package in packages for name in imported(SOURCE / package)}
    assert found - packages == modules - {"__init__"}
