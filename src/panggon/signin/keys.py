"""The key by which providers know the portal: `private_key_jwt` (OpenID Connect Core, 9; RFC 7523)."""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any, cast

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from django.db import transaction
from jwt.algorithms import ECAlgorithm

from panggon.encryption import cipher
from panggon.signin import selectors
from panggon.signin.models import ClientKey

PURPOSE = "panggon client key"
ALGORITHM = "ES256"
ANNOUNCED = timedelta(days=1)  # a new key is published so long before it signs: providers keep what they fetched
LIFE = timedelta(minutes=1)  # of an assertion


@transaction.atomic
def renew(*, at: datetime) -> ClientKey:
    """A new key. The first one signs at once, a later one after a day; until then both are published."""
    private = ec.generate_private_key(ec.SECP256R1())
    known = selectors.client_keys(now=at)
    return ClientKey.objects.create(
        kid=_kid(private), private=_encrypted(private), made_at=at, signs_from=at + ANNOUNCED if known else at
    )


def published(*, now: datetime) -> dict[str, Any]:
    """The public keys as a JSON Web Key Set (RFC 7517)."""
    return {"keys": [_public(key) for key in selectors.client_keys(now=now)]}


def assertion(client: str, *, audience: str, now: datetime) -> str:
    """Says for a minute that we are this client. Raises `LookupError` while there is no key."""
    keys = selectors.client_keys(now=now)
    if not keys:
        raise LookupError("there is no client key: panggon oidc-key makes one")
    claims = {"iss": client, "sub": client, "aud": audience, "jti": secrets.token_urlsafe(16), "iat": now}
    return jwt.encode(claims | {"exp": now + LIFE}, _private(keys[0]), ALGORITHM, headers={"kid": keys[0].kid})


def forget_former(*, now: datetime) -> None:
    """Remove the keys that sign no more."""
    ClientKey.objects.exclude(pk__in=[key.pk for key in selectors.client_keys(now=now)]).delete()


# ------------------------------------------------------------------------------------------------------------------


def _public(key: ClientKey) -> dict[str, Any]:
    document = ECAlgorithm.to_jwk(_private(key).public_key(), as_dict=True)
    return {**document, "kid": key.kid, "use": "sig", "alg": ALGORITHM}


def _private(key: ClientKey) -> ec.EllipticCurvePrivateKey:
    private = ECAlgorithm(ECAlgorithm.SHA256).prepare_key(cipher(PURPOSE).decrypt(key.private.encode()))
    return cast("ec.EllipticCurvePrivateKey", private)


def _encrypted(private: ec.EllipticCurvePrivateKey) -> str:
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return cipher(PURPOSE).encrypt(pem).decode()


def _kid(private: ec.EllipticCurvePrivateKey) -> str:
    der = private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(der).hexdigest()[:16]
