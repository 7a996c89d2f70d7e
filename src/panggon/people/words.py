"""What the pages about people say: a clear sentence for each code of a refusal, and the names of a person's data."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from django.utils.translation import gettext_lazy as _

from panggon.core.errors import Fault

FAULT_WORDS: Mapping[str, Any] = MappingProxyType(
    {
        "account.closed": _("Akun ini sudah ditutup."),
        "account.last_administrator": _(
            "Ini administrator terakhir. Beri jabatan Administrator kepada orang lain dahulu."
        ),
        "account.last_of_agency": _("Ini akun terakhir OPD Anda. Undang orang lain dahulu."),
        "account.of_another_agency": _("Orang ini bukan dari OPD Anda."),
        "account.open": _("Akun ini sudah terbuka."),
        "account.own": _("Akun sendiri tidak dapat ditutup; mintalah rekan Anda."),
        "account.successor_needed": _("{post}: ada {count} permohonan yang menunggu. Pilih penggantinya dahulu."),
        "acting.ends_before_it_begins": _("Hari terakhir mendahului hari pertama."),
        "acting.no_such_post": _("Jabatan ini tidak dapat dijalankan pejabat sementara."),
        "acting.not_of_the_dinas": _("Pilih orang dinas yang akunnya terbuka."),
        "acting.of_oneself": _("Orang ini pejabatnya sendiri."),
        "acting.order_in_future": _("Tanggal surat perintah belum tiba."),
        "acting.over": _("Masa tugasnya sudah lewat."),
        "acting.overlaps": _("Pada hari-hari itu jabatan ini sudah dijalankan pejabat sementara lain."),
        "acting.plh_without_incumbent": _("Jabatan ini kosong; untuk jabatan kosong pilih Plt."),
        "acting.plt_with_incumbent": _(
            "Jabatan ini masih ada pejabatnya. Pilih Plh, atau nyatakan di bawah bahwa pejabatnya sudah tidak menjabat."
        ),
        "agency.label_cannot_be": _("“{label}” tidak dapat menjadi subdomain."),
        "agency.label_of_another": _("“{label}” sudah milik {agency}."),
        "agency.name_taken": _("Nama resmi ini sudah ada."),
        "agency.short_name_taken": _("Nama singkat ini sudah ada."),
        "division.name_taken": _("Bidang dengan nama ini sudah ada."),
        "email.taken": _("Alamat email ini sudah mempunyai akun. Silakan masuk dengan akun itu."),
        "invitation.letter": _("Isi surat yang menjadi dasar akun OPD."),
        "invitation.over": _("Undangan ini sudah dipakai, dibatalkan, atau lewat waktu."),
        "invitation.elsewhere": _("Alamat email ini milik akun di luar OPD pemohon. Gunakan alamat lain."),
        "invitation.pending": _("Alamat ini sudah diundang. Kirim ulang undangannya bila belum sampai."),
        "post.held": _(
            "Jabatan ini masih dipegang {holder} pada hari-hari itu. Nyatakan ia digantikan, atau lepaskan dahulu."
        ),
        "post.ends_before_it_begins": _("Hari terakhir mendahului hari pertama."),
        "post.no_tenure": _("Masa jabatan dan SK hanya dicatat untuk Kepala Dinas dan Kepala Bidang."),
        "post.of_an_agency": _("Jabatan dinas hanya untuk orang dinas yang akunnya terbuka."),
        "post.over": _("Jabatan ini sudah dilepas."),
        "role.division_does_not_fit": _("Kepala Bidang dan Petugas Teknis memerlukan bidang; jabatan lain tidak."),
        "role.not_assignable": _("Jabatan ini tidak dapat diberikan."),
        "username.taken": _("Alamat email ini sudah mempunyai akun. Silakan masuk dengan akun itu."),
    }
)
PERSON_LABELS: Mapping[str, Any] = MappingProxyType(
    {
        "full_name": _("Nama"),
        "nip": _("NIP"),
        "phone": _("Nomor HP"),
        "email": _("Email"),
        "open": _("Akun terbuka"),
        "posts": _("Jabatan"),
    }
)


def fault_words(fault: Fault) -> str:
    """The sentence for a fault; what Django says about a password is passed on."""
    if fault.code == "password.weak":
        return " ".join(fault.facts["words"])
    return str(FAULT_WORDS.get(fault.code, fault.code)).format(**fault.facts)
