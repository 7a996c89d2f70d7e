"""What is checked at step 4 of the SK: only what the SK itself requires of an OPD."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Item:
    """`field` is the one of the OPD's form at which a reason is shown that concerns this item."""

    words: Any
    field: str


ITEMS: Mapping[str, Item] = MappingProxyType(
    {
        "letter": Item(_("Ada surat atau informasi pemberitahuan permohonan hosting"), "letter"),
        "agency": Item(_("OPD pemohon jelas dan merupakan pengguna jaringan kota"), "agency"),
        "name": Item(_("Nama situs yang diminta dapat dipakai"), "label"),
        "contact": Item(_("Ada narahubung yang dapat dihubungi"), "contact_name"),
    }
)


def words_of(item: str) -> str:
    """The item in words; what belongs to no item concerns the whole."""
    return str(ITEMS[item].words) if item in ITEMS else str(_("Lain-lain"))


def reasons_in(data: Mapping[str, Any]) -> str:
    """All reasons of an act in one text: those of single items (`missing`, item to reason), then the general ones."""
    general = str(data.get("reasons") or "").strip()
    single = [f"{words_of(item)}: {reason}" for item, reason in dict(data.get("missing") or {}).items()]
    return "\n".join([*single, *filter(None, [general])])
