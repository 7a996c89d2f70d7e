"""The flow chart of an SOP as SVG, one strip for each activity: columns are people, strips lie below each other.

Source: PermenPAN-RB 35/2012: terminator, process, decision, arrow, and a connector where the next activity is not the
one below. A strip has no size of its own: it fills its place, so that the words beside it decide how high it is. Places
across are percentages, the symbols pixels around the middle.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import Any

from panggon.core.standards.flow import Activity, Flow, Symbol

# Half the width and height of a symbol, in pixels; the radius of a connector, and how far from the middle it lies.
WIDE, HIGH, ROUND, AWAY = 20, 14, 9, 29
INSET = 4.5  # percent, of a connector at the chart's own edge
BEND = 7  # below the upper edge, where the arrow from another column turns
SHAPES = {
    Symbol.TERMINATOR: f'<rect x="-{WIDE}" y="-{HIGH}" width="{2 * WIDE}" height="{2 * HIGH}" rx="{HIGH}"{{look}}/>',
    Symbol.PROCESS: f'<rect x="-{WIDE}" y="-{HIGH}" width="{2 * WIDE}" height="{2 * HIGH}"{{look}}/>',
    Symbol.DECISION: f'<path d="M0 -{HIGH + 3}L{WIDE + 2} 0L0 {HIGH + 3}L-{WIDE + 2} 0Z"{{look}}/>',
}
LINE = ' class="line" fill="none" stroke="#333" stroke-width="1.4"'
SHAPE = ' class="shape" fill="#fff" stroke="#333" stroke-width="1.4"'
MAYBE = ' class="shape" fill="#fff" stroke="#333" stroke-width="1.2" stroke-dasharray="3 3"'
HEAD = ' class="head" fill="#333"'
TEXT = ' class="said" fill="#222" font-size="10" font-family="sans-serif"'


@dataclass(frozen=True, slots=True)
class ChartWords:
    """What the chart says, in the reader's language."""

    yes: str
    no: str
    end: str


def strip(activity: Activity[Any, Any, Any, Any, Any], flow: Flow[Any, Any, Any, Any, Any], words: ChartWords) -> str:
    """The SVG of one activity, without width and height; whoever shows it says beside it what it means."""
    parts = "".join(_Strip(activity, flow, words).parts())
    return f'<svg xmlns="http://www.w3.org/2000/svg" class="strip" aria-hidden="true" focusable="false">{parts}</svg>'


# ------------------------------------------------------------------------------------------------------------------


