"""From a wish and what exists to a plan: a printable value with a digest that a person can approve."""

from dataclasses import dataclass

from panggon.core.resources import Attributes, Key
from panggon.core.spec import SiteSpec


@dataclass(frozen=True, slots=True)
class Change:
    """One resource's way: from `before` to `after` (None: absent). The inverse swaps the two."""

    key: Key
    before: Attributes | None
    after: Attributes | None


@dataclass(frozen=True, slots=True)
class Plan:
    """The changes in order, and the resources that are as wished already; `digest` covers spec and all of them."""

    spec: SiteSpec
    changes: tuple[Change, ...]
    unchanged: tuple[Change, ...]
    digest: str
