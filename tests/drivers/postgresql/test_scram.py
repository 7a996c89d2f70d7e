"""Verifiers of passwords, as the server keeps them."""

import base64

from panggon.drivers.databases.postgresql.scram import verifier, verifies

SALT = base64.b64decode("W22ZaJ0SNY7soEsUEjb6gQ==")


def test_the_verifier_of_the_standards_example() -> None:
    """RFC 7677 section 3: of "pencil"; a server that keeps it signs as the example says."""
    kept = verifier("pencil", salt=SALT, iterations=4096)
    assert kept == (
        "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$"
        "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="
    )
    assert [verifies(kept, "pencil"), verifies(kept, "pencils")] == [True, False]


def test_a_password_made_by_chance_needs_one_iteration() -> None:
    assert verifier("pencil", salt=SALT).startswith("SCRAM-SHA-256$1:W22ZaJ0SNY7soEsUEjb6gQ==$")
