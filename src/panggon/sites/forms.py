"""Plans and machines as the administrator fills them in."""

from typing import Any

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from panggon.core.sites import outgoing
from panggon.core.sites.limits import LIMITS, Limit
from panggon.core.sites.spec import PHP_VERSION
from panggon.forms import JudgedForm
from panggon.sites.machines import NAME
from panggon.sites.models import column_of
from panggon.sites.words import fault_words


class OwnWords(JudgedForm):
    """A form about sites and their machines, in their words."""

    fault_words = staticmethod(fault_words)


def amount(limit: Limit) -> forms.IntegerField:
    """What a node takes, and neither more nor less."""
    return forms.IntegerField(
        label=capfirst(_(limit.label)),
        min_value=limit.least,
        max_value=limit.most,
        help_text=_(limit.hint) if limit.hint else "",
    )


class PlanForm(OwnWords):
    """A plan says an amount for each limit of sites."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    name = forms.CharField(label=_("Nama paket"), max_length=60)
    php_version = forms.RegexField(
        rf"^(?:{PHP_VERSION.pattern})$",
        label=_("Versi PHP"),
        help_text=_("Misalnya 8.2; harus terpasang di server."),
        error_messages={"invalid": _("Tulis seperti 8.2.")},
    )
    outgoing = forms.RegexField(
        rf"^(?:{outgoing.NAME.pattern})$",
        label=_("Sambungan keluar"),
        help_text=_("none: tidak ada; web: hanya ke situs web; atau nama aturan yang dibuat di server."),
        error_messages={"invalid": _("Hanya huruf kecil a–z, angka, dan tanda hubung.")},
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false", "autocomplete": "off"}),
    )
    is_default = forms.BooleanField(
        label=_("Paket bawaan"), required=False, help_text=_("Dipakai bila petugas teknis tidak memilih paket.")
    )
    is_offered = forms.BooleanField(label=_("Ditawarkan"), required=False)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields |= {column_of(name): amount(limit) for name, limit in LIMITS.items()}
        self.order_fields(["version", "name", *map(column_of, LIMITS), "php_version", "outgoing"])

    @property
    def labels(self) -> dict[str, Any]:
        return {name: field.label for name, field in self.fields.items() if name != "version"}


class NodeForm(OwnWords):
    name = forms.RegexField(
        rf"^(?:{NAME.pattern})$",
        label=_("Nama server"),
        max_length=63,
        help_text=_("Huruf kecil a–z, angka, dan tanda hubung; misalnya server-1."),
        error_messages={"invalid": _("Hanya huruf kecil a–z, angka, dan tanda hubung.")},
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false", "autocomplete": "off"}),
    )
