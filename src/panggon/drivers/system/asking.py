"""One question to a small server of the node's own: one JSON line each way over its Unix socket."""

import json
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from panggon.core.errors import PermanentError, TemporaryError


def ask(control: Path, *, silent: str, seconds: float, request: Mapping[str, Any]) -> Mapping[str, Any]:
    """The answer. Raises TemporaryError with the code `silent` when nobody answers now, otherwise the server's own
    refusal as TemporaryError or PermanentError.
    """
    try:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(seconds)
            client.connect(str(control))
            client.sendall(json.dumps(request).encode() + b"\n")
            with client.makefile("rb") as lines:
                answer = json.loads(lines.readline())
    except (OSError, ValueError) as error:
        raise TemporaryError(silent, str(error)) from error
    if not answer["ok"]:
        refusal = TemporaryError if answer["temporary"] else PermanentError
        raise refusal(answer["code"], answer["error"])
    return dict(answer)
