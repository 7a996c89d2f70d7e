"""Coming back from a provider: how the portal proves there who it is, and what is believed of the sign-in there."""

from typing import Any

from allauth.socialaccount.models import SocialApp, SocialLogin
from allauth.socialaccount.providers.oauth2.client import OAuth2Client, OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.http import Http404, HttpRequest, HttpResponseBase
from django.utils import timezone

from panggon.core.people.assurance import is_second_factor
from panggon.signin import keys

JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"  # RFC 7523, 2.2
PRIVATE_KEY_JWT = "private_key_jwt"


class KeyClient(OAuth2Client):
    """Signs an assertion where others send a secret."""

    def get_access_token(
        self, code: str, pkce_code_verifier: str | None = None, extra_data: dict[str, str] | None = None
    ) -> dict[str, Any]:
        try:
            proof = keys.assertion(self.consumer_key, audience=self.access_token_url, now=timezone.now())
        except LookupError as error:
            raise OAuth2Error(str(error)) from error
        said = {**(extra_data or {}), "client_assertion_type": JWT_BEARER, "client_assertion": proof}
        return super().get_access_token(code, pkce_code_verifier, said)


class ProviderAdapter(OpenIDConnectOAuth2Adapter):
    """Proves who we are in the way that the provider's entry in the file says."""

    @property
    def client_class(self) -> type[OAuth2Client]:
        signs = self.get_provider().app.settings["token_auth_method"] == PRIVATE_KEY_JWT
        return KeyClient if signs else OAuth2Client


def callback(request: HttpRequest, provider_id: str) -> HttpResponseBase:
    try:
        return OAuth2CallbackView.adapter_view(ProviderAdapter(request, provider_id))(request)
    except SocialApp.DoesNotExist as error:
        raise Http404 from error


def brings_second_factor(sociallogin: SocialLogin | None) -> bool:
    """Whether the provider says that it asked for a second factor, in words that its entry in the file trusts."""
    if sociallogin is None:
        return False
    trusted = sociallogin.provider.app.settings["second_factor"]
    return is_second_factor(sociallogin.account.extra_data.get("id_token") or {}, **trusted)
