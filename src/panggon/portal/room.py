"""Room on the disk of the portal's files: told before it is too late, because a full disk stops every paper."""

import shutil
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.urls import reverse
from django.utils.functional import lazy
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from panggon.core.cases.vocabulary import Role
from panggon.core.notify.notices import Occasion
from panggon.core.room import is_short
from panggon.notify.services import tell_all
from panggon.people import selectors as people
from panggon.people.templatetags.pages import gibibytes

FULL = (
    _("Disk portal hampir penuh"),
    _("Sisa {free} dari {total}. Bila habis, surat dan naskah tidak dapat disimpan: perbesar disknya."),
)
_size = lazy(gibibytes, str)  # in the language of who reads it


def check(*, now: datetime) -> None:
    """Tell the administrators, once a day, when the disk of the files is nearly full."""
    place = next(path for path in (settings.PANGGON_FILES, *Path(settings.PANGGON_FILES).parents) if path.exists())
    disk = shutil.disk_usage(place)
    if not is_short(free_bytes=disk.free, total_bytes=disk.total):
        return
    tell_all(
        people.holders_of(Role.ADMINISTRATOR, now=now),
        FULL,
        {"free": _size(disk.free), "total": _size(disk.total)},
        occasion=Occasion.WARNING,
        reference=f"disk:{localdate(now)}",
        path=reverse("administration"),
        at=now,
    )
