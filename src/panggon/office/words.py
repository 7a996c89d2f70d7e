"""What pages say about the settings: their names, and one clear sentence for each fault."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from django.utils.translation import gettext_lazy as _

from panggon.core.errors import Fault
from panggon.core.papers.signing import Method
from panggon.core.standards.contacts import ContactFault
from panggon.office.values import Group


@dataclass(frozen=True, slots=True)
class Page:
    """How a group's page is called, what it is for, and its place in the address.

    What is published has templates of its own: `preview` shows it as it would be, `about` what is to be looked at.
    """

    slug: str
    title: Any
    purpose: Any
    preview: str = ""
    about: str = ""


ABOUT = "standards/about.html"
PAGES: Mapping[Group, Page] = MappingProxyType(
    {
        Group.LETTERHEAD: Page("kop", _("Kop naskah"), _("Nama dan alamat dinas pada halaman dan naskah.")),
        Group.STANDARD: Page(
            "standar",
            _("Standar pelayanan menurut SK"),
            _("Komponen 1–6, menurut bunyi SK: syarat, langkah, waktu, biaya, produk, pengaduan."),
            "standards/preview_standard.html",
            ABOUT,
        ),
        Group.COMPONENTS: Page(
            "komponen",
            _("Komponen lain standar pelayanan"),
            _("Komponen 7–14: dasar hukum, sarana, kompetensi, pengawasan, pelaksana, jaminan, evaluasi."),
            "standards/preview_standard.html",
            ABOUT,
        ),
        Group.CONTACTS: Page(
            "kontak",
            _("Kontak layanan"),
            _("Tiap saluran: yang tercetak di SK, dan yang dapat dihubungi."),
            about=ABOUT,
        ),
        Group.NAMING: Page(
            "nama", _("Nama domain"), _("Domain kota, nama yang dicadangkan, dan kata yang perlu diperhatikan.")
        ),
        Group.DELIVERY: Page(
            "penyerahan",
            _("Pengiriman hak akses"),
            _("Apakah langkah 8 berjalan sendiri setelah situs terbukti terbuka."),
        ),
        Group.NUMBERING: Page("penomoran", _("Penomoran naskah"), _("Kode klasifikasi dan bentuk nomor naskah.")),
        Group.SIGNING: Page(
            "tanda-tangan", _("Tanda tangan elektronik"), _("Dengan apa Kepala Dinas menandatangani naskah.")
        ),
        Group.MAIL: Page("surel", _("Alamat pengirim email"), _("Dari alamat mana pemberitahuan dikirim.")),
        Group.PROGRAMS: Page(
            "program", _("Program dengan token"), _("Apakah boleh memutus, dan berapa permintaan tiap menit.")
        ),
        Group.COMPLAINTS: Page(
            "batas-pengaduan",
            _("Batas waktu pengaduan"),
            _("Berapa hari sampai ditangani, dijawab, dan dianggap selesai."),
        ),
        Group.SOP: Page(
            "sop",
            _("SOP pelayanan"),
            _("Kepala SOP; kegiatannya dibaca dari prosedur sistem."),
            "standards/preview_sop.html",
            ABOUT,
        ),
        Group.COMPLAINT_SOP: Page(
            "sop-pengaduan",
            _("SOP pengaduan"),
            _("Kepala SOP penanganan pengaduan; kegiatannya dibaca dari prosedur sistem."),
            "standards/preview_sop.html",
            ABOUT,
        ),
        Group.PLEDGE: Page(
            "maklumat",
            _("Maklumat pelayanan"),
            _("Janji dinas, dengan tanggal dan penanda tangannya."),
            "standards/preview_pledge.html",
            ABOUT,
        ),
        Group.RETENTION: Page(
            "retensi", _("Masa simpan data pribadi"), _("Berapa lama data orang disimpan setelah permohonan berakhir.")
        ),
    }
)
SIGNING_METHODS: Mapping[Method, Any] = MappingProxyType(
    {
        Method.BSRE_V2: _("Gateway BSrE (API v2)"),
        Method.BSRE_V1: _("Gateway BSrE (API v1)"),
        Method.UPLOAD: _("Unggah PDF yang ditandatangani di luar Panggon"),
        Method.LOCAL: _("Sertifikat setempat, hanya untuk peragaan: setiap halaman bertulis SIMULASI – TIDAK SAH"),
    }
)
CONTACT_FAULTS: Mapping[ContactFault, Any] = MappingProxyType(
    {
        ContactFault.EMPTY: _("Belum diisi."),
        ContactFault.NUMBER: _("Bukan nomor telepon yang lengkap."),
        ContactFault.MAILBOX: _("Bukan alamat email: nama kotak surat atau tanda @ tidak ada."),
        ContactFault.HOST: _("Nama servernya tidak lengkap atau tidak sah."),
        ContactFault.HOST_ENDING: _("Nama servernya tidak berakhir dengan domain yang ada, misalnya .go.id."),
        ContactFault.HANDLE: _("Nama akun seperti ini tidak dapat ada di sana."),
    }
)
FAULTS: Mapping[str, Any] = MappingProxyType(
    {
        "settings.changed": _(
            "Pengaturan ini baru saja diubah orang lain. Muat ulang halaman ini, lalu ulangi perubahan Anda."
        ),
        "logo.too_large": _("Gambar lebih besar dari {limit_kibibytes} KiB."),
        "logo.type": _("Berkas ini bukan gambar PNG atau SVG."),
        "logo.broken": _("Gambar ini rusak. Silakan simpan ulang dari program gambarnya."),
        "logo.unsafe": _("Gambar SVG ini memuat skrip, tautan, atau berkas lain, sehingga tidak dapat dipakai."),
        "logo.sides": _("Sisi gambar paling panjang {limit_pixels} piksel."),
    }
)


def fault_words(fault: Fault) -> str:
    """The sentence for a fault; a code without words is an error of the program, so the code itself is shown."""
    return str(FAULTS.get(fault.code, fault.code)).format(**fault.facts)
