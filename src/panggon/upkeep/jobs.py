"""What follows from a change of a site, in the office worker. Each job can be killed anywhere and run again."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.timezone import localdate, localtime
from django.utils.translation import gettext_lazy as _
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from panggon.cases.content.paper_facts import facts_of, head_of_the_dinas
from panggon.core.cases.vocabulary import Role
from panggon.core.notify.notices import Occasion
from panggon.core.sites.life import APPROVALS, SITE_ACTION_LABELS, SiteAction, SiteEffect
from panggon.core.writing import sentence
from panggon.notify.services import tell_all
from panggon.papers import selectors as paper_selectors
from panggon.papers import services as papers
from panggon.papers.contents import PaperKind
from panggon.papers.facts import CaseFacts
from panggon.people import selectors as people
from panggon.people.models import User
from panggon.sites import selectors as sites
from panggon.sites.models import Outcome, Site
from panggon.upkeep import machines, services
from panggon.upkeep.models import Alteration, Request
from panggon.upkeep.selectors import KEEPERS

HERE_SINCE = timezone.now()  # of the worker, which reads this at its start
PATIENCE = RetryStrategy(max_attempts=8, exponential_wait=3)
CHANGE = "change:"  # begins what the reference of a letter names; the key of the change follows
WHAT_NEXT: Mapping[SiteAction, Any] = {
    SiteAction.SUSPEND: _(
        "Pengunjung membaca pemberitahuan. Admin teknis dapat masuk lewat SFTP untuk memperbaiki; "
        "sesudah itu sampaikan lewat “Minta perubahan” bahwa sudah selesai."
    ),
    SiteAction.RESUME: _("Situs dapat dikunjungi lagi."),
    SiteAction.QUARANTINE: _(
        "Situs dan akses ditutup selama diperiksa. Jangan mengubah apa pun; kami menghubungi Anda."
    ),
    SiteAction.RELEASE: _("Situs dan akses dibuka lagi."),
    SiteAction.DEACTIVATE: _("Isi dan basis data masih tersimpan. Minta salinannya sebelum dihapus."),
}
WAITS = (
    _("{host}: {action} menunggu persetujuan"),
    _("Diusulkan oleh {who}. Rencana dari server sudah ada; alasannya: {reason}"),
)
ASKED = (_("{host}: permintaan OPD"), _("{who}: {reason}"))
DONE = (_("{host}: {action}"), _("{reason} {next}"))
ANSWERED = (_("{host}: jawaban atas permintaan Anda"), _("{reason}"))
GOES_ON = (_("{host}: belum semuanya selesai, server terus mencoba"), _("{reason}"))
FAILED = (_("{host}: {action} tidak berhasil"), _("{reason}"))
ENDED = (_("{host}: {action} tidak dijalankan"), _("{reason}"))
SILENT = (
    _("{host}: situs tidak menjawab"),
    _("Sudah beberapa kali dikunjungi servernya sejak {reason} WIB dan tidak menjawab. Periksa aplikasi dan lognya."),
)
FULL = (
    _("{host}: situs penuh"),
    _("{reason}. Hapus yang tidak diperlukan, atau minta paket lain."),
)


@app.task(name="upkeep.site_reported", retry=PATIENCE)
def site_reported(wish: int) -> None:
    """A machine has reported what it plans, or what became of a change."""
    services.reported(wish, at=timezone.now())


@app.task(name="upkeep.tell_deciders", retry=PATIENCE)
def tell_deciders(alteration: int) -> None:
    """Its plan is there: whoever may let it run is told, but for who asked."""
    change = _change(alteration)
    roles = APPROVALS[SiteAction(change.action)].roles
    now = timezone.now()
    deciders = (person for role in sorted(roles) for person in people.holders_of(role, now=now))
    whom = [person for person in dict.fromkeys(deciders) if person.pk != change.asked_by_id]
    if change.action == SiteAction.RESTORE:
        whom = [change.asked_by]
    if change.waits:
        _tell(
            whom, change.site, WAITS, change=change, reference=f"change:{change.plan_id}", occasion=Occasion.YOUR_TURN
        )


@app.task(name="upkeep.tell_asker", retry=PATIENCE)
def tell_asker(alteration: int) -> None:
    """Who asked for a change hears that it came to nothing, and who approved it as well."""
    change = _change(alteration)
    failed = change.state == Alteration.State.FAILED
    whom = [change.asked_by, *([change.decided_by] if failed and change.decided_by else [])]
    reason = change.wish.problem_words if failed and change.wish else change.decision
    words = FAILED if failed else ENDED
    _tell(dict.fromkeys(whom), change.site, words, change=change, reference=f"change-ended:{change.pk}", reason=reason)


@app.task(name="upkeep.carry_out", retry=PATIENCE)
def carry_out(alteration: int, effect: str) -> None:
    EFFECTS[SiteEffect(effect)](_change(alteration))


@app.task(name="upkeep.tell_at_once", retry=PATIENCE)
def tell_at_once(site: int, action: str, wish: int, reason: str) -> None:
    """What is done without a plan is told to the OPD as soon as the machine is asked."""
    found = Site.objects.select_related("agency").get(pk=site)
    _tell_owner(found, SiteAction(action), reason=reason, reference=f"site:{wish}")


@app.task(name="upkeep.tell_keepers", retry=PATIENCE)
def tell_keepers(wish: int) -> None:
    """What was to be done at once has failed on the machine, or a closing is not at its end: whoever can ask for it
    once more is told.
    """
    failed = sites.wish(wish)
    goes_on = failed.outcome == Outcome.CLOSING
    now = timezone.now()
    keepers = (person for role in sorted(KEEPERS) for person in people.holders_of(role, now=now))
    _tell(
        dict.fromkeys(keepers),
        failed.site,
        GOES_ON if goes_on else FAILED,
        reference=f"closing:{failed.pk}" if goes_on else f"wish:{failed.pk}",
        action=None if goes_on else SiteAction(failed.purpose),
        occasion=Occasion.YOUR_TURN,
        reason=failed.problem_words,
    )


@app.task(name="upkeep.tell_technicians", retry=PATIENCE)
def tell_technicians(request: int) -> None:
    """An OPD asks for something."""
    asked = Request.objects.select_related("site__case__technician", "asked_by").get(pk=request)
    whom, reference, who = _technicians(asked.site), f"request:{asked.pk}", asked.asked_by.full_name
    _tell(whom, asked.site, ASKED, reference=reference, occasion=Occasion.YOUR_TURN, who=who, reason=asked.words)


@app.periodic(cron="*/5 * * * *")
@app.task(name="upkeep.watch", queueing_lock="upkeep.watch")
def watch(timestamp: int) -> None:  # noqa: ARG001 (of the schedule)
    """To its technician and to its OPD: a site that does not answer its visits is told once, one that is full once a
    week.
    """
    for site in sites.silent_sites().select_related("agency", "case__technician"):
        since = localtime(site.silent_since)
        reference, reason = f"silent:{site.pk}:{since:%Y%m%d%H%M%S}", formats.date_format(since, "j F, H.i")
        _tell(_its_people(site), site, SILENT, reference=reference, occasion=Occasion.WARNING, reason=reason)
    for site, words in sites.full_sites():
        reference = f"full:{site.pk}:{localdate(timezone.now()):%G-%V}"
        _tell(_its_people(site), site, FULL, reference=reference, occasion=Occasion.WARNING, reason=words)


@app.task(name="upkeep.replace_paper", retry=PATIENCE)
@transaction.atomic
def replace_paper(paper: str) -> None:
    """Issue another letter for one whose number was made void, once, and tell the OPD."""
    void, now = paper_selectors.known(UUID(paper)), timezone.now()
    change = _change(int(paper_selectors.cause_of(void).removeprefix(CHANGE)))
    facts = _facts(change, change.site.case, at=now)
    made = papers.replace(void, facts, signer=head_of_the_dinas(now=now), at=now)
    words = f"{made.title} {made.number}"
    _tell_owner(change.site, SiteAction(change.action), reason=words, reference=f"paper:{made.pk}")


@app.task(name="upkeep.tell_answer", retry=PATIENCE)
def tell_answer(request: int) -> None:
    asked = Request.objects.select_related("site", "asked_by").get(pk=request)
    _tell([asked.asked_by], asked.site, ANSWERED, reference=f"answer:{asked.pk}", reason=asked.answer)


@app.periodic(cron="*/5 * * * *")
@app.task(name="upkeep.watch_machines", queueing_lock="upkeep.watch_machines")
def watch_machines(timestamp: int) -> None:  # noqa: ARG001 (of the schedule)
    machines.watch(now=timezone.now(), hearing_since=HERE_SINCE)


# ------------------------------------------------------------------------------------------------------------------


def _change(key: int) -> Alteration:
    related = ("site__agency", "site__node", "asked_by", "decided_by", "wish")
    return Alteration.objects.select_related(*related).get(pk=key)


def _paper(kind: PaperKind) -> Callable[[Alteration], None]:
    """A letter of the dinas to the OPD, among the papers of the site's case."""

    def issue(change: Alteration) -> None:
        case = getattr(change.site, "case", None)
        if case is None:
            return
        at = change.ended_at or timezone.now()
        signer = head_of_the_dinas(now=at)
        papers.issue(kind, _facts(change, case, at=at), reference=f"{CHANGE}{change.pk}", signer=signer, at=at)

    return issue


