"""The form of each step. Which one a person gets is decided by the procedure's offers; fields carry the rules' names.

A form reads input; whether the step is legal is decided by `services.act`, whose faults come back to the fields.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from django import forms
from django.forms.models import model_to_dict
from django.utils.translation import gettext_lazy as _

from panggon.cases.checklist import ITEMS
from panggon.cases.models import Case, LetterSource
from panggon.cases.words import fault_words
from panggon.core.errors import Fault, InvalidError
from panggon.core.machine import Offer
from panggon.core.procedure import Action, Need
from panggon.core.spec import Profile, SiteKind
from panggon.papers.services import inspect_letter
from panggon.people import selectors as people

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
CHECKS = list(ITEMS.items())
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


class RuledForm(forms.Form):
    """A form whose input is judged by rules elsewhere."""

    def add_faults(self, faults: tuple[Fault, ...]) -> None:
        """Puts what the rules refused beside the fields that it concerns."""
        for fault in faults:
            field = SHOWN_AT.get(fault.field, fault.field)
            self.add_error(field if field in self.fields else None, fault_words(fault))

    def inputs(self) -> dict[str, Any]:
        """What the person gave, under the names that the services know."""
        return {name: value for name, value in self.cleaned_data.items() if name != "version"}


class StepForm(RuledForm):
    """A form of a step: `version` is the case as the person saw it, so that a stale tab changes nothing."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    uses_files = False

    def refuse_large(self, fields: set[str]) -> None:
        """Puts the sentence about the size at the files that were too large to be taken in."""
        for name in fields & set(self.fields):
            self.add_error(name, fault_words(Fault("letter.too_large", name)))


