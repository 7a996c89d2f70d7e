from django import forms
from django.utils.translation import gettext_lazy as _

from panggon.forms import PlainForm


class FollowForm(PlainForm):
    email = forms.EmailField(
        label=_("Alamat email"),
        max_length=254,
        error_messages={"invalid": _("Alamat email ini tidak lengkap.")},
        help_text=_("Hanya dipakai untuk permohonan ini, dan dihapus setelah permohonan selesai."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )


class TrackingForm(PlainForm):
    nomor = forms.CharField(
        label=_("Nomor permohonan"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    kode = forms.CharField(
        label=_("Kode lacak"),
        max_length=80,
        help_text=_("Tercantum pada tanda terima permohonan."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )


class VerifyForm(PlainForm):
    file = forms.FileField(
        label=_("Berkas PDF"),
        error_messages={"empty": _("Berkas kosong.")},
        help_text=_("Paling besar 20 MB. Berkas hanya diperiksa, tidak disimpan."),
        widget=forms.FileInput(attrs={"accept": "application/pdf"}),
    )
