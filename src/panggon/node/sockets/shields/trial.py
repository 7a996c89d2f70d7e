"""`python -m panggon.node.sockets.shields.trial UID_BASE`: the protections that sites would have here, as JSON."""

import dataclasses
import json
import sys

from panggon.node.sockets.shields.protections import protections


def main(uid_base: str) -> None:
    json.dump([dataclasses.asdict(each) for each in protections(int(uid_base))], sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
