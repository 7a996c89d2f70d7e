from django import forms
from django.utils.translation import gettext_lazy as _

REQUIRED = {"required": _("Wajib diisi.")}


class TrackingForm(forms.Form):
    nomor = forms.CharField(
        label=_("Nomor permohonan"),
        max_length=40,
        error_messages=REQUIRED,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    kode = forms.CharField(
        label=_("Kode lacak"),
        max_length=80,
        error_messages=REQUIRED,
        help_text=_("Tercantum pada tanda terima permohonan."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )
