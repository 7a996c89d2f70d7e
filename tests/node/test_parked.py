"""What is kept of parked sites, by several who park at once."""

import threading
from datetime import timedelta
from pathlib import Path

from panggon.core.node.parking import Uptime
from panggon.node.state.parked import Parked


def test_who_parks_at_once_takes_nothing_from_the_others(tmp_path: Path) -> None:
    """Each writes the whole file: the one would take away the draft of the other, or write down what he knew before."""
    parked, failed = Parked(tmp_path / "parked.json", lambda: Uptime("boot", 100.0)), list[BaseException]()

    def park(numbers: range) -> None:
        try:
            for number in numbers:
                parked.begin(f"s{number:06}", number)
        except BaseException as error:
            failed.append(error)
            raise

    threads = [threading.Thread(target=park, args=(range(first, first + 8),)) for first in range(0, 64, 8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert failed == []
    later = Parked(parked.path, lambda: Uptime("boot", 160.0))
    assert {later.waited(f"s{number:06}", number) for number in range(64)} == {timedelta(minutes=1)}
    assert [path.name for path in tmp_path.iterdir()] == ["parked.json"]
