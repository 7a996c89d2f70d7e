"""The form of each step. Which one a person gets is decided by the procedure's offers; fields carry the rules' names.

A form reads input; whether the step is legal is decided by `services.act`, whose faults come back to the fields.
"""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from panggon.cases.words import fault_words
from panggon.core.errors import Fault, InvalidError
from panggon.core.spec import Profile, SiteKind
from panggon.papers.services import inspect_letter
from panggon.people import selectors as people

LETTER_SOURCES = [
    ("letter", _("Surat permohonan")),
    ("memo", _("Nota dinas")),
    ("email", _("Email dinas")),
    ("srikandi", _("SRIKANDI")),
    ("desk", _("Disampaikan langsung di dinas dan dicatat")),
]
KINDS = [(SiteKind.PHP.value, _("Aplikasi PHP")), (SiteKind.STATIC.value, _("Halaman statis (HTML)"))]
PROFILES = [
    (Profile.PLAIN.value, _("Biasa: setiap alamat adalah satu berkas")),
    (Profile.FRONT_CONTROLLER.value, _("Satu pintu: semua alamat dijawab index.php (WordPress, Laravel)")),
]
INSTRUCTIONS = [
    (words, words)
    for words in (
        "Selesaikan/tindak lanjuti",
        "Pelajari/kaji",
        "Koordinasikan",
        "Saran/pendapat",
        "Pantau",
        "Perhatian",
    )
]
NATURES = [(words, words) for words in ("Biasa", "Segera", "Sangat Segera", "Rahasia")]
CHECKS = [
    ("letter", _("Ada surat atau informasi pemberitahuan permohonan hosting")),
    ("agency", _("OPD pemohon jelas dan merupakan pengguna jaringan kota")),
    ("name", _("Nama situs yang diminta dapat dipakai")),
    ("contact", _("Ada narahubung yang dapat dihubungi")),
]
# Where a page shows a fault that the rules name otherwise than its own field.
SHOWN_AT = {"contact": "contact_name", "letter_facts": "letter_date", "host": "label", "name": "label"}


class PdfField(forms.FileField):
    """A PDF that people may open safely; the cleaned value is its bytes, or None when nothing was chosen."""

    def __init__(self, **options: Any) -> None:
        super().__init__(widget=forms.FileInput(attrs={"accept": "application/pdf"}), allow_empty_file=True, **options)

    def clean(self, data: Any, initial: Any = None) -> bytes | None:
        upload = super().clean(data, initial)
        if not upload:
            return None
        content = upload.read()
        try:
            inspect_letter(content)
        except InvalidError as error:
            raise forms.ValidationError([fault_words(fault) for fault in error.faults]) from error
        return content


