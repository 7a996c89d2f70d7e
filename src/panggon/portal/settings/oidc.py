"""Other places to sign in: OpenID Connect providers, from a file that `PANGGON_OIDC_FILE` names.

A JSON list, one object a provider: `id` (part of the address), `name` (on the button), `issuer` (an https address),
`client_id`; how the portal proves who it is, by `client_secret_file` or by `"client_authentication": "private_key_jwt"`
(with the key of `panggon oidc-key`); and `match`: how the person is found among the accounts that exist, by "email"
(which the provider must have verified) or by "nip" (a claim of this name). Nobody is given an account by it.

`second_factor_acr` and `second_factor_amr` may list the values of these claims that count as a second factor here.
"""

import ipaddress
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from panggon import file_words
from panggon.core.people.assurance import KNOWLEDGE

NAMES = {"id", "name", "issuer", "client_id", "match"}
PROOFS = {"client_secret_file", "client_authentication"}  # one of both
TRUSTED = {"second_factor_acr", "second_factor_amr"}
MATCHES = ("email", "nip")


def providers(path: str) -> list[dict[str, Any]]:
    """As django-allauth wants them. Raises ImproperlyConfigured with the file and what is wrong in it."""
    if not path:
        return []
    try:
        return [_provider(row) for row in _rows(json.loads(Path(path).read_text()))]
    except OSError as error:
        raise ImproperlyConfigured(f"PANGGON_OIDC_FILE {path}: {error.filename} {file_words.reason(error)}.") from error
    except json.JSONDecodeError as error:
        words = f"bukan JSON yang benar: {file_words.place(error)}"
        raise ImproperlyConfigured(f"PANGGON_OIDC_FILE {path}: {words}.") from error
    except UnicodeDecodeError as error:
        raise ImproperlyConfigured(f"PANGGON_OIDC_FILE {path}: bukan berkas teks.") from error
    except ValueError as error:
        raise ImproperlyConfigured(f"PANGGON_OIDC_FILE {path}: {error}.") from error


def origins(apps: list[dict[str, Any]]) -> list[str]:
    """Where the browser is sent to sign in; a content security policy has to name them."""
    found = [urlsplit(app["settings"]["server_url"]) for app in apps]
    return sorted({f"{parts.scheme}://{parts.netloc}" for parts in found})


def _rows(document: object) -> list[dict[str, Any]]:
    texts = {*NAMES, *PROOFS}
    if not isinstance(document, list) or not all(isinstance(row, dict) for row in document):
        raise ValueError("harus daftar JSON dengan satu objek tiap penyedia")
    if not all(isinstance(value, str) for row in document for name, value in row.items() if name in texts):
        raise ValueError(f"isi {', '.join(sorted(texts))} harus teks")
    return document


def _provider(row: dict[str, Any]) -> dict[str, Any]:
    proof = PROOFS & set(row)
    if set(row) - PROOFS - TRUSTED != NAMES or len(proof) != 1:
        raise ValueError(
            f"sebuah penyedia mempunyai {', '.join(sorted(NAMES))}, salah satu dari {' dan '.join(sorted(PROOFS))}, "
            f"dan boleh mempunyai {' dan '.join(sorted(TRUSTED))}"
        )
    if row["match"] not in MATCHES:
        raise ValueError(f"match harus salah satu dari {', '.join(MATCHES)}")
    if not _is_private_enough(row["issuer"]):
        raise ValueError(f"issuer {row['issuer']} harus alamat https")
    return {
        "provider_id": row["id"],
        "name": row["name"],
        "client_id": row["client_id"],
        "secret": _secret(row),
        "settings": {
            "server_url": row["issuer"],
            "match": row["match"],
            "oauth_pkce_enabled": True,
            "token_auth_method": row.get("client_authentication"),
            **_second_factor(row),
        },
    }


def _secret(row: dict[str, Any]) -> str:
    if "client_secret_file" in row:
        return Path(row["client_secret_file"]).read_text().strip()
    if row["client_authentication"] != "private_key_jwt":
        raise ValueError("client_authentication harus private_key_jwt, atau client_secret_file sebagai gantinya")
    return ""


def _second_factor(row: dict[str, Any]) -> dict[str, Any]:
    """What is trusted; a class that is trusted is also asked for."""
    acr, amr = (row.get(f"second_factor_{claim}", []) for claim in ("acr", "amr"))
    if not (_are_words(acr) and _are_words(amr)):
        raise ValueError("second_factor_acr dan second_factor_amr harus daftar kata")
    if weak := KNOWLEDGE.intersection(amr):
        raise ValueError(f"{', '.join(sorted(weak))} bukan faktor kedua")
    asked = {"auth_params": {"acr_values": " ".join(acr)}} if acr else {}
    return {"second_factor": {"acr": tuple(acr), "amr": tuple(amr)}, **asked}


def _are_words(said: object) -> bool:
    return isinstance(said, list) and all(isinstance(word, str) and word for word in said)


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
