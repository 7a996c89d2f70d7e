"""How the service is reached, one row a channel."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from django import forms
from django.forms.formsets import BaseFormSet
from django.utils.translation import gettext_lazy as _

from panggon.core.standards.contacts import Channel, Contact, contact_fault, works
from panggon.forms import PlainForm
from panggon.labels import CHANNEL_LABELS
from panggon.office.forms.base import GroupForm
from panggon.office.values import Contacts
from panggon.office.words import CONTACT_FAULTS

CHANNELS = [("", _("– pilih –")), *((channel.value, CHANNEL_LABELS[channel]) for channel in Channel)]
ROWS_MOST = 40


class ContactForm(PlainForm):
    channel = forms.ChoiceField(label=_("Saluran"), choices=CHANNELS)
    printed = forms.CharField(label=_("Tercetak di SK"), max_length=200)
    working = forms.CharField(
        label=_("Yang dapat dihubungi"),
        max_length=200,
        required=False,
        help_text=_("Diisi bila yang tercetak tidak dapat dipakai."),
    )
    person = forms.CharField(label=_("Nama pejabat"), max_length=120, required=False)

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        working = values.get("working")
        if working and values.get("channel") and not works(Channel(values["channel"]), working):
            self.add_error("working", _("Bentuknya tidak dapat dihubungi lewat saluran ini."))
        return values

    @property
    def why_broken(self) -> Any:
        """Why nobody can be reached by what is printed now; empty where somebody can."""
        known = self.initial.get("printed")
        fault = contact_fault(Channel(self.initial["channel"]), known) if known else None
        return CONTACT_FAULTS[fault] if fault else ""

    def contact(self) -> Contact:
        values = self.cleaned_data
        return Contact(Channel(values["channel"]), values["printed"], values["working"], values["person"])


class ContactRows(BaseFormSet):
    """The contacts in the order of the page; one more can be added at its end."""

    deletion_widget = forms.CheckboxInput

    def add_fields(self, form: forms.Form, index: int | None) -> None:
        super().add_fields(form, index)
        form.fields["DELETE"].label = _("Hapus kontak ini")


ContactFormSet = forms.formset_factory(
    ContactForm, formset=ContactRows, extra=1, can_delete=True, max_num=ROWS_MOST, validate_max=True
)


class ContactsForm(GroupForm):
    """A form around the rows, so that all groups are edited alike."""

    labels: Mapping[str, Any] = {"rows": _("Kontak layanan")}

    def __init__(self, data: Any = None, files: Any = None, *, initial: Mapping[str, Any], **options: Any) -> None:
        super().__init__(data, files, initial=initial, **options)
        self.rows = ContactFormSet(data, initial=[asdict(row) for row in initial["rows"]], prefix="rows")

    def is_valid(self) -> bool:
        return all((super().is_valid(), self.rows.is_valid()))

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        if self.rows.is_valid() and not self._kept():
            self.add_error(None, _("Paling sedikit satu kontak harus ada."))
        return values

    def value(self) -> Contacts:
        return Contacts(tuple(row.contact() for row in self._kept()))

    def _kept(self) -> list[ContactForm]:
        return [row for row in self.rows if row.cleaned_data.get("printed") and not row.cleaned_data.get("DELETE")]