def _facts(change: Alteration, case: Any, *, at: datetime) -> CaseFacts:
    reasons = tuple(filter(None, change.reason.splitlines()))
    return replace(facts_of(case), reasons=reasons, made_on=localdate(at))


def _tell_change(change: Alteration) -> None:
    reference = f"change-done:{change.pk}"
    _tell_owner(change.site, SiteAction(change.action), reason=change.reason, reference=reference)


def _tell_owner(site: Site, action: SiteAction, *, reason: str, reference: str) -> None:
    whom = people.people_of(site.agency).filter(is_active=True)
    _tell(whom, site, DONE, reference=reference, reason=reason, action=action)


def _its_people(site: Site) -> Iterable[User]:
    return dict.fromkeys([*_technicians(site), *people.people_of(site.agency).filter(is_active=True)])


def _technicians(site: Site) -> list[User]:
    """The site's own; all where it has none any more."""
    case = getattr(site, "case", None)
    holders = list(people.holders_of(Role.TECHNICIAN, now=timezone.now()))
    return [person for person in holders if case and person.pk == case.technician_id] or holders


def _tell(
    whom: Iterable[User],
    site: Site,
    words: tuple[Any, Any],
    *,
    reference: str,
    change: Alteration | None = None,
    action: SiteAction | None = None,
    occasion: Occasion = Occasion.INFORMATION,
    who: str = "",
    reason: str = "",
) -> None:
    """Lines of a reason become one; its e-mail says the subject only."""
    done = SiteAction(change.action) if change else action
    reason = " ".join((reason or (change.reason if change else "")).split())
    facts = {
        "host": site.host,
        "action": _(SITE_ACTION_LABELS[done]) if done else "",
        "who": change.asked_by.full_name if change else who,
        "reason": sentence(reason) if words is DONE else reason,
        "next": WHAT_NEXT.get(done, "") if done else "",
    }
    path = (
        reverse("upkeep:change", args=[site.identifier, change.pk])
        if change
        else reverse("upkeep:site", args=[site.identifier])
    )
    tell_all(whom, words, facts, reference=reference, path=path, at=timezone.now(), occasion=occasion)


EFFECTS: Mapping[SiteEffect, Callable[[Alteration], None]] = {
    SiteEffect.TELL_OWNER: _tell_change,
    SiteEffect.SUSPENSION_PAPER: _paper(PaperKind.SUSPENSION_NOTICE),
    SiteEffect.DEACTIVATION_PAPER: _paper(PaperKind.DEACTIVATION_NOTICE),
}
