"""The portal's database as its migrations leave it: made once, copied for whoever needs one.

The migrations take longer than most tests. From nothing they are carried out by `script/demo`.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from demo import postgres
from demo.layout import REPOSITORY
from demo.ports import free_port

KEPT = REPOSITORY / "var" / "test"


def copied_to(directory: Path) -> None:
    """An instance of PostgreSQL below this new directory, as `demo.postgres` makes one, with the portal's tables."""
    KEPT.mkdir(parents=True, exist_ok=True)
    kept = KEPT / f"database-{_version()}"
    with (KEPT / "database.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # who comes meanwhile waits, and computes nothing
        if not kept.exists():
            _make(kept)
    directory.parent.mkdir(parents=True, exist_ok=True)
    _copy(kept, directory)


def _version() -> str:
    """Another one for other migrations, of the libraries too."""
    own = sorted((REPOSITORY / "src").glob("panggon/*/migrations/*.py"))
    text = b"".join(path.read_bytes() for path in (*own, REPOSITORY / "requirements.txt"))
    return hashlib.sha256(text).hexdigest()[:16]


def _make(kept: Path) -> None:
    draft = kept.with_suffix(".new")
    with tempfile.TemporaryDirectory(prefix="panggon-postgres-") as folder:
        made, port = Path(folder) / "made", free_port()
        Path(folder).chmod(0o755)  # the server runs as another user
        postgres.initialise(made)
        process = postgres.start(made, port, durable=False)
        try:
            _migrate(postgres.url(made, port))
        finally:
            postgres.stop(process)
        shutil.rmtree(draft, ignore_errors=True)  # of a run that was killed
        _copy(made, draft)
    draft.rename(kept)


def _migrate(url: str) -> None:
    settings = {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "panggon.portal.settings.test"}
    migrate = [sys.executable, "-m", "django", "migrate", "--verbosity", "0"]
    subprocess.run(migrate, env={**os.environ, **settings}, cwd=REPOSITORY, check=True)


def _copy(source: Path, target: Path) -> None:
    """With its owners, or the server refuses its data."""
    subprocess.run(["cp", "-a", str(source), str(target)], check=True)
