"""Are two PDF documents the same graph of objects, however each was written down (ISO 32000-1, 7.3)?

Numbers of objects, whether a value stands in place or elsewhere, how a stream is packed: none of that is seen by a
reader. What is left are values, the keys of dictionaries, the order of arrays and the bytes of streams.
"""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

import pikepdf

# How a stream is packed, not what it says.
PACKING = frozenset({"/Length", "/Filter", "/DecodeParms", "/DL"})
STEPS_MOST = 2_000_000  # a circle of values that stand in place has no end

Key = tuple[int, int]


class Graphs:
    """Two documents whose pages belong together in their order; what is compared once holds everywhere.

    A page is the same only as its counterpart: what else its dictionary says is for who compares pages.
    """

    def __init__(self, pages: Iterable[tuple[pikepdf.Object, pikepdf.Object]]) -> None:
        self._pages = {ours.objgen: theirs.objgen for ours, theirs in pages}
        self._their_pages = frozenset(self._pages.values())
        self._seen: set[tuple[Key, Key]] = set()
        self._steps = 0

    def same(self, ours: Any, theirs: Any) -> bool:
        """Whether both unfold to the same; two that lead back to themselves are the same until something differs."""
        waiting = [(ours, theirs)]
        while waiting:
            self._steps += 1
            found = self._parts(*waiting.pop()) if self._steps <= STEPS_MOST else None
            if found is None:
                return False
            waiting.extend(found)
        return True

    def same_items(self, ours: Any, theirs: Any, *, but: Iterable[str] = ()) -> bool:
        """Of two dictionaries (or what stands for a missing one), without these keys."""
        left, right = items(ours), items(theirs)
        for key in but:
            left.pop(key, None)
            right.pop(key, None)
        return left.keys() == right.keys() and all(self.same(left[key], right[key]) for key in left)

    def _parts(self, ours: Any, theirs: Any) -> list[tuple[Any, Any]] | None:
        """What is left to compare of two values; None when they differ."""
        left, right = _key(ours), _key(theirs)
        if left in self._pages or right in self._their_pages:
            return [] if left is not None and self._pages.get(left) == right else None
        if left is not None and right is not None:
            if (left, right) in self._seen:
                return []
            self._seen.add((left, right))
        return _children(ours, theirs)


def items(value: Any) -> dict[str, Any]:
    """Those of a dictionary or stream; a key whose value is null is as one that is not there (7.3.7)."""
    if not isinstance(value, pikepdf.Dictionary | pikepdf.Stream):
        return {}
    return {key: value[key] for key in value.keys() if value[key] is not None}  # noqa: SIM118 (no Python dict)


def reached(value: Any) -> Iterator[Any]:
    """Every dictionary, array and stream that can be come to from here, this one too, once."""
    waiting, seen = [value], set()
    while waiting:
        found = waiting.pop()
        key = _key(found)
        if key in seen:
            continue
        if key is not None:
            seen.add(key)
        if isinstance(found, pikepdf.Array):
            waiting.extend(found)
        elif isinstance(found, pikepdf.Dictionary | pikepdf.Stream):
            waiting.extend(items(found).values())
        else:
            continue
        yield found


def data_of(stream: Any) -> tuple[bytes, Any]:
    """Unpacked, and None; still packed, and how, where only a reader of pictures can unpack it."""
    try:
        return stream.read_bytes(), None
    except pikepdf.PdfError:
        return stream.read_raw_bytes(), [stream.get("/Filter"), stream.get("/DecodeParms")]


# ------------------------------------------------------------------------------------------------------------------


def _key(value: Any) -> Key | None:
    return value.objgen if isinstance(value, pikepdf.Object) and value.is_indirect else None


def _children(ours: Any, theirs: Any) -> list[tuple[Any, Any]] | None:
    if isinstance(ours, pikepdf.Stream) and isinstance(theirs, pikepdf.Stream):
        return _of_streams(ours, theirs)
    if isinstance(ours, pikepdf.Dictionary) and isinstance(theirs, pikepdf.Dictionary):
        return _of_keys(items(ours), items(theirs))
    if isinstance(ours, pikepdf.Array) and isinstance(theirs, pikepdf.Array):
        return list(zip(ours, theirs, strict=True)) if len(ours) == len(theirs) else None
    return [] if _same_value(ours, theirs) else None


def _of_streams(ours: pikepdf.Stream, theirs: pikepdf.Stream) -> list[tuple[Any, Any]] | None:
    (left, left_packed), (right, right_packed) = data_of(ours), data_of(theirs)
    if left != right or (left_packed is None) != (right_packed is None):
        return None
    rest = _of_keys(_without_packing(ours), _without_packing(theirs))
    return None if rest is None else [*rest, *zip(left_packed or (), right_packed or (), strict=True)]


def _of_keys(ours: dict[str, Any], theirs: dict[str, Any]) -> list[tuple[Any, Any]] | None:
    return [(ours[key], theirs[key]) for key in ours] if ours.keys() == theirs.keys() else None


def _without_packing(stream: pikepdf.Stream) -> dict[str, Any]:
    return {key: value for key, value in items(stream).items() if key not in PACKING}


def _same_value(ours: Any, theirs: Any) -> bool:
    if isinstance(ours, pikepdf.String) and isinstance(theirs, pikepdf.String):
        return bytes(ours) == bytes(theirs)
    if isinstance(ours, pikepdf.Name) and isinstance(theirs, pikepdf.Name):
        return str(ours) == str(theirs)
    if isinstance(ours, bool) or isinstance(theirs, bool):
        return ours is theirs
    if isinstance(ours, int | Decimal) and isinstance(theirs, int | Decimal):
        return ours == theirs
    return ours is None and theirs is None
