"""What pages say about faults: one clear Indonesian sentence for each code of a rule."""

from collections.abc import Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from panggon.core.cases.procedure import NEED_WORDS, Need
from panggon.core.errors import Fault
from panggon.core.people.retention import PersonalData
from panggon.core.sites import spec_words
from panggon.papers.dates import moment_words
from panggon.papers.words import fault_words as signing_words

FAULT_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "letter.empty": "Berkas kosong. Silakan pilih berkas PDF yang benar.",
        "letter.too_large": "Berkas lebih besar dari 20 MB. Silakan perkecil, lalu unggah lagi.",
        "letter.not_pdf": "Berkas ini bukan PDF. Silakan unggah berkas PDF.",
        "letter.encrypted": "PDF ini dikunci dengan kata sandi. Silakan unggah PDF yang tidak dikunci.",
        "letter.broken": "PDF ini rusak dan tidak dapat dibaca. Silakan buat ulang berkasnya.",
        "letter.no_pages": "PDF ini tidak mempunyai halaman.",
        "letter.too_many_pages": "PDF ini lebih dari 200 halaman.",
        "letter.active_content": "PDF ini memuat skrip atau lampiran aktif, sehingga tidak dapat diterima.",
        "letter.two_files": "Berkas ini memuat isi lain selain PDF. Silakan cetak ulang suratnya menjadi PDF.",
        "letter.bomb": "Isi PDF ini terlalu besar untuk sebuah surat. Silakan pindai atau cetak ulang suratnya.",
        "label.empty": "Subdomain belum diisi.",
        "label.too_long": "Subdomain terdiri atas {length} huruf; paling banyak {limit}.",
        "label.bad_character": "Hanya huruf a–z, angka, dan tanda hubung yang dapat dipakai.",
        "label.not_ascii": "Ada huruf yang mirip huruf Latin tetapi bukan: {characters}.",
        "label.punycode": "Nama yang diawali “xn--” tidak dapat dipakai.",
        "label.leading_hyphen": "Subdomain tidak boleh diawali tanda hubung.",
        "label.trailing_hyphen": "Subdomain tidak boleh diakhiri tanda hubung.",
        "label.double_hyphen": "Subdomain tidak boleh memuat dua tanda hubung berurutan.",
        "label.reserved": "Nama “{name}” dicadangkan untuk keperluan jaringan. Silakan pilih nama lain.",
        "label.taken": "Nama “{name}” sudah dipakai. Silakan pilih nama lain.",
        "label.retired": "Nama “{name}” pernah dipakai dan belum dapat diberikan lagi. Silakan pilih nama lain.",
        "label.live": "Situs sudah disahkan; nama tidak dapat diganti lewat permohonan ini.",
        "label.gambling": "Nama ini memuat kata “{word}” yang lazim pada situs judi.",
        "site.kind_not_asked": "Jenis situs ini dipilih petugas teknis; tuliskan keperluannya dalam catatan.",
        "site.quarantined": "Situs ini dikarantina karena insiden; situs dibuka setelah karantinanya dilepas.",
        "case.changed": "Permohonan ini baru saja diubah oleh {actor}. Periksa lagi, lalu kirim bila masih sesuai.",
        "agenda_number.taken": "Nomor agenda {number} sudah dipakai.",
        "technician.of_another_division": "Petugas teknis itu bukan dari bidang yang didisposisi.",
        "stamp.future": "Waktu stempel meja tidak boleh di masa depan.",
        "stamp.order": "Waktu stempel meja mendahului langkah terakhir permohonan ini ({last}).",
        "stamp.before_letter": "Stempel meja mendahului tanggal surat. Tuliskan alasannya.",
        "stamp.not_desk": "Stempel meja hanya dicatat oleh Tata Usaha untuk berkas dari OPD.",
        "checklist.reason_missing": "Tuliskan apa yang perlu ditambah atau diperbaiki.",
        "disposition.past": "Batas penyelesaian sudah lewat.",
        "text.unseen": "Ada tanda yang tidak terlihat: {characters}. Silakan ketik ulang tanpa tanda itu.",
        "text.markup": "Tulisan ini memuat kode seperti <b> atau <script>. Silakan tulis sebagai teks biasa.",
        "text.php_version": "Tuliskan versi PHP sebagai dua angka, misalnya 8.2.",
        "person.nip_letters": "NIP hanya terdiri atas angka.",
        "person.nip_length": "NIP terdiri atas {digits} angka; yang diisi {length}.",
        "person.phone_letters": "Nomor telepon hanya memuat angka, spasi, dan tanda + - . ( ).",
        "person.phone_length": "Nomor telepon terdiri atas {least} sampai {most} angka; yang diisi {length}.",
        "person.ssh_key": "Ini bukan kunci publik SSH yang dikenal (misalnya ssh-ed25519 …).",
        "storage.bounds": "Ruang penyimpanan paling sedikit 1 MiB dan paling banyak {most}.",
        "access.ssh_key": "Kunci nomor {number} bukan kunci publik SSH yang dikenal (misalnya ssh-ed25519 …).",
        "access.code": "Kode ini tidak cocok. Kode terdapat pada Dokumen Hak Akses, di samping gambar QR.",
        "access.nothing": "Tetapkan kata sandi SFTP atau pasang kunci SSH.",
        "access.over": "Undangan ini sudah dipakai atau sudah diganti. Mintalah undangan baru.",
        "access.elsewhere": "Alamat email ini milik akun di luar OPD pemohon. Gunakan alamat lain.",
        "access.changed": "Kunci SSH sudah diubah dari halaman lain. Muat ulang halaman ini, lalu ulangi.",
        "access.too_many_keys": "Paling banyak {most} kunci.",
        "access.password_short": "Kata sandi paling sedikit {least} karakter.",
        "access.password_long": "Kata sandi paling banyak {most} karakter.",
        "export.too_many": "Daftar memuat {rows} permohonan; berkas {kind} paling banyak {most}. Persempit daftarnya.",
        "calendar.missing": "Kalender hari kerja tahun {year} belum ada. Mohon administrator mengisinya lebih dahulu.",
        "action.not_from_this_state": "Langkah ini tidak dapat dilakukan pada keadaan permohonan sekarang.",
        "action.not_your_role": "Langkah ini bukan tugas Anda.",
        "action.represented": "Jabatan Anda dijalankan {acting} sampai {last_day}; selama itu langkah ini ada padanya.",
        "site.changed": "Situs sudah berubah sejak naskahnya dibuat ({changes}). Kembalikan untuk diperiksa.",
        "access.outdated": (
            "Isi dokumen hak akses tidak sesuai lagi ({changes}). Mintalah petugas teknis mengulang penyiapan dengan "
            "“Ubah Spesifikasi”, agar dokumennya dibuat dan ditandatangani lagi."
        ),
        "hold.no_case": "Tidak ada permohonan dengan nomor itu.",
        "hold.held": "Permohonan ini sudah ditahan.",
        "technician.same": "Petugas teknis itu sudah menangani permohonan ini. Pilih yang lain.",
    }
)


