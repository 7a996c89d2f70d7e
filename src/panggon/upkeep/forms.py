"""Forms read input; whether a change is legal is decided by `services`."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from panggon.cases.content.request import ENGINES, PROFILES, SITE_KINDS
from panggon.cases.forms.base import PdfField
from panggon.core.errors import Fault
from panggon.core.naming import label_faults, normalise
from panggon.core.sites.kinds import ASKED, RUNNING, SiteKind
from panggon.core.sites.life import SiteAction
from panggon.core.sites.spec import SiteState
from panggon.forms import JudgedForm
from panggon.office.selectors import office
from panggon.sites import selectors as sites
from panggon.sites.models import Plan, Site
from panggon.sites.spec_forms import ONE_LINE, SiteFields, details_of, faults_of, fields_of, known_of
from panggon.upkeep.models import Request
from panggon.upkeep.words import STATES, fault_words

LETTER = _("Surat OPD (PDF)")
SETTINGS = (
    *("entry", "interface", "target", "keep_path", "permanent", "keep_host", "profile", "upload_mebibytes"),
    *("execution_seconds", "tasks", "environment", "outgoing", "hsts_seconds", "sends_mail"),
)
COLUMNS = ("profile", "upload_mebibytes", "outgoing")


class UpkeepForm(JudgedForm):
    """A form about a site, in the words of its life."""

    fault_words = staticmethod(fault_words)
    uses_files = False

    def refuse_large(self, names: set[str]) -> None:
        """Puts the sentence about the size at the files that were too large to be taken in."""
        for name in names & set(self.fields):
            self.errors.pop(name, None)
            self.add_error(name, fault_words(Fault("letter.too_large", name)))


class ChangeForm(UpkeepForm):
    """What every change asks for; `data` is as `services.propose` takes it."""

    reason = forms.CharField(label=_("Alasan"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args: Any, site: Site, **options: Any) -> None:
        super().__init__(*args, **options)
        self.site = site

    def data_of(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if name != "letter"}


class SuspendForm(ChangeForm):
    notice = forms.CharField(
        label=_("Yang dibaca pengunjung"),
        max_length=300,
        help_text=_("Satu kalimat yang tampil di alamat situs, terbuka untuk umum. Alasan di bawah hanya untuk OPD."),
    )
    field_order = ["notice", "reason"]


class RenameForm(ChangeForm):
    label = forms.CharField(label=_("Nama baru"), max_length=63, widget=forms.TextInput(attrs=ONE_LINE))
    keeps_former_name = forms.BooleanField(
        label=_("Alamat lama mengarah ke alamat baru"),
        required=False,
        initial=True,
        help_text=_("Tanpa ini alamat lama dilepas, dan tautan lama tidak berfungsi lagi."),
    )
    field_order = ["label", "keeps_former_name", "reason"]

    def clean_label(self) -> str:
        label = normalise(self.cleaned_data["label"].strip())
        host = sites.host_of(label)
        taken = {label} if sites.is_taken(host, except_for=self.site) or host == self.site.host else set()
        own = host in self.site.details.get("former_hosts", ())
        retired = {label} if sites.is_retired(host) and not own else set()
        faults = label_faults(label, taken=taken, retired=retired, reserved=office().naming.reserved)
        if faults:
            raise forms.ValidationError([fault_words(fault) for fault in faults])
        return label

    def data_of(self) -> dict[str, Any]:
        return {**super().data_of(), "host": sites.host_of(self.cleaned_data["label"])}


class PlanForm(ChangeForm):
    plan = forms.ModelChoiceField(Plan.objects.none(), label=_("Paket"), empty_label=None, widget=forms.RadioSelect)
    field_order = ["plan", "reason"]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["plan"].queryset = sites.offered_plans()
        self.fields["plan"].label_from_instance = plan_words


class PhpForm(ChangeForm):
    php_version = forms.ChoiceField(
        label=_("Versi PHP"), widget=forms.RadioSelect, help_text=_("Yang terpasang di server situs ini.")
    )
    field_order = ["php_version", "reason"]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        found = self.site.node.facts.get("php_versions", []) if self.site.node else []
        self.fields["php_version"].choices = [(each, f"PHP {each}") for each in found if each != self.site.php_version]


class SettingsForm(SiteFields, ChangeForm):
    """What of the settings a site of its kind has, filled in as it is now. One that OPDs ask for may become another."""

    kind = forms.ChoiceField(
        label=_("Jenis situs"),
        choices=[each for each in SITE_KINDS if each[0] in ASKED],
        widget=forms.RadioSelect,
        help_text=_("Berkas, basis data, dan alamat tetap; program PHP hanya berjalan pada situs PHP."),
    )
    profile = forms.ChoiceField(label=_("Cara alamat dijawab"), choices=PROFILES)
    engine = forms.ChoiceField(label=_("Basis data"), choices=ENGINES, required=False)
    field_order = ["kind", *SETTINGS, "engine", "reason"]

    def __init__(self, *args: Any, site: Site, initial: Mapping[str, Any], **options: Any) -> None:
        super().__init__(*args, site=site, initial={**known_of(site), "kind": site.kind, **initial}, **options)
        self._asked = fields_of(SiteKind(site.kind), *SETTINGS)
        if site.kind in ASKED:
            self._asked.append("kind")
        if not site.database and site.kind in (*RUNNING, *ASKED):
            self._asked.append("engine")
        for name in set(self.fields) - {"reason", *self._asked}:
            del self.fields[name]

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        if not self.errors:
            for name, words in faults_of(self.site, self._values()).items():
                self.add_error(name if name in self.fields else None, words)
        return values

    def data_of(self) -> dict[str, Any]:
        values = self._values()
        details = values.pop("details")
        return {"reason": self.cleaned_data["reason"], "columns": values, "details": details}

    def _values(self) -> dict[str, Any]:
        given, kind = self.cleaned_data, SiteKind(self.cleaned_data.get("kind") or self.site.kind)
        columns = {name: given[name] for name in COLUMNS if name in given}
        if kind != self.site.kind:
            columns |= {"kind": kind.value, "php_version": self._php_version()}
        if given.get("engine") and kind in RUNNING:
            columns |= {"database": True, "engine": given["engine"]}
        return {**columns, "details": {**self.site.details, **details_of(kind, given)}}

    def _php_version(self) -> str:
        """Its own, where its machine still has it."""
        found = self.site.node.facts.get("php_versions", []) if self.site.node else []
        return self.site.php_version if self.site.php_version in found or not found else str(max(found))


class DeactivateForm(ChangeForm):
    letter = PdfField(label=LETTER)
    field_order = ["letter", "reason"]
    uses_files = True


class PurgeForm(ChangeForm):
    typed_name = forms.CharField(
        label=_("Nama situs"),
        help_text=_("Ketik alamatnya lengkap, supaya tidak ada situs lain yang terhapus."),
        widget=forms.TextInput(attrs=ONE_LINE),
    )


class AtOnceForm(ChangeForm):
    """Nothing but the reason."""


FORMS: Mapping[SiteAction, type[ChangeForm]] = {
    SiteAction.SUSPEND: SuspendForm,
    SiteAction.RENAME: RenameForm,
    SiteAction.CHANGE_PLAN: PlanForm,
    SiteAction.CHANGE_PHP: PhpForm,
    SiteAction.CHANGE_SETTINGS: SettingsForm,
    SiteAction.DEACTIVATE: DeactivateForm,
    SiteAction.PURGE: PurgeForm,
}


class ApproveForm(UpkeepForm):
    """The plan that the person has seen, and for a purge the site's name."""

    shown_digest = forms.CharField(widget=forms.HiddenInput, required=False)
    typed_name = forms.CharField(
        label=_("Nama situs"),
        help_text=_("Ketik alamatnya lengkap, supaya tidak ada situs lain yang terhapus."),
        widget=forms.TextInput(attrs=ONE_LINE),
    )

    def __init__(self, *args: Any, purges: bool, **options: Any) -> None:
        super().__init__(*args, **options)
        if not purges:
            del self.fields["typed_name"]


