"""`python -m panggon.node.renewal --config FILE`."""

import argparse
import logging
import signal
import sys
import time
from pathlib import Path

from panggon.node import clock, layout, wiring
from panggon.node.daemons import alive, whole
from panggon.node.daemons.going_on import going_on
from panggon.node.renewal.renewal import Renewal
from panggon.node.settings import config_file

PASS_SECONDS = 600.0
# A machine that was just made has no shared certificate yet, and its sites wait for it.
FIRST_SECONDS = 2.0

log = logging.getLogger("panggon.node.renewal")


def main() -> int:
    parser = argparse.ArgumentParser(prog="panggon-renewal", description=__doc__)
    parser.add_argument("--config", type=Path, required=True, help="settings of the machine as JSON")
    config = config_file.load(parser.parse_args().config)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    renewal = Renewal(config, wiring.certificates(config))
    alive.announce(layout.renewal_alive(config))
    whole.load()
    time.sleep(FIRST_SECONDS)
    while True:
        attend(renewal)
        time.sleep(PASS_SECONDS)


def attend(renewal: Renewal) -> None:
    """One pass. A full disk must not end the process: begun again, it would order again what it could not keep."""
    with going_on(log, "a pass"):
        renewal.step(clock.now())


if __name__ == "__main__":
    sys.exit(main())
