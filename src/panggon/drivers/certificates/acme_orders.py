"""A certificate from an ACME server (RFC 8555): account, order, challenge, finalisation.

The account's key is root's alone. What is planted to answer a challenge is written down before, and taken away after,
also after a kill: the next order of the name sweeps first.
"""

import json
import socket
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

from acme import challenges, errors, messages
from acme.client import ClientNetwork, ClientV2
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from josepy.jwa import ES256, RS256, JWASignature
from josepy.jwk import JWK, JWKEC, JWKRSA
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPSConnection
from urllib3.connectionpool import HTTPSConnectionPool

from panggon.core.errors import PanggonError, PermanentError, TemporaryError
from panggon.drivers.certificates.bundles import Bundle, key_text
from panggon.drivers.system import deadline, files, turns

RSA_BITS = 2048
KEY_COMPROMISE = 1  # RFC 5280 section 5.3.1
BESIDES = 240.0  # seconds that all else of an order may take, beside what its server takes to decide
LINES_MOST = 16  # connections of one order that may still be open


class Challenge(Protocol):
    """One way to prove the control of a name. `plant` returns when the ACME server can see it."""

    @property
    def type(self) -> str:
        """As the ACME server calls it: `dns-01`, `http-01`."""
        ...

    def plant(self, host: str, place: str, value: str) -> None: ...

    def clear(self, host: str, place: str, value: str) -> None:
        """Take exactly this away; nothing there is fine."""
        ...


@dataclass(frozen=True, slots=True)
class Settings:
    """`directory` is the address of the ACME server, `ca` the authority that its own certificate chains to (None: the
    system's), `account` the file of the account's key, `planted` the directory of what is planted now. `contact` is an
    e-mail address, or "".
    """

    directory: str
    account: Path
    planted: Path
    challenge: Challenge
    contact: str = ""
    ca: Path | None = None
    seconds: float = 90.0


@dataclass(frozen=True, slots=True)
class WellKnown:
    """HTTP-01: a file below `<root>/acme`, which nginx gives on port 80 under every name."""

    root: Path
    type: str = "http-01"

    def plant(self, host: str, place: str, value: str) -> None:  # noqa: ARG002 - tokens are random: no two names meet
        folder = self.root / "acme" / ".well-known" / "acme-challenge"
        files.directory(folder)
        files.write(folder / _safe(place), value)

    def clear(self, host: str, place: str, value: str) -> None:  # noqa: ARG002
        files.remove(self.root / "acme" / ".well-known" / "acme-challenge" / _safe(place))


def order(settings: Settings, host: str) -> bytes:
    """A bundle for the name (or `*.<zone>`): chain and a key of its own, never used before. A plan and the owner of
    renewals may order for one name at once: each would sweep away what the other has planted, so one waits.

    Raises TemporaryError `acme.down`, PermanentError `acme.refused` with the server's own words, and `acme.account`.
    """
    files.directory(settings.planted, mode=0o700)
    with turns.taken(_record(settings, host).with_suffix(".turn")):
        return _in_turn(settings, host)


def _in_turn(settings: Settings, host: str) -> bytes:
    clear(settings, host)
    lines: deque[socket.socket] = deque(maxlen=LINES_MOST)
    with _translated(settings), deadline.kept(settings.seconds + BESIDES, lines.copy):
        acme = _client(settings, lines)
        key = ec.generate_private_key(ec.SECP256R1())
        ordered = acme.new_order(_request(host, key))
        try:
            for authorization in ordered.authorizations:
                if authorization.body.status != messages.STATUS_VALID:
                    _answer(settings, acme, host, authorization.body.challenges)
            # The library compares with local time without a zone.
            latest = datetime.now() + timedelta(seconds=settings.seconds)  # noqa: DTZ005
            finished = acme.poll_and_finalize(ordered, latest)
        finally:
            clear(settings, host)
    return str(finished.fullchain_pem).encode() + key_text(key)


def revoke(settings: Settings, bundle: Bundle) -> None:
    """Say that the bundle's key is known to others (RFC 8555 section 7.6), signed by that key: for this reason issuers
    listen to nobody else. One that is revoked already is fine. Raises as `order`.
    """
    lines: deque[socket.socket] = deque(maxlen=LINES_MOST)
    with _translated(settings), deadline.kept(settings.seconds, lines.copy):
        network = _network(settings, JWKEC(key=bundle.key), ES256, lines)
        acme = ClientV2(ClientV2.get_directory(settings.directory, network), network)
        try:
            acme.revoke(bundle.leaf, KEY_COMPROMISE)
        except messages.Error as error:
            if error.code != "alreadyRevoked":
                raise


def keep_planted(settings: Settings, host: str, place: str, value: str) -> None:
    """Before it is planted: so it is found after a kill."""
    files.write(_record(settings, host), json.dumps([place, value]), mode=0o600)


