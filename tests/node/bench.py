"""A simulated machine, a portal, and agents that can be killed and started again on them."""

import pytest

from panggon.core.node.planning.resources import Key, Kind
from panggon.drivers.fake import Killed, Mishap, Moment
from panggon.node.agent.client import Portal
from panggon.node.agent.identity import Identity
from panggon.node.agent.loop import Agent
from tests.node import simulated
from tests.node.simulated import SITE, document

USER = Key(Kind.USER, SITE)


class Bench:
    def __init__(self, place, portal):
        self.settings = simulated.settings(place)
        self.machine = simulated.machine_of(self.settings)
        self.sites = simulated.sites_on(self.settings, self.machine)
        self.portal = portal
        self.slept = []

    def agent(self):
        me = Identity(self.portal.url, 1, self.portal.token)
        portal = Portal(me.url, token=me.token)
        return Agent(self.sites, portal, me, reduced=("memory: none",), sleep=self.slept.append)

    def ask(self, spec, mode="apply", **more):
        """Offer a wish and let an agent carry it out; its report."""
        number = self.portal.wish(spec, mode, **more)
        self.agent().step()
        return self.portal.reports[number]

    def killed(self, write, spec=None):
        """An agent that is killed at this write of a wish; the wish's number."""
        number = self.portal.wish(spec or document())
        self.machine.at_write = {self.machine.writes + write: Mishap(Moment.DURING, Killed())}
        with pytest.raises(Killed):
            self.agent().step()
        self.machine.at_write = {}
        return number
