"""The request of an OPD in three sections, and the page on which it is sent."""

from collections.abc import Collection, Mapping
from copy import copy
from dataclasses import dataclass, replace
from typing import Any

from django import forms
from django.forms.models import model_to_dict
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from panggon.cases.acting.inputs import value_faults
from panggon.cases.content.facts import name_faults
from panggon.cases.content.request import (
    ADMIN,
    CONTACT,
    KINDS,
    LABELS,
    LETTER,
    MEBIBYTES_PER_GIBIBYTE,
    NATURES,
    PROFILES,
    RESPONSIBLE,
    VENDOR,
)
from panggon.cases.forms.base import PdfField, StepForm
from panggon.cases.models import Case, DatabaseWish, LetterSource, SiteUse, SystemCategory
from panggon.core.naming import normalise
from panggon.people import selectors as people

UNDECIDED = ("", _("Belum ditentukan"))
UNITS = [("1", _("MiB")), (str(MEBIBYTES_PER_GIBIBYTE), _("GiB"))]
ANSWERS = [UNDECIDED, ("True", _("Ya")), ("False", _("Tidak"))]
HIDDEN = frozenset({"version", "page", "reading"})
STORAGE = ("storage_amount", "storage_unit")
HELPERS = HIDDEN.union(STORAGE)


@dataclass(frozen=True, slots=True)
class Group:
    """Fields that stand together. `optional`: the SK asks for none of them, and the page says so."""

    title: Any
    names: tuple[str, ...]
    optional: bool = False


def text(name: str, most: int, *, help_text: Any = "", **attributes: str) -> forms.CharField:
    widget = forms.TextInput(attrs=attributes)
    return forms.CharField(label=LABELS[name], max_length=most, required=False, help_text=help_text, widget=widget)


def choice(name: str, choices: list[tuple[str, Any]]) -> forms.ChoiceField:
    return forms.ChoiceField(label=LABELS[name], choices=choices, required=False)


def telephone(name: str) -> forms.CharField:
    return text(name, 30, inputmode="tel")


def nip(name: str) -> forms.CharField:
    return text(name, 30, inputmode="numeric", help_text=_("18 angka."))


def email(name: str) -> forms.EmailField:
    return forms.EmailField(label=LABELS[name], required=False, max_length=254)


class SectionForm(StepForm):
    """A part of a draft: it may have gaps, but what is written is right. `page` names the page that was opened, so that
    what it saves by itself does not look like somebody else's change.
    """

    groups: tuple[Group, ...]
    needed: frozenset[str] = frozenset()  # what the SK requires before the request is sent
    page = forms.UUIDField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, case: Case, **options: Any) -> None:
        super().__init__(*args, **options)
        self.case = case
        self.read_by_machine: set[str] = set()

    def propose(self, proposals: Mapping[str, Any], *, marked: Collection[str] = ()) -> None:
        """Fills in what a machine read, where nobody has written anything, and marks it until somebody confirms it.

        `marked`: the fields that the page showed as read by machine when it was sent.
        """
        marked = {*marked} if self.is_bound else {*self.case.machine_read}
        for name in proposals.keys() & self.fields.keys():
            if not self.is_bound and self.initial.get(name) in (None, ""):
                self.initial[name] = proposals[name]
                marked.add(name)
            if name in marked and str(self[name].value() or "") == proposals[name]:
                self.read_by_machine.add(name)

    def unconfirmed(self, confirmed: Collection[str]) -> list[str]:
        """The fields of the whole request that stand as a machine read them, once this section is saved."""
        elsewhere = set(self.case.machine_read) - self.fields.keys()
        return sorted(elsewhere | self.read_by_machine - set(confirmed))

    @property
    def bound_groups(self) -> list[tuple[Group, list[forms.BoundField]]]:
        """The groups with those of their fields that this person fills in."""
        return [(group, [self[name] for name in group.names if name in self.fields]) for group in self.groups]

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        for name in values.keys() - self.errors.keys():
            self.add_faults(value_faults(name, values[name]))
        return values

    def inputs(self) -> dict[str, Any]:
        """All that is right of what was filled in; what is wrong stays on the page alone."""
        named = {name: value for name, value in self.cleaned_data.items() if name not in HELPERS}
        page = self.cleaned_data.get("page")
        return {**named, "page": str(page)} if page else named

    @cached_property
    def is_changed(self) -> bool:
        """Whether there is anything to save."""
        return not HIDDEN.issuperset(self.changed_data)


class LetterSection(SectionForm):
    uses_files = True
    groups = (Group(_("Surat atau informasi pemberitahuan"), ("agency", "letter_source", "letter", *LETTER[1:])),)
    needed = frozenset({"agency", "letter_source", "letter"})
    reading = forms.UUIDField(widget=forms.HiddenInput, required=False)
    agency = forms.ModelChoiceField(people.agencies(), label=LABELS["agency"])
    letter_source = forms.ChoiceField(
        label=LABELS["letter_source"], choices=LetterSource.choices, required=False, initial=LetterSource.LETTER
    )
    letter = PdfField(
        label=_("Berkas surat (PDF)"), required=False, help_text=_("Satu berkas PDF, paling besar 20 MB.")
    )
    letter_number = text("letter_number", 100)
    letter_date = forms.DateField(
        label=LABELS["letter_date"],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        required=False,
    )
    letter_nature = choice("letter_nature", NATURES)
    letter_subject = text("letter_subject", 200, help_text=_("Misalnya Permohonan Hosting."))


