"""Every command that README.md and docs/ name is there, with these options."""

import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import click

from panggon.node.command.cli import cli as node
from panggon.portal.cli import main as portal

ROOT = Path(__file__).parents[2]
PROGRAMS: dict[str, click.Command] = {"panggon-node": node, "panggon": portal}
FENCED = re.compile(r"^```\w*\n(.*?)^```", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`([^`]+)`")
# At the beginning, or after another command of the line. The name of a program alone says nothing.
BEGINS = re.compile(
    r"(?:^|(?<=&& )|(?<=; )|(?<=-- )|(?<=/bin/))(?:panggon(?:-node)? .+|script/[a-z-]+.*|python -m bench\.\w+.*)"
)
ENDS = re.compile(r"\s*(?:&&|\||;|…|#).*")
# What is called so as well: the words of a mark, a file system's path.
NO_COMMANDS = ("panggon site=", "panggon /")


class Named(NamedTuple):
    page: str
    words: str


def named() -> Iterator[Named]:
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))):
        text = page.read_text()
        lines = (line for block in FENCED.findall(text) for line in block.splitlines())
        spans = (" ".join(span.split()) for span in SPAN.findall(FENCED.sub("", text)))
        for begin in filter(None, map(BEGINS.search, (*lines, *spans))):
            words = ENDS.sub("", begin[0])
            if not words.startswith(NO_COMMANDS):
                yield Named(page.name, words)


ALL = sorted(set(named()))


def test_they_are_found_at_all() -> None:
    words = {each.words for each in ALL}
    assert len(ALL) > 60
    assert {"panggon-node renew-authority", "panggon-node allow --new 60", "script/demo --exit"} <= words
    assert {"panggon serve --nodes", "python -m bench.node"} <= words


def test_the_backup_reads_no_holes(tmp_path: Path) -> None:
    """An owner may have as many as he likes, larger than any disk."""
    lines = [line for block in FENCED.findall((ROOT / "docs/node.md").read_text()) for line in block.splitlines()]
    options, _, _ = next(line for line in lines if re.match("tar .*-c", line)).partition(" /")
    with (tmp_path / "hole").open("wb") as file:
        file.truncate(1 << 40)
    command = [*shlex.split(options), str(tmp_path / "copy.tar.gz"), "-C", str(tmp_path), "hole"]
    assert subprocess.run(command, timeout=60, check=True).returncode == 0
    assert (tmp_path / "copy.tar.gz").stat().st_size < 10_000


def test_each_is_there() -> None:
    assert [(each, wrong) for each in ALL if (wrong := _wrong(shlex.split(each.words)))] == []


def _wrong(words: list[str]) -> list[str]:
    """What of it there is not."""
    first, *rest = words
    if first == "python":
        module = ROOT / rest[1].replace(".", "/")
        return _wrong_text(rest[1:], [module.with_suffix(".py"), *module.glob("*.py")])
    if first.startswith("script/"):
        return _wrong_text(words, [ROOT / first, *(ROOT / "demo").rglob("*.py")])
    return _wrong_options(PROGRAMS[first], rest)


def _wrong_text(words: list[str], files: list[Path]) -> list[str]:
    """The program, and the options of which its source does not speak."""
    sources = [file.read_text() for file in files if file.exists()]
    spoken = re.compile(r"(?<![\w-])--[a-z-]+").findall("".join(sources))
    return [word for word in words if word.startswith("--") and word not in spoken] + ([] if sources else words[:1])


def _wrong_options(command: click.Command, words: list[str]) -> list[str]:
    while isinstance(command, click.Group) and words:
        name, *words = words
        if name in _options(command):  # of the program, as `--config PATH`
            words = words[1:]
            continue
        if name not in command.commands:
            return [name]
        command = command.commands[name]
    options, wrong, arguments = _options(command), [], 0
    values = iter(words)
    for word in values:
        if not word.startswith("--"):
            arguments += 1
        elif word not in options:
            wrong.append(word)
        elif not options[word].is_flag:
            next(values, None)
    places = [each.nargs for each in command.params if isinstance(each, click.Argument)]
    return wrong if arguments <= sum(places) or -1 in places else [*wrong, f"{arguments} arguments"]


def _options(command: click.Command) -> dict[str, click.Option]:
    return {name: each for each in command.params if isinstance(each, click.Option) for name in each.opts}
