"""Who gives way to whom when something of nginx runs short."""

import pytest

from tests.node.lua import run

MEBIBYTE = 2**20
HOUSE = "10.1.1.1"  # a town hall's


def quad(address: str) -> str:
    return "string.char({})".format(", ".join(address.split(".")))


def six(*words: int) -> str:
    """An IPv6 address that begins so."""
    filled = (*words, *[0] * (8 - len(words)))
    return "string.char({})".format(", ".join(f"{word >> 8}, {word & 255}" for word in filled))


def left(visitors: dict[str, int], *, most: int, least: int = 8) -> dict[str, int]:
    """How many connections those keep who had so many; the later ones are silent for longer."""
    lines = ['local networks, tree, kept = require("networks"), require("networks").tree(), {}']
    for name, (address, count) in enumerate(visitors.items()):
        lines.append(f"kept[{name}] = {count}")
        lines.append(f"for n = 1, {count} do networks.add(tree, {address}, {name} * 100000 + n) end")
    lines += [
        f"local gone = networks.surplus(tree, {most}, {least}, function(thing) return thing % 100000 end)",
        "for _, thing in ipairs(gone) do local name = math.floor(thing / 100000); kept[name] = kept[name] - 1 end",
        f'return "[" .. table.concat(kept, ",", 0, {len(visitors) - 1}) .. "]"',
    ]
    return dict(zip(visitors, run("\n".join(lines)), strict=True))


@pytest.mark.parametrize(
    ("counts", "most", "each"),
    [
        ([1, 2, 3], 6, None),
        ([1, 2, 3], 5, 2),
        ([100, 1, 1], 12, 10),
        ([8] * 700, 5461, 7),
        ([5, 5], 1, 0),
    ],
)
def test_what_each_may_keep(counts: list[int], most: int, each: int | None) -> None:
    code = f'local each = require("networks").share({{{", ".join(map(str, counts))}}}, {most})'
    assert run(f"{code} return each == math.huge and 'null' or tostring(each)") == each


class TestConnections:
    def test_room_for_all(self) -> None:
        visitors = {quad(HOUSE): 3000, six(0x2001, 0xDB8): 2461}
        assert left(visitors, most=5461) == visitors

    def test_one_customer_of_ipv6_is_one_however_many_networks_he_has(self) -> None:
        attack = {six(0x2001, 0xDB8, 1, number): 8 for number in range(700)}
        house = {quad(HOUSE): 300, quad("10.2.2.2"): 2000, six(0x2400, 1): 40}
        kept = left({**attack, **house}, most=5461)
        assert {address: kept[address] for address in house} == house
        assert sum(kept.values()) <= 5461

    @pytest.mark.parametrize("customers", [65, 700, 5000])
    def test_so_are_all_customers_of_one_provider(self, customers: int) -> None:
        """5,000 of them: more than there may be, so that the longest silent ones go wholly."""
        attack = {six(0x2001, 0xDB8, customer): 8 for customer in range(customers)}
        kept = left({**attack, quad(HOUSE): 300}, most=400)
        assert kept[quad(HOUSE)] == 200
        assert 0 < sum(kept.values()) - 200 <= 200

    def test_all_addresses_of_one_network_of_ipv4(self) -> None:
        attack = {quad(f"192.0.2.{number}"): 40 for number in range(256)}
        kept = left({**attack, quad(HOUSE): 300, quad("192.0.3.1"): 12}, most=1000)
        assert (kept[quad(HOUSE)], kept[quad("192.0.3.1")]) == (300, 12)
        assert {kept[address] for address in attack} == {2}

    def test_behind_one_address_the_longest_silent_go(self) -> None:
        assert left({quad(HOUSE): 5000, quad("10.2.2.2"): 500}, most=1000) == {quad(HOUSE): 500, quad("10.2.2.2"): 500}
        code = """local networks = require("networks")
            local tree = networks.tree()
            for n = 1, 12 do networks.add(tree, "aaaa", n) end
            local gone = networks.surplus(tree, 10, 8, function(n) return n == 5 and 900 or n == 7 and 800 or 1 end)
            table.sort(gone)
            return "[" .. table.concat(gone, ",") .. "]" """
        assert run(code) == [5, 7]

    def test_where_everybody_has_few_nobody_goes(self) -> None:
        visitors = {quad(f"{first}.{second}.0.1"): 8 for first in range(1, 11) for second in range(20)}
        assert left(visitors, most=1000) == visitors


def taken(whole: int, *wishes: tuple[str, str, int]) -> list[int]:
    """How often in turn each of them finds room: site, network and how much."""
    lines = [f'local pool, counts = require("spool").pool({whole}), {{}}']
    for number, (site, network, amount) in enumerate(wishes, 1):
        lines.append(f"counts[{number}] = 0")
        lines.append(f'while pool.take("{site}", "{network}", {amount}) do counts[{number}] = counts[{number}] + 1 end')
    return run("\n".join([*lines, 'return "[" .. table.concat(counts, ",") .. "]"']))


