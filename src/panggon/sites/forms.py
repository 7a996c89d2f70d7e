"""Plans and machines as the administrator fills them in."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from panggon.core.sites import outgoing
from panggon.core.sites.spec import BOUNDS, PHP_VERSION
from panggon.forms import JudgedForm
from panggon.sites.machines import NAME
from panggon.sites.words import fault_words


class OwnWords(JudgedForm):
    """A form about sites and their machines, in their words."""

    fault_words = staticmethod(fault_words)


def _amount(label: Any, bounds: tuple[int, int], help_text: Any = "") -> forms.IntegerField:
    least, most = bounds
    return forms.IntegerField(label=label, min_value=least, max_value=most, help_text=help_text)


class PlanForm(OwnWords):
    """The bounds are those of the site spec: no node takes more or less."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    name = forms.CharField(label=_("Nama paket"), max_length=60)
    quota_mebibytes = _amount(_("Kuota penyimpanan (MiB)"), BOUNDS["disk_mebibytes"])
    memory_mebibytes = _amount(_("Memori (MiB)"), BOUNDS["memory_mebibytes"])
    files = _amount(  # type: ignore[assignment]  # Django takes declared fields out of the class
        _("Jumlah berkas"), BOUNDS["files"], _("Berkas dan folder situs, paling banyak.")
    )
    cpu_percent = _amount(_("Waktu prosesor (%)"), BOUNDS["cpu_percent"], _("100 berarti satu prosesor penuh."))
    processes = _amount(_("Proses"), BOUNDS["processes"], _("Berapa proses boleh berjalan sekaligus."))
    php_version = forms.RegexField(
        rf"^(?:{PHP_VERSION.pattern})$",
        label=_("Versi PHP"),
        help_text=_("Misalnya 8.2; harus terpasang di server."),
        error_messages={"invalid": _("Tulis seperti 8.2.")},
    )
    upload_mebibytes = _amount(_("Unggahan paling besar (MiB)"), BOUNDS["upload_mebibytes"])
    database_connections = _amount(_("Sambungan basis data"), BOUNDS["database_connections"])
    database_mebibytes = _amount(_("Ruang basis data (MiB)"), BOUNDS["database_mebibytes"])
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
