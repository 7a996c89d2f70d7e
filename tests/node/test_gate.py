"""What the gate of a site reads in messages of others: DNS as it is, and as it never should be."""

import io
import ipaddress
import socket
import subprocess
import tempfile
import zipfile

import dns.message
import dns.rrset
from hypothesis import given, settings
from hypothesis import strategies as st

from panggon.core.sites import outgoing
from panggon.core.sites.outgoing import Destination, Policy
from panggon.node.gate import questions
from panggon.node.gate.archive import archive
from panggon.node.gate.carrying import Gate

LABEL = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True)
NAME = st.lists(LABEL, min_size=1, max_size=6).map(".".join)
FOUR, SIX = st.ip_addresses(v=4).map(str), st.ip_addresses(v=6).map(str)

FEW = settings(max_examples=40)


def answer(name: str, *records: tuple[str, str]) -> bytes:
    question = dns.message.make_query(name, "A")
    found = dns.message.make_response(question)
    found.answer = [dns.rrset.from_text(f"{name}.", 60, "IN", kind, text) for kind, text in records]
    return found.to_wire()


@FEW
@given(NAME)
def test_a_question_names_its_host(name: str) -> None:
    question = dns.message.make_query(name.upper(), "AAAA").to_wire()
    assert questions.asked_name(question) == name
    assert question[questions.name_end(question, 12) : questions.name_end(question, 12) + 2] == b"\0\x1c"


@FEW
@given(NAME, FOUR, SIX)
def test_all_addresses_of_an_answer_are_learned(name: str, four: str, six: str) -> None:
    told = answer(name, ("CNAME", f"lain.{name}."), ("A", four), ("TXT", '"127.0.0.1"'), ("AAAA", six))
    assert list(questions.answered_addresses(told)) == [four, six]


@FEW
@given(NAME)
def test_a_refusal_is_the_answer_to_its_question(name: str) -> None:
    question = dns.message.make_query(name, "A")
    wire = question.to_wire()
    refused = dns.message.from_wire(wire[:2] + questions.REFUSED + wire[12 : questions.name_end(wire, 12) + 4])
    assert (refused.rcode().name, refused.question, question.is_response(refused)) == (
        "REFUSED",
        question.question,
        True,
    )


def test_a_machine_that_asks_nobody_refuses_questions_and_goes_on() -> None:
    made = Gate(Policy((outgoing.parse("*:443"),)), ())
    door, asker = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
    with door, asker:
        for each in (door, asker):
            each.bind(("127.0.0.1", 0))
        asker.settimeout(60)
        made.listen(door)
        for name in ("kota.example", "desa.example"):
            question = dns.message.make_query(name, "A")
            asker.sendto(question.to_wire(), door.getsockname())
            made.turn()
            assert dns.message.from_wire(asker.recv(512)).rcode().name == "REFUSED"
    assert made._connecting(Destination(ipaddress.ip_address("192.0.2.1"), 53, own=False)) is None


@FEW
@given(st.binary(max_size=600))
def test_nothing_that_comes_in_breaks_it(message: bytes) -> None:
    name = questions.asked_name(message)
    assert name is None or len(name) < len(message)
    assert len(list(questions.answered_addresses(message))) <= len(message)


@FEW
@given(NAME, FOUR, st.data())
def test_nothing_cut_or_spoilt_breaks_it(name: str, four: str, data: st.DataObject) -> None:
    told = bytearray(answer(name, ("A", four)))
    for at in data.draw(st.lists(st.integers(0, len(told) - 1), max_size=5)):
        told[at] = data.draw(st.integers(0, 255))
    list(questions.answered_addresses(bytes(told[: data.draw(st.integers(0, len(told)))])))
    questions.asked_name(bytes(told))


def test_another_python_than_the_one_that_made_it_takes_the_gate_from_its_source() -> None:
    """An update of Debian's Python: byte code is of one version."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive())) as ours, zipfile.ZipFile(made, "w") as theirs:
        for name in ours.namelist():
            content = ours.read(name)
            theirs.writestr(name, bytes(4) + content[4:] if name.endswith(".pyc") else content)
    assert said_by_the_gate(archive()) == said_by_the_gate(made.getvalue()) == "main\n"


def said_by_the_gate(content: bytes) -> str:
    with tempfile.NamedTemporaryFile(suffix=".zip") as file:
        file.write(content)
        file.flush()
        script = (
            f"import sys; sys.path.insert(0, {file.name!r}); from panggon.node.gate import main; print(main.__name__)"
        )
        argv = ["/usr/bin/python3", "-I", "-S", "-c", script]
        return subprocess.run(argv, capture_output=True, text=True, check=True).stdout
