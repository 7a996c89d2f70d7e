"""How django-allauth behaves here: no open sign-up, secrets encrypted, brakes of our own, mail by jobs."""

import math
import time
from typing import Any

from allauth.account import app_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from panggon.core.notify.messages import MessageKind
from panggon.encryption import cipher
from panggon.office.selectors import office
from panggon.outbox import defer
from panggon.people import selectors
from panggon.people.models import User
from panggon.signin import door, services
from panggon.signin.models import Happening
from panggon.signin.selectors import SECOND_FACTORS

PURPOSE = "panggon second factor"


class AccountAdapter(DefaultAccountAdapter):
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        **dict.fromkeys(
            ("username_password_mismatch", "email_password_mismatch"),
            _("Nama pengguna, email, atau kata sandi tidak cocok. Periksa huruf besar dan kecilnya."),
        ),
        "enter_current_password": _("Kata sandi sekarang tidak cocok."),
        "incorrect_password": _("Kata sandi tidak cocok."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002 (the signature is allauth's)
        return False

    def get_from_email(self) -> str:
        return office().sender

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:  # noqa: ARG002 (the signature is allauth's)
        return reverse("mfa_index")

    def get_login_stages(self) -> list[str]:
        ours = {"allauth.mfa.stages.AuthenticateStage": "panggon.signin.stages.SecondFactorStage"}
        return [ours.get(stage, stage) for stage in super().get_login_stages()]

    def is_reauthentication_required(self, *, app: str, **options: Any) -> bool:
        """Who signed in a moment ago is not asked again on the way to set up the second factor."""
        records = get_authentication_records(self.request, self.request.user)
        age = time.time() - records[-1]["at"] if records else math.inf
        return age >= app_settings.REAUTHENTICATION_TIMEOUT and super().is_reauthentication_required(app=app, **options)

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        login = str(credentials.get("username") or credentials.get("email") or "")
        account = door.user_named(login)
        with door.braked(door.password_try(request, login, account)) as was_right:
            user = super().authenticate(request, **credentials)
            if user:
                was_right()
            elif account:
                services.note(account, Happening.WRONG_PASSWORD, request, at=timezone.now())
        return user

    def send_password_reset_mail(self, user: User, email: str, context: dict[str, Any]) -> None:  # noqa: ARG002
        """In a job: the answer takes as long whether the account exists or not, and whether the mail server answers."""
        try:
            with door.braked(door.mail_try(user)):
                defer(
                    "notify.write",
                    kind=MessageKind.PASSWORD_RESET.value,
                    reference=f"reset:{user.pk}",
                    to=user.email,
                    language=user.language,
                    facts={"user": user.pk},
                )
        except ValidationError:
            return


class MFAAdapter(DefaultMFAAdapter):
    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": _("Kode tidak cocok atau sudah dipakai. Tunggu kode berikutnya; periksa jam ponsel Anda."),
    }

    def encrypt(self, text: str) -> str:
        return cipher(PURPOSE).encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return cipher(PURPOSE).decrypt(encrypted_text.encode()).decode()

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """An official keeps one of both kinds at least."""
        if not selectors.is_official(authenticator.user, now=timezone.now()):
            return True
        others = Authenticator.objects.filter(user=authenticator.user, type__in=SECOND_FACTORS)
        return others.exclude(pk=authenticator.pk).exists()
