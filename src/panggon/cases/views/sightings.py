"""What the machine saw of visitors and owner, in words for the technician and for who confirms the access."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from panggon.cases import taking_over
from panggon.cases.models import Case
from panggon.core.node.logs.logins import Ending, Way
from panggon.sites import selectors as sites
from panggon.sites.models import Purpose, Site

ANSWERS: Mapping[str, Any] = MappingProxyType(
    {
        "2": gettext_lazy("dijawab dengan baik"),
        "3": gettext_lazy("diarahkan ke alamat lain"),
        "4": gettext_lazy("ditolak atau tidak ditemukan"),
        "5": gettext_lazy("gagal di aplikasi atau server"),
    }
)


@dataclass(frozen=True, slots=True)
class Try:
    """One try to come in: when it was seen, what became of it and why, from where."""

    at: datetime
    good: bool
    words: str
    address: str


@dataclass(frozen=True, slots=True)
class Sightings:
    """`records` are the proofs of the domain name: what each server of DNS answered."""

    at: datetime
    since: datetime
    watches_logins: bool
    watches_answers: bool
    tries: tuple[Try, ...]
    answers: tuple[tuple[str, str, int], ...]
    records: tuple[dict[str, Any], ...]


def sightings(case: Case) -> Sightings | None:
    """What came of the newest look at the machine; None before the first."""
    last = sites.last_wish(case.site, Purpose.LOOK) if case.site else None
    if last is None or last.reported_at is None or not last.seen:
        return None
    seen = last.seen
    return Sightings(
        at=last.reported_at,
        since=datetime.fromisoformat(seen["since"]),
        watches_logins=seen["watched"]["logins"],
        watches_answers=seen["watched"]["answers"],
        tries=tuple(_try(row, case.site) for row in reversed(seen["logins"])),
        answers=tuple((status, str(ANSWERS.get(status[0], "")), count) for status, count in seen["answers"].items()),
        records=tuple(check for check in last.evidence if check["name"].startswith("dns.")),
    )


# ------------------------------------------------------------------------------------------------------------------


def _try(row: Mapping[str, Any], site: Site) -> Try:
    return Try(
        at=datetime.fromisoformat(row["at"]),
        good=row["ending"] == Ending.ACCEPTED,
        words=_reason(row, site),
        address=row["address"],
    )


def _reason(row: Mapping[str, Any], site: Site) -> str:
    if row["ending"] == Ending.ACCEPTED:
        return _("Masuk dengan %(way)s") % {"way": taking_over.WAYS[row["way"]]}
    if row["ending"] == Ending.GAVE_UP:
        return _("Sambungan berakhir sebelum ada kunci atau kata sandi yang diterima")
    if row["way"] == Way.KEY:
        return _("Ditolak: kunci SSH %(key)s tidak terpasang") % {"key": row["key"]}
    if not site.password_fingerprint:
        return _("Ditolak: kata sandi SFTP belum pernah ditetapkan")
    return _("Ditolak: kata sandi tidak cocok")
