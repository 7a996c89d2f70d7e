"""What the forms of the steps share. A form reads input; whether a step is legal is decided by `services.act`."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from panggon.cases.content.request import NATURES
from panggon.cases.models import LetterSource
from panggon.cases.words import fault_words
from panggon.core.errors import Fault, InvalidError
from panggon.forms import JudgedForm
from panggon.papers.services import inspect_letter
from panggon.sites import spec_forms

SHOWN_AT = MappingProxyType(
    {"contact": "contact_name", "letter_facts": "letter_date", "host": "label", "name": "label", **spec_forms.SHOWN_AT}
)


class PdfField(forms.FileField):
    """A PDF that people may open safely; the cleaned value is its bytes, or None when nothing was chosen."""

    def __init__(self, **options: Any) -> None:
        super().__init__(widget=forms.FileInput(attrs={"accept": "application/pdf"}), allow_empty_file=True, **options)

    def clean(self, data: Any, initial: Any = None) -> bytes | None:
        upload = super().clean(data, initial)
        if not upload:
            return None
        upload.seek(0)  # it may have been read before, for an act in which somebody else was faster
        content = upload.read()
        try:
            inspect_letter(content)
        except InvalidError as error:
            raise forms.ValidationError([fault_words(fault) for fault in error.faults]) from error
        return content


VERSION_MOST = 999_999_999


class RuledForm(JudgedForm):
    """A form about a case, in its words."""

    fault_words = staticmethod(fault_words)
    shown_at = SHOWN_AT

    def show_reasons(self, reasons: Mapping[str, tuple[str, ...]]) -> None:
        """Shows at each field what is still to be added or mended there."""
        for name in reasons.keys() & self.fields.keys():
            self.fields[name].corrections = reasons[name]

    def inputs(self) -> dict[str, Any]:
        """What the person gave, under the names that the services know."""
        return {name: value for name, value in self.cleaned_data.items() if name != "version"}


class StepForm(RuledForm):
    """A form of a step: `version` is the case as the person saw it, so that a stale tab changes nothing."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=VERSION_MOST)
    uses_files = False

    def refuse_large(self, fields: set[str]) -> None:
        """Puts the sentence about the size at the files that were too large to be taken in."""
        for name in fields & set(self.fields):
            self.errors.pop(name, None)
            self.add_error(name, fault_words(Fault("letter.too_large", name)))


class StampField(forms.DateTimeField):
    """A local moment to the minute, as a desk's stamp has it."""

    def __init__(self, **options: Any) -> None:
        widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
        super().__init__(widget=widget, input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"], **options)


def ask_for_stamp(form: StepForm, *, required: bool) -> None:
    """The two fields by which the registrar says when the paper came to the desk."""
    form.fields["stamped_at"] = StampField(
        label=_("Waktu stempel meja"),
        required=required,
        error_messages={"required": _("Wajib diisi.")},
        help_text=_("Kapan berkas diterima di meja dinas. Waktu pelayanan dihitung sejak saat itu."),
    )
    form.fields["stamp_reason"] = forms.CharField(
        label=_("Alasan, bila stempel mendahului tanggal surat"), required=False, max_length=300
    )


class LetterFactsForm(StepForm):
    letter_source = forms.ChoiceField(label=_("Disampaikan dengan"), choices=LetterSource.choices)
    letter_number = forms.CharField(label=_("Nomor surat"), max_length=100, required=False)
    letter_date = forms.DateField(
        label=_("Tanggal surat"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), required=False
    )
    letter_nature = forms.ChoiceField(label=_("Sifat"), choices=NATURES, required=False)
    letter_subject = forms.CharField(label=_("Hal"), max_length=200, initial="Permohonan Hosting", required=False)