class TestRoom:
    BODIES, USUAL = 4100 * MEBIBYTE, 65 * MEBIBYTE

    def test_the_greatest_that_a_site_may_be_sent_fits(self) -> None:
        assert taken(self.BODIES, ("a", "1", 1025 * MEBIBYTE), ("b", "2", 1025 * MEBIBYTE)) == [1, 1]

    def test_who_takes_all_that_he_gets_leaves_as_much(self) -> None:
        assert taken(self.BODIES, *[("a", network, self.USUAL) for network in "12345"]) == [8, 4, 2, 1, 0]

    def test_four_sites_and_two_networks_leave_room_at_the_fifth(self) -> None:
        wishes = [(site, network, self.USUAL) for site in "abcd" for network in "12"]
        assert taken(self.BODIES, *wishes, ("e", "3", self.USUAL))[-1] == 8

    def test_what_is_given_back_is_there_again(self) -> None:
        code = """local pool = require("spool").pool(8)
            assert(pool.take("a", "1", 1))
            local taken, short_here = pool.take("a", "1", 1)
            assert(not taken and short_here)
            pool.give_back("a", "1", 1)
            return tostring(pool.take("a", "1", 1) and 1) """
        assert run(code) == 1

    def test_who_may_not_begin(self) -> None:
        """Asked again only when nobody has had anything of a site for two turns; what is under way is not forgotten."""
        code = """local asked = {}
            local pool = require("spool").pool(40, function(site, network, known)
                table.insert(asked, string.format('["%s", "%s", %s]', site, network, known))
                return site ~= "c"
            end)
            assert(pool.take("a", "1", 1) and pool.take("a", "2", 1) and pool.take("b", "1", 1))
            local taken, short_here = pool.take("c", "1", 1)
            assert(not taken and short_here == nil)
            pool.give_back("b", "1", 1)
            pool.turn()
            assert(pool.take("b", "2", 1))
            pool.give_back("b", "2", 1)
            pool.turn()
            pool.turn()
            assert(pool.take("a", "2", 1) and pool.take("b", "3", 1))
            pool.give_back("a", "1", 1)
            pool.give_back("a", "2", 2)
            return "[" .. table.concat(asked, ",") .. "]" """
        first = [["a", "1", False], ["b", "1", False], ["c", "1", False]]
        assert run(code) == [*first, ["b", "2", True], ["a", "2", True], ["b", "3", False]]


def woken(most: int, networks: str, *, attempts: int = 500) -> list[int]:
    """How many sleeping sites each of these networks wakes, one after the other."""
    lines = [
        "local kept = {}",
        "function kept:get(name) return self[name] end",
        "function kept:incr(name, by, first, seconds)",
        "assert(seconds == 30); self[name] = (self[name] or first) + by end",
        'local wakes, counts = require("wakes"), {}',
        f"wakes.configure({most}, 30)",
    ]
    for number, network in enumerate(networks, 1):
        lines.append(f"counts[{number}] = 0")
        woke = f'if wakes.take(kept, "{network}") then counts[{number}] = counts[{number}] + 1 end'
        lines.append(f"for _ = 1, {attempts} do {woke} end")
    return run("\n".join([*lines, 'return "[" .. table.concat(counts, ",") .. "]"']))


class TestWakes:
    def test_a_network_gets_as_much_as_it_leaves(self) -> None:
        assert woken(450, "abcd") == [225, 113, 56, 28]

    def test_nobody_gets_too_little_for_people(self) -> None:
        assert woken(40, "abcd") == [20, 16, 16, 16]
        assert woken(450, "aaaa") == [225, 0, 0, 0]

    def test_who_wakes_few_is_counted_against_nobody(self) -> None:
        assert woken(450, "abcdefghij", attempts=16) == [16] * 10


@pytest.mark.parametrize(
    ("seconds", "arrived", "amount", "slow"),
    [
        (1.9, 0, 65 * MEBIBYTE, False),
        (2.1, 0, 65 * MEBIBYTE, True),
        (60, 470 * 1024, 65 * MEBIBYTE, False),  # a telephone at the edge of the net
        (60, 460 * 1024, 65 * MEBIBYTE, True),
        (300, 5 * MEBIBYTE, 5 * MEBIBYTE, False),  # the program is at it
        (300, 4.6 * MEBIBYTE, 5 * MEBIBYTE, False),  # nginx had read ahead
        (960, 5 * MEBIBYTE, 5 * MEBIBYTE, True),
        (300, 0, 20 * 1024, False),
    ],
)
def test_who_keeps_others_waiting(seconds: float, arrived: float, amount: float, slow: bool) -> None:
    assert run(f'return tostring(require("spool").is_slow({seconds}, {arrived}, {amount}))') is slow
