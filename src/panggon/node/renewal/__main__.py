"""`python -m panggon.node.renewal --config FILE`."""

import argparse
import logging
import signal
import sys
import time
from collections.abc import Container
from pathlib import Path

from panggon.drivers.system.patience import Patience
from panggon.node import clock, layout, wiring
from panggon.node.daemons import alive, whole
from panggon.node.daemons.going_on import going_on
from panggon.node.renewal.asked import Asked
from panggon.node.renewal.renewal import Renewal
from panggon.node.settings import config_file

PASS_SECONDS = 600.0
# A machine that was just made has no shared certificate yet, and its sites wait for it.
FIRST_SECONDS = 2.0
LOOK_SECONDS = 1.0

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
        before = renewal.asked.when()
        attend(renewal)
        _rest(renewal.asked, before)


def attend(renewal: Renewal) -> None:
    """One pass. A full disk must not end the process: begun again, it would order again what it could not keep."""
    with going_on(log, "a pass"):
        renewal.step(clock.now())


def _rest(asked: Asked, before: Container[str]) -> None:
    """Until the next pass is due, or people ask for what the last one did not know."""
    known = {name: told for name, told in asked.when().items() if name in before}
    patience = Patience(PASS_SECONDS)
    while not patience.is_over() and asked.when().items() <= known.items():
        time.sleep(LOOK_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
