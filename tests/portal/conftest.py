import pytest

from panggon.people.models import Agency, Division
from panggon.schedule.services import seed
from tests.portal.office import Office


@pytest.fixture
def office(db, tmp_path, settings):
    """Everybody who has a part in the procedure, the calendar, and one hosting machine."""
    settings.PANGGON_FILES = tmp_path / "files"
    seed([2026])
    agency = Agency.objects.create(name="Dinas Sosial", short_name="Dinsos")
    return Office(agency, Division.objects.create(name="Bidang INS"))
