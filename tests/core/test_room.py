import pytest

from panggon.core.room import GIBIBYTE, is_short


@pytest.mark.parametrize(("total", "enough"), [(2, 1), (8, 1), (50, 5), (100, 10), (4000, 10)])
def test_how_much_must_be_free(total, enough):
    assert not is_short(free_bytes=enough * GIBIBYTE, total_bytes=total * GIBIBYTE)
    assert is_short(free_bytes=enough * GIBIBYTE - 1, total_bytes=total * GIBIBYTE)
