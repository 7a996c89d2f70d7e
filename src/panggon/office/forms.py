"""One form for each group of settings. Its `value()` is the group as the person wants it."""

from collections.abc import Mapping
from dataclasses import asdict
from types import MappingProxyType
from typing import Any

from django import forms
from django.forms.formsets import BaseFormSet
from django.utils.translation import gettext_lazy as _

from panggon.core.complaint_clock import DayUnit
from panggon.core.contacts import Channel, Contact, works
from panggon.core.errors import InvalidError
from panggon.core.naming import LABEL_LENGTH, host_faults, label_faults, normalise
from panggon.core.signing import GATEWAYS
from panggon.forms import PlainForm
from panggon.labels import CHANNEL_LABELS
from panggon.office import services
from panggon.office.values import (
    Complaints,
    Contacts,
    Delivery,
    Group,
    Letterhead,
    Mail,
    Naming,
    Programs,
    Retention,
    Signing,
    Standard,
)
from panggon.office.words import SIGNING_METHODS, fault_words

STEPS = 9  # of the SK; each is a step of the procedure
MONTHS_MOST, DAYS_MOST = 600, 3650
REQUESTS_MOST = 100_000
CHANNELS = [("", _("– pilih –")), *((channel.value, CHANNEL_LABELS[channel]) for channel in Channel)]
ROWS_MOST = 40


class LinesField(forms.CharField):
    """Several things, one a line; the cleaned value is their tuple."""

    def __init__(self, **options: Any) -> None:
        super().__init__(widget=forms.Textarea(attrs={"spellcheck": "false"}), **options)

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, tuple | list) else value

    def clean(self, value: Any) -> tuple[str, ...]:
        text = super().clean(value)
        return tuple(line.strip() for line in text.splitlines() if line.strip())


