"""The names in a site's life: given up, kept, another's, and where redirects lead."""

from dataclasses import replace

import pytest

from panggon.core.errors import PermanentError
from panggon.core.node.planning.resources import Key, Kind
from panggon.core.sites.spec import Redirect, SiteKind, SiteState
from tests.node.life import NEW_HOST, OPEN, apply, later
from tests.node.simulated import HOST, SITE


def test_renamed_site_must_say_what_becomes_of_its_old_name(bench):
    apply(bench, OPEN)
    renamed = later(OPEN, host=NEW_HOST)
    with pytest.raises(PermanentError, match=rf"node\.forgotten: {HOST} milik {SITE} di sini, dan tidak disebut lagi$"):
        bench.sites.plan(renamed)
    kept = apply(bench, replace(renamed, former_hosts=(HOST,)))
    assert bench.machine.attributes(Key(Kind.HOST, HOST)) == {"site": SITE, "state": "redirect"}
    assert bench.machine.attributes(Key(Kind.HOST, NEW_HOST)) == {"site": SITE, "state": "open"}
    apply(bench, later(kept, former_hosts=(), retired_hosts=(HOST,)))
    assert not [key for key in bench.machine.resources() if key.name == HOST]


def test_a_name_that_was_given_up_leaves_its_next_site_its_certificate(bench):
    """Also while that one is parked, when nothing of it is left under the name but this."""
    kept = Key(Kind.CERTIFICATE, HOST)
    renamed = apply(bench, later(apply(bench, OPEN), host=NEW_HOST, retired_hosts=(HOST,)))
    assert kept not in bench.machine.resources()
    other = replace(OPEN, site="s000124", database=None)
    apply(bench, later(apply(bench, other), state=SiteState.PARKED))
    assert bench.sites.drift() == {}
    apply(bench, later(renamed, hsts_seconds=60))
    assert kept in bench.machine.resources()


def test_a_purge_leaves_a_parked_site_the_certificate_of_a_name_that_both_had(bench, clock):
    renamed = apply(bench, later(apply(bench, OPEN), host=NEW_HOST, former_hosts=(HOST,)))
    first = apply(bench, later(renamed, state=SiteState.PARKED))
    other = apply(bench, replace(OPEN, site="s000124", database=None))
    apply(bench, later(other, state=SiteState.PARKED))
    clock(days=31)
    apply(bench, later(first, state=SiteState.PURGED))
    assert Key(Kind.CERTIFICATE, NEW_HOST) not in bench.machine.resources()
    assert bench.sites.drift() == {}
    assert Key(Kind.CERTIFICATE, HOST) in bench.machine.resources()


def test_a_closed_site_takes_no_name_of_another(bench):
    apply(bench, OPEN)
    other = replace(OPEN, site="s900002", host=NEW_HOST, database=None, state=SiteState.SUSPENDED)
    closed = apply(bench, other)
    taken = later(closed, host=HOST, retired_hosts=(NEW_HOST,))
    for wish in (replace(other, site="s900003", host=HOST), taken):
        with pytest.raises(PermanentError, match=rf"plan\.foreign: .*{HOST} \(milik situs {SITE}\)"):
            bench.sites.plan(wish)
    apply(bench, replace(taken, state=SiteState.QUARANTINED))  # that comes first
    assert bench.machine.attributes(Key(Kind.HOST, HOST)) == {"site": SITE, "state": "open"}


def test_a_parked_site_whose_name_another_has_by_now_is_not_put_into_quarantine(bench):
    parked = apply(bench, later(apply(bench, OPEN), state=SiteState.PARKED))
    apply(bench, replace(OPEN, site="s900002", database=None))
    with pytest.raises(PermanentError, match=rf"plan\.foreign: .*{HOST} \(milik situs s900002\)"):
        bench.sites.plan(later(parked, state=SiteState.QUARANTINED))


def redirect(site, host, target, **changes):
    to = Redirect(f"https://{target}/halaman")
    return replace(OPEN, site=site, host=host, kind=SiteKind.REDIRECT, database=None, redirect=to, **changes)


def test_redirects_that_lead_to_each_other_are_refused(bench):
    one, two, three = (f"{name}.kota.example" for name in ("satu", "dua", "tiga"))
    apply(bench, redirect("s900003", three, one, former_hosts=("lama.kota.example",)))
    second = apply(bench, redirect("s900002", two, "lama.kota.example"))
    words = f"{one} mengarah ke {two}, yang mengarah ke lama.kota.example, yang mengarah ke {one}"
    with pytest.raises(PermanentError, match=rf"node\.redirect_loop: pengunjung akan berputar-putar: {words}$"):
        bench.sites.plan(redirect("s900001", one, two))
    with pytest.raises(PermanentError, match=r"node\.redirect_loop"):  # also by its name
        bench.sites.plan(later(second, host=one, former_hosts=(two,)))
    closed = redirect("s900001", one, two, state=SiteState.SUSPENDED)
    assert bench.sites.plan(closed).changes
    apply(bench, later(second, state=SiteState.SUSPENDED))
    apply(bench, redirect("s900001", one, two))
    with pytest.raises(PermanentError, match=r"node\.redirect_loop"):
        bench.sites.plan(second)


def test_redirects_that_lead_to_each_other_already_are_told(bench):
    """As a machine may have them since before they were refused."""
    one, two, three = (f"{name}.kota.example" for name in ("satu", "dua", "tiga"))
    wishes = [redirect("s900001", one, two), redirect("s900002", two, one), redirect("s900003", three, two)]
    for wish in wishes:
        bench.sites.recorded.keep(wish)
    assert bench.sites.recorded.circles() == ((two, one),)
    bench.sites.recorded.keep(later(wishes[1], state=SiteState.SUSPENDED))
    assert bench.sites.recorded.circles() == ()
