"""Whose connections take the kernel's memory for those of all."""

from panggon.core.node.sharing.tcp_memory import BYTES_MOST, hoarder, is_short


def test_long_before_the_kernel_saves_memory_is_short():
    assert [is_short(taken, saving_from=300) for taken in (100, 101)] == [False, True]


def test_who_has_most_is_found_and_nobody_who_has_a_little():
    assert hoarder({"s000001": BYTES_MOST + 1, "s000002": BYTES_MOST + 2}) == "s000002"
    assert [hoarder(each) for each in ({"s000001": BYTES_MOST}, {})] == ["", ""]
