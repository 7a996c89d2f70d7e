"""The life of a site after its case, as one table: nothing else decides what may be done with it.

`TABLE` says who may ask for what in which state. What is not done at once waits in `APPROVALS` for a person who saw the
node's plan; nearly always for another one than who asked (four eyes). A case opens and closes its own site.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from panggon.core.cases.vocabulary import Role
from panggon.core.errors import Fault
from panggon.core.sites.spec import SiteState
from panggon.core.state_machine import Condition, Row, Table


class SiteAction(StrEnum):
    OPEN = "open"
    SUSPEND = "suspend"
    RESUME = "resume"
    QUARANTINE = "quarantine"
    RELEASE = "release"
    RENAME = "rename"
    CHANGE_PLAN = "change_plan"
    CHANGE_PHP = "change_php"
    CHANGE_SETTINGS = "change_settings"
    RESTORE = "restore"  # what people changed on the machine by hand goes back to what was approved
    DEACTIVATE = "deactivate"
    PURGE = "purge"


class SiteEffect(StrEnum):
    """What an action sets going once the machine has proven it; each is safe to run twice."""

    TELL_OWNER = "tell_owner"  # the OPD's people, why and what to do
    SUSPENSION_PAPER = "suspension_paper"
    DEACTIVATION_PAPER = "deactivation_paper"


@dataclass(frozen=True, slots=True)
class SiteFacts:
    """All that the rules look at; what is not known counts as not met. Inputs may stay empty for `offers`."""

    case_over: bool = False  # no case has the site in hand
    unchanged: bool = False  # nothing else is asked for it and waits
    reason: str = ""
    notice: str = ""  # what visitors of a suspended site read
    letter: bool = False  # the OPD's, that asks for it
    name_free: bool = False  # nobody else has the name of a parked site meanwhile
    drifted: bool = False
    typed_name: str = ""
    host: str = ""
    parked_for: timedelta | None = None  # None: it is not parked
    purge_after: timedelta = timedelta(days=30)

    people: frozenset[str] = frozenset()  # behind the act: the actor, and whom the actor stands in for
    quarantined_by: str = ""
    asked_by: str = ""
    plan_digest: str = ""  # of the newest plan for what is asked
    shown_digest: str = ""  # of the plan that the approving person has seen
    is_next: bool = False  # since the plan was made nothing else was wished for the site
    wish_running: bool = False


class SiteNeed(StrEnum):
    CASE_OVER = "case_over"
    UNCHANGED = "unchanged"
    REASON = "site_reason"
    NOTICE = "notice"
    OPD_LETTER = "opd_letter"
    NAME_FREE = "name_free"
    DRIFT = "drift"
    WAITED = "waited"
    TYPED_NAME = "typed_name"
    NOT_WHO_QUARANTINED = "not_who_quarantined"
    ANOTHER_PERSON = "another_person"
    NODE_PLAN = "node_plan"
    NODE_PLAN_SHOWN = "node_plan_shown"
    IS_NEXT = "is_next"
    NODE_FREE = "node_free"


Need = SiteNeed
SITE_NEEDS: Mapping[Need, str] = MappingProxyType(
    {
        Need.CASE_OVER: "Permohonan situs ini masih berjalan; perubahannya lewat permohonan itu.",
        Need.UNCHANGED: "Masih ada perubahan lain yang menunggu; selesaikan atau batalkan dahulu.",
        Need.REASON: "Tulis alasannya.",
        Need.NOTICE: "Tulis kalimat yang dibaca pengunjung.",
        Need.OPD_LETTER: "Surat OPD yang meminta penonaktifan belum ada.",
        Need.NAME_FREE: "Nama situs ini sudah dipakai situs lain.",
        Need.DRIFT: "Tidak ada perbedaan yang ditemukan di server.",
        Need.WAITED: "Masa tunggu penghapusan belum lewat.",
        Need.TYPED_NAME: "Ketik nama situs persis seperti tertulis.",
        Need.NOT_WHO_QUARANTINED: "Karantina ini Anda yang memutuskan; harus orang lain yang melepaskannya.",
        Need.ANOTHER_PERSON: "Anda yang mengusulkan; harus orang lain yang menyetujui.",
        Need.NODE_PLAN: "Rencana dari server belum ada.",
        Need.NODE_PLAN_SHOWN: "Rencana sudah berubah; periksa rencana yang terbaru.",
        Need.IS_NEXT: "Situs sudah berubah sejak rencana dibuat; susun ulang rencananya.",
        Need.NODE_FREE: "Server masih bekerja; tunggu sampai selesai.",
    }
)
CONDITIONS: Mapping[Need, Condition[SiteFacts]] = MappingProxyType(
    {
        Need.CASE_OVER: Condition(lambda facts: facts.case_over),
        Need.UNCHANGED: Condition(lambda facts: facts.unchanged),
        Need.REASON: Condition(lambda facts: bool(facts.reason.strip()), "reason"),
        Need.NOTICE: Condition(lambda facts: bool(facts.notice.strip()), "notice"),
        Need.OPD_LETTER: Condition(lambda facts: facts.letter, "letter"),
        Need.NAME_FREE: Condition(lambda facts: facts.name_free),
        Need.DRIFT: Condition(lambda facts: facts.drifted),
        Need.WAITED: Condition(lambda facts: facts.parked_for is not None and facts.parked_for >= facts.purge_after),
        Need.TYPED_NAME: Condition(lambda facts: bool(facts.host) and facts.typed_name == facts.host, "typed_name"),
        Need.NOT_WHO_QUARANTINED: Condition(
            lambda facts: bool(facts.quarantined_by) and facts.quarantined_by not in facts.people
        ),
        Need.ANOTHER_PERSON: Condition(lambda facts: bool(facts.asked_by) and facts.asked_by not in facts.people),
        Need.NODE_PLAN: Condition(lambda facts: bool(facts.plan_digest)),
        Need.NODE_PLAN_SHOWN: Condition(lambda facts: facts.shown_digest == facts.plan_digest, "shown_digest"),
        Need.IS_NEXT: Condition(lambda facts: facts.is_next),
        Need.NODE_FREE: Condition(lambda facts: not facts.wish_running),
    }
)

Roles = Mapping[Role, tuple[Need, ...]]
ASKING: Roles = {Role.TECHNICIAN: (), Role.DIVISION_HEAD: ()}
DECIDING: Roles = {Role.DIVISION_HEAD: (), Role.HEAD: ()}
CASE: Roles = {Role.SYSTEM: ()}

S, A = SiteState, SiteAction
IN_USE = (S.OPEN, S.SUSPENDED)
PROPOSED = (Need.CASE_OVER, Need.UNCHANGED, Need.REASON)
SiteRow = Row[SiteState, SiteAction, Role, Need, SiteEffect]

ROWS: tuple[SiteRow, ...] = (
    Row(A.OPEN, (S.PREPARED,), S.OPEN, CASE),
    Row(A.DEACTIVATE, (S.PREPARED,), S.PARKED, CASE),
    Row(
        A.SUSPEND,
        (S.OPEN, S.QUARANTINED),  # from quarantine, so that the owner can come in and mend it
        S.SUSPENDED,
        ASKING,
        needs=(*PROPOSED, Need.NOTICE),
        effects=(SiteEffect.SUSPENSION_PAPER, SiteEffect.TELL_OWNER),
    ),
    Row(A.RESUME, (S.SUSPENDED,), S.OPEN, ASKING, needs=PROPOSED, effects=(SiteEffect.TELL_OWNER,)),
    Row(
        A.RESUME,
        (S.PARKED,),
        S.OPEN,
        ASKING,
        needs=(*PROPOSED, Need.NAME_FREE),
        effects=(SiteEffect.TELL_OWNER,),
    ),
    # While a case still has the site as well, and whatever else waits: evidence does not.
    Row(
        A.QUARANTINE,
        IN_USE,
        S.QUARANTINED,
        {**ASKING, **DECIDING},
        needs=(Need.REASON,),
        effects=(SiteEffect.TELL_OWNER,),
    ),
    Row(
        A.RELEASE,
        (S.QUARANTINED,),
        S.OPEN,
        DECIDING,
        needs=(Need.NOT_WHO_QUARANTINED, Need.REASON),
        effects=(SiteEffect.TELL_OWNER,),
    ),
    *(
        Row(action, (state,), state, ASKING, needs=PROPOSED, effects=(SiteEffect.TELL_OWNER,))
        for action in (A.RENAME, A.CHANGE_PLAN, A.CHANGE_PHP, A.CHANGE_SETTINGS)
        for state in IN_USE
    ),
    *(
        Row(A.RESTORE, (state,), state, ASKING, needs=(*PROPOSED, Need.DRIFT))
        for state in (S.OPEN, S.SUSPENDED, S.QUARANTINED)
    ),
    Row(
        A.DEACTIVATE,
        (*IN_USE, S.QUARANTINED),
        S.PARKED,
        ASKING,
        needs=(*PROPOSED, Need.OPD_LETTER),
        effects=(SiteEffect.DEACTIVATION_PAPER, SiteEffect.TELL_OWNER),
    ),
    Row(A.PURGE, (S.PARKED,), S.PURGED, ASKING, needs=(*PROPOSED, Need.WAITED, Need.TYPED_NAME)),
)

TABLE: Table[SiteState, SiteAction, Role, Need, SiteEffect, SiteFacts] = Table(
    states=tuple(SiteState),
    actions=tuple(SiteAction),
    initial=S.PREPARED,
    finals=frozenset({S.PURGED}),
    conditions=CONDITIONS,
    rows=ROWS,
)


@dataclass(frozen=True, slots=True)
class Approval:
    """Who may let run what was asked for, and what that person needs."""

    roles: frozenset[Role]
    needs: tuple[Need, ...]

    @property
    def four_eyes(self) -> bool:
        return Need.ANOTHER_PERSON in self.needs


SEEN = (Need.NODE_PLAN, Need.NODE_PLAN_SHOWN, Need.IS_NEXT, Need.NODE_FREE)
BY_ANOTHER = Approval(frozenset(DECIDING), (Need.ANOTHER_PERSON, *SEEN))
AT_ONCE = frozenset({A.OPEN, A.QUARANTINE, A.RELEASE})
APPROVALS: Mapping[SiteAction, Approval] = MappingProxyType(
    {
        **dict.fromkeys(set(SiteAction) - AT_ONCE, BY_ANOTHER),
        A.RESTORE: Approval(frozenset({*ASKING, *DECIDING}), SEEN),  # it was approved before
        A.PURGE: Approval(frozenset(DECIDING), (Need.ANOTHER_PERSON, Need.WAITED, Need.TYPED_NAME, *SEEN)),
    }
)
SITE_ACTION_LABELS: Mapping[SiteAction, str] = MappingProxyType(
    {
        A.OPEN: "Buka",
        A.SUSPEND: "Tangguhkan",
        A.RESUME: "Buka Kembali",
        A.QUARANTINE: "Karantina",
        A.RELEASE: "Lepas dari Karantina",
        A.RENAME: "Ganti Nama",
        A.CHANGE_PLAN: "Pindah Paket",
        A.CHANGE_PHP: "Ganti Versi PHP",
        A.CHANGE_SETTINGS: "Ubah Pengaturan",
        A.RESTORE: "Pulihkan",
        A.DEACTIVATE: "Nonaktifkan",
        A.PURGE: "Hapus Selamanya",
    }
)
SITE_STATE_LABELS: Mapping[SiteState, str] = MappingProxyType(
    {
        S.PREPARED: "Sedang Disiapkan",
        S.OPEN: "Terbuka",
        S.SUSPENDED: "Ditangguhkan",
        S.QUARANTINED: "Dikarantina",
        S.PARKED: "Dinonaktifkan",
        S.PURGED: "Dihapus",
    }
)


def approval_faults(action: SiteAction, *, roles: Collection[Role], facts: SiteFacts) -> tuple[Fault, ...]:
    """Why somebody with these roles may not let run now what was asked for; nothing when it may run.

    Codes: `action.not_your_role`, or one `need.<need>` for each unmet need.
    """
    approval = APPROVALS[action]
    if approval.roles.isdisjoint(roles):
        return (Fault("action.not_your_role", facts={"action": str(action), "roles": tuple(sorted(approval.roles))}),)
    unmet = (need for need in approval.needs if not CONDITIONS[need].holds(facts))
    return tuple(Fault(f"need.{need}", field=CONDITIONS[need].field) for need in unmet)


def purge_from(parked_at: datetime, *, purge_after: timedelta) -> datetime:
    """The first moment at which a site that was parked then may be purged."""
    return parked_at + purge_after
