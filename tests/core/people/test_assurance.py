import pytest

from panggon.core.people.assurance import is_second_factor

ACR, AMR = ("urn:kota:tinggi",), ("mfa", "otp")


@pytest.mark.parametrize(
    ("claims", "counts"),
    [
        ({"acr": "urn:kota:tinggi"}, True),
        ({"acr": "urn:kota:tinggi", "amr": ["pwd"]}, True),
        ({"acr": "urn:kota:rendah", "amr": ["pwd", "mfa"]}, True),
        ({"amr": "otp"}, True),
        ({}, False),
        ({"acr": "", "amr": []}, False),
        ({"acr": "mfa", "amr": ["urn:kota:tinggi"]}, False),  # each claim has its own words
        ({"acr": "urn:kota:tinggi2", "amr": "mfa otp"}, False),  # whole words only
        ({"acr": None, "amr": {"mfa": True}}, False),
        ({"acr": 1, "amr": [["mfa"], 2]}, False),
    ],
)
def test_only_what_is_trusted_counts(claims, counts):
    assert is_second_factor(claims, acr=ACR, amr=AMR) is counts
    assert not is_second_factor(claims, acr=(), amr=()), "by itself nothing is trusted"
