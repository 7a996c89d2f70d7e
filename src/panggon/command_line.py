"""A command line in Indonesian, also where click speaks by itself: of how it is used, and of what was typed wrongly.

A fault is its sentence on the standard error output and nothing else.
"""

import getpass
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import IO, Any

import click

WORDS = {
    "[OPTIONS]": "[PILIHAN]",
    "COMMAND [ARGS]...": "PERINTAH [ISI]...",
    "Options": "Pilihan",
    "Commands": "Perintah",
    "Show the version and exit.": "Tampilkan versinya.",
    "Show this message and exit.": "Tampilkan penjelasan ini.",
    "[default: ": "[bawaan: ",
}
BETWEEN = re.compile(r"(\d+)<=x<=(\d+)")
ACCEPTED: dict[Any, str] = {
    click.Path: " Sebutkan berkas yang ada.",
    type(click.INT): " Tulis bilangan bulat.",
}


class Refused(click.ClickException):
    """Why nothing is done, in sentences; `status` is that of the exit."""

    def __init__(self, words: str, status: int = 2) -> None:
        super().__init__(words)
        self.exit_code = status

    def show(self, file: IO[Any] | None = None) -> None:
        click.echo(self.message, file, err=True)


class Formatter(click.HelpFormatter):
    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        super().write_usage(prog, _in_indonesian(args), prefix or "Pemakaian: ")

    def write_heading(self, heading: str) -> None:
        super().write_heading(_in_indonesian(heading))

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        super().write_dl([(name, _in_indonesian(words)) for name, words in rows], col_max, col_spacing)


class Context(click.Context):
    formatter_class = Formatter


class Group(click.Group):
    """Its commands speak so, whatever they were made with."""

    context_class = Context
    group_class = type

    def add_command(self, command: click.Command, name: str | None = None) -> None:
        command.context_class = Context
        super().add_command(command, name)

    def make_context(self, *arguments: Any, **more: Any) -> click.Context:
        with _faults_in_sentences():
            return super().make_context(*arguments, **more)

    def invoke(self, context: click.Context) -> Any:
        with _faults_in_sentences():
            return super().invoke(context)


def ask_secret(label: str) -> str:
    """Asked twice, shown never; asked again until both are the same. Raises `Refused` where nobody can be asked."""
    if not sys.stdin.isatty():
        raise Refused(f"{label} tidak dapat ditanyakan di sini: jalankan di terminal, atau sebutkan sebagai pilihan.")
    while True:
        given = getpass.getpass(f"{label}: ")
        if given and given == getpass.getpass(f"Ulangi {label.lower()}: "):
            return given
        click.echo("Keduanya tidak sama. Coba lagi." if given else "Belum diisi.", err=True)


def is_agreed(question: str) -> bool:
    """Nothing said is no."""
    while True:
        answer = click.prompt(f"{question} [y/t]", default="t", show_default=False).strip().lower()
        if answer in {"y", "ya"}:
            return True
        if answer in {"t", "tidak"}:
            return False
        click.echo("Jawab y (ya) atau t (tidak).", err=True)


# ------------------------------------------------------------------------------------------------------------------


def _in_indonesian(words: str) -> str:
    for english, indonesian in WORDS.items():
        words = words.replace(english, indonesian)
    return BETWEEN.sub(r"\1 sampai \2", words)


@contextmanager
def _faults_in_sentences() -> Iterator[None]:
    try:
        yield
    except (Refused, click.exceptions.NoArgsIsHelpError):
        raise
    except click.UsageError as error:
        see = f" Lihat: {error.ctx.command_path} --help." if error.ctx else ""
        raise Refused(_sentence(error) + see, error.exit_code) from None
    except click.ClickException as error:
        raise Refused(error.format_message(), error.exit_code) from None
    except (click.Abort, KeyboardInterrupt, EOFError):
        raise Refused("Dihentikan sebelum selesai.", 1) from None


def _sentence(error: click.UsageError) -> str:
    match error:
        case click.NoSuchOption() if _is_of_the_program(error):
            return f"Pilihan {error.option_name} ditulis sebelum perintahnya."
        case click.NoSuchOption():
            return f"Pilihan {error.option_name} tidak dikenal."
        case click.NoSuchCommand():
            return f"Perintah {error.command_name} tidak dikenal."
        case click.BadOptionUsage():
            return f"Isi pilihan {error.option_name} kurang atau tidak pada tempatnya."
        case click.MissingParameter():
            return f"{_name(error.param)} belum disebut."
        case click.BadParameter():
            return f"Isi {_name(error.param)} tidak dapat dipakai.{_accepted(error.param)}"
    is_group = error.ctx is not None and isinstance(error.ctx.command, click.Group)
    return "Perintahnya belum disebut." if is_group else "Isiannya terlalu banyak."


def _accepted(parameter: click.Parameter | None) -> str:
    if parameter is None:
        return ""
    if isinstance(parameter.type, click.IntRange):
        least, most = parameter.type.min, parameter.type.max
        return f" Tulis bilangan bulat mulai dari {least}." if most is None else f" Tulis angka {least} sampai {most}."
    return ACCEPTED.get(type(parameter.type), "")


def _is_of_the_program(error: click.NoSuchOption) -> bool:
    """What was typed behind a command that has no such option."""
    context = error.ctx.parent if error.ctx else None
    while context and not any(error.option_name in each.opts for each in context.command.params):
        context = context.parent
    return context is not None


def _name(parameter: click.Parameter | None) -> str:
    if isinstance(parameter, click.Argument):
        return parameter.human_readable_name
    return parameter.opts[0] if parameter else "perintah ini"
