"""What the holder's loop waits for, site by site."""

import selectors
from collections.abc import Callable, Mapping


class Watching:
    """Of each site the descriptors that are watched, and what is called when one becomes readable."""

    def __init__(self, selector: selectors.BaseSelector) -> None:
        self._selector = selector
        self._watched: dict[str, dict[int, Callable[[], None]]] = {}

    def watch(self, name: str, wanted: Mapping[int, Callable[[], None]]) -> None:
        """Exactly these of the site from now on."""
        watched = self._watched.get(name, {})
        for descriptor in watched.keys() - wanted.keys():
            self._selector.unregister(descriptor)
        for descriptor in wanted.keys() - watched.keys():
            self._selector.register(descriptor, selectors.EVENT_READ, wanted[descriptor])
        self._watched[name] = dict(wanted)

    def forget(self, name: str, descriptor: int) -> None:
        """One that is closed, or means something else from now on."""
        self._selector.unregister(descriptor)
        self._watched[name].pop(descriptor)

    def drop(self, name: str) -> None:
        """The whole site."""
        for descriptor in self._watched.pop(name):
            self._selector.unregister(descriptor)
