"""The forms of the pages about people."""

import re
from dataclasses import fields
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from panggon.core.cases.vocabulary import Role
from panggon.core.errors import Fault
from panggon.core.naming import normalise
from panggon.core.people.acting import ACTING_NAMES, ActingKind, post_title
from panggon.core.people.posts import Tenure
from panggon.core.writing import is_name, plain_name
from panggon.forms import JudgedForm
from panggon.labels import ROLE_LABELS
from panggon.people import selectors
from panggon.people.models import Division, User
from panggon.people.services import IN_A_DIVISION
from panggon.people.words import fault_words

NIP = RegexValidator(r"^[0-9]{18}$", _("NIP terdiri atas 18 angka."))
PHONE = RegexValidator(r"^[+0-9][0-9 ()-]{6,28}$", _("Nomor telepon terdiri atas angka, misalnya 0812-3456-7890."))


def _name_only(value: str) -> None:
    if not is_name(value):
        raise ValidationError(_("Ada huruf yang tidak dapat dipakai."))


class NameField(forms.CharField):
    """Of a person, an OPD, a division."""

    default_validators = [_name_only]

    def to_python(self, value: Any) -> str:
        return plain_name(super().to_python(value))


class RuledForm(JudgedForm):
    """A form about people, in their words."""

    fault_words = staticmethod(fault_words)


class DateField(forms.DateField):
    def __init__(self, **options: Any) -> None:
        super().__init__(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **options)


class AgencyForm(RuledForm):
    name = NameField(label=_("Nama resmi"), max_length=200)
    short_name = NameField(label=_("Nama singkat"), max_length=40)
    labels = forms.CharField(
        label=_("Subdomain milik OPD"),
        required=False,
        max_length=1000,
        help_text=_(
            "Pisahkan dengan koma, misalnya dinsos, ppid-dinsos. Nama lain tetap dapat diminta, dengan catatan."
        ),
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false"}),
    )
    is_network_user = forms.BooleanField(label=_("OPD pengguna jaringan kota"), required=False)

    def clean_labels(self) -> list[str]:
        parts = re.split(r"[\s,;]+", self.cleaned_data["labels"].strip())
        return list(dict.fromkeys(normalise(part) for part in parts if part))


class DivisionForm(RuledForm):
    name = NameField(label=_("Nama bidang"), max_length=120)


class LetterInvitationForm(RuledForm):
    """The dinas invites for an OPD on the strength of its letter."""

    email = forms.EmailField(label=_("Alamat email yang diundang"), max_length=150)
    letter_number = forms.CharField(label=_("Nomor surat yang menjadi dasar"), max_length=100)
    letter_date = DateField(label=_("Tanggal surat"))
    case_number = forms.CharField(label=_("Nomor permohonan"), max_length=20, required=False)


class InvitationForm(RuledForm):
    email = forms.EmailField(label=_("Alamat email rekan"), max_length=150)


class PostForm(RuledForm):
    role = forms.ChoiceField(label=_("Jabatan"))
    division = forms.ModelChoiceField(
        Division.objects.all(),
        label=_("Bidang"),
        required=False,
        empty_label=_("tanpa bidang"),
        help_text=_("Hanya untuk Kepala Bidang dan Petugas Teknis."),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["role"].choices = [(str(role), ROLE_LABELS[role]) for role in selectors.POSTS]

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        role = values.get("role")
        if role and (values.get("division") is not None) != (Role(role) in IN_A_DIVISION):
            self.add_faults((Fault("role.division_does_not_fit", "division"),))
        return values


class TenureForm(RuledForm):
    """From when to when somebody holds a post that one person holds at a time."""

    first_day = DateField(
        label=_("Mulai menjabat"),
        required=False,
        help_text=_("Hanya untuk Kepala Dinas dan Kepala Bidang, menurut SK pengangkatan; boleh dikosongkan."),
    )
    last_day = DateField(label=_("Sampai dengan"), required=False)
    order_number = forms.CharField(label=_("Nomor SK pengangkatan"), max_length=100, required=False)

    def tenure(self) -> Tenure:
        return Tenure(**{field.name: self.cleaned_data[field.name] for field in fields(Tenure)})


class GivenPostForm(TenureForm, PostForm):
    replaces = forms.BooleanField(
        label=_("Menggantikan pejabat yang sekarang: jabatannya berakhir sehari sebelum hari pertama."), required=False
    )
    field_order = ["role", "division"]


class OfficialInvitationForm(PostForm):
    email = forms.EmailField(label=_("Alamat email yang diundang"), max_length=150)
    field_order = ["email"]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["role"].required = False
        self.fields["role"].choices = [("", _("tanpa jabatan")), *self.fields["role"].choices]


class PhoneForm(RuledForm):
    phone = forms.CharField(
        label=_("Nomor HP"),
        required=False,
        validators=[PHONE],
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "tel"}),
    )


class PersonForm(RuledForm):
    full_name = NameField(label=_("Nama lengkap dan gelar"), max_length=150)
    nip = forms.CharField(
        label=_("NIP"), required=False, validators=[NIP], widget=forms.TextInput(attrs={"inputmode": "numeric"})
    )
    phone = forms.CharField(
        label=_("Nomor HP"), required=False, validators=[PHONE], widget=forms.TextInput(attrs={"inputmode": "tel"})
    )
    email = forms.EmailField(label=_("Email"), max_length=150)

    def clean_nip(self) -> str:
        return self.cleaned_data["nip"].replace(" ", "")


class AcceptForm(PersonForm):
    """What an invited person gives; the address is the invitation's."""

    email = None  # type: ignore[assignment]  # Django's way to leave a field of a base out
    password = forms.CharField(
        label=_("Kata sandi"),
        max_length=128,
        strip=False,
        help_text=_("Paling sedikit 12 karakter; beberapa kata yang tidak berkaitan mudah diingat."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}, render_value=True),
    )


class ActingForm(RuledForm):
    post = forms.ChoiceField(label=_("Jabatan yang dijalankan"))
    kind = forms.ChoiceField(
        label=_("Jenis"),
        choices=[(str(kind), name) for kind, name in ACTING_NAMES.items()],
        widget=forms.RadioSelect,
        help_text=_("Plh selama pejabatnya berhalangan; Plt bila jabatannya kosong."),
    )
    user = forms.ModelChoiceField(User.objects.none(), label=_("Dijalankan oleh"))
    order_number = forms.CharField(label=_("Nomor surat perintah"), max_length=100)
    order_date = DateField(label=_("Tanggal surat perintah"))
    first_day = DateField(label=_("Mulai tanggal"))
    last_day = DateField(label=_("Sampai dengan tanggal"))
    vacates = forms.BooleanField(
        label=_("Pejabat yang sekarang sudah tidak menjabat (hanya untuk Plt): lepaskan jabatannya."), required=False
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["user"].queryset = selectors.people_of_the_dinas().filter(is_active=True)
        divisions = list(Division.objects.all())
        self.posts: dict[str, tuple[Role, Division | None]] = {
            str(Role.HEAD): (Role.HEAD, None),
            **{f"{Role.DIVISION_HEAD}-{division.pk}": (Role.DIVISION_HEAD, division) for division in divisions},
        }
        self.fields["post"].choices = [
            (key, post_title(role, str(division or ""))) for key, (role, division) in self.posts.items()
        ]

    def inputs(self) -> dict[str, Any]:
        values = dict(self.cleaned_data)
        role, division = self.posts[values.pop("post")]
        return {**values, "kind": ActingKind(values["kind"]), "role": role, "division": division}