class AccessForm(RuledForm):
    """The owner's keys, one a line, and a new SFTP password; what is left empty stays as it is."""

    ssh_keys = forms.CharField(
        label=_("Kunci publik SSH, satu setiap baris"),
        required=False,
        max_length=20_000,
        help_text=_("Misalnya isi berkas id_ed25519.pub. Kunci pribadi tidak pernah diminta."),
        widget=forms.Textarea(attrs={"spellcheck": "false", "autocomplete": "off", "class": "mono"}),
    )
    password = forms.CharField(
        label=_("Kata sandi SFTP baru"),
        required=False,
        strip=False,
        help_text=_("Paling sedikit 12 karakter."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    password_again = forms.CharField(
        label=_("Kata sandi SFTP baru, sekali lagi"),
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        if values.get("password") != values.get("password_again"):
            self.add_error("password_again", _("Kedua kata sandi tidak sama."))
        return values

    def inputs(self) -> dict[str, Any]:
        lines = [line.strip() for line in self.cleaned_data["ssh_keys"].splitlines()]
        return {
            "ssh_keys": tuple(line for line in lines if line),
            "password": self.cleaned_data["password"] or None,
        }


class LetterFactsForm(StepForm):
    letter_source = forms.ChoiceField(label=_("Disampaikan dengan"), choices=LetterSource.choices)
    letter_number = forms.CharField(label=_("Nomor surat"), max_length=100, required=False)
    letter_date = forms.DateField(
        label=_("Tanggal surat"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), required=False
    )
    letter_nature = forms.ChoiceField(label=_("Sifat"), choices=NATURES, required=False)
    letter_subject = forms.CharField(label=_("Hal"), max_length=200, initial="Permohonan Hosting", required=False)


class ApplicationForm(LetterFactsForm):
    """What the SK requires of an OPD (letter, who asks, name wished, contact), and optional technical data."""

    uses_files = True
    agency = forms.ModelChoiceField(people.agencies(), label=_("OPD pemohon"))
    letter = PdfField(
        label=_("Berkas surat (PDF)"), required=False, help_text=_("Satu berkas PDF, paling besar 20 MB.")
    )
    label = forms.CharField(
        label=_("Subdomain yang diminta"),
        max_length=200,
        help_text=_("Huruf a–z, angka, dan tanda hubung; misalnya dinsos."),
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false", "autocomplete": "off"}),
    )
    alternative_label = forms.CharField(
        label=_("Subdomain pengganti bila tidak tersedia"), max_length=200, required=False
    )
    title = forms.CharField(label=_("Nama situs atau aplikasi"), max_length=120, required=False)
    contact_name = forms.CharField(label=_("Nama narahubung"), max_length=150)
    contact_phone = forms.CharField(
        label=_("Nomor HP narahubung"),
        max_length=30,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "tel"}),
        help_text=_("Isi nomor HP atau email, atau keduanya."),
    )
    contact_email = forms.EmailField(label=_("Email narahubung"), required=False)
    admin_name = forms.CharField(label=_("Nama admin teknis"), max_length=150, required=False)
    admin_phone = forms.CharField(label=_("Nomor HP admin teknis"), max_length=30, required=False)
    admin_email = forms.EmailField(label=_("Email admin teknis"), required=False)
    kind = forms.ChoiceField(label=_("Jenis situs"), choices=KINDS, required=False)
    profile = forms.ChoiceField(label=_("Cara alamat dijawab"), choices=PROFILES, required=False)
    database = forms.BooleanField(label=_("Memerlukan basis data MariaDB"), required=False, initial=True)
    notes = forms.CharField(label=_("Catatan teknis"), required=False, max_length=2000, widget=forms.Textarea)

    def allow_gaps(self) -> None:
        """A draft may lack anything but the OPD that it is of."""
        for name in self.fields.keys() - {"version", "agency"}:
            self.fields[name].required = False
        self.is_draft = True

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        if not self.is_draft and not values.get("contact_phone") and not values.get("contact_email"):
            self.add_error("contact_phone", _("Isi nomor HP atau email narahubung."))
        return values

    is_draft = False


class ReceiveForm(LetterFactsForm):
    agenda_number = forms.CharField(
        label=_("Nomor agenda"),
        max_length=60,
        required=False,
        help_text=_("Bila dikosongkan, nomor berikutnya diberikan oleh sistem."),
    )
    field_order = ["agenda_number"]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["letter_date"].required = True


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


FORMS: Mapping[Action, type[StepForm]] = MappingProxyType(
    {
        Action.SAVE_DRAFT: ApplicationForm,
        Action.SUBMIT: ApplicationForm,
        Action.RESUBMIT: ApplicationForm,
        Action.RECEIVE: ReceiveForm,
        Action.DISPOSE: DisposeForm,
        Action.ASSIGN: AssignForm,
        Action.COMPLETE: CompleteForm,
        Action.RETURN_TO_APPLICANT: ReturnForm,
        Action.PREPARE: PrepareForm,
        Action.RETRY: StepForm,
        Action.REPORT: NoteForm,
        Action.REQUEST_APPROVAL: NoteForm,
        Action.SEND_BACK: ReasonsForm,
        Action.APPROVE: NoteForm,
        Action.DELIVER: NoteForm,
        Action.CONFIRM: StepForm,
        Action.REPORT_NO_ACCESS: NoAccessForm,
        Action.REPORT_FIXED: NoteForm,
        Action.CHANGE_SPEC: SpecForm,
        Action.WITHDRAW: NoteForm,
        Action.REFUSE: RefuseForm,
    }
)


def form_for(offer: Offer, case: Case, *, digest: str = "", **options: Any) -> StepForm:
    """The form of an offered action, filled in with what is known of the case."""
    form = FORMS[offer.action](
        initial={**model_to_dict(case), "version": case.version, "shown_digest": digest}, **options
    )
    if Need.SIGNED_SHEET in offer.asks:
        form.fields["signed_sheet"] = PdfField(label=_("Pindaian lembar yang ditandatangani OPD (PDF)"), required=False)
        form.uses_files = True
    if offer.action is Action.ASSIGN:
        form.fields["technician"].queryset = people.technicians_of(case.division)
    return form
