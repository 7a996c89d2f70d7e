"""How a handshake with a certificate goes, in memory, before anybody is served it."""

import os
import ssl
from pathlib import Path

from panggon.drivers.certificates.bundles import Bundle

# X509_V_FLAG_NO_CHECK_TIME of OpenSSL: `bundles.fault` looks at the time, by the clock of whoever asks.
NO_TIME = 0x200000
STEPS = 10  # more than a handshake has
UNFINISHED = "the handshake does not end"


def refusal(bundle: Bundle, host: str, *, authorities: Path) -> str:
    """Why a visitor who believes these authorities, and knows no certificate between them and this one, would refuse
    it, or no server could use it; in OpenSSL's words, "" only where the handshake has come to its end.
    """
    try:
        server, client = _server(bundle), ssl.create_default_context(cafile=str(authorities))
        client.verify_flags |= ssl.VerifyFlags(NO_TIME)
        there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
        sides = (
            client.wrap_bio(back, there, server_hostname=host),
            server.wrap_bio(there, back, server_side=True),
        )
        ended = [False, False]
        for step in range(STEPS):
            ended[step % 2] = _ends(sides[step % 2])
    except ssl.SSLCertVerificationError as error:
        return error.verify_message
    except ssl.SSLError as error:
        return error.reason or str(error)
    return "" if all(ended) else UNFINISHED


def _server(bundle: Bundle) -> ssl.SSLContext:
    """Its key is written nowhere."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    descriptor = os.memfd_create("bundle", os.MFD_CLOEXEC)
    try:
        os.write(descriptor, bundle.text())
        context.load_cert_chain(f"/proc/self/fd/{descriptor}")
    finally:
        os.close(descriptor)
    return context


def _ends(side: ssl.SSLObject) -> bool:
    """Go on as far as what the other side has said leads; whether that is to the end."""
    try:
        side.do_handshake()
    except ssl.SSLWantReadError:
        return False
    return True
