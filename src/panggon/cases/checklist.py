"""What is checked at step 4 of the SK: only what the SK itself requires of an OPD."""

from collections.abc import Mapping
from types import MappingProxyType

ITEMS: Mapping[str, str] = MappingProxyType(
    {
        "letter": "Ada surat atau informasi pemberitahuan permohonan hosting",
        "agency": "OPD pemohon jelas dan merupakan pengguna jaringan kota",
        "name": "Nama situs yang diminta dapat dipakai",
        "contact": "Ada narahubung yang dapat dihubungi",
    }
)
