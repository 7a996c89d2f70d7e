"""Other places to sign in: OpenID Connect providers, from a file that `PANGGON_OIDC_FILE` names.

A JSON list, one object a provider: `id` (part of the address), `name` (on the button), `issuer` (an https address),
`client_id`, `client_secret_file`, and `match`: how the person is found among the accounts that exist, by "email"
(which the provider must have verified) or by "nip" (a claim of this name). Nobody is given an account by it.
"""

import ipaddress
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

NAMES = {"id", "name", "issuer", "client_id", "client_secret_file", "match"}
MATCHES = ("email", "nip")


def providers(path: str) -> list[dict[str, Any]]:
    """As django-allauth wants them. Raises ImproperlyConfigured with the file and what is wrong in it."""
    if not path:
        return []
    try:
        return [_provider(row) for row in json.loads(Path(path).read_text())]
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ImproperlyConfigured(f"PANGGON_OIDC_FILE {path}: {error}") from error


def origins(apps: list[dict[str, Any]]) -> list[str]:
    """Where the browser is sent to sign in; a content security policy has to name them."""
    found = [urlsplit(app["settings"]["server_url"]) for app in apps]
    return sorted({f"{parts.scheme}://{parts.netloc}" for parts in found})


def _provider(row: dict[str, str]) -> dict[str, Any]:
    if set(row) != NAMES:
        raise ValueError(f"a provider has exactly {', '.join(sorted(NAMES))}")
    if row["match"] not in MATCHES:
        raise ValueError(f"match is one of {', '.join(MATCHES)}")
    if not _is_private_enough(row["issuer"]):
        raise ValueError(f"the issuer {row['issuer']} has to be an https address")
    return {
        "provider_id": row["id"],
        "name": row["name"],
        "client_id": row["client_id"],
        "secret": Path(row["client_secret_file"]).read_text().strip(),
        "settings": {"server_url": row["issuer"], "match": row["match"], "oauth_pkce_enabled": True},
    }


def _is_private_enough(issuer: str) -> bool:
    """https, or a loopback address on which nobody listens in."""
    parts = urlsplit(issuer)
    if parts.scheme == "https":
        return True
    host = parts.hostname or ""
    try:
        return parts.scheme == "http" and (host == "localhost" or ipaddress.ip_address(host).is_loopback)
    except ValueError:
        return False
