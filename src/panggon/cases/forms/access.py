"""The hand-over: keys and password of the site's owner."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from panggon.cases.forms.base import RuledForm
from panggon.core.errors import Fault
from panggon.sites.services import access_faults


class AccessForm(RuledForm):
    """The owner's keys, one a line, and a new SFTP password; what is left empty stays as it is."""

    ssh_keys = forms.CharField(
        label=_("Kunci publik SSH, satu setiap baris"),
        required=False,
        max_length=20_000,
        show_hidden_initial=True,
        help_text=_("Misalnya isi berkas id_ed25519.pub. Kunci pribadi tidak pernah diminta."),
        widget=forms.Textarea(attrs={"spellcheck": "false", "autocomplete": "off", "class": "mono"}),
    )
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
        return {"ssh_keys": keys, "password": self.cleaned_data["password"] or None}

    def _keys_changed(self) -> bool:
        """Whether this person changed them: keys that an older page showed must not come back with a password."""
        return self.cleaned_data.get("ssh_keys") != self._shown_keys()

    def _shown_keys(self) -> tuple[str, ...]:
        return _lines(self.data.get(self.add_initial_prefix("ssh_keys"), self.initial["ssh_keys"]))


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())
