"""Who this machine is to its portal: kept at enrolment in `<state>/node.json`, for root only."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from panggon.core.errors import PermanentError
from panggon.node import records


@dataclass(frozen=True, slots=True)
class Identity:
    """`enrolled_at` in UTC: wish numbers of journals that are older belong to another portal, or another life of it."""

    url: str
    node: int
    token: str
    enrolled_at: datetime


def save(state: Path, identity: Identity) -> None:
    members = {
        "url": identity.url,
        "node": identity.node,
        "token": identity.token,
        "enrolled_at": identity.enrolled_at.isoformat(),
    }
    records.save(_path(state), members)


def load(state: Path) -> Identity:
    """Raises PermanentError `node.unknown` when the machine was never enrolled, or the file is damaged."""
    try:
        members = records.load(_path(state))
        if members is None:
            raise PermanentError("node.unknown", "mesin ini belum terdaftar: jalankan `panggon-node enroll URL KODE`")
        enrolled_at = datetime.fromisoformat(members["enrolled_at"])
        return Identity(members["url"], members["node"], members["token"], enrolled_at)
    except (ValueError, KeyError, TypeError) as error:
        raise PermanentError("node.unknown", f"{_path(state)} rusak: daftarkan ulang mesin ini") from error


def _path(state: Path) -> Path:
    return state / "node.json"
