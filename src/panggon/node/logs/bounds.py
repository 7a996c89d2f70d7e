"""The logs of the machine's other servers (database, DNS, SFTP, holder …), which nobody else keeps in bounds."""

import shutil
from contextlib import suppress
from pathlib import Path

# nginx opens its own anew when told to; these are held open by their servers for as long as they run.
SPLIT = ("access.log", "nginx.log")


def bound_machine_logs(directory: Path, *, most: int) -> None:
    """Copy what is too great aside, then empty it; what is written in between is lost. Not to `<name>.1`: who follows a
    log (`sources.Source`) takes that for a part which was never read.
    """
    for path in directory.glob("*.log"):
        with suppress(OSError):
            if path.name not in SPLIT and path.stat().st_size > most:
                shutil.copyfile(path, path.with_name(f"{path.name}.old"))
                with path.open("r+b") as file:
                    file.truncate(0)
