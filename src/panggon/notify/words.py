"""What the pages say about webhooks: events, states, and what went wrong."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from django.utils.translation import gettext_lazy as _

from panggon.core.notify.messages import MessageKind
from panggon.core.notify.notices import Occasion
from panggon.core.notify.webhook import TEST

EVENT_WORDS: Mapping[str, Any] = MappingProxyType(
    {
        Occasion.YOUR_TURN: _("Keputusan menunggu seseorang"),
        Occasion.PROGRESS: _("Permohonan maju, untuk OPD pemohon"),
        Occasion.TAKEN_OVER: _("Permohonan berpindah petugas teknis"),
        Occasion.HANDED_ON: _("Permohonan diserahkan ke petugas teknis lain"),
        Occasion.ENDED: _("Permohonan dibatalkan atau ditolak, untuk pejabat yang menanganinya"),
        Occasion.WORK_FAILED: _("Pekerjaan server belum berhasil"),
        Occasion.ACCESS_FAILED: _("Hak akses belum terpasang"),
        Occasion.CLOSING_FAILED: _("Situs belum tertutup"),
        Occasion.TECHNICIAN_LEFT: _("Permohonan ditinggalkan petugas teknisnya"),
        Occasion.POST_EMPTY: _("Jabatan kosong, dan permohonan menunggunya"),
        Occasion.POST_ENDING: _("Jabatan akan kosong"),
        Occasion.WARNING: _("Batas waktu mendekat atau lewat"),
        Occasion.REMINDER: _("Pengingat untuk OPD"),
        Occasion.INFORMATION: _("Pemberitahuan lain"),
        Occasion.PUBLIC_STEP: _("Langkah umum, tanpa data orang"),
        TEST: _("Percobaan"),
    }
)
MESSAGE_WORDS: Mapping[str, Any] = MappingProxyType(
    {
        MessageKind.INVITATION: _("Undangan"),
        MessageKind.ACCESS: _("Undangan mengambil hak akses"),
        MessageKind.PASSWORD_RESET: _("Tautan kata sandi baru"),
        MessageKind.ACCOUNT_CHANGED: _("Kabar perubahan akun"),
        MessageKind.SURVEY: _("Undangan survei"),
        MessageKind.COMPLAINT_RECEIVED: _("Tanda terima pengaduan"),
        MessageKind.COMPLAINT_MOVED: _("Kabar pengaduan"),
        MessageKind.COMPLAINT_REPLY: _("Jawaban pengaduan"),
        MessageKind.SEAL: _("Segel catatan"),
    }
)
STATE_WORDS: Mapping[str, Any] = MappingProxyType(
    {"waiting": _("menunggu giliran"), "delivered": _("terkirim"), "dead": _("gagal")}
)
PROBLEM_WORDS: Mapping[str, Any] = MappingProxyType(
    {
        "timeout": _("Tidak ada jawaban dalam sepuluh detik."),
        "tls": _("Sertifikat atau sambungan TLS tidak dapat dipercaya."),
        "connection": _("Tidak dapat tersambung."),
        "address.unknown": _("Nama host tidak ditemukan."),
        "address.private": _("Alamat jaringan dalam tidak boleh dipanggil, kecuali diizinkan lewat pengaturan."),
    }
)
FAULT_WORDS: Mapping[str, Any] = MappingProxyType(
    {
        "name.taken": _("Nama ini sudah dipakai."),
        "events.none": _("Pilih paling sedikit satu peristiwa."),
        "url.broken": _("Alamat ini tidak lengkap. Contoh: https://gerbang.example.go.id/panggon"),
        "url.too_much": _("Alamat tidak boleh memuat nama pengguna, kata sandi, atau tanda #."),
        "url.not_https": _("Alamat harus diawali https://, kecuali untuk mesin ini sendiri."),
    }
)
