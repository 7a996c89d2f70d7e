"""`python -m tests.portal.oidc_provider PORT REDIRECT_URI`: Canaille, a real OpenID Connect provider, in memory.

Of its people `sri` and `tu` have a verified e-mail address and a NIP; `palsu` claims an address that nobody verified.
"""

import sys

from canaille import create_app
from canaille.app import models
from canaille.backends import Backend
from canaille.oidc import provider
from joserfc.jwk import RSAKey

PASSWORD = "kata-sandi-di-penyedia"
CLIENT, SECRET = "panggon", "rahasia-bersama"
# user name: e-mail address, whether it was verified, NIP
PEOPLE = {
    "sri": ("sri@example.go.id", True, "199003122015032004"),
    "tu": ("tu@example.go.id", True, "198807202012122001"),
    "palsu": ("sri@example.go.id", False, ""),
    "asing": ("asing@example.go.id", True, ""),
}


def main(port: int, redirect: str) -> None:
    app = create_app(
        {
            "SECRET_KEY": "only for tests " * 4,
            "SERVER_NAME": f"localhost:{port}",
            "PREFERRED_URL_SCHEME": "http",
            "CANAILLE": {
                "DATABASE": "memory",
                "JAVASCRIPT": False,
                "HTMX": False,
                "SMTP": None,
                "ACL": {"DEFAULT": {"PERMISSIONS": ["use_oidc"]}},
            },
            "CANAILLE_OIDC": {
                "ACTIVE_JWKS": [
                    RSAKey.generate_key(2048, {"kid": "1", "use": "sig", "alg": "RS256"}).as_dict(private=True)
                ],
                "REQUIRE_NONCE": False,
                "TRUSTED_DOMAINS": ["localhost"],
            },
        }
    )
    with app.app_context():
        for name, (email, _, _) in PEOPLE.items():
            person = models.User(
                user_name=name, formatted_name=name, family_name=name, emails=[email], password=PASSWORD
            )
            Backend.instance.save(person)
        client = models.Client(
            client_id=CLIENT,
            client_secret=SECRET,
            client_name="Panggon",
            client_uri="http://localhost",
            redirect_uris=[redirect],
            grant_types=["authorization_code"],
            response_types=["code"],
            scope=["openid", "profile", "email"],
            token_endpoint_auth_method="client_secret_post",
        )
        Backend.instance.save(client)
    _tell_more(provider)
    app.run(port=port)


def _tell_more(module) -> None:
    """A city's provider also says whether it verified the address, and the NIP; Canaille knows neither. Kept in memory,
    it forgets for whom a token is meant.
    """
    plain = module.generate_user_claims

    def claims(user, *arguments):
        _, verified, nip = PEOPLE[user.user_name]
        return {**plain(user, *arguments), "email_verified": verified, "nip": nip}

    module.generate_user_claims = claims
    module.UserInfo.filter = lambda info, scope: info
    module.OIDCGrantMixin.get_client_claims = lambda self, client: {"iss": module.get_issuer(), "aud": [CLIENT]}


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
