"""Sites that are served no more, while something of them is left."""

import os
import selectors
import socket
import time
from pathlib import Path

import pytest

from panggon.core.errors import TemporaryError
from panggon.drivers.file_systems import storage
from panggon.node.sockets import SocketSettings
from panggon.node.sockets.control_groups.groups import ControlGroups
from panggon.node.sockets.sandboxes.sandbox import Machine
from panggon.node.sockets.served import Served
from panggon.node.sockets.serving.leaving import Dropping, Leaving
from panggon.node.sockets.serving.site import Site
from panggon.node.sockets.serving.sites import Sites
from tests.node.stand import UID_BASE

SITE = "s900340"
NOW, LONGEST = 1000.0, 600.0


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SocketSettings:
    made = SocketSettings(tmp_path, tmp_path / "run", tmp_path / "logs", UID_BASE, web_group=os.getgid())
    made.served(SITE).parent.mkdir(parents=True)
    (tmp_path / "run").mkdir()
    monkeypatch.chdir(tmp_path)
    return made


def test_the_time_to_linger_counts_from_the_first_word_on_for_another_holder_too(settings: SocketSettings) -> None:
    assert Leaving(settings).linger(SITE, longest=LONGEST, now=NOW)
    mark = settings.leaving(SITE)
    os.utime(mark, (mark.stat().st_mtime - LONGEST / 2,) * 2)
    later = Leaving(settings)
    later.add(SITE)
    assert not later.lingers(SITE)
    assert later.linger(SITE, longest=LONGEST, now=NOW)
    assert later.due(NOW) == ()
    assert later.due(NOW + LONGEST / 2) == (SITE,)
    later.linger_no_more(SITE)
    assert (SITE in later, later.anybody_lingers, mark.exists()) == (True, False, False)


def test_on_a_full_disk_nobody_lingers(settings: SocketSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise TemporaryError("disk.full", "")

    monkeypatch.setattr(storage, "write", full)
    leaving = Leaving(settings)
    assert not leaving.linger(SITE, longest=LONGEST, now=NOW)
    assert not leaving.anybody_lingers


@pytest.mark.real
def test_who_is_inside_a_site_of_another_kind_has_time_with_another_holder_too(
    settings: SocketSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its settings say no more how long a request takes."""
    monkeypatch.setattr(Site, "request_seconds", None)
    with selectors.DefaultSelector() as selector:
        sites = Sites(Machine(settings, frozenset(), ControlGroups(None, None, None)), selector, None)
        served = Served(SITE, "php", 1, php_version="8.2")
        site = sites.add(served, sites.open(SITE), groups=frozenset())
        sites.drop(SITE, lambda: None, Dropping.LATER)
        now = time.monotonic()
        assert sites._leaving.due(now) == ()
        assert sites._leaving.due(now + 60) == (SITE,)
        site.listener.close()


@pytest.mark.real
def test_of_a_site_that_has_gone_nothing_is_done_any_more(
    settings: SocketSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever asked first waits for its end; another was told meanwhile that it may linger."""
    monkeypatch.setattr(Site, "request_seconds", LONGEST)
    served, told = Served(SITE, "php", 1, php_version="8.2"), list[str]()
    with selectors.DefaultSelector() as selector, socket.socket(socket.AF_UNIX) as visitor:
        sites = Sites(Machine(settings, frozenset(), ControlGroups(None, None, None)), selector, None)
        monkeypatch.setattr(sites._guards, "look", lambda: None)
        site = sites.add(served, sites.open(SITE), groups=frozenset())
        visitor.connect(f"run/{SITE}.sock")
        sites.drop(SITE, lambda: told.append("gone"))
        sites.drop(SITE, lambda: told.append("lingers"), Dropping.LATER)
        assert (told, sites.busy(time.monotonic())) == (["lingers"], True)
        site.listener.accept()[0].close()
        sites.tick(time.monotonic())
    assert told == ["lingers", "gone"]
    assert (list(sites), sites.busy(time.monotonic()), settings.leaving(SITE).exists()) == ([], False, False)
