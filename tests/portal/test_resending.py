"""A machine came back from its backup: who is behind is seen, and what was approved is sent again, within its bound."""

from dataclasses import replace

import pytest

from panggon.audit.models import Change
from panggon.core.node.planning.bounds import LEAST
from panggon.core.sites.life import SiteAction
from panggon.node import runs
from panggon.node.agent.bounds import DailyBounds, Measure
from panggon.node.clock import now
from panggon.node.state import records
from panggon.sites import life, selectors
from panggon.sites import services as sites
from panggon.sites.models import Outcome, Purpose
from panggon.upkeep import services
from tests.node.simulated import SPEC, ssh_key
from tests.portal.machine import changed
from tests.portal.upkeep import REASON, approved, fresh, open_site, proposed
from tests.portal.visitor import text, visitor

A = SiteAction
pytestmark = pytest.mark.usefixtures("office_time")


@pytest.fixture
def site(office, machine):
    return open_site(office, opened=machine.works)


def sent(office, *which):
    return [services.resend(each.pk, actor=office.technician, at=office.later()) for each in which]


def state_there(machine, site):
    return machine.sites.applied(site.identifier).state


def test_a_site_that_was_suspended_since_is_open_again_until_it_is_sent(office, machine, site):
    machine.backs_up()
    changed(office, machine, site, A.SUSPEND, notice="Diperbaiki.")
    machine.tells()
    assert fresh(site).behind_since is None
    machine.comes_back()
    assert state_there(machine, site) == "open", "the hole: nobody wishes it so"
    assert (fresh(site).state, fresh(site).behind_since is not None) == ("suspended", True)
    (wish,) = sent(office, site)
    assert (wish.purpose, wish.spec["state"], wish.spec["notice"]) == ("resend", "suspended", "Diperbaiki.")
    assert machine.works().outcome == "applied"
    assert (state_there(machine, site), fresh(site).behind_since) == ("suspended", None)
    assert machine.sites.applied(site.identifier).generation == fresh(site).generation
    machine.tells()
    assert (fresh(site).behind_since, sent(office, site)) == (None, [None])


def test_a_number_that_somebody_took_on_the_machine_is_given_to_no_new_site(office, machine, site):
    by_hand = [replace(SPEC, site=f"s{site.number + more:06}", host=f"tangan{more}.kota.example") for more in (1, 3)]
    for spec in by_hand:
        assert machine.sites.applied(spec.site) is None
        runs.apply(machine.sites, machine.sites.plan(spec))
    machine.tells()
    new = [open_site(office, opened=machine.works, label=label) for label in ("baru", "lain")]
    assert [each.number - site.number for each in new] == [2, 4]
    assert [state_there(machine, each) for each in new] == ["open", "open"]
    machine.tells()
    office.node.refresh_from_db()
    assert office.node.taken_numbers == [], "the next ones are beyond them"


def test_a_site_that_is_missing_is_made_again(office, machine):
    machine.backs_up()
    new = open_site(office, opened=machine.works, label="baru")
    machine.comes_back()
    assert machine.sites.applied(new.identifier) is None
    assert [each.pk for each in selectors.behind_sites()] == [new.pk]
    sent(office, new)
    assert (machine.works().outcome, state_there(machine, new)) == ("applied", "open")


def test_what_waits_for_approval_is_not_sent(office, machine, site):
    machine.backs_up()
    changed(office, machine, site, A.SUSPEND, notice="Diperbaiki.")
    change = services.propose(
        site.pk, action=A.RESUME, data={"reason": REASON}, actor=office.technician, at=office.later()
    )
    assert machine.works().outcome == "planned"
    machine.comes_back()
    (wish,) = sent(office, site)
    assert wish.spec["state"] == "suspended"
    machine.works()
    assert (fresh(change).state, state_there(machine, site)) == ("proposed", "suspended")


def test_a_refused_closing_stays_wished(office, machine, site):
    """A quarantine that its machine refused is wished still; the open state before it is not sent."""
    machine.backs_up()
    life.quarantine(site.pk, reason=REASON, actor=office.technician, at=office.later())
    wish = office.node_reports(Outcome.REFUSED, problem="node.bound")
    assert wish.purpose == Purpose.QUARANTINE
    machine.comes_back()
    (again,) = sent(office, site)
    assert again.spec["state"] == "quarantined"


