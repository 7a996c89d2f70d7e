"""Who the department is, and the standard of its service."""

from django import forms
from django.utils.translation import gettext_lazy as _

from panggon.core.errors import InvalidError
from panggon.office import services
from panggon.office.forms.base import GroupForm, LinesField
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


class StandardForm(GroupForm):
    service = forms.CharField(label=_("Nama pelayanan"), max_length=120)
    decree = forms.CharField(label=_("Nomor SK"), max_length=120)
    requirements = LinesField(label=_("Persyaratan"), help_text=_("Satu persyaratan tiap baris."), max_length=4000)
    steps = LinesField(
        label=_("Sistem, mekanisme, dan prosedur"),
        help_text=_("Sembilan langkah, satu langkah tiap baris, menurut bunyi SK."),
        max_length=6000,
    )
    completion = forms.CharField(label=_("Waktu penyelesaian"), max_length=120)
    working_days = forms.IntegerField(
        label=_("Batas penyelesaian dalam hari kerja"),
        min_value=1,
        max_value=60,
        help_text=_("Menghitung batas tiap permohonan. Bila diubah, permohonan yang berjalan dihitung ulang."),
    )
    fee = forms.CharField(label=_("Biaya/tarif"), max_length=200)
    products = LinesField(label=_("Produk pelayanan"), help_text=_("Satu produk tiap baris."), max_length=2000)
    complaint_steps = LinesField(
        label=_("Pengaduan yang disampaikan langsung"), help_text=_("Satu langkah tiap baris."), max_length=4000
    )

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