def fault_words(fault: Fault) -> str:
    """The sentence for a fault. A code without words is an error of the program, so the code itself is shown."""
    group, _, rule = fault.code.partition(".")
    if group == "need":
        return gettext(NEED_WORDS[Need(rule)])
    if group in ("signing", "paper"):
        return signing_words(fault)
    if group == "spec":
        words = spec_words.sentence(fault, translated=gettext)
        return f"{words[:1].upper()}{words[1:]}."
    if group == "field":
        return " ".join(fault.facts["words"])
    return gettext(FAULT_WORDS.get(fault.code, fault.code)).format(
        **{name: _shown(value) for name, value in fault.facts.items()}
    )


def _shown(value: object) -> str:
    if isinstance(value, datetime):
        return moment_words(value)
    if isinstance(value, date):
        return date_format(value, "j F Y")
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


PERSONAL_DATA: Mapping[PersonalData, Any] = MappingProxyType(
    {
        PersonalData.WORDS: _("Alasan dan catatan yang ditulis orang"),
        PersonalData.CONTACTS: _("Narahubung, admin teknis, dan kunci SSH-nya"),
        PersonalData.LETTERS: _("Surat dan lembar yang diunggah"),
        PersonalData.DRAFTS: _("Draf yang tidak dilanjutkan"),
        PersonalData.UNFILED: _("Surat yang tidak didaftarkan, dan bacaan mesin"),
        PersonalData.NOTICES: _("Pemberitahuan kepada orang"),
        PersonalData.SURVEYS: _("Kata-kata dalam survei"),
        PersonalData.CHANGES: _("Isi catatan perubahan tentang orang"),
    }
)

# From when each period counts.
KEPT_SINCE: Mapping[PersonalData, Any] = MappingProxyType(
    {
        PersonalData.WORDS: _("sesudah permohonan berakhir"),
        PersonalData.CONTACTS: _("sesudah permohonan berakhir dan situsnya tidak ada lagi"),
        PersonalData.LETTERS: _("sesudah permohonan berakhir dan situsnya tidak ada lagi"),
        PersonalData.DRAFTS: _("sesudah terakhir disimpan"),
        PersonalData.UNFILED: _("sesudah diunggah"),
        PersonalData.NOTICES: _("sesudah diberitahukan"),
        PersonalData.SURVEYS: _("sesudah dijawab"),
        PersonalData.CHANGES: _("sesudah diubah"),
    }
)
