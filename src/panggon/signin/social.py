"""Signing in by OpenID Connect: only people who have an account come in, and nobody is given one by it."""

import logging
from typing import Any

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from allauth.socialaccount.providers.base import Provider
from django.http import HttpRequest
from django.shortcuts import render

from panggon.people.models import User

log = logging.getLogger(__name__)


class SocialAdapter(DefaultSocialAccountAdapter):
    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Provider,
        error: str | None = None,
        exception: Exception | None = None,
        extra_context: dict[str, Any] | None = None,
    ) -> None:
        """The page tells the person little; the log tells the administrator what the provider did not like."""
        log.warning("sign-in by %s failed: %s %s", provider.name, error or "", exception or "")
        super().on_authentication_error(request, provider, error, exception, extra_context)

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:  # noqa: ARG002
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Link the provider's person to the one account that is meant, the first time; else say that there is none."""
        if sociallogin.is_existing:
            return
        account = _account_of(sociallogin)
        if account is None:
            provider = sociallogin.account.get_provider(request)
            page = render(request, "socialaccount/unknown.html", {"provider": provider.name}, status=403)
            raise ImmediateHttpResponse(page)
        sociallogin.connect(request, account)


def _account_of(sociallogin: SocialLogin) -> User | None:
    """The account by what the provider is trusted for; an e-mail address only when the provider has verified it."""
    claims: dict[str, Any] = sociallogin.account.get_provider_account().get_user_data() or {}
    match = sociallogin.provider.app.settings["match"]
    if match == "nip":
        nip = str(claims.get("nip") or "")
        found = User.objects.filter(nip=nip) if nip else User.objects.none()
    else:
        verified = claims.get("email") if claims.get("email_verified") is True else None
        found = User.objects.filter(email__iexact=verified) if verified else User.objects.none()
    people = list(found.filter(is_active=True)[:2])
    return people[0] if len(people) == 1 else None
