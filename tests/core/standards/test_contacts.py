"""What a service standard prints, and whether anybody can be reached by it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panggon.core.standards.contacts import Channel, Contact, ContactFault, contact_fault, link, printed_rows, works


@pytest.mark.parametrize(
    ("channel", "words", "address"),
    [
        (Channel.PHONE, "(0285) 421243", "tel:+62285421243"),
        (Channel.OFFICER, "0852 2683 3647", "tel:+6285226833647"),
        (Channel.WHATSAPP, "0816-644-000", "https://wa.me/62816644000"),
        (Channel.PHONE, "+65 6123 4567", "tel:+6561234567"),
        (Channel.EMAIL, "diskominfo@pekalongankota.go.id", "mailto:diskominfo@pekalongankota.go.id"),
        (Channel.WEBSITE, "http://kominfo.pekalongankota.go.id", "http://kominfo.pekalongankota.go.id"),
        (Channel.WEBSITE, "kominfo.pekalongankota.go.id", "https://kominfo.pekalongankota.go.id"),
        (Channel.INSTAGRAM, "@pkl.diskominfo", "https://www.instagram.com/pkl.diskominfo"),
        (Channel.TWITTER, "@pkl_diskominfo", "https://x.com/pkl_diskominfo"),
    ],
)
def test_what_works_leads_somewhere(channel, words, address):
    assert works(channel, words)
    assert link(channel, words) == address


@pytest.mark.parametrize(
    ("channel", "words"),
    [
        (Channel.EMAIL, "diskominfo@gafe.pekalongankota"),  # as the SK prints it: its domain has no end
        (Channel.TWITTER, "@pkl.diskominfo"),  # as the SK prints it: no account there has a dot in its name
        (Channel.EMAIL, "diskominfo"),
        (Channel.EMAIL, "di nas@kota.go.id"),
        (Channel.WEBSITE, "javascript://kota.go.id"),
        (Channel.WEBSITE, "kota"),
        (Channel.PHONE, "0285"),
        (Channel.PHONE, "nomor dinas"),
    ],
)
def test_what_cannot_work_leads_nowhere(channel, words):
    assert not works(channel, words)
    assert link(channel, words) == ""


def test_a_place_is_reached_on_foot():
    assert not Contact(Channel.IN_PERSON, "Jl. Mataram No. 5").broken
    assert Contact(Channel.IN_PERSON, "Jl. Mataram No. 5").address == ""


def test_what_works_stands_beside_what_is_printed():
    contact = Contact(Channel.EMAIL, "diskominfo@gafe.pekalongankota", working="diskominfo@pekalongankota.go.id")
    assert contact.broken
    assert contact.address == "mailto:diskominfo@pekalongankota.go.id"
    assert Contact(Channel.EMAIL, "diskominfo@gafe.pekalongankota").address == ""


@given(st.sampled_from(Channel), st.text(max_size=60))
def test_no_words_become_an_address_that_runs_something(channel, words):
    address = link(channel, words)
    assert not address or address.partition(":")[0].lower() in {"tel", "mailto", "http", "https"}


@pytest.mark.parametrize(
    ("channel", "words", "fault"),
    [
        (Channel.EMAIL, "diskominfo@gafe.pekalongankota", ContactFault.HOST_ENDING),
        (Channel.EMAIL, "@kota.go.id", ContactFault.MAILBOX),
        (Channel.EMAIL, "dinas@kota..go.id", ContactFault.HOST),
        (Channel.WEBSITE, "http://-kota.go.id", ContactFault.HOST),
        (Channel.TWITTER, "@pkl.diskominfo", ContactFault.HANDLE),
        (Channel.PHONE, "0285", ContactFault.NUMBER),
        (Channel.IN_PERSON, " ", ContactFault.EMPTY),
        (Channel.INSTAGRAM, "@pkl.diskominfo", None),
    ],
)
def test_why_nobody_is_reached(channel, words, fault):
    assert contact_fault(channel, words) is fault


def test_a_row_of_the_sk_has_all_of_one_channel():
    first, second = Contact(Channel.PHONE, "(0285) 421243"), Contact(Channel.PHONE, "(0285) 420223")
    other, place = Contact(Channel.EMAIL, "a@kota.go.id"), Contact(Channel.IN_PERSON, "Jl. Mataram No. 5")
    assert printed_rows((first, other, second, place)) == ((Channel.PHONE, (first, second)), (Channel.EMAIL, (other,)))
