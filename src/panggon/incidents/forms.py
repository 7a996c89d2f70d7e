"""Forms read input; whether a step is legal is decided by `services.act`."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from panggon.complaints.forms import SeveralFiles
from panggon.core.incidents.vocabulary import IncidentAction, NoteKind, Origin, PersonalData
from panggon.forms import JudgedForm
from panggon.incidents.models import Incident
from panggon.incidents.services import FILE_MEBIBYTES, MOST_FILES, Upload
from panggon.incidents.words import (
    ANSWERS,
    CHECKLIST,
    DUTIES,
    KINDS,
    REASONS_OF,
    RISKS,
    WORDS_OF,
    fault_words,
)
from panggon.schedule.forms import MomentInput
from panggon.sites import selectors as sites

WORDS_MOST = 5000
MET = "met"


class EvidenceField(forms.FileField):
    """Files of which each is looked at by `services`; the cleaned value is a list of `Upload`."""

    widget = SeveralFiles()

    def clean(self, data: Any, initial: Any = None) -> list[Upload]:  # noqa: ARG002 (Django calls it so)
        chosen = data if isinstance(data, list | tuple) else [data] if data else []
        return [Upload(file.name, file.read()) for file in chosen]


def _lines(label: Any, **options: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=WORDS_MOST, widget=forms.Textarea(attrs={"rows": 5}), **options)


def _files() -> EvidenceField:
    helps = _("Apa pun bentuknya, paling banyak %(most)s berkas, masing-masing %(size)s MiB; disimpan dengan sidiknya.")
    return EvidenceField(
        label=_("Bukti"), required=False, help_text=helps % {"most": MOST_FILES, "size": FILE_MEBIBYTES}
    )


class EvidenceForm(JudgedForm):
    """A form to which files may belong."""

    fault_words = staticmethod(fault_words)

    def refuse_large(self, fields: set[str]) -> None:
        if "files" in fields:
            self.add_error("files", _("Berkas lebih besar dari %(size)s MiB.") % {"size": FILE_MEBIBYTES})


class ReportForm(EvidenceForm):
    """What somebody of the dinas has seen; only what it is about is required."""

    page = forms.UUIDField(widget=forms.HiddenInput, required=False)
    origin = forms.ChoiceField(choices=[(origin.value, origin.value) for origin in Origin], widget=forms.HiddenInput)
    ticket = forms.CharField(widget=forms.HiddenInput, required=False, max_length=20)
    host = forms.CharField(
        label=_("Alamat situs, bila ada"),
        max_length=260,
        required=False,
        help_text=_("Misalnya dinsos.pekalongankota.go.id."),
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false"}),
    )
    subject = forms.CharField(label=_("Tentang apa"), max_length=150)
    words = _lines(_("Apa yang terlihat"), help_text=_("Kapan, di mana, dan bagaimana diketahui."))
    about = forms.CharField(
        label=_("Siapa yang diduga terlibat, bila ada"),
        max_length=200,
        required=False,
        help_text=_("Orang itu tidak melihat dan tidak menangani insiden ini."),
    )
    files = _files()  # type: ignore[assignment]  # Django takes declared fields out of the class
    quarantine = forms.BooleanField(
        label=_("Karantina situs ini sekarang juga"),
        required=False,
        help_text=_(
            "Situs langsung tertutup bagi pengunjung dan pemiliknya; isinya tetap. OPD membaca uraian di atas."
        ),
    )

    def __init__(self, *args: Any, may_quarantine: bool, **options: Any) -> None:
        super().__init__(*args, **options)
        if not may_quarantine:
            del self.fields["quarantine"]

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        host = values.get("host", "").removeprefix("https://").removeprefix("http://").split("/")[0].strip()
        values["site"] = sites.site_named(host) if host else None
        if host and values["site"] is None:
            self.add_error("host", _("Tidak ada situs dengan alamat ini. Kosongkan bila ragu."))
        if values.get("quarantine") and not host:
            self.add_error("host", _("Tulis alamat situs yang dikarantina."))
        return values

    def inputs(self) -> dict[str, Any]:
        """As `services.report` takes them."""
        return {name: self.cleaned_data[name] for name in ("subject", "words", "about", "site")}


class StepForm(EvidenceForm):
    """What one step asks for; `version` is the incident as the person saw it."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    def inputs(self) -> dict[str, Any]:
        left_out = {"version", "files"}
        given = {name: value for name, value in self.cleaned_data.items() if name not in left_out}
        items = {item: given.pop(item) for item in CHECKLIST if item in given}
        reasons = {item: given.pop(f"{item}_reason") for item in items}
        if items:
            given["checklist"] = {item: MET if kept == MET else reasons[item] for item, kept in items.items()}
        return given


