"""The form of step 7: what is asked depends on how the department signs."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from panggon.cases.forms.base import StepForm
from panggon.core.signing import GATEWAYS, NIK, Method
from panggon.papers.signers.interface import Given, Secret

PASSPHRASE_MOST, FILE_MOST = 256, 20 * 1024 * 1024


class SigningForm(StepForm):
    """The passphrase is never shown again, and leaves the form only as a `Secret`."""

    nik = forms.RegexField(
        NIK,
        label=_("NIK"),
        max_length=16,
        help_text=_(
            "Nomor yang terdaftar di BSrE. Disimpan agar tidak perlu diketik lagi, dan tidak tercetak di naskah."
        ),
        error_messages={"invalid": _("NIK terdiri atas 16 angka.")},
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    passphrase = forms.CharField(
        label=_("Frasa sandi tanda tangan elektronik"),
        max_length=PASSPHRASE_MOST,
        strip=False,
        help_text=_("Hanya dipakai untuk tanda tangan ini, dan tidak disimpan di mana pun."),
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    file = forms.FileField(
        label=_("PDF yang sudah ditandatangani"),
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": "application/pdf"}),
    )
    note = forms.CharField(label=_("Catatan"), required=False, max_length=1000, widget=forms.Textarea)
    field_order = ["nik", "passphrase", "file", "note"]

    def __init__(self, *args: Any, method: Method, **options: Any) -> None:
        super().__init__(*args, **options)
        self.method = method
        self.uses_files = method is Method.UPLOAD
        if method not in GATEWAYS:
            del self.fields["nik"]
        del self.fields["passphrase" if self.uses_files else "file"]

    def clean_file(self) -> Any:
        upload = self.cleaned_data["file"]
        if upload.size > FILE_MOST:
            raise forms.ValidationError(_("Berkas lebih besar dari 20 MB."))
        return upload

    def given(self) -> Given:
        if self.uses_files:
            upload = self.cleaned_data["file"]
            upload.seek(0)
            return Given(file=upload.read())
        return Given(Secret(self.cleaned_data["passphrase"]))