class SiteSection(SectionForm):
    groups = (
        Group(_("Nama yang diminta"), ("label", "alternative_label", "title")),
        Group(
            _("Keterangan teknis"),
            ("site_use", "kind", "profile", "platform", "php_version_wish", "database_wish", *STORAGE, "notes"),
            optional=True,
        ),
        Group(_("Data pribadi"), ("holds_personal_data", "personal_data", "system_category"), optional=True),
    )
    needed = frozenset({"label"})
    label = text(
        "label",
        200,
        help_text=_("Huruf a–z, angka, dan tanda hubung; misalnya dinsos."),
        autocapitalize="none",
        spellcheck="false",
        autocomplete="off",
    )
    alternative_label = text("alternative_label", 200, autocapitalize="none", spellcheck="false", autocomplete="off")
    title = text("title", 120)
    site_use = choice("site_use", [UNDECIDED, *SiteUse.choices])
    kind = choice("kind", KINDS)
    profile = choice("profile", PROFILES)
    platform = text("platform", 120, help_text=_("Misalnya WordPress 6.8 atau Laravel 12."))
    php_version_wish = text("php_version_wish", 10, help_text=_("Misalnya 8.2."))
    database_wish = choice("database_wish", [UNDECIDED, *DatabaseWish.choices])
    storage_amount = forms.IntegerField(label=LABELS["storage_mebibytes"], required=False, min_value=1)
    storage_unit = forms.ChoiceField(label=_("Satuan ruang penyimpanan"), choices=UNITS, required=False)
    holds_personal_data = forms.TypedChoiceField(
        label=LABELS["holds_personal_data"],
        choices=ANSWERS,
        required=False,
        coerce=lambda answer: str(answer) == "True",
        empty_value=None,
    )
    personal_data = text("personal_data", 300, help_text=_("Misalnya nama, NIK, dan alamat penerima bantuan."))
    system_category = choice("system_category", [UNDECIDED, *SystemCategory.choices])
    notes = forms.CharField(label=LABELS["notes"], required=False, max_length=2000, widget=forms.Textarea)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name, target in (("label", "#nama-hasil"), ("alternative_label", "#nama-lain-hasil")):
            self.fields[name].widget.attrs.update(
                {
                    "hx-get": f"{reverse('cases:check_name')}?case={self.case.number}&of={name}",
                    "hx-trigger": "input changed delay:400ms",
                    "hx-target": target,
                }
            )

    def clean(self) -> dict[str, Any]:
        """Says of the names what the rules would refuse when the request is sent."""
        values = super().clean()
        for name in ("label", "alternative_label"):
            wished = copy(self.case)
            wished.label = normalise((values.get(name) or "").strip())
            self.add_faults(tuple(replace(fault, field=name) for fault in name_faults(wished) or ()))
        if "storage_amount" not in self.errors:
            values["storage_mebibytes"] = self._storage(values)
            faults = value_faults("storage_mebibytes", values["storage_mebibytes"])
            self.add_faults(tuple(replace(fault, field="storage_amount") for fault in faults))
        return values

    def inputs(self) -> dict[str, Any]:
        values = super().inputs()
        if "storage_amount" in self.errors:
            values.pop("storage_mebibytes", None)
        return values

    @staticmethod
    def _storage(values: Mapping[str, Any]) -> int | None:
        amount = values.get("storage_amount")
        return amount * int(values.get("storage_unit") or 1) if amount else None


class PeopleSection(SectionForm):
    groups = (
        Group(_("Narahubung"), CONTACT),
        Group(_("Penanggung jawab"), RESPONSIBLE, optional=True),
        Group(_("Admin teknis"), (*ADMIN, "ssh_key"), optional=True),
        Group(_("Penyedia atau pengembang"), VENDOR, optional=True),
    )
    needed = frozenset(CONTACT)
    contact_name = text("contact_name", 150)
    contact_phone = telephone("contact_phone")
    contact_email = email("contact_email")
    responsible_name = text("responsible_name", 150)
    responsible_nip = nip("responsible_nip")
    responsible_rank = text("responsible_rank", 60)
    responsible_position = text("responsible_position", 120)
    responsible_phone = telephone("responsible_phone")
    responsible_email = email("responsible_email")
    admin_name = text("admin_name", 150)
    admin_nip = nip("admin_nip")
    admin_rank = text("admin_rank", 60)
    admin_position = text("admin_position", 120)
    admin_phone = telephone("admin_phone")
    admin_email = email("admin_email")
    vendor_name = text("vendor_name", 150)
    vendor_contact = text("vendor_contact", 150)
    ssh_key = forms.CharField(
        label=LABELS["ssh_key"],
        required=False,
        max_length=3000,
        help_text=_("Satu baris, misalnya isi berkas id_ed25519.pub. Kunci pribadi tidak pernah diminta."),
        widget=forms.Textarea(attrs={"spellcheck": "false", "autocomplete": "off", "class": "mono"}),
    )


class SendForm(StepForm):
    """All is saved already: what is left is to send it."""


def known_of(case: Case) -> dict[str, Any]:
    """What the sections show of a case."""
    known = {**model_to_dict(case), "version": case.version}
    storage = case.storage_mebibytes
    unit = MEBIBYTES_PER_GIBIBYTE if storage and storage % MEBIBYTES_PER_GIBIBYTE == 0 else 1
    return {**known, "storage_amount": storage // unit if storage else None, "storage_unit": str(unit)}
