"""How django-allauth behaves here: no open sign-up, secrets encrypted, officials keep their second factor."""

import base64
import math
import time
from typing import Any

from allauth.account import app_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

from panggon.people import selectors


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002 (the signature is allauth's)
        return False

    def is_reauthentication_required(self, *, app: str, **options: Any) -> bool:
        """Who signed in a moment ago is not asked again on the way to set up the second factor."""
        records = get_authentication_records(self.request, self.request.user)
        age = time.time() - records[-1]["at"] if records else math.inf
        return age >= app_settings.REAUTHENTICATION_TIMEOUT and super().is_reauthentication_required(app=app, **options)


class MFAAdapter(DefaultMFAAdapter):
    def encrypt(self, text: str) -> str:
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _cipher().decrypt(encrypted_text.encode()).decode()

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        return not selectors.is_official(authenticator.user, now=timezone.now())


def _cipher() -> Fernet:
    """A key of its own, drawn from SECRET_KEY: a stolen database alone gives nobody a code."""
    derivation = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"panggon second factor")
    return Fernet(base64.urlsafe_b64encode(derivation.derive(settings.SECRET_KEY.encode())))
