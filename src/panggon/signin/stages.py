from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.stages import AuthenticateStage
from django.http import HttpResponseBase

from panggon.signin.providers import brings_second_factor


class SecondFactorStage(AuthenticateStage):
    """Asks for our second factor, unless a trusted one was asked for where the person came from."""

    def handle(self) -> tuple[HttpResponseBase | None, bool]:
        sociallogin = (self.login.signal_kwargs or {}).get("sociallogin")
        if not brings_second_factor(sociallogin):
            return super().handle()
        record_authentication(self.request, self.login.user, "mfa", provider=sociallogin.provider.app.provider_id)
        return None, True
