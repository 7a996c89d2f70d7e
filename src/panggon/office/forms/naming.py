"""Which names sites may have."""

from django import forms
from django.utils.translation import gettext_lazy as _

from panggon.core.naming import LABEL_LENGTH, host_faults, label_faults, normalise
from panggon.office.forms.base import GroupForm, LinesField
from panggon.office.values import Naming


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
