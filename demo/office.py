"""Starts the demo's portal: brings its database to this version, fills in calendar and people, then serves pages."""

import os
import subprocess
import sys
from pathlib import Path


def main() -> None:
    accounts, port = sys.argv[1:]
    panggon = str(Path(sys.executable).parent / "panggon")
    for command in (["migrate"], ["seed-calendar"], ["seed-demo", "--accounts", accounts]):
        subprocess.run([panggon, *command], check=True, stdout=subprocess.DEVNULL)
    os.execv(panggon, [panggon, "serve", "--port", port])


if __name__ == "__main__":
    main()
