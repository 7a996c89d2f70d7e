"""What columns may hold of the core's own values: a new one needs no migration."""

import pytest

from panggon.cases.models import Case
from panggon.core.sites.spec import Engine, Profile, SiteKind
from panggon.sites.models import Site

VALUES = {"kind": SiteKind, "profile": Profile, "engine": Engine}


@pytest.mark.parametrize("name", VALUES)
@pytest.mark.parametrize("model", [Case, Site])
def test_a_column_has_the_cores_values_and_a_migration_only_a_name_for_them(model, name):
    column = model._meta.get_field(name)
    assert [value for value, _words in column.choices] == list(VALUES[name])
    assert callable(column.deconstruct()[3]["choices"])