def test_a_change_that_was_still_closing_is_ended_by_what_is_sent(office, machine, site):
    machine.backs_up()
    change = approved(office, proposed(office, site, A.SUSPEND, notice="Diperbaiki."))
    office.node_reports(Outcome.CLOSING, problem="closing.shut")
    machine.comes_back()
    sent(office, site)
    machine.works()
    assert (fresh(change).state, state_there(machine, site)) == ("done", "suspended")


def test_a_password_that_nobody_has_any_more(office, machine, site):
    machine.backs_up()
    sites.set_access(site.pk, ssh_keys=(ssh_key("baru"),), password="kata sandi yang panjang", at=office.later())
    assert (machine.works().outcome, fresh(site).password_hash) == ("applied", "")
    machine.comes_back()
    sent(office, site)
    office.node_reports(Outcome.RESTORED, problem="user.password_unknown")
    shown = text(visitor(office.technician).get(f"/situs/{site.identifier}/"))
    assert "Kirim sekali lagi: situs menyusul tanpa kata sandi, lalu mintalah OPD menetapkan yang baru." in shown
    sent(office, site)
    assert machine.works().outcome == "applied"
    access = machine.sites.applied(site.identifier).access
    assert (access.ssh_keys, access.password_fingerprint) == ((ssh_key("baru"),), "")
    assert (fresh(site).password_fingerprint, fresh(site).behind_since) == ("", None)


def test_the_bound_of_the_machine_holds_and_its_word_is_shown(office, machine, site):
    machine.backs_up()
    changed(office, machine, site, A.SUSPEND, notice="Tutup.")
    machine.comes_back()
    others = [f"s90001{number}" for number in range(LEAST)]
    done = {other: {"at": now().isoformat(), "site": other, "was_here": True} for other in others}
    records.save(machine.place / "state" / "counted-changed.json", done)
    technician = visitor(office.technician)
    shown = text(technician.get("/situs/"))
    assert "Server kembali ke keadaan lama 1 situs" in shown
    assert "keadaan lama di server" in shown
    assert "1 situs dikirim lagi ke servernya." in text(technician.post("/situs/kirim-lagi/", follow=True))
    assert machine.works().problem_code == "node.bound"
    shown = text(technician.get(f"/situs/{site.identifier}/"))
    assert "Server kembali ke keadaan lama situs ini" in shown
    assert "panggon-node allow JUMLAH" in shown
    DailyBounds(machine.sites).allow(Measure.CHANGED, 100, now=now())
    address = f"/situs/{site.identifier}/kirim-lagi/"
    assert "1 situs dikirim lagi" in text(technician.post(address, follow=True))
    assert "server sedang mengerjakannya" in text(technician.get(f"/situs/{site.identifier}/"))
    assert "Tidak ada yang perlu dikirim lagi" in text(technician.post("/situs/kirim-lagi/", follow=True))
    assert machine.works().outcome == "applied"
    assert not selectors.behind_sites().exists()
    kept = Change.objects.filter(subject=life.subject_of(site), actor=office.technician).latest("pk")
    assert kept.after == {"wish": site.wishes.latest("pk").pk}


def test_closed_ones_go_first(office, machine):
    first, second = (open_site(office, opened=machine.works, label=name) for name in ("satu", "dua"))
    machine.backs_up()
    sites.set_access(first.pk, ssh_keys=(ssh_key("a"),), at=office.later())
    life.quarantine(second.pk, reason=REASON, actor=office.technician, at=office.later())
    assert [machine.works().outcome for _ in range(2)] == ["applied", "applied"]
    machine.comes_back()
    assert [each.pk for each in selectors.behind_sites()] == [second.pk, first.pk]


def test_who_may_not(office, machine, site):
    for person in (office.registrar, office.applicant):
        asked = visitor(person)
        assert asked.post("/situs/kirim-lagi/").status_code == 403
        assert asked.post(f"/situs/{site.identifier}/kirim-lagi/").status_code == 403
    assert visitor(office.technician).get("/situs/kirim-lagi/").status_code == 405
    assert site.wishes.count() == 1
