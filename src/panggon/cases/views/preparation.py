"""Plan, progress and proof of a site, in words for people."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from panggon.cases.content.paper_facts import plan_meanings, plan_words
from panggon.cases.models import Case
from panggon.core.cases.procedure import State
from panggon.core.node.words.evidence_words import Part, parts
from panggon.sites import selectors as sites
from panggon.sites.models import Progress, Purpose, Site, Wish

RUNNING = {
    Purpose.PLAN: gettext_lazy("Server sedang menyusun rencana"),
    Purpose.PREPARE: gettext_lazy("Server sedang menyiapkan situs"),
    Purpose.OPEN: gettext_lazy("Server sedang membuka situs"),
    Purpose.ACCESS: gettext_lazy("Server sedang memasang hak akses"),
    Purpose.LOOK: gettext_lazy("Server sedang memeriksa apa yang terlihat"),
    Purpose.VERIFY: gettext_lazy("Server sedang membuktikan ulang"),
    Purpose.PARK: gettext_lazy("Server sedang menutup situs"),
    Purpose.QUARANTINE: gettext_lazy("Server sedang mengarantina situs"),
    Purpose.RELEASE: gettext_lazy("Server sedang membuka situs"),
    Purpose.PROPOSAL: gettext_lazy("Server sedang menyusun rencana"),
    Purpose.CHANGE: gettext_lazy("Server sedang mengerjakan perubahan"),
    Purpose.RESEND: gettext_lazy("Server sedang menyusul keadaan terakhir"),
}
THINGS = {
    "user": gettext_lazy("pengguna Unix"),
    "directory": gettext_lazy("folder situs"),
    "quota": gettext_lazy("batas penyimpanan"),
    "database": gettext_lazy("basis data"),
    "site": gettext_lazy("pengaturan situs"),
    "runtime": gettext_lazy("lingkungan aplikasi"),
    "tasks": gettext_lazy("tugas terjadwal"),
    "certificate": gettext_lazy("sertifikat HTTPS"),
    "host": gettext_lazy("alamat situs"),
    "access": gettext_lazy("akses SFTP"),
    "records": gettext_lazy("nama domain (DNS)"),
}
# phase of the node: look, mark, words
PHASES = {
    "observing": ("busy", "eye", gettext_lazy("Memeriksa {thing}")),
    "writing": ("busy", "refresh", gettext_lazy("Menyiapkan {thing}")),
    "written": ("good", "check", gettext_lazy("Selesai disiapkan: {thing}")),
    "probing": ("busy", "refresh", gettext_lazy("Membuktikan {thing}")),
    "probed": ("good", "check", gettext_lazy("Selesai dibuktikan: {thing}")),
    "undoing": ("bad", "arrow-back-up", gettext_lazy("Mengembalikan {thing}")),
    "undone": ("bad", "arrow-back-up", gettext_lazy("Dikembalikan seperti semula: {thing}")),
}
ONE_WORD = gettext_noop("terbuka")  # of a plan's words the only one that `script/messages` does not find by itself
FAILED = {
    Purpose.OPEN: gettext_lazy("Situs belum terbuka"),
    Purpose.ACCESS: gettext_lazy("Hak akses belum terpasang"),
    Purpose.LOOK: gettext_lazy("Ada yang tidak bekerja"),
    Purpose.PARK: gettext_lazy("Situs belum tertutup"),
    Purpose.QUARANTINE: gettext_lazy("Situs belum dikarantina"),
    Purpose.RELEASE: gettext_lazy("Situs belum terbuka"),
    Purpose.PROPOSAL: gettext_lazy("Rencana belum tersusun"),
    Purpose.CHANGE: gettext_lazy("Perubahan belum berhasil"),
    Purpose.RESEND: gettext_lazy("Server belum menyusul keadaan terakhir"),
}


@dataclass(frozen=True, slots=True)
class Line:
    look: str
    mark: str
    words: str


@dataclass(frozen=True, slots=True)
class Preparation:
    """What the page shows of a site's machine side; `finished` of `total` is how far the running wish has come."""

    running: bool
    running_words: str
    finished: int
    total: int
    progress: tuple[Line, ...]
    plan_meanings: tuple[str, ...]
    plan_words: tuple[str, ...]
    digest: str
    evidence: tuple[dict[str, Any], ...]
    proved_at: datetime | None
    problem: str
    failed: str  # what did not succeed, as a heading
    repeatable: bool  # no step of the procedure repeats it

    @property
    def proven(self) -> int:
        return sum(proof["ok"] for proof in self.evidence)

    @property
    def parts(self) -> tuple[Part, ...]:
        found = parts(self.evidence)
        return tuple(replace(part, name=_(part.name), sentence=_(part.sentence)) for part in found)

    @property
    def sentence(self) -> str:
        """What the evidence says, in one sentence."""
        missing = [part.name for part in self.parts if not part.ok]
        if missing:
            return _("Belum terbukti: %(parts)s.") % {"parts": ", ".join(missing)}
        names = {"parts": ", ".join(part.name for part in self.parts)}
        if any(part.closed for part in self.parts):
            return _("Terbukti seperti yang diminta: %(parts)s.") % names
        return _("Terbukti bekerja: %(parts)s.") % names


