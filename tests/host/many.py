"""Runs on the test host: sites from one number to another as their drivers write them, whole; without databases."""

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from panggon.core.node.planning.desired import desired
from panggon.core.node.planning.resources import Kind
from panggon.core.sites import spec_document
from panggon.node import wiring
from panggon.node.settings import config as configs
from panggon.node.sites import Sites
from panggon.node.state import records

config = configs.load(configs.DEFAULT_PATH)
sites, drivers = Sites.of(config), wiring.drivers(config, {})
example = json.loads((config.paths.state / "specs" / "s000003.json").read_text())
named = []
for number in range(int(sys.argv[1]), int(sys.argv[2])):
    document = {**example, "site": f"s{number:06d}", "host": f"situs{number}.{config.dns.zone}", "database": None}
    wished = spec_document.parse(document)
    for key, attributes in desired(wished, sites.facts):
        if key.kind is Kind.RECORDS:  # each waits until the zone is signed
            named.append((key, attributes))
        else:
            drivers[key.kind].write(key, attributes)
    records.save(config.paths.state / "specs" / f"{wished.site}.json", spec_document.dump(wished))
    Path(config.paths.root / "sites" / wished.site / "public" / "index.php").write_text("<?php echo 'halo';")
with ThreadPoolExecutor(16) as pool:
    list(pool.map(lambda each: drivers[Kind.RECORDS].write(*each), named))
