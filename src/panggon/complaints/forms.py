"""Forms read input; whether a step is legal is decided by `services.act`."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from panggon.complaints import links, parts
from panggon.complaints.files import MOST_FILES, SIZE_LIMIT_MEBIBYTES
from panggon.complaints.models import Complaint
from panggon.complaints.services import Upload
from panggon.complaints.words import CONFIDENTIALITIES, KINDS, SOURCES, WORDS_OF, fault_words
from panggon.core.complaints.vocabulary import ComplaintAction, Confidentiality, Source
from panggon.forms import JudgedForm
from panggon.people.models import User

WORDS_MOST = 5000


class SeveralFiles(forms.FileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Files of which each is looked at by `services`; the cleaned value is a list of `Upload`."""

    widget = SeveralFiles(attrs={"accept": "application/pdf,image/jpeg,image/png"})

    def clean(self, data: Any, initial: Any = None) -> list[Upload]:  # noqa: ARG002 (Django calls it so)
        chosen = data if isinstance(data, list | tuple) else [data] if data else []
        return [Upload(file.name, file.read()) for file in chosen]


class ConditionalField(forms.CharField):
    """Whether it may stay empty depends on another field, so that nothing on the page says that it may."""

    conditional = True


class ComplaintForm(JudgedForm):
    """What anybody writes who complains; only what it is about is required."""

    fault_words = staticmethod(fault_words)
    page = forms.UUIDField(widget=forms.HiddenInput, required=False)
    subject = forms.CharField(label=_("Tentang apa"), max_length=150)
    words = forms.CharField(
        label=_("Apa yang terjadi"),
        max_length=WORDS_MOST,
        help_text=_("Kapan, di mana, dan apa yang Anda harapkan."),
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    about = forms.CharField(
        label=_("Siapa yang diadukan"),
        max_length=200,
        required=False,
        help_text=_("Orang itu tidak melihat dan tidak menangani pengaduan ini."),
    )
    named = forms.CharField(label=_("Alamat situs atau nomor permohonan"), max_length=300, required=False)
    files = FilesField(  # type: ignore[assignment]  # Django takes declared fields out of the class
        label=_("Bukti"),
        required=False,
        help_text=_("PDF, JPEG, atau PNG; paling banyak %(most)s berkas, masing-masing %(size)s MiB.")
        % {"most": MOST_FILES, "size": SIZE_LIMIT_MEBIBYTES},
    )
    confidentiality = forms.ChoiceField(
        label=_("Nama Anda"), choices=CONFIDENTIALITIES, widget=forms.RadioSelect, initial=Confidentiality.OPEN
    )
    name = ConditionalField(
        label=_("Nama"),
        max_length=150,
        required=False,
        help_text=_("Tidak perlu bila tanpa nama."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    email = forms.EmailField(
        label=_("Alamat email"),
        required=False,
        help_text=_("Jawaban dikirim ke sini. Tanpa email, ikuti dengan nomor dan kode."),
        error_messages={"invalid": _("Alamat email ini tidak lengkap.")},
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    phone = forms.CharField(
        label=_("Nomor telepon"),
        max_length=30,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "tel", "inputmode": "tel"}),
    )

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        anonymous = values.get("confidentiality") == Confidentiality.ANONYMOUS
        named = values.get("named", "")
        values["case"], values["site"] = found = links.named_in(named)
        if named and not any(found) and self._may_know():
            self.add_error("named", _("Tidak ada situs atau permohonan dengan nama ini. Kosongkan bila ragu."))
        if self._wants_a_name() and not anonymous and not values.get("name"):
            self.add_error("name", _("Tulis nama Anda, atau pilih tanpa nama."))
        return values

    def refuse_large(self, fields: set[str]) -> None:
        if "files" in fields:
            self.add_error("files", _("Berkas lebih besar dari %(size)s MiB.") % {"size": SIZE_LIMIT_MEBIBYTES})

    def inputs(self) -> dict[str, Any]:
        """As `services.file` takes them."""
        left_out = {"page", "files", "named"}
        found = {name: value for name, value in self.cleaned_data.items() if name not in left_out}
        if self.cleaned_data["named"] and not self._may_know():
            found["words"] += f"\n\n{self.fields['named'].label}: {self.cleaned_data['named']}"
        return found

    def _wants_a_name(self) -> bool:
        return True

    def _may_know(self) -> bool:
        """Whether there is such a case or site. A stranger gets one answer for both, and what was written stays."""
        return False


class EntryForm(ComplaintForm):
    """What an officer enters of what somebody told by telephone, at the desk, or in another system."""

    source = forms.ChoiceField(
        label=_("Disampaikan lewat"), choices=[row for row in SOURCES if row[0] != Source.WEBSITE]
    )
    outside_number = forms.CharField(
        label=_("Nomor di sistem lain"),
        max_length=80,
        required=False,
        help_text=_("Nomor LAPOR!, atau tautan pesannya."),
    )
    name = forms.CharField(  # type: ignore[assignment]  # as above
        label=_("Nama"), max_length=150, required=False
    )
    address = forms.CharField(label=_("Alamat atau nama akun"), max_length=200, required=False)
    field_order = ["page", "source", "subject", "words", "outside_number", "name", "phone", "address", "email"]

    def _wants_a_name(self) -> bool:
        return False

    def _may_know(self) -> bool:
        return True


class StepForm(JudgedForm):
    """What one step asks for; `version` is the complaint as the person saw it."""

    fault_words = staticmethod(fault_words)
    version = forms.IntegerField(widget=forms.HiddenInput)

    def inputs(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if name != "version"}


def step_form(
    complaint: Complaint,
    action: ComplaintAction,
    asked: set[str],
    *,
    officials: list[User],
    data: Mapping[str, Any] | None,
) -> StepForm:
    """The form of an action whose needs ask for these fields."""
    fields: dict[str, forms.Field] = {}
    if "kind" in asked:
        fields["kind"] = forms.ChoiceField(label=_("Klasifikasi"), choices=KINDS)
    if "official" in asked:
        theirs = User.objects.filter(pk__in=[person.pk for person in officials])
        fields["official"] = forms.ModelChoiceField(theirs, label=_("Pejabat"))
    if "words" in asked:
        fields["words"] = _lines(WORDS_OF.get(action, _("Isi")))
    if "reasons" in asked:
        fields["reasons"] = _lines(_("Alasan"))
    if "told" in asked and not parts.reaches_by_itself(complaint):
        label = _("Sudah saya sampaikan kepada pelapor lewat %(channel)s") % {"channel": complaint.get_source_display()}
        fields["told"] = forms.BooleanField(label=label)
    form_class: type[StepForm] = type("StepForm", (StepForm,), fields)
    return form_class(data, initial={"version": complaint.version, "kind": complaint.kind})


def _lines(label: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=WORDS_MOST, widget=forms.Textarea(attrs={"rows": 5}))


class TrackForm(JudgedForm):
    fault_words = staticmethod(fault_words)
    nomor = forms.CharField(
        label=_("Nomor pengaduan"), max_length=20, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    kode = forms.CharField(
        label=_("Kode"),
        max_length=80,
        help_text=_("Tercantum pada tanda terima pengaduan."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )
