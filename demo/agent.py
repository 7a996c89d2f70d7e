"""Starts the demo's node agent: enrols the machine once, with the code that `demo.office` got, then works for it."""

import os
import subprocess
import sys
from pathlib import Path

BINARIES = Path(sys.executable).parent


def main() -> None:
    config, identity, code, portal, name = sys.argv[1:]
    node = [str(BINARIES / "panggon-node"), "--config", config]
    if not Path(identity).exists():
        subprocess.run([*node, "enroll", portal, Path(code).read_text(), "--name", name], check=True)
    os.execve(node[0], [*node, "run"], {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"})


if __name__ == "__main__":
    main()
