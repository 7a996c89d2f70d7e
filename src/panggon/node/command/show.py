"""What the command line says, in Indonesian: on the terminal for people, or as JSON for programs."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from panggon.core.errors import PanggonError
from panggon.core.node.planning import plan as plans
from panggon.core.node.planning.driver import Check
from panggon.core.node.planning.journal import Outcome, Word
from panggon.core.node.planning.plan import Plan
from panggon.core.node.words import plan_words, problem_words
from panggon.drivers.nginx.htaccess import Found
from panggon.engine.steps import Phase, Progress
from panggon.node import room
from panggon.node.agent.bounds import Measure
from panggon.node.agent.drift import MACHINE
from panggon.node.agent.unread import INSTEAD
from panggon.node.command.printable import printable
from panggon.node.command.status import Status
from panggon.node.supervision import units

ENDINGS = {
    Word.APPLIED: "Selesai: semua bukti terpenuhi.",
    Word.RESTORED: "Gagal, dan keadaan semula sudah dikembalikan.",
    Word.STALE: "Berhenti: keadaan mesin tidak seperti rencana. Tidak ada lagi yang diubah.",
    Word.STUCK: "Belum selesai, dan tidak dapat ditinggalkan begini; agen mesin ini mencobanya lagi setiap menit.",
}
ALONE = (
    "Belum selesai, dan tidak dapat ditinggalkan begini. Tidak ada agen yang berjalan di mesin ini, jadi tidak ada "
    "yang mencobanya lagi: jalankan perintah ini lagi sampai selesai."
)
# What the word given on this machine allows, and what was done of it.
ALLOWED = {
    Measure.CHANGED: ("mengubah sampai {} situs", "diubah"),
    Measure.MADE: ("membuat sampai {} nama situs baru", "dibuat"),
}

STRAY = (
    "Yang bertanda “mesin” bukan milik situs mana pun: orang yang menghapusnya bila tidak diperlukan. Nama yang memang "
    "disengaja ditulis di dns.own_names."
)


def text(words: str, *, style: str = "") -> Text:
    """Without marks of rich, and of terminals, in it."""
    return Text(printable(words), style=style)


def problem(code: str, detail: str) -> str:
    """One sentence about what stood in the way, with the code to look up."""
    return f"{problem_words.words(code, detail, translated=_within) or 'gagal'} ({code})"


def _within(sentence: str) -> str:
    """As it stands within a line."""
    return f"{sentence[:1].lower()}{sentence[1:]}"


class Watcher:
    """Says each step when it is done; on a terminal also what is being done."""

    def __init__(self, plan: Plan, console: Console) -> None:
        self._words = plan_words.words(plan)
        self._console = console
        self._status = console.status("Memeriksa mesin …")

    def __enter__(self) -> "Watcher":
        self._status.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._status.stop()

    def __call__(self, _number: int, progress: Progress) -> None:
        words = self._sentence(progress)
        if progress.phase in (Phase.WRITTEN, Phase.UNDONE):
            self._console.print(text(f"✓ {words}"), soft_wrap=True)
        elif progress.phase is not Phase.PROBED:
            self._status.update(text(words))

    def _sentence(self, progress: Progress) -> str:
        match progress.phase:
            case Phase.WRITING | Phase.WRITTEN:
                return f"{progress.step}/{progress.steps} {self._words[progress.step - 1]}"
            case Phase.UNDOING | Phase.UNDONE:
                return f"Dikembalikan: {progress.key}"
            case Phase.PROBING | Phase.PROBED:
                return f"Membuktikan {progress.key} ({progress.step}/{progress.steps}) …"
            case Phase.OBSERVING:
                return f"Memeriksa {progress.key} ({progress.step}/{progress.steps}) …"


def plan(console: Console, made: Plan) -> None:
    for number, sentence in enumerate(plan_words.words(made), 1):
        console.print(text(f"{number}. {sentence}"), soft_wrap=True)
    if not made.changes:
        console.print("Semua sudah seperti yang diminta.")
    console.print(text(f"Sidik rencana: {made.digest}"), soft_wrap=True)


def evidence(console: Console, checks: Sequence[Check]) -> None:
    table = Table("Bukti", "", "Yang terlihat")
    for check in checks:
        table.add_row(check.name, "[green]✓[/]" if check.ok else "[red]✗[/]", text(check.detail))
    console.print(table)
    failed = [check.name for check in checks if not check.ok]
    if failed:
        words = f"{len(failed)} dari {len(checks)} bukti tidak terpenuhi: {', '.join(dict.fromkeys(failed))}."
        console.print(text(words, style="red"), soft_wrap=True)


def verified(console: Console, checks: Sequence[Check]) -> None:
    evidence(console, checks)
    if all(check.ok for check in checks):
        console.print(ENDINGS[Word.APPLIED])
    else:
        console.print(
            "Yang berubah ditunjukkan `panggon-node drift`, dan dipulihkan `panggon-node apply` dengan berkas ini."
        )


def drift(console: Console, found: Mapping[str, Sequence[str]], *, program: str) -> None:
    """`program` is how this one was called."""
    for site, sentences in found.items():
        for sentence in sentences:
            console.print(text(f"{site}: {sentence}"), soft_wrap=True)
    if not found:
        console.print("Semua situs masih seperti yang terakhir disetujui.")
    if found.keys() - {MACHINE}:
        one = f"Memulihkan situs: {program} apply SITUS"
        console.print(text(f"{one}; semuanya: {program} apply --all"), soft_wrap=True)
    if MACHINE in found:
        console.print(STRAY, soft_wrap=True)


def differences(of_machine: Sequence[str], sites: Mapping[str, Plan | PanggonError]) -> dict[str, list[str]]:
    """In words, of each site or why it cannot be looked at; what is no site's stands under the machine."""
    of_sites = {site: _difference_words(found) for site, found in sites.items()}
    return ({MACHINE: list(of_machine)} if of_machine else {}) | of_sites