def step_form(
    incident: Incident,
    action: IncidentAction,
    asked: set[str],
    *,
    data: Mapping[str, Any] | None,
    files: Any = None,
    initial: Mapping[str, Any],
) -> StepForm:
    """The form of an action whose needs ask for these fields."""
    fields = {name: field for name, field in _fields(action).items() if name in asked or name in ALSO.get(action, ())}
    form_class: type[StepForm] = type("StepForm", (StepForm,), fields)
    known = {"risk": incident.risk, "vital": incident.vital, "personal_data": incident.personal_data}
    return form_class(data, files, initial={**known, "version": incident.version, **initial})


# What a form has besides what the rules ask for.
ALSO: Mapping[IncidentAction, tuple[str, ...]] = {
    IncidentAction.NOTE: ("kind", "files"),
    IncidentAction.CONFIRM: ("vital", "known_at"),
    IncidentAction.REGRADE: ("vital",),
    IncidentAction.ASSESS_DATA: ("known_at",),
    IncidentAction.RECORD_TOLD: ("told_at", "files"),
    IncidentAction.CLOSE: tuple(name for item in CHECKLIST for name in (item, f"{item}_reason")),
}


def _fields(action: IncidentAction) -> dict[str, forms.Field]:
    return {
        "kind": forms.ChoiceField(label=_("Jenis"), choices=KINDS, initial=NoteKind.FINDING),
        "duty": forms.ChoiceField(label=_("Yang sudah disampaikan"), choices=DUTIES, widget=forms.RadioSelect),
        "risk": forms.ChoiceField(label=_("Tingkat risiko"), choices=RISKS, widget=forms.RadioSelect),
        "vital": forms.BooleanField(
            label=_("Menyangkut infrastruktur informasi vital (IIV)"),
            required=False,
            help_text=_("Laporan kepada TTIS sektoral paling lama 1×24 jam."),
        ),
        "personal_data": forms.ChoiceField(
            label=_("Apakah data pribadi terkena?"),
            choices=ANSWERS,
            widget=forms.RadioSelect,
            initial=PersonalData.UNKNOWN,
            help_text=_("Bila ya, subjek data dan lembaga diberi tahu paling lambat 3×24 jam (UU 27/2022 Pasal 46)."),
        ),
        "known_at": forms.DateTimeField(
            label=_("Bila ya, sejak kapan diketahui"),
            required=False,
            widget=MomentInput(),
            help_text=_("Dikosongkan: sekarang. Dari sini 3×24 jam dihitung."),
        ),
        "told_at": forms.DateTimeField(
            label=_("Kapan disampaikan"), required=False, widget=MomentInput(), help_text=_("Dikosongkan: sekarang.")
        ),
        "reasons": _lines(REASONS_OF.get(action, _("Alasan"))),
        "words": _lines(WORDS_OF.get(action, _("Isi"))),
        "contact": _lines(_("Kontak pelapor"), help_text=_("Nama, jabatan, telepon, dan email yang dapat dihubungi.")),
        "description": _lines(_("Deskripsi insiden")),
        "chronology": _lines(_("Kronologi")),
        "impact": _lines(_("Dampak insiden")),
        "data": _lines(_("Data pribadi yang terungkap"), help_text=_("Jenis datanya, milik siapa, dan berapa orang.")),
        "how": _lines(_("Kapan dan bagaimana terungkap")),
        "handling": _lines(_("Upaya penanganan dan pemulihan")),
        **_checklist(),
        "lessons": _lines(_("Apa yang dipelajari"), help_text=_("Apa yang diubah agar tidak terulang.")),
        "files": _files(),
    }


def _checklist() -> dict[str, forms.Field]:
    answers = [(MET, _("Sudah")), ("not_applicable", _("Tidak berlaku"))]
    found: dict[str, forms.Field] = {}
    for item, words in CHECKLIST.items():
        found[item] = forms.ChoiceField(label=words, choices=answers, widget=forms.RadioSelect)
        found[f"{item}_reason"] = forms.CharField(label=_("Mengapa tidak berlaku"), max_length=300, required=False)
    return found
