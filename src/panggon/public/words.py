from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from django.utils.translation import gettext_lazy as _

FAULT_WORDS: Mapping[str, Any] = MappingProxyType(
    {"follower.too_many": _("Permohonan ini sudah diikuti oleh banyak alamat. Silakan lacak dengan nomor dan kode.")}
)
