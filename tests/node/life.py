"""What tests of a site's life ask for."""

from dataclasses import replace

from panggon.core.sites.spec import Engine
from panggon.node import runs
from tests.node.simulated import opened

OPEN = replace(opened(), database=Engine.MARIADB)
NEW_HOST = "baru.kota.example"


def apply(bench, spec):
    outcome = runs.apply(bench.sites, bench.sites.plan(spec))
    assert outcome.problem is None
    return spec


def later(spec, **changes):
    return replace(spec, generation=spec.generation + 1, **changes)
