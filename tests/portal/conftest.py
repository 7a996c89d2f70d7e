from datetime import timedelta

import pytest
from django.utils import timezone

from panggon.people.models import Agency, Division
from panggon.schedule.services import seed
from tests.papers.pki import authority
from tests.portal.office import Office
from tests.portal.programs import Program


@pytest.fixture(scope="session")
def pki(tmp_path_factory):
    """A certificate authority with its services."""
    with authority(tmp_path_factory.mktemp("pki")) as made:
        yield made


@pytest.fixture
def office(db, tmp_path, settings):
    """Everybody who has a part in the procedure, the calendar, and one hosting machine."""
    settings.PANGGON_FILES, settings.PANGGON_SEALS = tmp_path / "files", tmp_path / "seals"
    seed([2026])
    agency = Agency.objects.create(name="Dinas Sosial", short_name="Dinsos")
    return Office(agency, Division.objects.create(name="Bidang INS"))


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
