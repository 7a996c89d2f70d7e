"""Which names of a zone lead to a machine, and of which nobody speaks."""

from panggon.core.node.zone_names import ZoneNames, leading_to, unasked

HERE = frozenset({"192.0.2.1", "2001:db8::1"})
ZONE = ZoneNames(
    addresses={
        "situs.kota.example": {"192.0.2.1", "2001:db8::1"},
        "judi.kota.example": {"2001:db8::1", "198.51.100.7"},
        "lain.kota.example": {"198.51.100.7"},
        "*.dev.kota.example": {"192.0.2.1"},
        "ada.dev.kota.example": {"198.51.100.7"},
    },
    aliases={
        "www.kota.example": "satu.kota.example",
        "satu.kota.example": "judi.kota.example",
        "luar.kota.example": "situs.kota.example.org",
        "putar.kota.example": "putar2.kota.example",
        "putar2.kota.example": "putar.kota.example",
        "uji.kota.example": "apa.saja.dev.kota.example",
        "nyata.kota.example": "ada.dev.kota.example",
    },
)


def test_by_address_and_by_alias_through_others_and_wildcards() -> None:
    assert leading_to(ZONE, HERE) == {
        "situs.kota.example",
        "judi.kota.example",
        "*.dev.kota.example",
        "www.kota.example",
        "satu.kota.example",
        "uji.kota.example",
    }
    assert leading_to(ZONE, frozenset({"203.0.113.1"})) == frozenset()


def test_what_is_known_is_left_out_and_the_rest_in_order() -> None:
    found = unasked(leading_to(ZONE, HERE), known={"situs.kota.example", "uji.kota.example", "x"})
    assert found == ("*.dev.kota.example", "judi.kota.example", "satu.kota.example", "www.kota.example")
