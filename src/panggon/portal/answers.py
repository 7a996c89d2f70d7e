"""The answers of a new city for `panggon init`: asked for one by one, or read from a file."""

import tomllib
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from panggon import file_words
from panggon.command_line import is_agreed
from panggon.core.cases.vocabulary import Role
from panggon.core.standards.contacts import CHANNEL_LABELS, Channel, Contact, works
from panggon.office import forms
from panggon.office.forms import GroupForm, form_with
from panggon.office.selectors import office, office_under
from panggon.office.values import Group, Office, dump, load
from panggon.office.words import PAGES
from panggon.papers.forms import NumberingForm, PrintedLetterheadForm
from panggon.people import selectors as people
from panggon.schedule import selectors as calendar

FORMS: Mapping[Group, type[GroupForm]] = {
    **forms.FORMS,
    Group.LETTERHEAD: PrintedLetterheadForm,
    Group.NUMBERING: NumberingForm,
}
# What is asked one by one; the rest of a group stays as it is until somebody opens its page.
ASKED: Mapping[Group, tuple[str, ...]] = {
    Group.LETTERHEAD: ("government", "name", "address", "phone", "place"),
    Group.STANDARD: ("service", "decree", "completion", "working_days", "fee"),
    Group.NAMING: ("zone",),
    Group.NUMBERING: ("code", "template"),
    Group.MAIL: ("sender",),
}
NOTHING = "-"  # typed for "none of it"

Document = dict[str, Any]


def ask(*, now: datetime) -> Document:
    """Every question with what counts now as its default."""
    document: Document = {Group.LETTERHEAD.value: _ask_letterhead()}
    known = settings_under(document)
    document |= {group.value: _ask_group(group, known) for group in ASKED if group is not Group.LETTERHEAD}
    document["contacts"] = {"rows": _ask_contacts(known)}
    document["division"] = click.prompt("Bidang yang menangani hosting", default=_division())
    if not people.holders_of(Role.ADMINISTRATOR, now=now).exists() or is_agreed("Tambah administrator lain?"):
        document["administrator"] = _ask_person()
    document["years"] = _ask_years(known_years() or f"{now.year} {now.year + 1}")
    return document


def read(file: Path) -> Document:
    """The answers in a TOML file. Raises `click.ClickException` for a file that is none."""
    try:
        document = tomllib.loads(_text(file))
    except tomllib.TOMLDecodeError as error:
        raise click.ClickException(f"{file}: bukan TOML yang benar: {file_words.place(error)}") from error
    if faults := _misshapen(document):
        raise click.ClickException("\n".join(f"{file}: {words}" for words in faults))
    administrator = document.get("administrator", {})
    if "password_file" in administrator:
        administrator["password"] = _text(file.parent / str(administrator.pop("password_file"))).strip()
    if "contacts" in document:
        document["contacts"] = {"rows": document["contacts"]}
    return document


def settings_under(document: Document) -> Office:
    """The settings as they are below the letterhead that is answered."""
    answered = {name: str(words) for name, words in document.get(Group.LETTERHEAD.value, {}).items()}
    return office_under(load(answered, onto=office().letterhead))


def known_years() -> str:
    """The years that have a calendar of working days, as they are typed."""
    return " ".join(map(str, sorted(calendar.calendar().years)))


# ------------------------------------------------------------------------------------------------------------------


def _text(file: Path) -> str:
    try:
        return file.read_text()
    except OSError as error:
        raise click.ClickException(f"{file}: {file_words.reason(error)}") from error
    except UnicodeDecodeError as error:
        raise click.ClickException(f"{file}: bukan teks UTF-8") from error


