"""Signature, outcomes and addresses of the webhook."""

from datetime import timedelta

import pytest

from panggon.core.notify.webhook import Outcome, may_be_called, message, outcome_of, secret_words, signature
from tests.core.schedule.calendar_2026 import local


def test_the_signature_of_the_published_example():
    """From the documentation of Standard Webhooks' own libraries."""
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    signed = signature(
        secret, identifier="msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp=1614265330, body=b'{"test": 2432232314}'
    )
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_another_id_time_body_or_secret_gives_another_signature():
    given = {"identifier": "a", "timestamp": 1, "body": b"{}"}
    first, second = secret_words(b"x" * 32), secret_words(b"y" * 32)
    signed = {
        signature(first, **given),
        signature(second, **given),
        *(
            signature(first, **{**given, **change})
            for change in ({"identifier": "b"}, {"timestamp": 2}, {"body": b"[]"})
        ),
    }
    assert len(signed) == 5


def test_the_body_is_plain_and_in_utc():
    at = local("2026-11-23 09:00") + timedelta(microseconds=7)
    assert message("test", at=at, data={"subject": "x"}) == {
        "type": "test",
        "timestamp": "2026-11-23T02:00:00+00:00",
        "data": {"subject": "x"},
    }


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, Outcome.DELIVERED),
        (204, Outcome.DELIVERED),
        (302, Outcome.AGAIN),
        (400, Outcome.AGAIN),
        (410, Outcome.GONE),
        (500, Outcome.AGAIN),
        (None, Outcome.AGAIN),
    ],
)
def test_what_an_answer_means(status, outcome):
    assert outcome_of(status) is outcome


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1",
        "fd00::1",
        "ff02::1",
        "::ffff:10.0.0.1",
        "2002:0a00:0001::",
        "64:ff9b::7f00:1",
        "168.63.129.16",
        "64:ff9b:1::7f00:1",
        "::127.0.0.1",
        "::ffff:0:127.0.0.1",
        "fec0::1",
    ],
)
def test_what_is_not_of_the_public_internet_is_not_called(address):
    assert not may_be_called(address, allowed=())


@pytest.mark.parametrize("address", ["203.0.114.1", "2a00:1450::1", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_the_public_internet_is(address):
    assert may_be_called(address, allowed=())


def test_a_network_may_be_allowed_and_no_more_than_it():
    assert may_be_called("10.1.2.3", allowed=("10.1.0.0/16",))
    assert may_be_called("::ffff:10.1.2.3", allowed=("10.1.0.0/16",))
    assert not may_be_called("10.2.2.3", allowed=("10.1.0.0/16", "fd00::/8"))
