"""What the pages say of sign-ins: by which ways, and what cannot be done."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from django.utils.translation import gettext_lazy as _

from panggon.core.errors import Fault

WAYS: Mapping[str, Any] = MappingProxyType(
    {
        "password": _("kata sandi"),
        "totp": _("kode keamanan"),
        "webauthn": _("kunci sandi"),
        "recovery_codes": _("kode cadangan"),
        "mfa": _("pengaman tambahan di sana"),
    }
)
FAULT_WORDS: Mapping[str, Any] = MappingProxyType(
    {
        "factors.none": _("Orang ini tidak mempunyai pengaman tambahan."),
        "factors.own": _("Pengaman sendiri dilepas di halaman akun, atau oleh administrator lain."),
    }
)


def fault_words(fault: Fault) -> str:
    return str(FAULT_WORDS.get(fault.code, fault.code))