def _difference_words(found: Plan | PanggonError) -> list[str]:
    return (
        [problem(found.code, found.detail)] if isinstance(found, PanggonError) else list(plan_words.differences(found))
    )


def outcome(console: Console, ended: Outcome, *, goes_on: bool) -> None:
    """`goes_on`: whether somebody tries again by himself what has not come to its end."""
    if ended.evidence:
        evidence(console, ended.evidence)
    console.print(ENDINGS[ended.word] if goes_on or ended.word is not Word.STUCK else ALONE)
    if ended.problem:
        console.print(text(problem(ended.problem.code, ended.problem.detail)), soft_wrap=True)


def status(console: Console, found: Status) -> None:
    console.print(text(f"Portal: {found.portal or 'belum terdaftar'}"))
    console.print(f"Situs: {found.sites}" + (f", dan {found.parked} diparkir" if found.parked else ""))
    console.print(f"PHP: {', '.join(found.php_versions) or 'tidak ada'}")
    for disk in found.disks:
        console.print(text(f"Ruang di {disk.place}: {room.words(disk)}"))
    console.print(f"Memori: {room.words(found.memory)}")
    for word in found.allowed:
        what, was = ALLOWED[word.measure]
        until = f"sampai {moment(word.until.isoformat())} portal boleh {what.format(word.number)}"
        words = f"Izin: {until}; {word.done} di antaranya sudah {was}. Mencabutnya: panggon-node allow --none"
        console.print(words, soft_wrap=True)
    for site in found.unfinished:
        console.print(f"Pekerjaan belum selesai: {site}")
    for worry in found.worries:
        console.print(text(f"Perlu diperhatikan: {worry}", style="red"))
    for site in found.full:
        console.print(f"Penuh, tidak dapat menulis: {site}")
    guards = Table("Perlindungan", "Keadaan", "Alasan")
    for guard in found.protections:
        guards.add_row(guard.name, "[green]aktif[/]" if guard.active else "[yellow]berkurang[/]", text(guard.reason))
    console.print(guards)
    servers = Table("Server", "Keadaan", "Sejak", "Dijalankan ulang")
    for server in found.servers:
        state = "[green]jalan[/]" if server.running else "[red]berhenti[/]"
        servers.add_row(server.name, state, moment(server.since), str(server.restarts))
    if found.servers:
        console.print(servers)
    if not all(server.running for server in found.servers):
        begins = "init" if units.installed() else "services run"
        console.print(f"Yang berhenti dijalankan oleh `panggon-node {begins}`.")


def moment(since: str) -> str:
    """By this machine's clock, to the minute, with the name of its zone. What systemd says is for people already."""
    try:
        return datetime.fromisoformat(since).astimezone().strftime("%d-%m-%Y %H.%M %Z")
    except ValueError:
        return since


def unread(console: Console, files: Sequence[Found]) -> None:
    table = Table("Berkas", "Baris", "Perintah", "Sebagai gantinya")
    for file in files:
        for each in file.lost:
            table.add_row(text(file.path), str(each.line), text(each.directive), INSTEAD[each.effect])
    console.print(table if files else "Tidak ada perintah .htaccess yang tidak berlaku.")


def unread_document(files: Sequence[Found]) -> list[dict[str, Any]]:
    return [
        {"path": file.path, "line": each.line, "directive": each.directive, "effect": each.effect.value}
        for file in files
        for each in file.lost
    ]


def plan_document(made: Plan) -> dict[str, Any]:
    return {"digest": made.digest, "words": list(plan_words.words(made)), "plan": plans.dump(made)}


def evidence_document(checks: Sequence[Check]) -> list[dict[str, Any]]:
    return [{"name": check.name, "ok": check.ok, "detail": check.detail} for check in checks]


def outcome_document(ended: Outcome, digest: str) -> dict[str, Any]:
    problem = ended.problem
    return {
        "outcome": ended.word.value,
        "digest": digest,
        "evidence": evidence_document(ended.evidence),
        "problem": {"code": problem.code, "detail": problem.detail} if problem else None,
        "finished": ended.finished.isoformat(),
    }