class StepForm(forms.Form):
    """A form of a step: `version` is the case as the person saw it, so that a stale tab changes nothing."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    uses_files = False

    def add_faults(self, faults: tuple[Fault, ...]) -> None:
        """Puts what the rules refused beside the fields that it concerns."""
        for fault in faults:
            field = SHOWN_AT.get(fault.field, fault.field)
            self.add_error(field if field in self.fields else None, fault_words(fault))

    def refuse_large(self, fields: set[str]) -> None:
        """Puts the sentence about the size at the files that were too large to be taken in."""
        for name in fields & set(self.fields):
            self.errors.pop(name, None)
            self.add_error(name, fault_words(Fault("letter.too_large", name)))

    def inputs(self) -> dict[str, Any]:
        """What the person gave, under the names that `services.act` knows."""
        return {name: value for name, value in self.cleaned_data.items() if name != "version"}


class LetterFactsForm(StepForm):
    letter_source = forms.ChoiceField(label=_("Disampaikan dengan"), choices=LETTER_SOURCES)
    letter_number = forms.CharField(label=_("Nomor surat"), max_length=100, required=False)
    letter_date = forms.DateField(
        label=_("Tanggal surat"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    letter_subject = forms.CharField(label=_("Hal"), max_length=200, initial="Permohonan Hosting")


class ApplicationForm(LetterFactsForm):
    """What the SK requires of an OPD (letter, who asks, name wished, contact), and optional technical data."""

    uses_files = True
    agency = forms.ModelChoiceField(people.agencies(), label=_("OPD pemohon"), required=False)
    letter = PdfField(
        label=_("Berkas surat (PDF)"), required=False, help_text=_("Satu berkas PDF, paling besar 20 MB.")
    )
    title = forms.CharField(label=_("Nama situs atau aplikasi"), max_length=120)
    label = forms.CharField(
        label=_("Subdomain yang diminta"),
        max_length=200,
        help_text=_("Huruf kecil, angka, dan tanda hubung; misalnya dinsos."),
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false", "autocomplete": "off"}),
    )
    contact_name = forms.CharField(label=_("Nama narahubung"), max_length=150)
    contact_phone = forms.CharField(
        label=_("Nomor HP narahubung"), max_length=30, widget=forms.TextInput(attrs={"inputmode": "tel"})
    )
    contact_email = forms.EmailField(label=_("Email narahubung"), required=False)
    kind = forms.ChoiceField(label=_("Jenis situs"), choices=KINDS, required=False)
    profile = forms.ChoiceField(label=_("Cara alamat dijawab"), choices=PROFILES, required=False)
    database = forms.BooleanField(label=_("Memerlukan basis data MariaDB"), required=False, initial=True)
    notes = forms.CharField(label=_("Catatan teknis"), required=False, max_length=2000, widget=forms.Textarea)
    field_order = ["agency", "letter_source", "letter_number", "letter_date", "letter_subject", "letter"]


class ReceiveForm(LetterFactsForm):
    agenda_number = forms.CharField(label=_("Nomor agenda"), max_length=60)
    field_order = ["agenda_number"]


class DisposeForm(StepForm):
    division = forms.ModelChoiceField(people.divisions(), label=_("Diteruskan kepada"), empty_label=None)
    instruction = forms.ChoiceField(label=_("Dengan hormat harap"), choices=INSTRUCTIONS)
    nature = forms.ChoiceField(label=_("Sifat"), choices=NATURES)
    note = forms.CharField(label=_("Catatan"), required=False, max_length=1000, widget=forms.Textarea)


class AssignForm(StepForm):
    technician = forms.ModelChoiceField(people.technicians(), label=_("Petugas teknis"), empty_label=None)
    note = forms.CharField(label=_("Catatan"), required=False, max_length=1000, widget=forms.Textarea)


class CompleteForm(StepForm):
    checklist = forms.MultipleChoiceField(
        label=_("Yang sudah diperiksa dan terpenuhi"),
        choices=CHECKS,
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )


class ReturnForm(StepForm):
    missing = forms.MultipleChoiceField(
        label=_("Yang perlu dilengkapi"), choices=CHECKS, widget=forms.CheckboxSelectMultiple, required=False
    )
    reasons = forms.CharField(
        label=_("Penjelasan untuk OPD"),
        max_length=2000,
        help_text=_("Tuliskan dengan jelas apa yang perlu ditambah atau diperbaiki."),
        widget=forms.Textarea,
    )


class ReasonsForm(StepForm):
    reasons = forms.CharField(label=_("Alasan"), max_length=2000, widget=forms.Textarea)


class NoAccessForm(StepForm):
    reasons = forms.CharField(
        label=_("Apa yang terjadi saat mencoba mengakses?"), max_length=2000, widget=forms.Textarea
    )


class NoteForm(StepForm):
    note = forms.CharField(label=_("Catatan"), required=False, max_length=1000, widget=forms.Textarea)


class PrepareForm(StepForm):
    shown_digest = forms.CharField(widget=forms.HiddenInput, required=False)


class RefuseForm(ReasonsForm):
    uses_files = True
    refusal_letter = PdfField(label=_("Surat penolakan yang ditandatangani Kepala Dinas (PDF)"), required=False)


class SpecForm(StepForm):
    kind = forms.ChoiceField(label=_("Jenis situs"), choices=KINDS)
    profile = forms.ChoiceField(label=_("Cara alamat dijawab"), choices=PROFILES)
    database = forms.BooleanField(label=_("Memerlukan basis data MariaDB"), required=False)
