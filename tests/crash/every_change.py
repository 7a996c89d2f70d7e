"""What a person changes by hand, one thing of each kind: found within one pass, told, left alone, and mended only by a
plan that somebody approves. PANGGON_WAYS ("wsgi asgi static redirect proxy") are the kinds of site that meet all of it,
besides PHP.
"""

import os
from dataclasses import replace

import pytest

from panggon.core.errors import PanggonError
from panggon.core.sites.kinds import RUNNING
from panggon.core.sites.spec import SiteSpec
from panggon.node import runs
from panggon.node.agent.drift import DriftWatch
from panggon.node.settings import config as configs
from panggon.node.sites import Sites
from tests.crash import prober, world
from tests.crash.attempts import Attempt, Fault, Moments
from tests.crash.lives import KINDS, Way, ending, whole_life
from tests.crash.mischief import MEDDLINGS, Meddling, take_away
from tests.faults.machine import Machine

pytestmark = [pytest.mark.real, pytest.mark.timeout(1800)]
NONE = Fault(Moments.ENTRIES)
# In the hands of the site's owner, who may carry his password elsewhere: only the proofs of `verify` tell it.
OWNERS = {"database.ini empty": "database.login"}
# What another site has is never taken from it: told, and a person takes it away.
FOREIGN = ("link to another site",)
# What has another meaning for sites of other kinds. The holder serves nothing for one without programs.
OF_OTHERS = (
    *((Way.WSGI, name) for name in MEDDLINGS if name.startswith("holder")),
    (Way.STATIC, "link to another state"),
    (Way.REDIRECT, "another target"),
    (Way.PROXY, "another target"),
    (Way.PROXY, "link to another site"),
)
WAYS = tuple(map(Way, os.environ.get("PANGGON_WAYS", "").split()))
OF_DATABASES = frozenset(
    {
        "database.ini empty",
        "no grants",
        "no database user",
        "database locked",
        "another database password",
        "another way into the database",
        "a user of its name for other machines",
        "rights of everybody",
        "rights on all databases",
        "database.json writable by all",
        "a stranger's rights on the database",
    }
)


def has_it(way: Way, name: str) -> bool:
    """Whether a site of this kind has what is meddled with, in the form in which it is."""
    runs = KINDS[way]["kind"] in RUNNING
    return runs or not (name in OF_DATABASES or name.startswith("holder") or "tasks" in name)


CASES = tuple(
    dict.fromkeys(
        (
            *((Way.PHP, name) for name in MEDDLINGS),
            *OF_OTHERS,
            *((way, name) for way in WAYS for name in MEDDLINGS if has_it(way, name)),
        )
    )
)


@pytest.fixture(scope="module")
def sites(machine: Machine) -> Sites:
    return Sites.of(configs.load(machine.config))


@pytest.mark.parametrize(("way", "name"), CASES)
def test_found_told_left_alone_and_mended_when_approved(
    machine: Machine, attempt: Attempt, sites: Sites, way: Way, name: str
) -> None:
    create, opening, *_ = whole_life(machine, 40 + CASES.index((way, name)), way=way)
    for step in (create, opening):
        ended = attempt.apply(step.spec, NONE)
        assert ended.word == "applied", ended
    Meddling(machine, opening.spec, name)()
    changed = world.seen(machine, attempt.place)
    watch = DriftWatch(sites)
    watch.look(elapsed=watch.pass_seconds)
    told = [line for line in watch.lines() if line.startswith(opening.spec.site)]
    if name in OWNERS:
        failed = {check.name for check in runs.verify(sites, opening.spec) if not check.ok}
        assert (told, OWNERS[name] in failed) == ([], True)
        renewed = replace(opening.spec, generation=3, database_key=1)  # whoever asks for it gets a new password
        assert attempt.apply(renewed, NONE).word == "applied"
        assert prober.faults(machine, renewed) == []
    else:
        assert len(told) == 1, told
        assert world.difference(changed, world.seen(machine, attempt.place)) == ""
        assert mended(machine, attempt, opening.spec, foreign=name in FOREIGN) == []
    for step in ending(opening.spec):
        assert replace(attempt, later=step.later).apply(step.spec, NONE).word == "applied"


def mended(machine: Machine, attempt: Attempt, spec: SiteSpec, *, foreign: bool) -> list[str]:
    """What is still wrong after the plan."""
    if foreign:
        with pytest.raises(PanggonError, match=r"plan\.foreign"):
            Sites.of(configs.load(machine.config)).plan(spec)
        take_away(machine, spec)
    assert attempt.apply(spec, NONE).word == "applied"
    return prober.faults(machine, spec)
