from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from passlib.hash import sha512_crypt

from panggon.core.node.parking import Uptime
from panggon.node.state import recorded
from panggon.papers import validation
from panggon.people.models import Agency, Division
from panggon.schedule.services import seed
from panggon.sites import services as sites
from tests.papers.gateway import gateway
from tests.papers.pki import authority
from tests.portal import dovecot
from tests.portal.dovecot import MailServer
from tests.portal.exchange import Exchange, exchange
from tests.portal.machine import Machine
from tests.portal.office import Office
from tests.portal.once import Once
from tests.portal.programs import Program
from tests.portal.signers import in_this_process


@pytest.fixture(scope="session")
def pki(tmp_path_factory):
    """A certificate authority with its services."""
    with authority(tmp_path_factory.mktemp("pki")) as made:
        yield made


@pytest.fixture(scope="session", autouse=True)
def quick_hashes() -> Iterator[None]:
    """Passwords of sites are hashed as they are, but in few rounds: by design the usual ones take a second."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sites, "sha512_crypt", sha512_crypt.using(rounds=sha512_crypt.min_rounds))
        yield


def new_office() -> Office:
    seed([2026])
    agency = Agency.objects.create(name="Dinas Sosial", short_name="Dinsos")
    return Office(agency, Division.objects.create(name="Bidang INS"))


OFFICE = Once(new_office)


@pytest.fixture
def office(db, tmp_path, settings):
    """Everybody who has a part in the procedure, the calendar, and one hosting machine."""
    settings.PANGGON_FILES, settings.PANGGON_SEALS = tmp_path / "files", tmp_path / "seals"
    yield OFFICE.given()
    if not connection.in_atomic_block:  # a test that commits, after which Django empties its own tables only
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM procrastinate_events; DELETE FROM procrastinate_periodic_defers")
            cursor.execute("DELETE FROM procrastinate_jobs")


@pytest.fixture(scope="session")
def esign(pki, tmp_path_factory):
    with gateway(pki, tmp_path_factory.mktemp("gateway")) as made:
        yield made


@pytest.fixture
def bsre(esign):
    """The gateway as it is at the beginning."""
    esign.status, esign.certificate, esign.pause, esign.moods[:] = "ISSUE", "head", 0, []
    esign.writes_anew = esign.counts_from_above = False
    esign.requests.clear()
    esign.signed.clear()
    esign.dripped.clear()
    return esign


@pytest.fixture
def looked_at_here(monkeypatch):
    """A signed file is not looked at in a process of its own, which takes a second to start."""
    monkeypatch.setattr(validation, "look", in_this_process)


@pytest.fixture(scope="session")
def imap() -> Iterator[MailServer]:
    with dovecot.running() as server:
        yield server


@pytest.fixture
def post(office, office_time, imap, settings) -> Iterator[Exchange]:
    with exchange(imap, settings) as between:
        yield between


@pytest.fixture
def opd(office):
    """A program of the OPD's person."""
    return Program(office.applicant)


@pytest.fixture
def office_time(office, monkeypatch):
    """The pages live at the office's time, a second further with each look at it."""

    def now():
        office.now += timedelta(seconds=1)
        return office.now

    monkeypatch.setattr(timezone, "now", now)


@pytest.fixture
def machine(office, tmp_path, monkeypatch):
    """A hosting machine that is simulated, with the code of the agent."""
    monkeypatch.setattr(recorded, "uptime", lambda: Uptime("boot", 60.0 + found.ahead.total_seconds()))
    (tmp_path / "machine").mkdir()
    found = Machine(office, tmp_path / "machine")
    return found