def _misshapen(document: Document) -> list[str]:
    """What is no table, list or text where one belongs; what a value says is for the forms to judge."""
    tables = [*(group.value for group in Group if group is not Group.CONTACTS), "administrator"]
    faults = [f"{name} bukan tabel ([{name}])" for name in tables if not isinstance(document.get(name, {}), dict)]
    rows = document.get("contacts", [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        faults.append("contacts bukan daftar tabel ([[contacts]])")
    if not isinstance(document.get("division", ""), str):
        faults.append("division bukan teks")
    if not isinstance(document.get("years", []), list):
        faults.append("years bukan daftar")
    person = document.get("administrator", {})
    if isinstance(person, dict) and not all(isinstance(words, str) for words in person.values()):
        faults.append("administrator hanya memuat teks")
    return faults


def _ask_years(known: str) -> list[int]:
    while True:
        typed = str(click.prompt("Tahun kalender kerja", default=known)).split()
        if all(year.isascii() and year.isdigit() for year in typed):
            return list(map(int, typed))
        click.echo("  Tulis tahunnya, dipisahkan spasi; misalnya 2026 2027.", err=True)


def _division() -> str | None:
    first = people.all_divisions().first()
    return first.name if first else None


def _ask_letterhead() -> Document:
    """Whose portal it is comes first: another city is offered nothing that only Pekalongan can say of itself."""
    click.echo(f"\n{PAGES[Group.LETTERHEAD].title}")
    government = _ask_fields(Group.LETTERHEAD, office().letterhead, ("government",))
    known = settings_under({Group.LETTERHEAD.value: government}).letterhead
    return government | _ask_fields(Group.LETTERHEAD, known, ASKED[Group.LETTERHEAD][1:], given=government)


def _ask_group(group: Group, known: Office) -> Document:
    click.echo(f"\n{PAGES[group].title}")
    return _ask_fields(group, known.of(group), ASKED[group])


def _ask_fields(group: Group, value: Any, names: tuple[str, ...], *, given: Document | None = None) -> Document:
    """Ask until the form takes it; what is wrong is asked again."""
    asked, answers = names, dict(given or {})
    while names:
        form = form_with(FORMS[group], value, answers)
        for name in names:
            known = str(answers.get(name, getattr(value, name)))
            answers[name] = _typed(str(form.fields[name].label), known)
        form = form_with(FORMS[group], value, answers)
        names = tuple(name for name in asked if name in form.errors)
        for name in names:
            click.echo(f"  {form.fields[name].label}: {' '.join(map(str, form.errors[name]))}", err=True)
    return answers


def _typed(label: str, known: str) -> str:
    answer = str(click.prompt(label, default=known or NOTHING)).strip()
    return "" if answer == NOTHING else answer


def _ask_contacts(known: Office) -> list[dict[str, str]]:
    """What is there, or every channel once where there is nothing; again while no channel is left."""
    click.echo(f"\n{PAGES[Group.CONTACTS].title} ({NOTHING} menghapus)")
    rows = dump(known.contacts)["rows"] or [asdict(Contact(channel, "")) for channel in Channel]
    while True:
        answered = [row for row in map(_ask_contact, rows) if row["printed"]]
        if answered:
            return answered
        click.echo("  Paling sedikit satu kontak harus ada.", err=True)


def _ask_contact(row: dict[str, str]) -> dict[str, str]:
    channel = Channel(row["channel"])
    printed = _typed(f"{CHANNEL_LABELS[channel]} yang tercetak di SK", row["printed"])
    working, same = row["working"], printed == row["printed"]
    if printed and not works(channel, printed):
        working = _typed("  tidak dapat dihubungi; yang dapat", working if same else "")
    person = _typed("  nama pejabat", row["person"]) if channel is Channel.OFFICER and printed else row["person"]
    return {**row, "printed": printed, "working": working if same or working else "", "person": person}


def _ask_person() -> dict[str, str]:
    click.echo("\nAdministrator pertama mendapat tautan, lalu mengisi kata sandi dan pengaman tambahannya sendiri.")
    return {"email": _ask_email()}


def _ask_email() -> str:
    while True:
        email = str(click.prompt("Email administrator")).strip()
        try:
            validate_email(email)
        except ValidationError as error:
            click.echo(f"  {' '.join(error.messages)}", err=True)
        else:
            return email
