"""What pages say about templates."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from panggon.core.errors import Fault
from panggon.core.papers.signing import Part

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
        "standar.typ": _("Standar pelayanan"),
        "sop.typ": _("SOP, dengan bagan alir"),
        "maklumat.typ": _("Maklumat pelayanan"),
        "kartu.typ": _("Kartu indeks kepuasan masyarakat"),
        "laporan_insiden.typ": _("Laporan insiden siber"),
        "data_pribadi.typ": _("Pemberitahuan kegagalan pelindungan data pribadi"),
        "stempel.typ": _("Stempel tanda tangan elektronik"),
    }
)
_DIFFERS = _(
    "Gateway menulis ulang naskah ini ketika menandatanganinya, dan hasilnya bukan naskah yang sama: {what}. Tidak ada "
    "yang diterbitkan. Hubungi administrator."
)
# What is otherwise in a document that a gateway wrote anew.
DIFFERENCES: Mapping[Part, Any] = MappingProxyType(
    {
        Part.FILE: _("berkasnya tersandi, rusak, atau dapat dibaca dengan dua cara"),
        Part.PAGES: _("jumlah halamannya lain"),
        Part.CONTENT: _("isi halaman {page} lain"),
        Part.RESOURCES: _("huruf, gambar, atau warna pada halaman {page} lain"),
        Part.PAGE: _("ukuran atau sifat halaman {page} lain"),
        Part.ANNOTATIONS: _("catatan, tautan, atau gambar di atas halaman {page} ditambah, diubah, atau dihapus"),
        Part.STAMP: _("stempel di halaman {page} keluar dari tempatnya, atau memuat hal lain selain gambar"),
        Part.SIGNATURE: _("kolom tanda tangan memuat hal lain selain tanda tangan"),
        Part.FORM: _("formulirnya lain daripada satu kolom tanda tangan"),
        Part.STRUCTURE: _("susunan untuk pembaca layar lain"),
        Part.METADATA: _("judul, bahasa, atau keterangan berkas lain"),
        Part.ATTACHMENTS: _("lampiran di dalam berkas lain"),
        Part.LAYERS: _("ada lapisan yang dapat disembunyikan"),
        Part.ACTIONS: _("ada tindakan yang berjalan sendiri"),
        Part.REST: _("ada bagian lain yang ditambah, diubah, atau dihapus"),
    }
)
# Why nothing was signed, and what to do. Codes of the gateway, of certificates, and of files that were brought back.
SIGNING: Mapping[str, Any] = MappingProxyType(
    {
        "signing.passphrase": _("Frasa sandi salah. Silakan ketik lagi."),
        "signing.nik": _("NIK terdiri atas 16 angka."),
        "signing.not_registered": _(
            "BSrE tidak mengenal NIK ini. Periksa NIK, atau daftarkan diri ke admin BSrE di daerah Anda."
        ),
        "signing.certificate_expired": _(
            "Masa berlaku sertifikat elektronik sudah habis. Perpanjang lewat admin BSrE, lalu ulangi."
        ),
        "signing.certificate_renewing": _(
            "Sertifikat elektronik sedang diperpanjang. Ulangi setelah BSrE menyelesaikannya."
        ),
        "signing.waiting_for_verification": _("Pendaftaran Anda di BSrE masih menunggu verifikasi."),
        "signing.not_activated": _("Akun BSrE belum diaktifkan. Buka email dari BSrE dan buat frasa sandinya."),
        "signing.no_certificate": _("Sertifikat elektronik untuk penanda tangan ini belum ada."),
        "signing.suspended": _("Sertifikat elektronik sedang dibekukan. Hubungi admin BSrE di daerah Anda."),
        "signing.certificate_revoked": _("Sertifikat elektronik sudah dicabut, sehingga tanda tangannya tidak sah."),
        "signing.unreachable": _(
            "Gateway tanda tangan tidak dapat dihubungi. Belum ada yang ditandatangani; coba lagi nanti."
        ),
        "signing.timeout": _(
            "Gateway tanda tangan tidak menjawab pada waktunya. Naskah belum diterbitkan. Silakan ulangi: yang "
            "ditandatangani tetap naskah yang sama, dan hanya satu yang akan diterbitkan."
        ),
        "signing.broken_off": _("Jawaban gateway terputus. Naskah belum diterbitkan; silakan ulangi."),
        "signing.interrupted": _(
            "Naskah sudah ditandatangani, tetapi terputus saat dikirim kembali. Tekan sekali lagi untuk mengambilnya."
        ),
        "signing.tls": _(
            "Sertifikat HTTPS gateway tidak dapat dipercaya, sehingga frasa sandi tidak dikirim. Hubungi administrator."
        ),
        "signing.credentials": _("Gateway menolak portal ini, bukan Anda. Hubungi administrator."),
        "signing.gateway": _("Gateway tanda tangan sedang bermasalah. Coba lagi nanti."),
        "signing.garbage": _(
            "Jawaban gateway tidak dapat dipahami, sehingga tidak ada yang diterbitkan. Hubungi administrator."
        ),
        "signing.too_large": _("Jawaban gateway terlalu besar, sehingga tidak diterima. Hubungi administrator."),
        "signing.no_gateway": _("Alamat gateway tanda tangan belum diisi dengan benar. Hubungi administrator."),
        "signing.timestamps": _("Layanan penanda waktu tidak menjawab dengan benar. Coba lagi nanti."),
        "signing.certificate_refused": _("Sertifikat elektronik ini tidak dapat dipakai untuk menandatangani."),
        "signing.no_file": _("Pilih berkas PDF yang sudah ditandatangani."),
        "signing.not_same": _(
            "Ini bukan naskah yang sama: berkasnya harus naskah yang diunduh dari halaman ini, ditambah tanda tangan. "
            "Bila isinya memang sama, program penanda tangan menulisnya ulang; pakai program yang hanya menambahkan."
        ),
        **{f"signing.differs.{part}": format_lazy(_DIFFERS, what=words) for part, words in DIFFERENCES.items()},
        "signing.added": _("Selain tanda tangan ada yang ditambahkan atau diubah pada berkas ini."),
        "signing.added_later": _("Sesudah ditandatangani, berkas ini diubah lagi."),
        "signing.unsigned": _("Berkas ini belum ditandatangani secara elektronik."),
        "signing.several": _("Berkas ini memuat lebih dari satu tanda tangan."),
        "signing.broken": _("PDF ini rusak dan tidak dapat dibaca."),
        "signing.not_intact": _("Tanda tangannya tidak cocok dengan isi berkas: berkas sudah berubah."),
        "signing.untrusted": _("Sertifikat penanda tangan bukan dari otoritas yang dipercaya."),
        "signing.other_person": _("Sertifikatnya atas nama {found}, bukan {name}."),
        "signing.partly": _(
            "Sudah ditandatangani: {signed}. Belum: {waiting}. Silakan ulangi untuk sisanya; yang sudah ditandatangani "
            "tidak ditandatangani lagi."
        ),
        "signing.busy": _("Naskah ini sedang ditandatangani. Tunggu sebentar, lalu muat ulang halaman ini."),
        "signing.simulation": _(
            "Cara menandatangani diganti sesudah dokumen ini dibuat. Kembalikan, agar Kepala Bidang membuat yang baru."
        ),
        "signing.evidence_old": _(
            "Bukti bahwa situs bekerja lebih tua daripada 15 menit. Buktikan ulang lebih dahulu."
        ),
        "signing.overtaken": _("Sementara itu permohonan ini berubah, sehingga tidak ada yang diterbitkan."),
        "paper.template": _("Templat stempel tanda tangan rusak. Hubungi administrator."),
    }
)
FAULTS: Mapping[str, Any] = MappingProxyType(
    {
        "paper.void": _("Nomor ini sudah batal."),
        "paper.not_replaced": _("Naskah ini tidak perlu diganti, atau penggantinya sudah ada."),
        "paper.of_the_head": _(
            "Naskah ini ditandatangani Kepala Dinas. Nomornya batal dengan sendirinya bila permohonannya dikembalikan, "
            "ditolak, atau dibatalkan sebelum disahkan."
        ),
        "paper.too_many": _("Buku memuat {rows} nomor; berkas {kind} paling banyak {most}. Persempit daftarnya."),
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
    return str(FAULTS.get(fault.code) or SIGNING.get(fault.code, fault.code)).format(**fault.facts)