def clear(settings: Settings, host: str) -> None:
    """Take away what an order of this name has planted and a kill has left."""
    record = _record(settings, host)
    content = files.read(record)
    if content is None:
        return
    place, value = json.loads(content)
    settings.challenge.clear(host, place, value)
    files.remove(record)


def sweep(settings: Settings, before: datetime) -> None:
    """The same for every name, if it was planted before: by an order that was given up while nothing could be taken
    away. Raises the errors of the challenge.
    """
    for record in settings.planted.glob("*.json"):
        if datetime.fromtimestamp(record.stat().st_mtime, UTC) < before:
            clear(settings, record.stem.replace("_", "*"))


def _answer(settings: Settings, acme: ClientV2, host: str, offered: list[messages.ChallengeBody]) -> None:
    wanted = next((each for each in offered if each.chall.typ == settings.challenge.type), None)
    if wanted is None:
        raise PermanentError("acme.refused", f"server ACME tidak menawarkan {settings.challenge.type} untuk {host}")
    response, value = wanted.response_and_validation(acme.net.key)
    place = wanted.chall.encode("token") if isinstance(wanted.chall, challenges.HTTP01) else ""
    keep_planted(settings, host, place, value)
    settings.challenge.plant(host, place, value)
    acme.answer_challenge(wanted, response)


def _client(settings: Settings, lines: deque[socket.socket]) -> ClientV2:
    """With the account of this machine, which is made at the first use. Its connections are kept in `lines`."""
    network = _network(settings, _account_key(settings.account), RS256, lines)
    acme = ClientV2(ClientV2.get_directory(settings.directory, network), network)
    wished = messages.NewRegistration.from_data(email=settings.contact or None, terms_of_service_agreed=True)
    try:
        acme.new_account(wished)
    except errors.ConflictError as known:
        network.account = messages.RegistrationResource(uri=known.location, body=messages.Registration())
    return acme


def _network(settings: Settings, key: JWK, signed: JWASignature, lines: deque[socket.socket]) -> ClientNetwork:
    network = ClientNetwork(key, alg=signed, user_agent="panggon-node", timeout=15)
    network.session.mount("https://", _Noting(lines))
    if settings.ca:
        network.verify_ssl = str(settings.ca)  # type: ignore[assignment]  # handed to requests, which takes a path
    return network


class _Noting(HTTPAdapter):
    """Keeps each new connection, so that somebody can end it: the library waits while a byte comes now and then."""

    def __init__(self, lines: deque[socket.socket]) -> None:
        super().__init__()

        class Connection(HTTPSConnection):
            def connect(self) -> None:
                super().connect()
                if self.sock:
                    lines.append(self.sock)

        class Pool(HTTPSConnectionPool):
            ConnectionCls = Connection

        self.poolmanager.pool_classes_by_scheme = {"https": Pool}


def _account_key(path: Path) -> JWKRSA:
    """Made where it is missing: a new account. Raises PermanentError `acme.account` where it is damaged."""
    content = files.read(path)
    if content is None:
        files.directory(path.parent, mode=0o700)
        files.write(path, key_text(rsa.generate_private_key(65537, RSA_BITS)), mode=0o600)
        content = files.read(path) or b""
    try:
        return JWKRSA(key=serialization.load_pem_private_key(content, None))
    except (ValueError, TypeError) as error:
        raise PermanentError("acme.account", f"kunci akun ACME {path} rusak: {error}") from error


def _request(host: str, key: ec.EllipticCurvePrivateKey) -> bytes:
    """Without a common name, which has room for 64 characters only, and without must-staple."""
    names = x509.SubjectAlternativeName([x509.DNSName(host)])
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).add_extension(names, critical=True)
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


@contextmanager
def _translated(settings: Settings) -> Iterator[None]:
    where = settings.directory
    try:
        yield
    except errors.ValidationError as error:
        words = [str(each.error) for failed in error.failed_authzrs for each in failed.body.challenges if each.error]
        raise PermanentError("acme.refused", "; ".join(words)) from error
    except errors.IssuanceError as error:
        raise _refusal(where, error.error) from error
    except messages.Error as error:
        raise _refusal(where, error) from error
    except PanggonError:  # of what answers the challenge
        raise
    except Exception as error:  # at a server that says anything else the library stumbles in any way
        raise TemporaryError("acme.down", f"{where}: {str(error) or type(error).__name__}") from error


def _refusal(where: str, said: messages.Error) -> PanggonError:
    passes = said.code in ("rateLimited", "serverInternal", "badNonce")
    return (TemporaryError if passes else PermanentError)("acme.refused", f"{where}: {said}")


def _record(settings: Settings, host: str) -> Path:
    return settings.planted / f"{host.replace('*', '_')}.json"


def _safe(token: str) -> str:
    """RFC 8555 section 8.1: base64url; what else a server may say becomes no path."""
    if not token or not set(token) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"):
        raise PermanentError("acme.refused", "token bukan base64url")
    return token
