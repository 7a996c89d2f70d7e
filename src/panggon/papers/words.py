"""What pages say about templates."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from django.utils.translation import gettext_lazy as _

from panggon.core.errors import Fault

TEMPLATES: Mapping[str, Any] = MappingProxyType(
    {
        "naskah.typ": _("Tampilan bersama: kop, kertas, huruf, tanda tangan"),
        "lembar.typ": _("Tanda terima, checklist, laporan, dan dokumen hosting"),
        "disposisi.typ": _("Lembar disposisi"),
        "nota.typ": _("Nota dinas"),
        "hak_akses.typ": _("Dokumen hak akses, dengan tanggung jawab para pihak"),
        "surat.typ": _("Surat pengantar dan surat jawaban kepada OPD"),
        "berita_acara.typ": _("Berita acara serah terima"),
        "surat_permohonan.typ": _("Contoh surat permohonan OPD"),
        "lembar_opd.typ": _("Lembar yang ditandatangani OPD"),
    }
)
FAULTS: Mapping[str, Any] = MappingProxyType(
    {
        "template.too_large": _("Templat lebih besar dari {limit_kibibytes} KiB."),
        "template.empty": _("Templat kosong. Untuk kembali ke bawaan, tekan “Kembalikan ke bawaan”."),
        "template.changed": _("Templat ini baru saja diubah orang lain. Muat ulang halaman ini, lalu ulangi."),
        "template.not_text": _("Berkas ini bukan teks."),
        "template.import": _('Baris {line}: “{word}” hanya boleh menyebut templat lain, misalnya "naskah.typ".'),
        "template.code": _("Baris {line}: “{word}” tidak boleh dipakai dalam templat."),
        "template.endless": _("“{sample}” tidak selesai disusun dalam {seconds} detik."),
        "template.endless_at": _(
            "“{sample}” tidak selesai disusun dalam {seconds} detik. Periksa yang berulang di baris {lines}."
        ),
        "template.swells": _("“{sample}” tidak dapat disusun dengan memori {memory_mebibytes} MiB."),
        "template.swells_at": _(
            "“{sample}” tidak dapat disusun dengan memori {memory_mebibytes} MiB. Periksa yang berulang"
            " di baris {lines}."
        ),
        "template.broken": _("{file}, baris {line}: {detail} (saat membuat “{sample}”)."),
    }
)


def fault_words(fault: Fault) -> str:
    """The sentence for a fault; a code without words is an error of the program, so the code itself is shown."""
    return str(FAULTS.get(fault.code, fault.code)).format(**fault.facts)
