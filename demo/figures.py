"""The public figures, which the office worker reckons only every five minutes, as they are now."""

import subprocess
import sys
from pathlib import Path

from demo.layout import REPOSITORY, Layout
from demo.settings import portal_environment


def reckon(layout: Layout, *, simulation: bool = False) -> None:
    subprocess.run(
        [str(Path(sys.executable).parent / "panggon"), "figures"],
        env=portal_environment(layout, simulation=simulation),
        user=layout.office_user,
        group=layout.office_user,
        cwd=REPOSITORY,
        stdout=subprocess.DEVNULL,
        check=True,
    )
