"""The form of each step. Which one a person gets is decided by the offers; fields carry the names of the rules."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from django import forms
from django.forms.models import model_to_dict
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from panggon.cases.acting.desk import STAMPED
from panggon.cases.attention.workload import with_load
from panggon.cases.content.facts import signer_named
from panggon.cases.content.request import NATURES, storage_words
from panggon.cases.forms.application import SendForm
from panggon.cases.forms.base import LetterFactsForm, PdfField, StepForm, ask_for_stamp
from panggon.cases.forms.checklist import CompleteForm, ReturnForm, found_of
from panggon.cases.forms.site_choice import SiteChoiceForm
from panggon.cases.models import Case
from panggon.cases.selectors import usual_division
from panggon.core.cases.procedure import Action, Need, Role, State
from panggon.core.sites.spec import SiteKind
from panggon.core.state_machine import Offer
from panggon.papers import contents
from panggon.people import selectors as people
from panggon.people.models import Division
from panggon.sites import selectors as sites
from panggon.sites.models import Plan

INSTRUCTIONS = [(words, words) for words in contents.INSTRUCTIONS]
PHRASES = [
    (words, words)
    for words in (
        _("Mohon diselesaikan sesuai standar pelayanan."),
        _("Segera dikerjakan dan laporkan hasilnya."),
        _("Koordinasikan lebih dahulu dengan OPD pemohon."),
    )
]


class ReceiveForm(LetterFactsForm):
    agenda_number = forms.CharField(
        label=_("Nomor agenda"),
        max_length=60,
        required=False,
        help_text=_("Hanya bila nomor sudah ditulis di buku agenda lain. Tiap nomor dipakai satu kali."),
    )
    field_order = ["agenda_number"]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["letter_date"].required = True


class DisposeForm(StepForm):
    """The disposition sheet, filled in so that the usual case needs one choice."""

    division = forms.ModelChoiceField(
        Division.objects.none(), label=_("Diteruskan kepada"), empty_label=None, widget=forms.RadioSelect
    )
    instruction = forms.MultipleChoiceField(
        label=_("Dengan hormat harap"), choices=INSTRUCTIONS, widget=forms.CheckboxSelectMultiple
    )
    nature = forms.ChoiceField(label=_("Sifat"), choices=NATURES, widget=forms.RadioSelect)
    disposition_due = forms.DateField(
        label=_("Batas penyelesaian"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    phrases = forms.MultipleChoiceField(
        label=_("Catatan siap pakai"), choices=PHRASES, widget=forms.CheckboxSelectMultiple, required=False
    )
    note = forms.CharField(
        label=_("Catatan lain"), required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 2})
    )

    def inputs(self) -> dict[str, Any]:
        values = super().inputs()
        return {
            **values,
            "instruction": "; ".join(values["instruction"]),
            "note": " ".join([*values.pop("phrases"), *filter(None, [values["note"]])]),
        }


class AssignForm(StepForm):
    technician = forms.ModelChoiceField(
        people.technicians(), label=_("Petugas teknis"), empty_label=None, widget=forms.RadioSelect
    )
    note = forms.CharField(
        label=_("Catatan"), required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 3})
    )


class ReassignForm(StepForm):
    technician = forms.ModelChoiceField(
        people.technicians(), label=_("Petugas teknis yang baru"), empty_label=None, widget=forms.RadioSelect
    )
    reasons = forms.CharField(label=_("Alasan penggantian"), max_length=1000, widget=forms.Textarea)


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


class SpecForm(SiteChoiceForm):
    def inputs(self) -> dict[str, Any]:
        plan = {"plan": self.cleaned_data["plan"]} if "plan" in self.fields else {}
        return {**self.site_inputs(), **plan}


class PlanField(forms.ModelChoiceField):
    """How much the site may use; the default plan where nothing is chosen."""

    def __init__(self) -> None:
        super().__init__(
            sites.offered_plans(),
            label=_("Paket situs"),
            required=False,
            empty_label=_("Paket bawaan"),
            help_text=_("Berapa banyak yang boleh dipakai situs ini."),
        )

    def label_from_instance(self, plan: Plan) -> str:
        amounts = {"quota": plan.quota_mebibytes, "memory": plan.memory_mebibytes, "php": plan.php_version}
        words = _("%(quota)s MiB penyimpanan, %(memory)s MiB memori, PHP %(php)s") % amounts
        return f"{plan.name}: {words}"


FORMS: Mapping[Action, type[StepForm]] = MappingProxyType(
    {
        Action.SUBMIT: SendForm,
        Action.RESUBMIT: SendForm,
        Action.RECEIVE: ReceiveForm,
        Action.DISPOSE: DisposeForm,
        Action.ASSIGN: AssignForm,
        Action.REASSIGN: ReassignForm,
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


PLANNED = frozenset({Action.COMPLETE, Action.CHANGE_SPEC})
CHECKS = frozenset({Action.COMPLETE, Action.RETURN_TO_APPLICANT})


def form_for(offer: Offer, case: Case, *, digest: str = "", **options: Any) -> StepForm:
    """The form of an offered action, filled in with what is known of the case."""
    if offer.action in CHECKS:
        options["found"] = found_of(case)
    known = {**model_to_dict(case), "version": case.version, "shown_digest": digest}
    known |= KNOWN[offer.action](case) if offer.action in KNOWN else {}
    planned_anew = offer.action is Action.RETRY and case.state == State.PREPARING
    form = (SpecForm if planned_anew else FORMS[offer.action])(initial=known, **options)
    if Need.SIGNED_SHEET in offer.asks or (offer.role is Role.REGISTRAR and offer.action is Action.REPORT_NO_ACCESS):
        form.fields["signed_sheet"] = PdfField(label=_("Pindaian lembar yang ditandatangani OPD (PDF)"), required=False)
        form.uses_files = True
    if offer.role is Role.REGISTRAR and offer.action in STAMPED:
        ask_for_stamp(form, required=offer.action is Action.SUBMIT)
    if offer.action is Action.DISPOSE:
        form.fields["division"].queryset = people.divisions(now=timezone.now())
    if offer.action in PLANNED and sites.default_plan():
        _ask_for_plan(form, case)
    if offer.action is Action.ASSIGN:
        form.fields["technician"].queryset = with_load(people.technicians_of(case.division))
    if offer.action is Action.REASSIGN:
        others = people.technicians_of(case.division).exclude(pk=case.technician_id)
        form.fields["technician"].queryset = with_load(others)
    return form


# ------------------------------------------------------------------------------------------------------------------


def _usual_disposition(case: Case) -> dict[str, Any]:
    return {
        "division": usual_division(now=timezone.now()),
        "instruction": [INSTRUCTIONS[0][0]],
        "nature": case.letter_nature or NATURES[0][0],
        "disposition_due": localdate(case.due_at) if case.due_at else None,
    }


def _ask_for_plan(form: StepForm, case: Case) -> None:
    """Once a plan was chosen it stays chosen; until then the one that fits what the OPD wishes is."""
    field = form.fields["plan"] = PlanField()
    php_version = case.php_version_wish if case.kind == SiteKind.PHP else ""
    wishes = [f"PHP {php_version}" if php_version else "", storage_words(case.storage_mebibytes)]
    wished = ", ".join(filter(None, wishes))
    if case.plan_id or not wished:
        return
    fitting = sites.fitting_plan(php_version=php_version, quota_mebibytes=case.storage_mebibytes or 0)
    form.initial["plan"] = fitting
    found = _("Paket yang sesuai sudah dipilih.") if fitting else _("Tidak ada paket yang memenuhinya.")
    field.help_text = format_lazy("{} {}", _("OPD meminta %(wished)s.") % {"wished": wished}, found)


def _least_loaded(case: Case) -> dict[str, Any]:
    others = people.technicians_of(case.division).exclude(pk=case.technician_id)
    return {"technician": with_load(others).first()}


def _changed_signer(case: Case) -> dict[str, Any]:
    """The usual reason to send a case back whose document names somebody who does not sign it any more."""
    waits = case.state == State.AWAITING_APPROVAL
    changed = waits and signer_named(case) != people.hands_of(Role.HEAD, now=timezone.now())
    return (
        {"reasons": _("Pejabat penanda tangan berganti; mohon nota dan dokumen hosting yang baru.")} if changed else {}
    )


KNOWN: Mapping[Action, Callable[[Case], dict[str, Any]]] = MappingProxyType(
    {
        Action.DISPOSE: _usual_disposition,
        Action.ASSIGN: _least_loaded,
        Action.REASSIGN: _least_loaded,
        Action.SEND_BACK: _changed_signer,
    }
)
