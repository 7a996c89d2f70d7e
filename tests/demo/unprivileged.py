"""The checkout as somebody without rights has it: readable at its own path, with a `var` of their own."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from demo.layout import REPOSITORY

NOBODY = 65534
# Arguments: the checkout, the directory that becomes its `var`, then the program. Directories above a checkout may be
# closed to others (/root); in this mount namespace they are replaced.
IN_OWN_MOUNTS = f"""
repository=$1 var=$2
shift 2
stage=$(mktemp -d)
mount --rbind "$repository" "$stage"
mount --rbind "$var" "$stage/var"
exec 9< "$stage"
mount -t tmpfs -o mode=755 none "/$(echo "$repository" | cut -d/ -f2)"
mkdir -p "$repository"
mount --rbind /proc/self/fd/9 "$repository"
exec 9<&-
cd "$repository"
exec setpriv --reuid {NOBODY} --regid {NOBODY} --clear-groups env -i PATH=/usr/bin:/bin HOME="$repository/var" "$@"
"""


@contextmanager
def unprivileged() -> Iterator[tuple[Path, list[str]]]:
    """The directory that stands in for `var`, and the command that goes before a program."""
    var = Path(f"/srv/panggon-test-{os.getpid()}-nobody")
    var.mkdir()
    (REPOSITORY / "var").mkdir(exist_ok=True)
    os.chown(var, NOBODY, NOBODY)
    try:
        yield var, ["unshare", "--mount", "bash", "-ec", IN_OWN_MOUNTS, "nobody", str(REPOSITORY), str(var)]
    finally:
        shutil.rmtree(var)
