"""What an installation sets from outside: environment variables, read once, each with a clear complaint."""

import os
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from panggon import file_words

DATABASE_FORM = "DATABASE_URL harus berbentuk postgresql://pengguna:sandi@server:port/nama."
TRUE = frozenset({"1", "true", "yes"})


def text(name: str, default: str = "") -> str:
    return os.environ.get(name, default).strip()


def flag(name: str) -> bool:
    return text(name).lower() in TRUE


def number(name: str, default: int) -> int:
    try:
        return int(text(name) or default)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} bukan bilangan: {text(name)!r}.") from error


def address(name: str, default: str) -> str:
    """An http(s) address, without a slash at its end."""
    said = text(name, default).rstrip("/")
    try:
        parts = urlsplit(said)
        fits = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        fits = False
    if not fits:
        raise ImproperlyConfigured(f"{name} bukan alamat seperti https://hosting.kota.example: {said!r}.")
    return said


def words(name: str) -> list[str]:
    """A list, separated by commas."""
    return [word.strip() for word in text(name).split(",") if word.strip()]


def networks(name: str) -> tuple[str, ...]:
    """A list of networks such as 10.0.0.0/8, separated by commas."""
    try:
        return tuple(str(ip_network(word)) for word in words(name))
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} bukan daftar jaringan seperti 10.0.0.0/8: {text(name)!r}.") from error


def secret(name: str) -> str:
    """From the file that NAME_FILE names, or from NAME itself."""
    file = text(f"{name}_FILE")
    try:
        return Path(file).read_text().strip() if file else text(name)
    except OSError as error:
        raise ImproperlyConfigured(f"{name}_FILE: {file} {file_words.reason(error)}.") from error
    except ValueError as error:
        raise ImproperlyConfigured(f"{name}_FILE: {file} bukan berkas teks.") from error


def secret_key() -> str:
    """From the file that PANGGON_SECRET_KEY_FILE names, or from PANGGON_SECRET_KEY."""
    key = secret("PANGGON_SECRET_KEY")
    if len(key) < 50:
        raise ImproperlyConfigured("PANGGON_SECRET_KEY_FILE harus menyebut berkas dengan sedikitnya 50 karakter acak.")
    return key


def mail_security(name: str) -> tuple[bool, bool]:
    """Django's EMAIL_USE_TLS and EMAIL_USE_SSL for `none`, `starttls` or `tls`."""
    word = text(name) or "none"
    if word not in {"none", "starttls", "tls"}:
        raise ImproperlyConfigured(f"{name} harus none, starttls, atau tls, bukan {word!r}.")
    return word == "starttls", word == "tls"


def imap_security(name: str) -> str:
    """`tls` (from the first byte) or `starttls`; mail is never fetched without."""
    word = text(name) or "tls"
    if word not in {"tls", "starttls"}:
        raise ImproperlyConfigured(f"{name} harus tls atau starttls, bukan {word!r}.")
    return word


def database(address: str) -> dict[str, Any]:
    """Django's settings of `postgresql://user:password@host:port/name?option=value`; no other database will do."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError as error:
        raise ImproperlyConfigured(DATABASE_FORM) from error
    if parts.scheme not in {"postgres", "postgresql"} or not parts.path.strip("/"):
        raise ImproperlyConfigured(DATABASE_FORM)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.strip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""),
        "PORT": str(port or ""),
        "OPTIONS": dict(parse_qsl(parts.query)),
    }
