"""The form of each step. Which one a person gets is decided by the offers; fields carry the names of the rules."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.forms.models import model_to_dict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from panggon.cases.checklist import ITEMS
from panggon.cases.desk import STAMPED
from panggon.cases.forms.application import SendForm
from panggon.cases.forms.base import NATURES, LetterFactsForm, PdfField, StepForm, ask_for_stamp
from panggon.cases.models import Case
from panggon.cases.request import KINDS, PROFILES
from panggon.cases.selectors import loads
from panggon.core.machine import Offer
from panggon.core.procedure import Action, Need, Role
from panggon.people import selectors as people
from panggon.people.models import Division, User
from panggon.sites import selectors as sites
from panggon.sites.models import Plan

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
CHECKS = list(ITEMS.items())


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
    division = forms.ModelChoiceField(Division.objects.none(), label=_("Diteruskan kepada"), empty_label=None)
    instruction = forms.ChoiceField(label=_("Dengan hormat harap"), choices=INSTRUCTIONS)
    nature = forms.ChoiceField(label=_("Sifat"), choices=NATURES)
    note = forms.CharField(label=_("Catatan"), required=False, max_length=1000, widget=forms.Textarea)


class TechnicianField(forms.ModelChoiceField):
    """A technician with the load: how many cases are under way in these hands."""

    def choose_among(self, technicians: QuerySet[User]) -> None:
        self.queryset, self.loads = technicians, loads(technicians)

    def label_from_instance(self, person: User) -> str:
        open_cases = self.loads.get(person.pk, 0)
        words = ngettext("%(count)s permohonan berjalan", "%(count)s permohonan berjalan", open_cases)
        return f"{person.full_name} · {words % {'count': open_cases}}"


class AssignForm(StepForm):
    technician = forms.ModelChoiceField(people.technicians(), label=_("Petugas teknis"), empty_label=None)
    note = forms.CharField(label=_("Catatan"), required=False, max_length=1000, widget=forms.Textarea)


class ReassignForm(StepForm):
    technician = TechnicianField(
        people.technicians(), label=_("Petugas teknis yang baru"), empty_label=None, widget=forms.RadioSelect
    )
    reasons = forms.CharField(label=_("Alasan penggantian"), max_length=1000, widget=forms.Textarea)


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


def form_for(offer: Offer, case: Case, *, digest: str = "", **options: Any) -> StepForm:
    """The form of an offered action, filled in with what is known of the case."""
    known = {**model_to_dict(case), "version": case.version, "shown_digest": digest}
    form = FORMS[offer.action](initial=known, **options)
    if Need.SIGNED_SHEET in offer.asks or (offer.role is Role.REGISTRAR and offer.action is Action.REPORT_NO_ACCESS):
        form.fields["signed_sheet"] = PdfField(label=_("Pindaian lembar yang ditandatangani OPD (PDF)"), required=False)
        form.uses_files = True
    if offer.role is Role.REGISTRAR and offer.action in STAMPED:
        ask_for_stamp(form, required=offer.action is Action.SUBMIT)
    if offer.action is Action.DISPOSE:
        form.fields["division"].queryset = people.divisions(now=timezone.now())
    if offer.action in PLANNED and sites.default_plan():
        form.fields["plan"] = PlanField()
    if offer.action is Action.ASSIGN:
        form.fields["technician"].queryset = people.technicians_of(case.division)
    if offer.action is Action.REASSIGN:
        others = people.technicians_of(case.division).exclude(pk=case.technician_id)
        form.fields["technician"].choose_among(others)
    return form
