"""Whose an error is: nginx's by the connection that it names, what programs say by who said it."""

from datetime import timedelta

import pytest

from tests.node.logs.place import ONE, TWO, Place

pytestmark = pytest.mark.real


class TestErrors:
    def test_they_go_where_the_connection_belongs(self, place: Place) -> None:
        place.error(f'open() failed, request: "GET /sites/{TWO}", host: "two"', connection=5)
        splitter = place.split()
        assert place.read(ONE, "error") == ""  # its request is not over
        place.visit(ONE, connection=5)
        place.split(splitter)
        assert "open() failed" in place.read(ONE, "error")
        assert place.read(TWO, "error") == ""

    def test_one_without_a_request_holds_up_nobody_for_long(self, place: Place) -> None:
        place.error("strange", connection=9)
        place.error("known", connection=5)
        place.visit(ONE, connection=5)
        splitter = place.split()
        assert place.read(ONE, "error") == ""
        place.now += timedelta(seconds=7)
        place.split(splitter)
        assert [line.rpartition(" ")[2] for line in place.read(ONE, "error").splitlines()] == ["known"]

    def test_one_of_a_time_to_come_holds_up_nobody(self, place: Place) -> None:
        """The clock was ahead when it was written."""
        place.now += timedelta(days=400)
        place.error("strange", connection=9)
        place.now -= timedelta(days=400)
        place.error("known", connection=5)
        place.visit(ONE, connection=5)
        place.split()
        assert [line.rpartition(" ")[2] for line in place.read(ONE, "error").splitlines()] == ["known"]

    def test_connections_are_known_again_after_a_restart(self, place: Place) -> None:
        place.visit(ONE, connection=5)
        place.split()
        place.error("later", connection=5)
        place.split()
        assert "later" in place.read(ONE, "error")

    @pytest.mark.parametrize("sandbox", [ONE, f"{ONE}-2"], ids=["first", "after another"])
    def test_what_programs_say_is_moved(self, place: Place, sandbox: str) -> None:
        (place.settings.sandboxes / f"{sandbox}.json").write_text("{}")
        place.say(ONE, "PHP Warning: satu\nPHP Warn")
        splitter = place.split()
        assert place.read(ONE, "error") == "PHP Warning: satu\n"
        place.say(ONE, "ing: dua\n" + "y" * 300_000 + "\n")
        place.split(splitter)
        assert place.settings.output(ONE).stat().st_size == 0
        (place.settings.sandboxes / f"{sandbox}.json").unlink()
        place.say(ONE, "tiga")
        place.split(splitter)
        place.split()
        assert place.read(ONE, "error").startswith("PHP Warning: satu\nPHP Warning: dua\nyyy")
        assert place.read(ONE, "error").endswith("y\ntiga")
        assert place.settings.output(ONE).stat().st_size == 0
