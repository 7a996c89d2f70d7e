"""What is to be signed, in tests."""

from panggon.core.papers.signing import Place, Signatory
from panggon.papers.signers.interface import Order, Stamp
from tests.papers.pki import NIK

PERSON = Signatory("Kadis", "Kepala Dinas", nik=NIK)


def order(data: bytes, *, stamp: bytes = b"") -> Order:
    return Order(data, PERSON, Place(1, 325, 70, 213, 91), Stamp(stamp), "Pengesahan", "Pekalongan")
