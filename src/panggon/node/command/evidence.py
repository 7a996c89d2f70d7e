"""A copy of the database of a site that its owner may not come into, for who looks into what was done there.

Neither the site's user nor any of its programs has a part in it, and nothing is written in the site's folders. The
program that reads what the site has left runs with the rights of nobody.
"""

import gzip
import os
from pathlib import Path

from panggon.core.errors import PermanentError
from panggon.drivers.database import load_record
from panggon.drivers.databases.database_server import Copying
from panggon.drivers.system import shell
from panggon.node import wiring
from panggon.node.daemons.lock import alone
from panggon.node.settings.config import NodeConfig

NOBODY = 65534
AS_NOBODY = (
    *("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--no-new-privs"),
    *("--pdeathsig", "KILL"),
)
LOCK = "evidence.lock"
# How a whole one ends.
ENDS = (b"\n-- Dump completed", b"\n-- PostgreSQL database dump complete")
END_BYTES = 4096


def copy(config: NodeConfig, site: str, target: Path) -> str:
    """What is to be said of it. Raises PermanentError `database.…`, TemporaryError `node.busy` and `database.down`, and
    OSError where the file cannot be written.
    """
    record = load_record(config.paths.root / "sites" / site)
    server = wiring.database_servers(config).get(record.engine) if record else None
    if server is None:
        raise PermanentError("database.request", f"situs {site} tidak mempunyai basis data")
    if target.exists() and not target.is_file():
        raise PermanentError("disk.refused", f"{target} bukan berkas biasa")
    draft = target.with_name(f".{target.name}.baru")
    with alone(config.paths.state / LOCK, "salinan lain dari situs yang tertutup sedang dibuat"):
        try:
            with server.reader(site) as copying:
                complaints = _write(copying, draft)
            draft.replace(target)
        finally:
            draft.unlink(missing_ok=True)
    words = f"Salinan basis data situs {site}, yang tertutup bagi pemiliknya, selesai: {target}."
    return f"{words} Yang tidak dapat dibaca: {complaints}" if complaints else words


def _write(copying: Copying, draft: Path) -> str:
    """What the program complained of although it came to its end."""
    last = b""

    def take(part: bytes) -> None:
        nonlocal last
        packed.write(part)
        last = (last + part)[-END_BYTES:]

    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        with gzip.open(file, "wb", compresslevel=6) as packed:
            done = shell.hand_on((*AS_NOBODY, *copying.argv), take, environment=copying.environment)
        file.flush()
        os.fsync(file.fileno())
    said = done.errors.strip()
    if done.code not in copying.statuses or not any(end in last for end in ENDS):
        raise PermanentError("database.copy", said or f"{Path(copying.argv[0]).name}: status {done.code}")
    return said if done.code else ""
