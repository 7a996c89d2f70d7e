"""All sites that the holder serves: opened, changed, dropped, and watched by the loop."""

import logging
import os
import selectors
import socket
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from functools import partial
from typing import Any

from panggon.core.errors import PanggonError, PermanentError
from panggon.core.sites.spec import SiteKind
from panggon.drivers.system import files
from panggon.node.daemons.going_on import going_on
from panggon.node.sockets.guards.guards import Guards
from panggon.node.sockets.listening.channel import Keeping
from panggon.node.sockets.listening.listener import is_shut, kind_mark, name_of, socket_path
from panggon.node.sockets.listening.listeners import Listeners
from panggon.node.sockets.quota.full import Full
from panggon.node.sockets.sandboxes.former import Former
from panggon.node.sockets.sandboxes.launch import document_root
from panggon.node.sockets.sandboxes.sandbox import Machine
from panggon.node.sockets.served import Served, described, remember
from panggon.node.sockets.serving.leaving import Dropping, Leaving
from panggon.node.sockets.serving.room import awake_most, idle_seconds, make_room
from panggon.node.sockets.serving.site import Site
from panggon.node.sockets.serving.watching import Watching

# At each tick, for what all sites store: under a hundredth of a processor.
COUNTING_SECONDS = 0.004

# Less than who asks waits for an answer (`drivers/runtime.py`).
WAITED_FOR_SECONDS = 50.0

Then = Callable[[], None]

log = logging.getLogger(__name__)


