"""`python -m tests.portal.oidc_provider PORT REDIRECT_URI JWKS`: Canaille, a real OpenID Connect provider, in memory.

Of its people `sri`, `tu` and `kadis` have a verified e-mail address and a NIP, `kadis` an authenticator app too;
`palsu` claims an address that nobody verified. The portal is two clients: known by a secret, and by the keys in JWKS.
"""

import sys
from datetime import UTC, datetime

from canaille import create_app
from canaille.app import models
from canaille.backends import Backend
from canaille.core.auth import AuthenticationSession
from canaille.oidc import provider
from joserfc.jwk import RSAKey

PASSWORD = "kata-sandi-di-penyedia"
CLIENT, SECRET = "panggon", "rahasia-bersama"
KEY_CLIENT = "panggon-kunci"
OTP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
# user name: e-mail address, whether it was verified, NIP
PEOPLE = {
    "sri": ("sri@example.go.id", True, "199003122015032004"),
    "tu": ("tu@example.go.id", True, "198807202012122001"),
    "kadis": ("kadis@example.go.id", True, "197203121998031004"),
    "palsu": ("sri@example.go.id", False, ""),
    "asing": ("asing@example.go.id", True, ""),
}


def main(port: int, redirect: str, jwks: str) -> None:
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
            if name == "kadis":
                person.secret_token, person.last_otp_login = OTP_SECRET, datetime.now(UTC)
            Backend.instance.save(person)
        for known_by in (
            {"client_id": CLIENT, "client_secret": SECRET, "token_endpoint_auth_method": "client_secret_post"},
            {"client_id": KEY_CLIENT, "jwks": jwks, "token_endpoint_auth_method": "private_key_jwt"},
        ):
            client = models.Client(
                client_name="Panggon",
                client_uri="http://localhost",
                redirect_uris=[redirect],
                grant_types=["authorization_code"],
                response_types=["code"],
                scope=["openid", "profile", "email"],
                **known_by,
            )
            Backend.instance.save(client)
    _tell_more(provider)
    _ask_for_codes()
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
    module.OIDCGrantMixin.get_client_claims = lambda self, client: {
        "iss": module.get_issuer(),
        "aud": [client.client_id],
    }


def _ask_for_codes() -> None:
    """Who has an authenticator app is asked for its code; Canaille would ask everybody or nobody."""
    plain = AuthenticationSession.set_step_finished

    def finished(session, step):
        plain(session, step)
        if step == "password" and session.user.secret_token:
            session.remaining.append("otp")

    AuthenticationSession.set_step_finished = finished


if __name__ == "__main__":
    main(int(sys.argv[1]), *sys.argv[2:])
