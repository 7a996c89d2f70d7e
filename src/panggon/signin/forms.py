"""Forms of django-allauth with our brakes."""

from typing import Any

from allauth.account import forms as account
from allauth.core import context
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import forms as second
from allauth.mfa.totp import forms as totp
from allauth.mfa.webauthn import forms as webauthn
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from panggon.forms import PlainForm
from panggon.signin import door, services
from panggon.signin.adapters import MFAAdapter

NEW_PASSWORD = {"password1": _("Kata sandi baru"), "password2": _("Kata sandi baru, sekali lagi")}
PASSWORD_HELP = _("Paling sedikit 12 karakter; beberapa kata yang tidak berkaitan mudah diingat.")


class ReleaseForm(PlainForm):
    """By the administrator, for somebody who lost the phone."""

    reason = forms.CharField(
        label=_("Bagaimana Anda memastikan orangnya?"),
        max_length=300,
        help_text=_("Misalnya: bertatap muka, atau ditelepon di nomor kantornya. Dicatat dengan nama Anda."),
    )


class LoginForm(account.LoginForm):
    """The keyboard goes from name to password; the link for who forgot it stands below both."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["password"].help_text = ""
        _call(self, login=_("Nama pengguna atau email"), password=_("Kata sandi"))


class _CodeForm(second.BaseAuthenticateForm):
    """Asks for a code of the second factor, behind the brake on guessing."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        _call(self, code=_("Kode enam angka, atau kode cadangan"))

    def clean_code(self) -> str:
        with door.braked(door.code_try(context.request, self.user)) as was_right:
            code = super().clean_code()
            if not services.spend_code(self.user, code):
                raise get_adapter().validation_error("incorrect_code")
            was_right()
        return code


class AuthenticateForm(_CodeForm, second.AuthenticateForm):
    """When somebody signs in."""


class ConfirmPasswordForm(account.ReauthenticateForm):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        _call(self, password=_("Kata sandi"))
        self.fields["password"].help_text = ""


class ReauthenticateForm(_CodeForm, second.ReauthenticateForm):
    """When somebody who is signed in confirms who they are."""


class ActivateTOTPForm(totp.ActivateTOTPForm):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        _call(self, code=_("Kode enam angka"))


class ChangePasswordForm(account.ChangePasswordForm):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        _call(self, oldpassword=_("Kata sandi sekarang"), **NEW_PASSWORD)
        self.fields["oldpassword"].help_text = ""
        self.fields["password1"].help_text = PASSWORD_HELP

    def clean_oldpassword(self) -> str:
        attempt = door.password_try(context.request, self.user.get_username(), self.user)
        with door.braked(attempt) as was_right:
            password = super().clean_oldpassword()
            was_right()
        return password


class ResetPasswordKeyForm(account.ResetPasswordKeyForm):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        _call(self, **NEW_PASSWORD)
        self.fields["password1"].help_text = PASSWORD_HELP


class ResetPasswordForm(account.ResetPasswordForm):
    def clean_email(self) -> str:
        with door.braked(door.reset_try(context.request)):
            return super().clean_email()


class RemovePasskeyForm(webauthn.forms.Form):
    """Asked on the page that removes a passkey; `instance` is the passkey."""

    def __init__(self, *args: Any, instance: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.instance = instance

    def clean(self) -> dict[str, Any]:
        if not MFAAdapter().can_delete_authenticator(self.instance):
            raise ValidationError(_("Petugas dinas harus mempunyai paling sedikit satu pengaman tambahan."))
        return super().clean()


def _call(form: forms.Form, **labels: Any) -> None:
    """Our words for allauth's fields; what is wrong is listed under them."""
    for name, label in labels.items():
        form.fields[name].label = label
        form.fields[name].error_messages["required"] = _("Wajib diisi.")
        form.fields[name].widget.attrs.pop("placeholder", None)
