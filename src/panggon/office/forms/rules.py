"""How things are done: hand-over, signing, mail, programs, deadlines, how long data is kept."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from panggon.core.complaints.deadlines import DayUnit
from panggon.core.papers.signing import GATEWAYS
from panggon.office.forms.base import GroupForm
from panggon.office.values import Complaints, Delivery, Mail, Programs, Retention, Signing
from panggon.office.words import SIGNING_METHODS

MONTHS_MOST, DAYS_MOST = 600, 3650
REQUESTS_MOST = 100_000


class DeliveryForm(GroupForm):
    by_itself = forms.BooleanField(
        label=_("Kirim dokumen hak akses tanpa menunggu Tata Usaha"),
        required=False,
        help_text=_("Setelah disahkan dan situs terbukti terbuka dari luar, sistem mengirimkannya sendiri."),
    )

    restore_tested = forms.DateField(
        label=_("Pemulihan cadangan terakhir diuji"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("Tertulis pada dokumen hak akses. Kosongkan bila belum pernah diuji."),
    )

    def value(self) -> Delivery:
        values = self._inputs()
        tested = values["restore_tested"]
        return Delivery(by_itself=values["by_itself"], restore_tested=tested.isoformat() if tested else "")


class SigningForm(GroupForm):
    method = forms.ChoiceField(
        label=_("Cara menandatangani"), choices=tuple(SIGNING_METHODS.items()), widget=forms.RadioSelect
    )
    gateway = forms.URLField(
        label=_("Alamat gateway BSrE"),
        required=False,
        assume_scheme="https",
        help_text=_("Misalnya https://esign.kota.go.id. Pengguna dan kata sandinya ada pada pengaturan server."),
    )
    from_above = forms.BooleanField(
        label=_("Gateway menghitung letak stempel dari tepi atas halaman"),
        required=False,
        help_text=_("Centang bila stempel tidak berada di tempat tanda tangan, atau naskah ditolak karena letaknya."),
    )
    time_stamps = forms.URLField(
        label=_("Alamat layanan penanda waktu (RFC 3161)"),
        required=False,
        assume_scheme="https",
        help_text=_("Hanya untuk sertifikat setempat; gateway BSrE memakai penanda waktunya sendiri."),
    )

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        needs = values.get("method") in GATEWAYS
        if needs and not str(values.get("gateway", "")).startswith("https://") and "gateway" not in self.errors:
            self.add_error("gateway", _("Gateway hanya dapat dihubungi lewat https."))
        return values

    def value(self) -> Signing:
        return Signing(**self._inputs())


class MailForm(GroupForm):
    sender = forms.EmailField(
        label=_("Alamat pengirim"), required=False, help_text=_("Bila dikosongkan: panggon@ diikuti domain kota.")
    )

    def value(self) -> Mail:
        return Mail(**self._inputs())


class ProgramsForm(GroupForm):
    decide = forms.BooleanField(
        label=_("Token boleh menolak permohonan"),
        required=False,
        help_text=_("Dengan izinnya sendiri, dan hanya atas nama pejabat yang berhak. Tanpa ini hanya lewat halaman."),
    )
    requests = forms.IntegerField(
        label=_("Permintaan tiap token dalam satu menit"), min_value=1, max_value=REQUESTS_MOST
    )

    def value(self) -> Programs:
        return Programs(**self._inputs())


def _months(label: Any, help_text: Any = "") -> forms.IntegerField:
    return forms.IntegerField(label=label, min_value=1, max_value=MONTHS_MOST, help_text=help_text)


def _days(label: Any) -> forms.IntegerField:
    return forms.IntegerField(label=label, min_value=1, max_value=DAYS_MOST)


class ComplaintsForm(GroupForm):
    unit = forms.ChoiceField(
        label=_("Dihitung dalam"),
        choices=[(DayUnit.WORKING.value, _("hari kerja")), (DayUnit.CALENDAR.value, _("hari kalender"))],
        help_text=_("Pengaduan yang sudah masuk tetap memakai batas waktu yang berlaku saat masuk."),
    )
    first_response = _days(_("Sampai petugas menangani (hari)"))
    information = _days(_("Permintaan informasi (hari)"))
    grievance = _days(_("Keluhan (hari)"))
    violation = _days(_("Pelanggaran, tanpa pemeriksaan lapangan (hari)"))
    investigation = _days(_("Pelanggaran, dengan pemeriksaan lapangan (hari)"))
    silence = _days(_("Sampai pelapor yang diam dianggap puas (hari)"))

    def value(self) -> Complaints:
        return Complaints(**{**self._inputs(), "unit": DayUnit(self.cleaned_data["unit"])})


class RetentionForm(GroupForm):
    words_months = _months(
        _("Catatan yang ditulis orang (bulan)"), _("Alasan dan catatan pada riwayat; langkah dan waktunya tetap ada.")
    )
    contacts_months = _months(_("Data narahubung dan admin teknis (bulan)"))
    letters_months = _months(_("Surat dan lembar yang diunggah (bulan)"))
    drafts_months = _months(
        _("Draf yang tidak dilanjutkan (bulan)"), _("Orang, catatan dan surat di dalamnya dihapus; nomornya tetap ada.")
    )
    unfiled_months = _months(_("Surat yang diunggah tetapi tidak didaftarkan, dan bacaan mesin (bulan)"))
    notices_months = _months(_("Pemberitahuan kepada orang (bulan)"))
    surveys_months = _months(
        _("Kata-kata dalam survei (bulan)"), _("Juga yang sudah ditayangkan; nilai dan indeksnya tetap ada.")
    )
    followers_days = _days(_("Alamat yang mengikuti permohonan tanpa akun, sesudah permohonan berakhir (hari)"))
    visits_days = _days(_("Riwayat masuk tiap akun (hari)"))
    deliveries_days = _days(_("Isi pesan webhook (hari)"))
    changes_months = _months(
        _("Isi catatan perubahan tentang orang (bulan)"), _("Siapa mengubah apa dan kapan tetap tercatat.")
    )

    def value(self) -> Retention:
        return Retention(**self._inputs())
