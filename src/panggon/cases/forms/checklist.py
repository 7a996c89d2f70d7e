"""The check at step 4: each item is met, or says what the OPD has to add or mend."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from panggon.cases.content.checklist import ITEMS
from panggon.cases.forms.base import StepForm
from panggon.cases.forms.site_choice import SiteChoiceForm
from panggon.cases.models import Case

MET, MISSING = "met", "missing"
ANSWERS = [(MET, _("Terpenuhi")), (MISSING, _("Belum"))]


class ChecklistForm(StepForm):
    """`item_…` is the answer to an item, `reason_…` what is missing where it is not met."""

    note = forms.CharField(
        label=_("Catatan umum untuk OPD"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, found: Mapping[str, bool] | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        for name, item in ITEMS.items():
            met = (found or {}).get(name)
            answer = None if met is None else MET if met else MISSING
            self.fields[f"item_{name}"] = forms.ChoiceField(
                label=item.words, choices=ANSWERS, initial=answer, widget=forms.RadioSelect, required=False
            )
            self.fields[f"reason_{name}"] = forms.CharField(
                label=_("Yang perlu ditambah atau diperbaiki"),
                max_length=1000,
                widget=forms.Textarea(attrs={"rows": 2}),
                required=False,
            )

    @property
    def items(self) -> list[tuple[str, forms.BoundField, forms.BoundField]]:
        """Each item with its answer and its reason, for the page."""
        return [(name, self[f"item_{name}"], self[f"reason_{name}"]) for name in ITEMS]

    def answers(self) -> dict[str, str]:
        return {name: self.cleaned_data.get(f"item_{name}", "") for name in ITEMS}


class CompleteForm(SiteChoiceForm, ChecklistForm):
    def clean(self) -> dict[str, Any]:
        super().clean()
        for name, answer in self.answers().items():
            if answer == MISSING:
                self.add_error(f"item_{name}", _("Belum terpenuhi: permohonan perlu dikembalikan untuk dilengkapi."))
            elif not answer:
                self.add_error(f"item_{name}", _("Butir ini belum diperiksa."))
        return self.cleaned_data

    def inputs(self) -> dict[str, Any]:
        met = [name for name, answer in self.answers().items() if answer == MET]
        return {"checklist": met, "plan": self.cleaned_data.get("plan"), **self.site_inputs()}


class ReturnForm(ChecklistForm):
    def clean(self) -> dict[str, Any]:
        answers = self.answers()
        for name, answer in answers.items():
            if not answer:
                self.add_error(f"item_{name}", _("Butir ini belum diperiksa."))
            if answer == MISSING and not self.cleaned_data.get(f"reason_{name}"):
                self.add_error(f"reason_{name}", _("Tuliskan apa yang perlu ditambah atau diperbaiki."))
        if MISSING not in answers.values() and not self.cleaned_data.get("note"):
            self.add_error(None, _("Semua butir terpenuhi. Tandai butir yang belum, atau tuliskan catatan untuk OPD."))
        return self.cleaned_data

    def inputs(self) -> dict[str, Any]:
        values = self.cleaned_data
        missing = {name: values[f"reason_{name}"] for name, answer in self.answers().items() if answer == MISSING}
        return {"missing": missing, "reasons": values["note"]}


def found_of(case: Case) -> dict[str, bool]:
    """What was found at the last check."""
    return dict(case.checklist.values_list("item", "met"))
