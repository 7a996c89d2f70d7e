"""The hand-over: keys and password of the site's owner, and to whom the access is handed."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from panggon.cases.forms.base import RuledForm
from panggon.core.errors import Fault
from panggon.sites.services import access_faults


class AccessForm(RuledForm):
    """The owner's keys, one a line, a new SFTP password, and whether the database gets a new one (of an open site that
    has a database); what is left empty stays as it is.
    """

    password = forms.CharField(
        label=_("Kata sandi SFTP baru"),
        required=False,
        strip=False,
        help_text=_("Paling sedikit 12 karakter."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    password_again = forms.CharField(
        label=_("Kata sandi SFTP baru, sekali lagi"),
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    ssh_keys = forms.CharField(
        label=_("Kunci publik SSH, satu setiap baris"),
        required=False,
        max_length=20_000,
        show_hidden_initial=True,
        help_text=_("Bila memakai kunci: isi berkas id_ed25519.pub. Kunci pribadi tidak pernah diminta."),
        widget=forms.Textarea(attrs={"spellcheck": "false", "autocomplete": "off", "class": "mono", "rows": 3}),
    )
    new_database_password = forms.BooleanField(
        label=_("Buat kata sandi basis data yang baru"),
        required=False,
        help_text=_(
            "Bila private/database.ini hilang atau diketahui orang lain. Server membuat berkas itu kembali; aplikasi "
            "yang menyimpan kata sandi lama di tempat lain berhenti bekerja sampai diberi tahu."
        ),
    )

    def __init__(self, *args: Any, has_database: bool = False, **options: Any) -> None:
        super().__init__(*args, **options)
        if not has_database:
            del self.fields["new_database_password"]

    def clean_ssh_keys(self) -> tuple[str, ...]:
        return _lines(self.cleaned_data["ssh_keys"])

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        password = values.get("password") or None
        self.add_faults(access_faults(ssh_keys=values.get("ssh_keys"), password=password))
        if self._keys_changed() and self._shown_keys() != _lines(self.initial["ssh_keys"]):
            self.add_faults((Fault("access.changed", "ssh_keys"),))
        if (values.get("password_again") or None) != password:
            self.add_error("password_again", _("Kedua kata sandi tidak sama."))
        return values

    def inputs(self) -> dict[str, Any]:
        keys = self.cleaned_data["ssh_keys"] if self._keys_changed() else None
        renewed = {"new_database_password": True} if self.cleaned_data.get("new_database_password") else {}
        return {"ssh_keys": keys, "password": self.cleaned_data["password"] or None, **renewed}

    def _keys_changed(self) -> bool:
        """Whether this person changed them: keys that an older page showed must not come back with a password."""
        return self.cleaned_data.get("ssh_keys") != self._shown_keys()

    def _shown_keys(self) -> tuple[str, ...]:
        return _lines(self.data.get(self.add_initial_prefix("ssh_keys"), self.initial["ssh_keys"]))


class TakeOverForm(AccessForm):
    """The first time: with the code on the paper."""

    field_order = ("code", "password", "password_again", "ssh_keys")
    code = forms.CharField(
        label=_("Kode pada Dokumen Hak Akses"),
        max_length=30,
        help_text=_("Sepuluh huruf dan angka di samping gambar QR, misalnya 7KQ2M-9TZ4B."),
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false", "class": "mono"}
        ),
    )


class InvitationForm(RuledForm):
    """To whom the access is handed; the OPD's own people send it to the named person only."""

    name = forms.CharField(label=_("Nama admin teknis"), max_length=150)
    email = forms.EmailField(label=_("Email admin teknis"), max_length=150)
    reason = forms.CharField(
        label=_("Dasar"),
        max_length=200,
        required=False,
        help_text=_("Bila orangnya diganti: nomor dan tanggal surat OPD."),
    )

    def __init__(self, *args: Any, changes: bool, **options: Any) -> None:
        super().__init__(*args, **options)
        if not changes:
            del self.fields["reason"]
            for field in self.fields.values():
                field.disabled = True

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        named = self.initial["email"]
        if named and values.get("email", named) != named and not values.get("reason"):
            self.add_error("reason", _("Tuliskan dasarnya, karena orangnya diganti."))
        return values


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())
