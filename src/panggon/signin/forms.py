"""Forms of django-allauth with our brakes."""

from typing import Any

from allauth.account import forms as account
from allauth.core import context
from allauth.mfa.base import forms as second
from allauth.mfa.webauthn import forms as webauthn
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from panggon.signin import door
from panggon.signin.adapters import MFAAdapter


class LoginForm(account.LoginForm):
    """The keyboard goes from name to password; the link for who forgot it stands below both."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["password"].help_text = ""
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)  # the label says it, and stays


class AuthenticateForm(second.AuthenticateForm):
    def clean_code(self) -> str:
        with door.braked(door.code_try(context.request, self.user)) as was_right:
            code = super().clean_code()
            was_right()
        return code


class ReauthenticateForm(second.ReauthenticateForm):
    def clean_code(self) -> str:
        with door.braked(door.code_try(context.request, self.user)) as was_right:
            code = super().clean_code()
            was_right()
        return code


class ChangePasswordForm(account.ChangePasswordForm):
    def clean_oldpassword(self) -> str:
        attempt = door.password_try(context.request, self.user.get_username(), self.user)
        with door.braked(attempt) as was_right:
            password = super().clean_oldpassword()
            was_right()
        return password


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
