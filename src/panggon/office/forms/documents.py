"""What the department publishes of its service in its own words, in Indonesian and in English."""

from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from panggon.office.forms.base import GroupForm, LinesField
from panggon.office.values import Components, Pledge, Sop

ROWS = 4


def english(label: Any) -> Any:
    return format_lazy("{label} ({language})", label=label, language=_("bahasa Inggris"))


def pair(label: Any, *, help_text: Any = "", required: bool = False) -> tuple[LinesField, LinesField]:
    """A field of lines, and the one for its English words."""
    both = (
        LinesField(label=label, help_text=help_text, required=required, max_length=4000),
        LinesField(label=english(label), required=False, max_length=4000),
    )
    for field in both:
        field.widget.attrs["rows"] = ROWS
    return both


def day_field(label: Any, *, help_text: Any = "") -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, required=False, widget=widget, help_text=help_text)


class DocumentForm(GroupForm):
    """Days are kept as they are written (ISO 8601), empty where none is said."""

    def _inputs(self) -> dict[str, Any]:
        inputs = super()._inputs()
        days = [name for name, field in self.fields.items() if isinstance(field, forms.DateField)]
        return inputs | {name: inputs[name].isoformat() if inputs[name] else "" for name in days}


class ComponentsForm(DocumentForm):
    legal_basis, legal_basis_english = pair(
        _("Dasar hukum"), help_text=_("Satu butir tiap baris. Nomor SK pelayanan ditambahkan dengan sendirinya.")
    )
    facilities, facilities_english = pair(_("Sarana, prasarana, dan/atau fasilitas"))
    competence, competence_english = pair(_("Kompetensi pelaksana"))
    supervision, supervision_english = pair(_("Pengawasan internal"))
    staff, staff_english = pair(
        _("Jumlah pelaksana"), help_text=_("Bila dikosongkan, ditunjukkan jabatan yang terisi sekarang.")
    )
    guarantee, guarantee_english = pair(_("Jaminan pelayanan"))
    safety, safety_english = pair(_("Jaminan keamanan dan keselamatan pelayanan"))
    evaluation, evaluation_english = pair(_("Evaluasi kinerja pelaksana"))

    def value(self) -> Components:
        return Components(**self._inputs())


class SopForm(DocumentForm):
    name = forms.CharField(label=_("Nama SOP"), max_length=160)
    name_english = forms.CharField(label=english(_("Nama SOP")), max_length=160, required=False)
    number = forms.CharField(label=_("Nomor SOP"), max_length=80, required=False)
    made_on = day_field(_("Tanggal pembuatan"))
    revised_on = day_field(_("Tanggal revisi"))
    effective_on = day_field(
        _("Tanggal efektif"), help_text=_("Disahkan oleh Kepala Dinas yang menjabat pada tanggal ini.")
    )
    legal_basis, legal_basis_english = pair(
        _("Dasar hukum"), help_text=_("Satu butir tiap baris. Nomor SK pelayanan ditambahkan dengan sendirinya.")
    )
    qualifications, qualifications_english = pair(_("Kualifikasi pelaksana"))
    related, related_english = pair(_("Keterkaitan"))
    equipment, equipment_english = pair(_("Peralatan / perlengkapan"))
    warnings, warnings_english = pair(_("Peringatan"))
    records, records_english = pair(_("Pencatatan dan pendataan"))

    def value(self) -> Sop:
        return Sop(**self._inputs())


class PledgeForm(DocumentForm):
    words, words_english = pair(_("Isi maklumat"), help_text=_("Satu alinea tiap baris."), required=True)
    day = day_field(
        _("Tanggal maklumat"), help_text=_("Penanda tangannya Kepala Dinas yang menjabat pada tanggal ini.")
    )

    def value(self) -> Pledge:
        return Pledge(**self._inputs())
