"""What a webhook carries, and the signature by which its receiver knows that it is ours.

The scheme is that of Standard Webhooks 1.0 (https://www.standardwebhooks.com), for which there are libraries in most
languages. `docs/webhook.md` tells receivers the same, `schema/webhook.v1.json` is the schema of the body.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Network, ip_address, ip_network
from typing import Any

from panggon.core.sites.outgoing import Address, is_public

TEST = "test"  # the event of the button "Kirim percobaan"; every endpoint gets it
SECRET_PREFIX, SECRET_BYTES = "whsec_", 32
NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: an IPv4 address in the last 32 bits


class Outcome(StrEnum):
    """What an answer means for a delivery."""

    DELIVERED = "delivered"
    AGAIN = "again"
    GONE = "gone"  # the receiver wants no more: the endpoint is switched off


def message(event: str, *, at: datetime, data: Mapping[str, Any]) -> dict[str, Any]:
    """The body, as a JSON value."""
    return {"type": event, "timestamp": at.astimezone(UTC).isoformat(timespec="seconds"), "data": dict(data)}


def secret_words(key: bytes) -> str:
    """The secret as its receiver gets it, once."""
    return SECRET_PREFIX + base64.b64encode(key).decode()


def signature(secret: str, *, identifier: str, timestamp: int, body: bytes) -> str:
    """HMAC-SHA256 over identifier, moment of sending (Unix seconds) and body, joined by dots: version 1 of the scheme.

    `secret` as its receiver has it.
    """
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    signed = f"{identifier}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()


def outcome_of(status: int | None) -> Outcome:
    """By the HTTP status; None when there was no answer. A redirect is not followed and counts as a failure."""
    if status is not None and 200 <= status < 300:
        return Outcome.DELIVERED
    return Outcome.GONE if status == 410 else Outcome.AGAIN


def may_be_called(words: str, *, allowed: tuple[str, ...]) -> bool:
    """Whether an address lies in the public internet, or in one of the `allowed` networks (CIDR)."""
    address = _meant(ip_address(words))
    return any(address in ip_network(network) for network in allowed) or is_public(address)


def _meant(address: Address) -> Address:
    """The IPv4 address that an IPv6 address stands for, where it does."""
    if isinstance(address, IPv4Address):
        return address
    if address in NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address