class GroupForm(PlainForm):
    """Fields carry the names of the group's; `version` is the group as the person saw it."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    uses_files = False

    @property
    def labels(self) -> Mapping[str, Any]:
        """The words of the fields, for the history."""
        return {name: field.label for name, field in self.fields.items() if name != "version"}

    def value(self) -> Any:
        raise NotImplementedError

    def _inputs(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if name != "version"}


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
    def is_broken(self) -> bool:
        """Whether nobody can be reached by what is printed now."""
        known = self.initial.get("printed")
        return bool(known) and not works(Channel(self.initial["channel"]), known)

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


class NamingForm(GroupForm):
    zone = forms.CharField(
        label=_("Domain kota"),
        max_length=200,
        help_text=_("Situs mendapat nama di bawahnya, misalnya pekalongankota.go.id. Situs yang ada tidak berubah."),
    )
    reserved = LinesField(
        label=_("Nama yang dicadangkan kota"),
        required=False,
        max_length=20_000,
        help_text=_("Satu nama tiap baris. Nama jaringan seperti www dan mail sudah selalu dicadangkan."),
    )
    doubtful = LinesField(
        label=_("Kata yang perlu diperhatikan"),
        required=False,
        max_length=20_000,
        help_text=_("Nama yang memuat kata ini tetap diterima, tetapi petugas diberi peringatan."),
    )

    def clean_zone(self) -> str:
        zone = normalise(self.cleaned_data["zone"])
        if host_faults(zone):
            raise forms.ValidationError(_("Bukan nama domain yang sah."))
        return zone

    def clean_reserved(self) -> tuple[str, ...]:
        return _labels(self.cleaned_data["reserved"])

    def clean_doubtful(self) -> tuple[str, ...]:
        return _labels(self.cleaned_data["doubtful"])

    def value(self) -> Naming:
        return Naming(**self._inputs())


def _labels(lines: tuple[str, ...]) -> tuple[str, ...]:
    """Names in lower case, each once. What is a word of our own list already may stand here too."""
    names = tuple(dict.fromkeys(normalise(line) for line in lines))
    wrong = [name for name in names if len(name) > LABEL_LENGTH or _is_no_label(name)]
    if wrong:
        raise forms.ValidationError(
            [forms.ValidationError(_("“%(name)s” bukan nama yang sah."), params={"name": name}) for name in wrong]
        )
    return names


def _is_no_label(name: str) -> bool:
    policy = {"label.reserved", "label.gambling"}
    return any(fault.code not in policy for fault in label_faults(name))


class DeliveryForm(GroupForm):
    by_itself = forms.BooleanField(
        label=_("Kirim dokumen hak akses tanpa menunggu Tata Usaha"),
        required=False,
        help_text=_("Setelah disahkan dan situs terbukti terbuka dari luar, sistem mengirimkannya sendiri."),
    )

    restore_tested = forms.DateField(
        label=_("Pemulihan cadangan terakhir diuji"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("Tertulis pada dokumen hak akses. Kosongkan bila belum pernah diuji."),
    )

    def value(self) -> Delivery:
        values = self._inputs()
        tested = values["restore_tested"]
        return Delivery(by_itself=values["by_itself"], restore_tested=tested.isoformat() if tested else "")


class SigningForm(GroupForm):
    method = forms.ChoiceField(
        label=_("Cara menandatangani"), choices=tuple(SIGNING_METHODS.items()), widget=forms.RadioSelect
    )
    gateway = forms.URLField(
        label=_("Alamat gateway BSrE"),
        required=False,
        assume_scheme="https",
        help_text=_("Misalnya https://esign.kota.go.id. Pengguna dan kata sandinya ada pada pengaturan server."),
    )
    time_stamps = forms.URLField(
        label=_("Alamat layanan penanda waktu (RFC 3161)"),
        required=False,
        assume_scheme="https",
        help_text=_("Hanya untuk sertifikat setempat; gateway BSrE memakai penanda waktunya sendiri."),
    )

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        needs = values.get("method") in GATEWAYS
        if needs and not str(values.get("gateway", "")).startswith("https://") and "gateway" not in self.errors:
            self.add_error("gateway", _("Gateway hanya dapat dihubungi lewat https."))
        return values

    def value(self) -> Signing:
        return Signing(**self._inputs())


class MailForm(GroupForm):
    sender = forms.EmailField(
        label=_("Alamat pengirim"), required=False, help_text=_("Bila dikosongkan: panggon@ diikuti domain kota.")
    )

    def value(self) -> Mail:
        return Mail(**self._inputs())


class ProgramsForm(GroupForm):
    decide = forms.BooleanField(
        label=_("Token boleh menolak permohonan"),
        required=False,
        help_text=_("Dengan izinnya sendiri, dan hanya atas nama pejabat yang berhak. Tanpa ini hanya lewat halaman."),
    )
    requests = forms.IntegerField(
        label=_("Permintaan tiap token dalam satu menit"), min_value=1, max_value=REQUESTS_MOST
    )

    def value(self) -> Programs:
        return Programs(**self._inputs())


def _months(label: Any, help_text: Any = "") -> forms.IntegerField:
    return forms.IntegerField(label=label, min_value=1, max_value=MONTHS_MOST, help_text=help_text)


def _days(label: Any) -> forms.IntegerField:
    return forms.IntegerField(label=label, min_value=1, max_value=DAYS_MOST)


class ComplaintsForm(GroupForm):
    unit = forms.ChoiceField(
        label=_("Dihitung dalam"),
        choices=[(DayUnit.WORKING.value, _("hari kerja")), (DayUnit.CALENDAR.value, _("hari kalender"))],
    )
    first_response = _days(_("Sampai petugas menangani (hari)"))
    information = _days(_("Permintaan informasi (hari)"))
    grievance = _days(_("Keluhan (hari)"))
    violation = _days(_("Pelanggaran, tanpa pemeriksaan lapangan (hari)"))
    investigation = _days(_("Pelanggaran, dengan pemeriksaan lapangan (hari)"))
    silence = _days(_("Sampai pelapor yang diam dianggap puas (hari)"))

    def value(self) -> Complaints:
        return Complaints(**{**self._inputs(), "unit": DayUnit(self.cleaned_data["unit"])})


class RetentionForm(GroupForm):
    words_months = _months(
        _("Catatan yang ditulis orang (bulan)"), _("Alasan dan catatan pada riwayat; langkah dan waktunya tetap ada.")
    )
    contacts_months = _months(_("Data narahubung dan admin teknis (bulan)"))
    letters_months = _months(_("Surat dan lembar yang diunggah (bulan)"))
    drafts_months = _months(
        _("Draf yang tidak dilanjutkan (bulan)"), _("Orang, catatan dan surat di dalamnya dihapus; nomornya tetap ada.")
    )
    unfiled_months = _months(_("Surat yang diunggah tetapi tidak didaftarkan, dan bacaan mesin (bulan)"))
    notices_months = _months(_("Pemberitahuan kepada orang (bulan)"))
    followers_days = _days(_("Alamat yang mengikuti permohonan tanpa akun, sesudah permohonan berakhir (hari)"))
    visits_days = _days(_("Riwayat masuk tiap akun (hari)"))
    deliveries_days = _days(_("Isi pesan webhook (hari)"))
    changes_months = _months(
        _("Isi catatan perubahan tentang orang (bulan)"), _("Siapa mengubah apa dan kapan tetap tercatat.")
    )

    def value(self) -> Retention:
        return Retention(**self._inputs())


FORMS: Mapping[Group, type[GroupForm]] = MappingProxyType(
    {
        Group.LETTERHEAD: LetterheadForm,
        Group.STANDARD: StandardForm,
        Group.CONTACTS: ContactsForm,
        Group.NAMING: NamingForm,
        Group.DELIVERY: DeliveryForm,
        Group.SIGNING: SigningForm,
        Group.MAIL: MailForm,
        Group.PROGRAMS: ProgramsForm,
        Group.COMPLAINTS: ComplaintsForm,
        Group.RETENTION: RetentionForm,
    }
)


def form_with(form_class: type[GroupForm], value: Any, answers: Mapping[str, Any], *, version: int = 0) -> GroupForm:
    """The group's form as if somebody had filled `answers` in, and left the rest as it is in `value`."""
    initial = initial_of(value, version=version)
    shown = form_class(initial=initial)
    data = {name: shown[name].value() for name in shown.fields} | dict(answers)
    data = {name: "\n".join(part) if _is_lines(part) else part for name, part in data.items() if part not in ("", None)}
    return form_class({**data, **_rows(data.pop("rows", ()))}, initial=initial)


def _is_lines(part: Any) -> bool:
    return isinstance(part, list | tuple) and all(isinstance(line, str) for line in part)


def _rows(contacts: Any) -> dict[str, Any]:
    """Contacts as a browser sends the rows of their page."""
    data = dict.fromkeys(("rows-INITIAL_FORMS", "rows-TOTAL_FORMS"), str(len(contacts)))
    for number, contact in enumerate(contacts):
        data |= {f"rows-{number}-{name}": words for name, words in contact.items()}
    return data


def initial_of(value: Any, *, version: int) -> dict[str, Any]:
    """What a group's form shows first."""
    return {name: getattr(value, name) for name in value.__dataclass_fields__} | {"version": version}
