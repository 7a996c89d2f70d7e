"""Who the department is, and the standard of its service."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from panggon.core.errors import InvalidError
from panggon.office import services
from panggon.office.forms.base import GroupForm
from panggon.office.forms.documents import DocumentForm, day_field, english, pair
from panggon.office.values import Letterhead, Standard
from panggon.office.words import fault_words

STEPS = 9  # of the SK; each is a step of the procedure


class LetterheadForm(GroupForm):
    uses_files = True
    government = forms.CharField(label=_("Pemerintah daerah"), max_length=120)
    name = forms.CharField(label=_("Nama dinas"), max_length=120)
    address = forms.CharField(label=_("Alamat"), max_length=200)
    phone = forms.CharField(label=_("Telepon"), max_length=60, required=False)
    place = forms.CharField(
        label=_("Tempat"), max_length=60, help_text=_("Ditulis di depan tanggal surat, misalnya Pekalongan.")
    )
    logo = forms.FileField(
        label=_("Logo (PNG atau SVG)"),
        required=False,
        widget=forms.FileInput(attrs={"accept": "image/png,image/svg+xml"}),
        help_text=_("Paling besar 256 KiB. Bila tidak dipilih, logo yang ada tetap dipakai."),
    )
    without_logo = forms.BooleanField(label=_("Tanpa logo"), required=False)

    def clean_logo(self) -> bytes | None:
        upload = self.cleaned_data["logo"]
        if not upload or isinstance(upload, str):
            return None
        data = upload.read()
        try:
            services.inspect_logo(data)
        except InvalidError as error:
            raise forms.ValidationError([fault_words(fault) for fault in error.faults]) from error
        return bytes(data)

    def value(self) -> Letterhead:
        inputs = self._inputs()
        data, without = inputs.pop("logo"), inputs.pop("without_logo")
        known = str(self.initial.get("logo") or "")
        return Letterhead(**inputs, logo=services.keep_logo(data) if data else "" if without else known)


class StandardForm(DocumentForm):
    service = forms.CharField(label=_("Nama pelayanan"), max_length=120)
    service_english = forms.CharField(label=english(_("Nama pelayanan")), max_length=120, required=False)
    decree = forms.CharField(label=_("Nomor SK"), max_length=120)
    decree_date = day_field(_("Tanggal SK"))
    requirements, requirements_english = pair(
        _("Persyaratan"), help_text=_("Satu persyaratan tiap baris."), required=True
    )
    steps, steps_english = pair(
        _("Sistem, mekanisme, dan prosedur"),
        help_text=_("Sembilan langkah, satu langkah tiap baris, menurut bunyi SK."),
        required=True,
    )
    completion = forms.CharField(label=_("Waktu penyelesaian"), max_length=120)
    completion_english = forms.CharField(label=english(_("Waktu penyelesaian")), max_length=120, required=False)
    working_days = forms.IntegerField(
        label=_("Batas penyelesaian dalam hari kerja"),
        min_value=1,
        max_value=60,
        help_text=_("Menghitung batas tiap permohonan. Bila diubah, permohonan yang berjalan dihitung ulang."),
    )
    fee = forms.CharField(label=_("Biaya/tarif"), max_length=200)
    fee_english = forms.CharField(label=english(_("Biaya/tarif")), max_length=200, required=False)
    products, products_english = pair(_("Produk pelayanan"), help_text=_("Satu produk tiap baris."), required=True)
    complaint_steps, complaint_steps_english = pair(
        _("Pengaduan yang disampaikan langsung"), help_text=_("Satu langkah tiap baris."), required=True
    )

    def clean(self) -> dict[str, Any]:
        """Steps are told by their number, in both languages."""
        values: dict[str, Any] = super().clean() or {}
        for name in ("steps", "complaint_steps"):
            lines, translated = values.get(name), values.get(f"{name}_english")
            if lines and translated and len(lines) != len(translated):
                words = _("Ada %(found)s baris, sedangkan dalam bahasa Indonesia %(wanted)s.")
                facts = {"found": len(translated), "wanted": len(lines)}
                self.add_error(f"{name}_english", forms.ValidationError(words, params=facts))
        return values

    def clean_steps(self) -> tuple[str, ...]:
        steps: tuple[str, ...] = self.cleaned_data["steps"]
        if len(steps) != STEPS:
            raise forms.ValidationError(
                _("Ada %(found)s baris; prosedur pelayanan mempunyai %(wanted)s langkah."),
                params={"found": len(steps), "wanted": STEPS},
            )
        return steps

    def value(self) -> Standard:
        return Standard(**self._inputs())
