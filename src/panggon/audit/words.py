"""What is said about a log that is not whole."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from panggon.core.errors import Fault

FAULT_WORDS: Mapping[str, Any] = MappingProxyType(
    {
        "chain.missing": _("baris %(sequence)s hilang"),
        "chain.changed": _("baris %(sequence)s diubah: isinya tidak cocok dengan sidik SHA-256-nya"),
        "chain.words": _("baris %(sequence)s diubah: keterangannya tidak cocok dengan sidiknya"),
        "chain.unlinked": _("baris %(sequence)s tidak menyambung dengan baris sebelumnya"),
        "chain.cut": _("catatan terputus setelah baris %(sequence)s"),
        "chain.state": _("keadaan permohonan tidak sama dengan hasil baris terakhir, yaitu baris %(sequence)s"),
        "chain.no_case": _("nomor ini pernah diberikan, tetapi permohonannya tidak ada lagi"),
        "sealed.differs": _("baris %(sequence)s tidak ada lagi sebagaimana disegel, atau sudah diganti"),
        "seal.unreadable": _("segel %(day)s tidak dapat dibaca sebagai segel"),
        "seal.unlinked": _("segel %(day)s tidak menyambung dengan segel sebelumnya (%(before)s)"),
        "seal.removed": _("segel %(day)s hilang"),
        "seal.altered": _("segel %(day)s diubah"),
        "seal.unrecorded": _("segel %(day)s tidak tercatat di basis data"),
        "seal.overdue": _("segel terakhir bertanggal %(day)s; segel harian tidak berjalan"),
    }
)


def fault_words(fault: Fault) -> str:
    """The clause for a fault of the log, to be put after the name of the chain."""
    return gettext(str(FAULT_WORDS[fault.code])) % dict(fault.facts)
