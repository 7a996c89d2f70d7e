"""Where the service standard says otherwise than the system does."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panggon.core.standards.contacts import Channel, Contact, ContactFault
from panggon.core.standards.standard_check import Done, Said, contradictions

REACHED = Contact(Channel.PHONE, "(0285) 421243")
SAID = Said("2 Hari kerja", "Tidak dipungut biaya", (REACHED,), "SK 1/2026", pledge_day=date(2026, 1, 5))
DONE = Done(working_days=2, share_total=100, officers=["Wawan Sugandi"], head="Ani", pledged_by="Ani")


def codes(said=SAID, done=DONE):
    return [fault.code for fault in contradictions(said, done)]


def test_what_agrees_needs_no_look():
    assert codes() == []


def test_what_a_city_has_not_told_of_itself_comes_first():
    assert codes(replace(SAID, contacts=(), decree="", fee="Rp 1")) == [
        "contacts.none",
        "standard.no_decree",
        "standard.fee",
    ]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("3 Hari kerja", "standard.time"),
        ("2 hari", "standard.time_unit"),
        ("48 jam", "standard.time_unit"),
        ("2", "standard.time_unit"),
        ("secepatnya", "standard.time_without_number"),
    ],
)
def test_another_time_than_the_clock_counts(words, code):
    assert codes(replace(SAID, completion=words)) == [code]


@given(st.integers(1, 60), st.integers(1, 60))
def test_the_number_of_days_is_the_setting(said, counted):
    found = codes(replace(SAID, completion=f"{said}  HARI   kerja"), replace(DONE, working_days=counted))
    assert found == ([] if said == counted else ["standard.time"])


@pytest.mark.parametrize("words", ["Rp10.000", "rp sepuluh ribu", "10.000 rupiah"])
def test_a_charge_is_noticed(words):
    assert codes(replace(SAID, fee=words)) == ["standard.fee"]


def test_contacts_that_cannot_be_reached():
    broken = Contact(Channel.EMAIL, "diskominfo@gafe.pekalongankota")
    fault = contradictions(replace(SAID, contacts=(broken,)), DONE)[0]
    assert (fault.code, fault.field) == ("contact.broken", "contacts")
    assert fault.facts["reason"] is ContactFault.HOST_ENDING
    replaced = replace(broken, working="diskominfo@pekalongankota.go.id")
    assert codes(replace(SAID, contacts=(replaced,))) == ["contact.replaced"]


@pytest.mark.parametrize(
    ("printed", "officers", "expected"),
    [
        ("Wawan Sugandi, A.Md", ["Wawan Sugandi, A.Md., M.Kom."], []),
        ("Drs. Wawan Sugandi", ["Wawan Sugandi"], []),
        ("Wawan Sugandi, A.Md", ["Hendra Wijaya"], ["officer.other"]),
        ("Wawan Sugandi, A.Md", [], ["officer.none"]),
    ],
)
def test_the_officer_printed_is_who_holds_the_post(printed, officers, expected):
    contact = Contact(Channel.OFFICER, "0852 2683 3647", person=printed)
    assert codes(replace(SAID, contacts=(contact,)), replace(DONE, officers=officers)) == expected


def test_a_pledge_is_somebody_s_and_of_a_day():
    assert codes(replace(SAID, pledge_day=None)) == ["pledge.undated"]
    assert codes(done=replace(DONE, pledged_by="")) == ["pledge.nobody"]
    assert codes(done=replace(DONE, head="Budi")) == ["pledge.former"]


def test_gaps_are_named():
    assert codes(replace(SAID, unset=("staff",), untranslated=("fee",))) == [
        "component.unset",
        "standard.untranslated",
    ]
    assert codes(done=replace(DONE, share_total=95)) == ["standard.shares"]
