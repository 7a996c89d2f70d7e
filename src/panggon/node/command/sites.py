"""What people do with sites: one, those of a list, or all."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import click
from rich.console import Console

from panggon import file_words
from panggon.core.errors import Fault, InvalidError, PanggonError
from panggon.core.node.planning.driver import Check
from panggon.core.node.planning.journal import Outcome, Word
from panggon.core.node.planning.plan import plain_attributes
from panggon.core.node.words import plan_words
from panggon.core.sites import spec_document as specs
from panggon.core.sites.spec import SITE_ID, SiteSpec, SiteState
from panggon.node import runs
from panggon.node.agent import folders, strays
from panggon.node.command import batch, copies, show, show_many
from panggon.node.command.options import FAILED, as_json, on_machine, program, say, spec_file
from panggon.node.command.printable import printable
from panggon.node.daemons.lock import AGENT, is_held
from panggon.node.settings.config import NodeConfig
from panggon.node.sites import Sites
from panggon.node.state.recorded import Recorded

SPEC_BYTES_MOST = 1_048_576


@click.command()
@spec_file
@as_json
@on_machine
def plan(config: NodeConfig, path: Path, *, as_json: bool) -> None:
    """Tunjukkan apa yang akan diubah, tanpa mengubah apa pun.

    SITUS, seperti s000123, berarti situs itu seperti yang terakhir dibuat; begitu juga pada perintah lain.
    """
    sites = Sites.of(config)
    made = sites.plan(_spec(sites, path))
    say(as_json, show.plan_document(made), lambda console: show.plan(console, made))


@click.command()
@click.argument("path", metavar="SPEC.json|SITUS|DAFTAR", required=False, type=click.Path(path_type=Path))
@click.option("--all", "again", is_flag=True, help="Semua situs, seperti yang terakhir dibuat.")
@as_json
@on_machine
def apply(config: NodeConfig, path: Path | None, *, again: bool, as_json: bool) -> None:
    """Buat situs seperti SPEC.json, lalu buktikan.

    DAFTAR adalah folder berisi banyak SPEC.json, atau berkas .jsonl dengan satu spesifikasi per baris. Dengan --all
    semua situs dipulihkan, misalnya sesudah alamat mesin di pengaturan diganti. Bila terputus, jalankan lagi dengan
    daftar yang sama.
    """
    sites = Sites.of(config)
    if path is None:
        _restore_all(sites, demanded=again, as_json=as_json)
    if again:
        raise click.UsageError("", click.get_current_context())
    if batch.is_list(path):
        _carry_out_all(sites, batch.read(sites, path), as_json=as_json)
    else:
        _carry_out(sites, _spec(sites, path), as_json=as_json)


@click.command()
@spec_file
@as_json
@on_machine
def remove(config: NodeConfig, path: Path, *, as_json: bool) -> None:
    """Tutup situs: nama dan akses dilepas, isinya disimpan."""
    sites = Sites.of(config)
    _carry_out(sites, _spec(sites, path, state=SiteState.PARKED), as_json=as_json)


@click.command()
@click.argument("path", metavar="[SPEC.json|SITUS]", required=False, type=click.Path(path_type=Path))
@as_json
@on_machine
def verify(config: NodeConfig, path: Path | None, *, as_json: bool) -> None:
    """Buktikan lagi bahwa situs bekerja, tanpa mengubahnya.

    Tanpa SPEC.json: semua situs yang belum dihapus, seperti yang terakhir dibuat.
    """
    if path is None:
        _verify_all(Sites.of(config).together(), as_json=as_json)
    sites = Sites.of(config)
    spec = _spec(sites, path)
    checks = (*(_gone(sites, spec) if spec.state is SiteState.PURGED else ()), *runs.verify(sites, spec))
    held = all(check.ok for check in checks)
    document = {"outcome": "verified" if held else "unproven", "evidence": show.evidence_document(checks)}
    say(as_json, document, lambda console: show.verified(console, checks))
    sys.exit(0 if held else FAILED)


@click.command()
@click.argument("path", metavar="[SPEC.json|SITUS]", required=False, type=click.Path(path_type=Path))
@as_json
@on_machine
def drift(config: NodeConfig, path: Path | None, *, as_json: bool) -> None:
    """Tunjukkan yang sudah menyimpang; status 1 bila ada.

    Dari SPEC.json, atau tanpanya: di semua situs dari yang terakhir dibuat.
    """
    sites = Sites.of(config)
    if path is None:
        of_machine = (*map(plan_words.stray, strays.find(sites)), *folders.faults(config))
        found = show.differences(of_machine, sites.drift())
        say(as_json, found, lambda console: show.drift(console, found, program=program()))
        sys.exit(FAILED if found else 0)
    made = sites.plan(_spec(sites, path))
    rows = [
        {"key": str(change.key), "before": plain_attributes(change.before), "after": plain_attributes(change.after)}
        for change in made.changes
    ]
    document = {"changes": rows, "words": list(plan_words.words(made))}
    say(as_json, document, lambda console: show.plan(console, made))
    sys.exit(FAILED if made.changes else 0)


@click.command("list")
@as_json
@on_machine
def list_all(config: NodeConfig, *, as_json: bool) -> None:
    """Semua situs di mesin ini yang belum dihapus.

    Nomor, nama, keadaan, jenis, dan basis datanya, seperti yang terakhir dibuat.
    """
    recorded = Sites.of(config).recorded
    found = {site: _last_of(recorded, site) for site in recorded.unpurged()}
    rows = [show_many.site_document(site, each) for site, each in found.items()]
    say(as_json, rows, lambda console: show_many.sites(console, rows))


@click.command("htaccess")
@click.argument("site", metavar="SITUS")
@as_json
@on_machine
def unread(config: NodeConfig, site: str, *, as_json: bool) -> None:
    """Tunjukkan perintah .htaccess yang tidak berlaku.

    Status 1 bila ada.
    """
    found = Sites.of(config).unread(site)
    say(as_json, show.unread_document(found), lambda console: show.unread(console, found))
    sys.exit(FAILED if found else 0)


@click.command()
@click.argument("site", metavar="SITUS")
@click.option(
    "--to", "target", metavar="BERKAS", type=click.Path(path_type=Path), help="Simpan juga sebagai berkas ini."
)
@on_machine
def dump(config: NodeConfig, site: str, target: Path | None) -> None:
    """Buat salinan basis data SITUS.

    Salinannya ada di folder private/database situs itu, dan dengan --to juga di berkas yang disebut. Dari situs yang
    dikarantina atau diparkir hanya di berkas itu; di situsnya sendiri tidak ada yang berubah.
    """
    said = copies.dump(config, site, target)
    for line in said.words.splitlines():
        click.echo(printable(line))
    sys.exit(0 if said.done else FAILED)


@click.command()
@click.argument("site", metavar="SITUS")
@click.argument("source", metavar="BERKAS", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@on_machine
def load(config: NodeConfig, site: str, source: Path) -> None:
    """Ganti isi basis data SITUS dengan isi BERKAS.

    BERKAS adalah .sql atau .sql.gz. Isi sebelumnya disimpan di folder private/database situs itu.
    """
    said = copies.load(config, site, source)
    click.echo(printable(said.words))
    sys.exit(0 if said.done else FAILED)


COMMANDS = (plan, apply, remove, verify, drift, list_all, unread, dump, load)

# ------------------------------------------------------------------------------------------------------------------


def _last_of(recorded: Recorded, site: str) -> SiteSpec | PanggonError | None:
    try:
        return recorded.applied(site)
    except PanggonError as error:
        return error


def _carry_out(sites: Sites, spec: SiteSpec, *, as_json: bool) -> None:
    """An interrupted run first, then plan and run; exit status 0 only if every proof held. One for this very wish that
    cannot come to its end now is left as it is: a new one in its place would take the other half for its beginning.
    """
    errors = Console(stderr=True, quiet=as_json)
    position = sites.position(spec.site)
    if position and not position.outcome:
        errors.print(f"Menyelesaikan dahulu pekerjaan {spec.site} yang terputus.")
        with show.Watcher(position.plan, errors) as watch:
            resumed = runs.resume(sites, spec.site, credentials={}, watch=watch)
        if resumed and resumed.word is Word.STUCK and position.plan.spec == spec:
            _end(sites, resumed, position.plan.digest, as_json=as_json)
    with runs.planned(sites, spec) as planned, show.Watcher(planned.plan, errors) as watch:
        ended = planned.carry_out(watch=watch)
    _end(sites, ended, planned.plan.digest, as_json=as_json)


def _end(sites: Sites, ended: Outcome, digest: str, *, as_json: bool) -> NoReturn:
    goes_on = is_held(sites.config.paths.state / AGENT)
    document = show.outcome_document(ended, digest)
    say(as_json, document, lambda console: show.outcome(console, ended, goes_on=goes_on))
    sys.exit(0 if ended.word is Word.APPLIED else FAILED)


def _carry_out_all(sites: Sites, wishes: Sequence[SiteSpec], *, as_json: bool) -> NoReturn:
    with show_many.Many(len(wishes), Console(stderr=True, quiet=as_json)) as watch:
        found = watch.to_the_end(batch.apply(sites, wishes))
    _end_all(found, as_json=as_json)


def _end_all(found: Sequence[batch.Result], *, as_json: bool) -> NoReturn:
    say(as_json, show_many.results_document(found), lambda console: show_many.results(console, found))
    sys.exit(FAILED if any(result.ending is batch.Ending.FAILED for result in found) else 0)


def _restore_all(sites: Sites, *, demanded: bool, as_json: bool) -> NoReturn:
    if not demanded:  # nobody changes every site by pressing Enter too early
        context = click.get_current_context()
        raise click.MissingParameter(ctx=context, param=context.command.params[0])
    with show_many.Many(len(sites.recorded.unpurged()), Console(stderr=True, quiet=as_json)) as watch:
        found = watch.to_the_end(batch.restore(sites))
    _end_all(found, as_json=as_json)


def _gone(sites: Sites, spec: SiteSpec) -> tuple[Check, ...]:
    """Little can be asked of what is not there: a plan that finds nothing to remove is the proof."""
    left = plan_words.differences(sites.plan(spec))
    return (Check("site.gone", not left, " ".join(left) or "tidak ada yang tersisa"),)


def _verify_all(sites: Sites, *, as_json: bool) -> NoReturn:
    with show_many.Many(len(sites.recorded.unpurged()), Console(stderr=True, quiet=as_json)) as watch:
        found = watch.to_the_end(batch.verify(sites))
    say(as_json, show_many.results_document(found), lambda console: show_many.verified(console, found))
    sys.exit(FAILED if any(result.ending is batch.Ending.FAILED for result in found) else 0)


def _spec(sites: Sites, path: Path, **instead: str) -> SiteSpec:
    """With `instead` in place of what it says. Raises InvalidError with every fault, or `record.damaged`."""
    is_site = SITE_ID.fullmatch(str(path)) and not path.exists()
    document = _applied(sites, path) if is_site else _document(path)
    return sites.parse({**specs.dump(specs.parse(document)), **instead} if instead else document)


def _applied(sites: Sites, site: Path) -> Any:
    spec = sites.recorded.applied(str(site))
    if spec is None:
        raise _unreadable(site, "tidak ada berkas ini, dan situs ini belum pernah dibuat di mesin ini")
    return specs.dump(spec)


def _document(path: Path) -> Any:
    try:
        with path.open("rb") as file:
            return json.loads(file.read(SPEC_BYTES_MOST))
    except OSError as error:
        raise _unreadable(path, f"tidak dapat dibaca: {file_words.reason(error)}") from error
    except (ValueError, RecursionError) as error:
        raise _unreadable(path, f"bukan JSON yang benar: {file_words.place(error)}") from error


def _unreadable(path: Path, words: str) -> InvalidError:
    return InvalidError((Fault("config.invalid", str(path), {"words": words}),))