class EndForm(UpkeepForm):
    decision = forms.CharField(
        label=_("Alasan tidak dijalankan"), max_length=1000, widget=forms.Textarea(attrs={"rows": 2})
    )


class RequestForm(UpkeepForm):
    kind = forms.ChoiceField(label=_("Yang diminta"), choices=Request.Kind.choices, widget=forms.RadioSelect)
    words = forms.CharField(
        label=_("Apa yang perlu diubah, dan mengapa"), max_length=3000, widget=forms.Textarea(attrs={"rows": 5})
    )
    letter = PdfField(
        label=_("Surat OPD (PDF)"),
        required=False,
        help_text=_("Wajib untuk penonaktifan; untuk perubahan tidak perlu."),
    )
    uses_files = True


class AnswerForm(UpkeepForm):
    answer = forms.CharField(label=_("Jawaban kepada OPD"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))


class FindForm(UpkeepForm):
    q = forms.CharField(label=_("Nama situs, OPD, atau server"), required=False, max_length=100)
    keadaan = forms.ChoiceField(
        label=_("Keadaan"),
        required=False,
        choices=[("", _("semua")), *((state.value, STATES[state]) for state in SiteState)],
    )


def plan_words(plan: Plan) -> str:
    amounts = {"quota": plan.quota_mebibytes, "memory": plan.memory_mebibytes, "php": plan.php_version}
    return f"{plan.name}: " + _("%(quota)s MiB penyimpanan, %(memory)s MiB memori, PHP %(php)s") % amounts
