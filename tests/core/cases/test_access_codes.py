from hypothesis import given
from hypothesis import strategies as st

from panggon.core.cases.access_codes import ALPHABET, code_of, fits


@given(st.binary(min_size=32, max_size=32))
def test_a_code_is_two_groups_of_five_that_nobody_misreads(digest):
    code = code_of(digest)
    assert [len(group) for group in code.split("-")] == [5, 5]
    assert set(code) <= {*ALPHABET, "-"}
    assert not set(code) & set("ILOU")
    assert fits(code.lower().replace("-", " "), [code])
    assert fits(code.replace("0", "o").replace("1", "l"), ["x", code])


@given(st.binary(min_size=32, max_size=32), st.text(max_size=12))
def test_nothing_else_fits(digest, typed):
    code = code_of(digest)
    plain = code.replace("-", "")
    assert fits(typed, [code]) == (typed.upper().translate(str.maketrans("OIL", "011", "- –")) == plain)
    assert not fits("", [code])
