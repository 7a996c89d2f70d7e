"""How a site answered its visitors of late, from the lines of its access log. Pure."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime

# The machine's own proofs (docs/architecture.md, "Proof paths").
OWN = "/.well-known/panggon/"
# RFC 9110 section 15: what a program answers beyond it is to be taken for one of its own errors.
LAST_STATUS, ERROR = 599, 500


def answers(lines: Iterable[str], *, since: datetime) -> Mapping[str, int]:
    """How often each HTTP status was answered since then; lines that cannot be read are left out."""
    found: Counter[str] = Counter()
    for line in lines:
        told = _told(line)
        if told and told[0] >= since and not told[2].startswith(OWN):
            found[str(told[1] if told[1] <= LAST_STATUS else ERROR)] += 1
    return dict(sorted(found.items()))


def _told(line: str) -> tuple[datetime, int, str] | None:
    try:
        members = json.loads(line)
        return datetime.fromisoformat(members["time"]), int(members["status"]), str(members["uri"])
    except (ValueError, KeyError, TypeError):
        return None
