"""The request of an OPD."""

from copy import copy
from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from panggon.cases.facts import has_letter, name_faults
from panggon.cases.forms.base import LetterFactsForm, PdfField
from panggon.cases.models import Case
from panggon.cases.words import fault_words
from panggon.core.errors import Fault
from panggon.core.naming import normalise
from panggon.core.spec import Profile, SiteKind
from panggon.people import selectors as people

KINDS = [(SiteKind.PHP.value, _("Aplikasi PHP")), (SiteKind.STATIC.value, _("Halaman statis (HTML)"))]
PROFILES = [
    (Profile.PLAIN.value, _("Biasa: setiap alamat adalah satu berkas")),
    (Profile.FRONT_CONTROLLER.value, _("Satu pintu: semua alamat dijawab index.php (WordPress, Laravel)")),
]


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

    def __init__(self, *args: Any, case: Case | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        self.case = case or Case()
        self.is_draft = False
        self.fields["label"].widget.attrs.update(
            {
                "hx-get": f"{reverse('cases:check_name')}?case={self.case.number}",
                "hx-trigger": "input changed delay:400ms",
                "hx-target": "#nama-hasil",
            }
        )

    def allow_gaps(self) -> None:
        """A draft may lack anything but the OPD that it is of."""
        for name in self.fields.keys() - {"version", "agency"}:
            self.fields[name].required = False
        self.is_draft = True

    def clean(self) -> dict[str, Any]:
        """Says at once, with all else, what the rules would refuse afterwards one by one."""
        values = super().clean()
        if self.is_draft:
            return values
        if not values.get("contact_phone") and not values.get("contact_email"):
            self.add_error("contact_phone", _("Isi nomor HP atau email narahubung."))
        wished = copy(self.case)
        wished.letter_source, wished.letter_subject = values.get("letter_source", ""), values.get("letter_subject", "")
        wished.label = normalise(values.get("label", "").strip())
        if "letter" not in self.errors and not has_letter(wished, values):
            self.add_error("letter", fault_words(Fault("need.letter")))
        self.add_faults(name_faults(wished) or ())
        return values
