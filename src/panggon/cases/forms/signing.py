"""The form of step 7: what is asked depends on how the department signs."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from panggon.cases.forms.base import StepForm
from panggon.core.papers.signing import GATEWAYS, NIK, Method
from panggon.papers.contents import TITLES, PaperKind
from panggon.papers.signers.interface import Given, Secret

PASSPHRASE_MOST, FILE_MOST = 256, 20 * 1024 * 1024


class SigningForm(StepForm):
    """The passphrase is never shown again, and leaves the form only as a `Secret`."""

    nik = forms.RegexField(
        NIK,
        label=_("NIK"),
        max_length=16,
        help_text=_(
            "Nomor yang terdaftar di BSrE. Disimpan terenkripsi selama Anda menjabat, dan tidak tercetak di naskah."
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
    note = forms.CharField(label=_("Catatan"), required=False, max_length=1000, widget=forms.Textarea)

    def __init__(self, *args: Any, method: Method, waiting: Iterable[PaperKind], **options: Any) -> None:
        super().__init__(*args, **options)
        self.method = method
        self.uses_files = method is Method.UPLOAD
        self._waiting = tuple(waiting)
        if method not in GATEWAYS:
            del self.fields["nik"]
        if self.uses_files:
            del self.fields["passphrase"]
            self.fields = {**{_file(kind): SignedFileField(kind) for kind in self._waiting}, **self.fields}

    def wait_for(self, waiting: Iterable[PaperKind]) -> None:
        """Shown again it asks only for what is not signed yet."""
        for kind in set(self._waiting) - set(waiting):
            self.fields.pop(_file(kind), None)

    def given(self) -> dict[PaperKind, Given]:
        if self.uses_files:
            return {kind: Given(file=_content(self.cleaned_data[_file(kind)])) for kind in self._waiting}
        return dict.fromkeys(self._waiting, Given(Secret(self.cleaned_data["passphrase"])))


class SignedFileField(forms.FileField):
    """One paper that was signed with another program."""

    def __init__(self, kind: PaperKind) -> None:
        super().__init__(
            label=_("%(paper)s yang sudah ditandatangani (PDF)") % {"paper": TITLES[kind]},
            allow_empty_file=True,
            widget=forms.FileInput(attrs={"accept": "application/pdf"}),
        )

    def clean(self, data: Any, initial: Any = None) -> Any:
        upload = super().clean(data, initial)
        if upload.size > FILE_MOST:
            raise forms.ValidationError(_("Berkas lebih besar dari 20 MB."))
        return upload


def _file(kind: PaperKind) -> str:
    return f"file_{kind}"


def _content(upload: Any) -> bytes:
    upload.seek(0)  # it may have been read before, for an act in which somebody else was faster
    content: bytes = upload.read()
    return content
