"""Hashes of a site's passwords that its runs need, by fingerprint: given with a wish, set now, and gone back to."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from panggon.core.node.planning.journal import Position
from panggon.core.node.planning.plan import Plan
from panggon.core.node.planning.resources import Key, Kind
from panggon.drivers import user
from panggon.drivers.system import files
from panggon.node.settings.config import NodeConfig
from panggon.node.state import records


@dataclass(frozen=True, slots=True)
class Passwords:
    config: NodeConfig
    site: str

    def known(self, given: Mapping[str, str]) -> Mapping[str, str]:
        """All of them, those that were `given` with a wish included."""
        former = records.known(self._former, dict, otherwise={})
        return {**former, **self._installed(), **given}

    def keep_former(self, plan: Plan) -> None:
        """Going back needs the hash that a new one replaces, also after a kill; it lies beside its own record, as
        protected as that is.
        """
        if _changed_by(plan)[0]:
            records.save(self._former, self._installed())

    @property
    def keeps_former(self) -> bool:
        return self._former.exists()

    def forget_former(self) -> None:
        files.sweep(self._former)
        files.remove(self._former)

    def _installed(self) -> Mapping[str, str]:
        """The hash that the site's user has now (systemd.io/USER_RECORD, `hashedPassword`)."""
        record = self.config.paths.userdb / f"{self.site}.user-privileged"
        return {user.fingerprint(hashed): hashed for hashed in user.installed(record)}

    @property
    def _former(self) -> Path:
        return self.config.paths.state / f"former/{self.site}.json"


def awaited(position: Position, known: Collection[str]) -> bool:
    """Whether the run needs a hash that is not among those with these fingerprints."""
    wished = _changed_by(position.plan)[1]
    return position.problem is None and bool(wished) and wished not in known


def _changed_by(plan: Plan) -> tuple[str, str]:
    """The fingerprints before and after a plan that changes the password; "" where there is none."""
    change = next((change for change in plan.changes if change.key == Key(Kind.USER, plan.spec.site)), None)
    if change is None:
        return "", ""
    before, after = (str((side or {}).get("password", "")) for side in (change.before, change.after))
    return before, after