def view_of(case: Case) -> Preparation | None:
    """None while nothing has been asked of a machine."""
    if case.site is None:
        return None
    running = sites.running_wish(case.site)
    last = running or sites.last_wish(case.site)
    recording = running is None and _is_recorded_soon(case, last)
    proof = sites.last_proof(case.site)
    planned = sites.current_plan(case.site)
    if planned and proof and proof.pk < planned.pk:
        proof = None  # of a former plan: what is decided on now is the new one
    elif planned and proof:
        planned = None
    told = running is not None or recording or (last is not None and last.problem_code != "")
    progress = list(sites.progress_of(last)) if last and told else []
    shown = _shown(progress, planned, proof)
    return replace(
        shown,
        running=running is not None or recording,
        running_words=_("Server selesai; hasilnya sedang dicatat") if recording else _running_words(running),
        problem="" if running or last is None else _problem(last),
        failed=str(FAILED.get(Purpose(last.purpose), _("Penyiapan belum berhasil"))) if last else "",
        repeatable=sites.failed_aside(case.site) is not None,
    )


def of_change(planned: Wish, wish: Wish | None) -> Preparation:
    """A change of a site after its case: the plan of it, and how far the machine has come with it."""
    running = wish if wish and wish.running else planned if planned.running else None
    shown = _shown(list(sites.progress_of(wish or planned)), planned, wish if wish and wish.evidence else None)
    return replace(shown, running=running is not None, running_words=_running_words(running))


def proof_of(site: Site) -> Preparation:
    """What was proven of a site last, and nothing else."""
    return _shown([], None, sites.last_proof(site))


def digest_of(case: Case) -> str:
    """The digest of the plan that a page shows now; empty without one."""
    planned = sites.current_plan(case.site) if case.site else None
    return planned.digest if planned else ""


def _shown(progress: list[Progress], planned: Wish | None, proof: Wish | None) -> Preparation:
    return Preparation(
        running=False,
        running_words="",
        finished=sum(line.phase in {"written", "probed"} for line in progress),
        total=2 * max((line.steps for line in progress), default=0),
        progress=_lines(progress),
        plan_meanings=plan_meanings(planned.plan, translated=_) if planned else (),
        plan_words=plan_words(planned.plan) if planned else (),
        digest=planned.digest if planned else "",
        evidence=tuple(proof.evidence) if proof else (),
        proved_at=proof.proved_at if proof else None,
        problem="",
        failed="",
        repeatable=False,
    )


def _is_recorded_soon(case: Case, last: Wish | None) -> bool:
    """The machine has done its part and a worker is about to move the case on; a page that stopped asking now would
    show the former state until somebody loads it anew.
    """
    prepared = last is not None and last.purpose == Purpose.PREPARE and last.succeeded
    return prepared and case.state == State.PREPARING


def _problem(last: Wish) -> str:
    """Why the last wish came to nothing, in the node's words; empty when it succeeded or was taken back."""
    if last.succeeded or not last.outcome:
        return ""
    return last.problem_words or _("Ada bukti yang belum terpenuhi; lihat tabel bukti.")


def _running_words(wish: Wish | None) -> str:
    if wish is None:
        return ""
    return str(RUNNING[Purpose(wish.purpose)]) if wish.taken_at else _("Menunggu server mengambil tugas")


def _lines(progress: Iterable[Progress]) -> tuple[Line, ...]:
    """One line a resource, with the last that was heard of it."""
    newest: dict[str, Progress] = {}
    for entry in progress:
        newest[entry.key] = entry
    return tuple(_line(entry) for entry in newest.values())


def _line(entry: Progress) -> Line:
    kind, _colon, name = entry.key.partition(":")
    look, mark, words = PHASES.get(entry.phase, ("busy", "refresh", "{thing}"))
    return Line(look, mark, str(words).format(thing=f"{THINGS.get(kind, kind)} {name}".strip()))
