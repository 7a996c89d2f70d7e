"""Who this machine is to its portal: kept at enrolment in `<state>/node.json`, for root only."""

import hashlib
from dataclasses import asdict, dataclass
from pathlib import Path

from panggon.core.errors import PermanentError
from panggon.node.state import records


@dataclass(frozen=True, slots=True)
class Identity:
    url: str
    node: int
    token: str

    @property
    def enrolment(self) -> str:
        """Another one for each token: wish numbers of another enrolment belong to another portal, or another life of
        it. By no clock, which may be wrong.
        """
        return hashlib.sha256(self.token.encode()).hexdigest()[:16]


def save(state: Path, identity: Identity) -> None:
    records.save(_path(state), asdict(identity))


def load(state: Path) -> Identity:
    """Raises PermanentError `node.unknown` when the machine was never enrolled, or the file is damaged."""
    try:
        members = records.load(_path(state))
        if members is None:
            raise PermanentError("node.unknown", "mesin ini belum terdaftar: jalankan `panggon-node enroll URL KODE`")
        return Identity(members["url"], members["node"], members["token"])
    except (ValueError, KeyError, TypeError) as error:
        raise PermanentError("node.unknown", f"{_path(state)} rusak: daftarkan ulang mesin ini") from error


def _path(state: Path) -> Path:
    return state / "node.json"
