"""Starts the demo's node agent: enrols the machine once, with a code of the portal, then works for it."""

import os
import subprocess
import sys
from pathlib import Path

BINARIES = Path(sys.executable).parent


def main() -> None:
    config, identity, portal, name = sys.argv[1:]
    node = [str(BINARIES / "panggon-node"), "--config", config]
    if not Path(identity).exists():
        asked = [str(BINARIES / "panggon"), "enrol-code", name]
        code = subprocess.run(asked, check=True, capture_output=True, text=True).stdout.split()[-1]
        subprocess.run([*node, "enroll", portal, code, "--name", name], check=True)
    # The agent is given nothing of what opens the portal's database.
    os.execve(node[0], [*node, "run"], {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"})


if __name__ == "__main__":
    main()