class Sites:
    """`keeper` as of `Listeners`."""

    def __init__(self, machine: Machine, selector: selectors.BaseSelector, keeper: Keeping | None) -> None:
        self.sockets = Listeners(machine.settings, keeper)
        self._machine = machine
        self._settings = machine.settings
        self.spares = machine.spares
        self.full = Full(machine.settings)
        self._guards = Guards(machine, self.full, self._is_awake)
        self._sites: dict[str, Site] = {}
        self._waiting: set[str] = set()  # the few of them that have something to do at the next tick
        self._watching = Watching(selector)
        self._leaving = Leaving(machine.settings)
        self._ending = False
        self._awake_most = awake_most(machine.settings)

    def __iter__(self) -> Iterator[str]:
        return iter(self._sites)

    def __len__(self) -> int:
        return len(self._sites)

    def __contains__(self, name: str) -> bool:
        return name in self._sites

    @property
    def listeners(self) -> Mapping[str, socket.socket]:
        """By their own names; of sites that go too, for who waits in them."""
        return {name_of(site.listener): site.listener for site in self._sites.values()}

    @property
    def awake(self) -> bool:
        return any(site.awake for site in self._sites.values())

    def busy(self, now: float) -> bool:
        """Whether anything is to be done sooner than what rests is looked at."""
        waits = any(not self._sites[name].rests(now) for name in self._waiting)
        return waits or self._leaving.anybody_lingers or self.sockets.keeps_later

    def tick(self, now: float) -> None:
        waiting = [site for name in self._waiting if (site := self._sites[name]).is_due(now)]
        patience = idle_seconds(self._machine, len(self._waiting), most=self._awake_most) if waiting else 0.0
        for number, site in enumerate(waiting, start=1):
            with going_on(log, site.served.site):
                site.count(now + COUNTING_SECONDS * number / len(waiting))
                site.tick(now, patience=patience)
                if site.is_outdated(now):
                    self._renew(site, _nobody_waits)
                elif site.turns_away(now):
                    self._replace(site)
            with going_on(log, site.served.site):
                if self._sites.get(site.served.site) is site:
                    self._attend(site)
        for name in self._leaving.due(now):
            with going_on(log, name):
                self.drop(name, _nobody_waits)
        self._guards.look()
        self.sockets.keep_some()

    def serving(self, name: str) -> dict[str, Any] | None:
        """What a client of the site's socket would meet now; None when there is no socket under its name."""
        site = self._sites.get(name)
        if site is None or self._leaving.lingers(name) or not socket_path(self._settings, name).is_socket():
            return None
        process = site.sandbox.pid if site.sandbox else None
        full = bool(self.full.of(name))
        return {"site": name, **site.served.attributes, "process": process, "failures": site.failures, "full": full}

    def ending(self, name: str) -> dict[str, Any] | None:
        """What is served no more, while its last requests run."""
        site = self._sites.get(name)
        return dict(site.served.attributes) if site and name in self._leaving else None

    def foreign(self, name: str) -> str:
        """What lies in the place of the site's socket without being ours; empty when nothing does."""
        path = socket_path(self._settings, name)
        return f"{path} is not ours" if name not in self._sites and os.path.lexists(path) else ""

    def sync(self, served: Served, then: Then) -> None:
        """Serve this from now on; `then` is called when nobody new meets anything older. Requests that run are answered
        by what they met.

        Raises ValueError when `site.json` does not describe such a site, PermanentError `runtime.foreign`.
        """
        name = served.site
        self._refuse_foreign(name)
        description = described(self._settings, name)
        self._settings.policy(description.outgoing)
        root = description.document_root
        if root != document_root(self._settings, name, self._machine.shields, description.folder):
            raise ValueError(f"document_root {root} is not where PHP finds the site on this machine")
        if name in self._leaving and not self._leaving.lingers(name):
            self.drop(name, lambda: self._sync_after(served, then))
            return
        self._leaving.linger_no_more(name)
        then = partial(self._mark, served, then)
        lost = name in self._sites and self._is_lost(name)
        remember(self._settings, served)
        self._leaving.discard(name)
        site = self._sites.get(name) or self.add(served, self.open(name), groups=self._machine.groups.names())
        if site.serve(served) or lost:
            self._renew(site, then, lost=lost)
        else:
            then()
        self._attend(site)

    def _mark(self, served: Served, then: Then) -> None:
        """Nobody new meets anything of another kind: nginx lets in who waits for that. Where it cannot be told so, on a
        full disk, nobody waits for it.
        """
        mark = kind_mark(self._settings, served.site)
        try:
            if files.read_link(mark) != served.kind:
                files.sweep(mark)
                files.link(mark, served.kind)
        except PanggonError as error:
            log.warning("%s: %s", mark, error)
            files.remove(mark)
        then()

    def _is_lost(self, name: str) -> bool:
        """Whether nobody comes in any more: its socket's file was removed, or a program of the site has shut it."""
        return self.serving(name) is None or is_shut(self._sites[name].listener)

    def _sync_after(self, served: Served, then: Then) -> None:
        """When all that ran is gone. Whoever asked finds by looking what could not be done."""
        try:
            self.sync(served, then)
        except (OSError, ValueError, PanggonError) as error:
            log.warning("%s: %s", served.site, error)
            then()

    def renew(self) -> None:
        """Of an earlier holder's: what would be started differently now."""
        for site in self._sites.values():
            if site.served.site in self._leaving:
                continue
            try:
                outdated = site.serve(site.served)
            except (OSError, ValueError, PanggonError):  # its description is gone or broken
                site.end(time.monotonic())
            else:
                if outdated:
                    self._renew(site, _nobody_waits)
            self._attend(site)

    def expect(self) -> None:
        """That the first visitor comes soon: of whichever site, most are alike."""
        any(site.served.kind == SiteKind.PHP and site.expect(time.monotonic()) for site in self._sites.values())

    def _renew(self, site: Site, then: Then, *, lost: bool = False) -> None:
        """Another sandbox from now on; `then` when nobody new meets this one. One that is ending keeps its socket, for
        who waits in that, unless its name is `lost`.
        """
        if site.replaceable and (lost or not site.ending):
            self._replace(site)
            then()
        else:
            site.end(time.monotonic(), then, seconds=_patience(site))

    def _replace(self, site: Site) -> None:
        """What runs goes on with the socket that it has; nobody new comes to that, and who waits there is told so."""
        former, new = site.listener, self.open(site.served.site)
        if site.sandbox:
            self._watching.forget(site.served.site, site.sandbox.pidfd)  # its end means something else from now on
        site.replace(new, time.monotonic())
        self.sockets.close(former)

    def close_but_own(self, listeners: Iterable[socket.socket]) -> None:
        """Those of sites that are not served, and those that another came after."""
        own = {site.listener for site in self._sites.values()}
        for listener in set(listeners) - own:
            self.sockets.close(listener)

    def open(self, name: str) -> socket.socket:
        """Another socket of the site. Errors as `Listeners.open`."""
        site = self._sites.get(name)
        return self.sockets.open(name, former=site.listener if site else None)

    def add(self, served: Served, listener: socket.socket, *, groups: Set[str]) -> Site:
        """Serve a site on this socket; a sandbox that runs already is adopted. `groups` are all control groups."""
        site = Site(self._machine, served, listener, self.full, groups=groups, now=time.monotonic())
        self._sites[served.site] = site
        self._attend(site)
        return site

    def drop(self, name: str, then: Then, dropping: Dropping = Dropping.WHEN_DONE) -> None:
        """Serve the site no more: first nobody new comes in, then what runs may finish, or is killed.

        Raises PermanentError `runtime.foreign`.
        """
        self._refuse_foreign(name)
        site = self._sites.get(name)
        if site is None:
            self._forget(name)
            then()
            return
        now, gone = time.monotonic(), lambda: self._dropped(name, then)
        self._leaving.add(name)
        if dropping is Dropping.LATER and self._leaving.linger(name, longest=_longest(site), now=now):
            then()
            return
        files.remove(socket_path(self._settings, name))
        if dropping is Dropping.KILLED:
            site.kill(now, gone)
        else:
            site.leave(now, gone, seconds=_patience(site))
        if self._sites.get(name) is site:
            self._attend(site)

    def end(self, name: str, then: Then) -> None:
        """Put the site to sleep now."""
        self._sites[name].end(time.monotonic(), then)

    def end_all(self) -> None:
        """Put every site to sleep and wake none again."""
        self._ending = True
        self.spares.close()
        for site in self._sites.values():
            site.end_all(time.monotonic(), seconds=self._settings.stop_seconds)
            self._attend(site)

    def close(self) -> None:
        """Nobody is looked at any more."""
        self._guards.close()
        self.spares.close()

    def _dropped(self, name: str, then: Then) -> None:
        if name in self._leaving:
            self._leaving.discard(name)
            self._forget(name)
            self._leaving.linger_no_more(name)
            self._waiting.discard(name)
            site = self._sites.pop(name)
            self._watching.drop(name)
            self.sockets.close(site.listener)
        then()

    def _forget(self, name: str) -> None:
        """That it is served."""
        mark = kind_mark(self._settings, name)
        files.remove(self._settings.served(name))
        files.remove(mark)
        files.sweep(mark)

    def _is_awake(self, name: str) -> bool:
        site = self._sites.get(name)
        return site is not None and site.sandbox is not None

    def _refuse_foreign(self, name: str) -> None:
        if detail := self.foreign(name):
            raise PermanentError("runtime.foreign", detail)

    def _attend(self, site: Site) -> None:
        """Watch exactly what this site waits for now: its socket while asleep, its sandbox's end while awake."""
        name = site.served.site
        wanted: dict[int, Then] = {}
        now = time.monotonic()
        served = name not in self._leaving or self._leaving.lingers(name) or site.lets_in(now)
        if site.listens(now) and served and not self._ending:
            wanted[site.listener.fileno()] = lambda: self._wake(site)
        if site.sandbox:
            wanted[site.sandbox.pidfd] = lambda: self._sandbox_ended(site)
        for former in site.former:
            wanted[former.sandbox.pidfd] = partial(self._former_ended, site, former)
        self._watching.watch(name, wanted)
        (self._waiting.add if site.waiting else self._waiting.discard)(name)

    def _wake(self, site: Site) -> None:
        # An event of the same round may have dropped the site or started it already.
        name, now = site.served.site, time.monotonic()
        if self._sites.get(name) is not site or not site.listens(now):
            return
        site.hold_back(now)  # unless it wakes: who still knocks would be told of at once, and fail again
        with going_on(log, name):
            if is_shut(site.listener) and name not in self._leaving:
                log.warning("%s: one of its programs has shut its socket", name)
                self._replace(site)
            elif make_room(map(self._sites.__getitem__, self._waiting), most=self._awake_most, now=now):
                site.wake(now)
        self._attend(site)

    def _sandbox_ended(self, site: Site) -> None:
        if site.sandbox is None:
            return
        self._watching.forget(site.served.site, site.sandbox.pidfd)
        site.ended(time.monotonic())
        if self._sites.get(site.served.site) is site:
            self._attend(site)

    def _former_ended(self, site: Site, former: Former) -> None:
        self._watching.forget(site.served.site, former.sandbox.pidfd)
        site.former_ended(former, time.monotonic())
        if self._sites.get(site.served.site) is site:
            self._attend(site)


def _nobody_waits() -> None:
    """For what is done in its own time."""


def _longest(site: Site) -> float:
    """How long who was let in before may take; of a site that is of another kind by now its settings do not say it."""
    seconds = site.request_seconds
    return WAITED_FOR_SECONDS if seconds is None else seconds


def _patience(site: Site) -> float:
    """For how long somebody waits for running requests: who asks has other sites to look after."""
    return min(site.request_seconds or 0, WAITED_FOR_SECONDS)