class _Strip:
    def __init__(
        self,
        activity: Activity[Any, Any, Any, Any, Any],
        flow: Flow[Any, Any, Any, Any, Any],
        words: ChartWords,
    ) -> None:
        self.activity, self.flow, self.words = activity, flow, words
        self.columns = len(flow.people)
        self.column = flow.people.index(activity.doer)
        # The side on which a connector has most room.
        self.side = -1 if self.column == self.columns - 1 else 1

    def parts(self) -> Iterator[str]:
        yield from self._from_above()
        yield from self._from_elsewhere()
        yield from self._downwards()
        yield from self._away()
        for role in self.activity.others:
            yield _at(self._middle(self.flow.people.index(role)), SHAPES[Symbol.PROCESS].format(look=MAYBE))
        yield _at(self._middle(self.column), SHAPES[self.activity.symbol].format(look=SHAPE))

    @property
    def _below(self) -> int:
        return self.activity.number + 1

    @property
    def _next(self) -> tuple[int, ...]:
        follows = self.activity.follows
        return (*(() if follows is None else (follows,)), *self.activity.otherwise)

    @property
    def _further(self) -> list[tuple[str, str]]:
        """What leads elsewhere than to the strip below: on what answer, and where to."""
        decides, follows = self.activity.symbol is Symbol.DECISION, self.activity.follows
        found = []
        if self.activity.ends and self.activity.symbol is not Symbol.TERMINATOR:
            found.append((self.words.yes if decides else "", self.words.end))
        elif follows is not None and follows != self._below:
            found.append((self.words.yes if decides else "", str(follows)))
        away = [str(number) for number in self.activity.otherwise if number != self._below]
        return [*found, *([(self.words.no, ", ".join(away))] if away else [])]

    def _from_above(self) -> Iterator[str]:
        above = self.activity.number - 1
        if above not in self.activity.before:
            return
        here, there = self._middle(self.column), self._middle(self.flow.people.index(self.flow.activity(above).doer))
        yield f'<line x1="{there}" y1="0" x2="{there}" y2="{BEND}"{LINE}/>'
        yield f'<line x1="{there}" y1="{BEND}" x2="{here}" y2="{BEND}"{LINE}/>'
        yield f'<line x1="{here}" y1="{BEND}" x2="{here}" y2="50%"{LINE}/>'
        yield _at(here, _head(-HIGH - 2))

    def _downwards(self) -> Iterator[str]:
        if self._below not in self._next:
            return
        here = self._middle(self.column)
        yield f'<line x1="{here}" y1="50%" x2="{here}" y2="100%"{LINE}/>'
        if self.activity.symbol is Symbol.DECISION:
            answer = self.words.yes if self._below == self.activity.follows else self.words.no
            anchor = "end" if self.side > 0 else "start"
            down = AWAY + ROUND + 8 if len(self._further) > 1 else HIGH + 15  # clear of connectors on both sides
            said = f'<text x="{-5 * self.side}" y="{down}" text-anchor="{anchor}"{TEXT}>{escape(answer)}</text>'
            yield _at(here, said)

    def _from_elsewhere(self) -> Iterator[str]:
        """A connector with the activity's own number above it, for those that lead here from further away."""
        if any(number != self.activity.number - 1 for number in self.activity.before):
            here, beside = self._middle(self.column), self._edge(self.side)
            yield _at("0", f'<line x1="{beside}" y1="-{AWAY}" x2="{here}" y2="-{AWAY}"{LINE}/>')
            yield _at(here, f'<line x1="0" y1="-{AWAY}" x2="0" y2="0"{LINE}/>{_head(-HIGH - 2)}')
            yield _at(beside, _connector(str(self.activity.number), -AWAY))

    def _away(self) -> Iterator[str]:
        """A connector below the symbol for each way that leads further."""
        here = self._middle(self.column)
        for side, (answer, leads_to) in zip((self.side, -self.side), self._further, strict=False):
            edge = self._edge(side)
            yield f'<line x1="{here}" y1="50%" x2="{edge}" y2="50%"{LINE}/>'
            said = f'<text x="0" y="-4" text-anchor="middle"{TEXT}>{escape(answer)}</text>' if answer else ""
            yield _at(edge, f'<line x1="0" y1="0" x2="0" y2="{AWAY}"{LINE}/>{said}{_connector(leads_to, AWAY)}')

    def _middle(self, column: int) -> str:
        return f"{100 * (2 * column + 1) / (2 * self.columns):.4g}%"

    def _edge(self, side: int) -> str:
        """Between two columns, or just within the chart."""
        return f"{min(max(100 * (self.column + (side > 0)) / self.columns, INSET), 100 - INSET):.4g}%"


def _at(across: str, drawn: str) -> str:
    """Pixels around a place across, half-way down."""
    return f'<svg x="{across}" y="50%" overflow="visible">{drawn}</svg>'


def _head(down: int) -> str:
    return f'<path d="M-4 {down - 7}L0 {down}L4 {down - 7}Z"{HEAD}/>'


def _connector(words: str, down: int) -> str:
    """A circle, wider where the words are longer."""
    wide = max(ROUND, 3 * len(words) + 6)
    shape = f'<rect x="-{wide}" y="{down - ROUND}" width="{2 * wide}" height="{2 * ROUND}" rx="{ROUND}"{SHAPE}/>'
    return f'{shape}<text x="0" y="{down + 3.5}" text-anchor="middle"{TEXT}>{escape(words)}</text>'
