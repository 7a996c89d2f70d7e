"""A document that was signed with another program and is brought back as a file."""

from panggon.core.errors import PermanentError
from panggon.core.papers.signing import Signatory
from panggon.papers.signers.interface import Given, Order


class Upload:
    def check(self, person: Signatory) -> None:
        """Whoever signs elsewhere is checked by what comes back."""

    def sign(self, order: Order, given: Given) -> bytes:  # noqa: ARG002 (the interface is the same for all)
        if not given.file:
            raise PermanentError("signing.no_file")
        return given.file

    def fetch(self, reference: str) -> None:  # noqa: ARG002
        return None
