"""What a site may use. A limit is declared here once: its usual amount, its bounds and its words.

The spec's document, what a plan of changes says, and the plans that the department offers follow from that.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any


@dataclass(frozen=True, slots=True)
class Limit:
    """`label` names the amount and its unit, in the middle of a sentence. Without a usual amount the machine takes one
    that follows from others.
    """

    usual: int | None
    least: int
    most: int
    label: str
    hint: str = ""


def _limit(usual: int | None, bounds: tuple[int, int], label: str, hint: str = "") -> Any:
    return field(default=usual, metadata={"limit": Limit(usual, *bounds, label, hint)})


@dataclass(frozen=True, slots=True)
class Limits:
    memory_mebibytes: int = _limit(256, (64, 4096), "memori (MiB)")
    processes: int = _limit(32, (4, 256), "proses paling banyak", "Berapa proses boleh berjalan sekaligus.")
    upload_mebibytes: int = _limit(64, (1, 1024), "unggahan paling besar (MiB)")
    database_connections: int = _limit(20, (1, 100), "sambungan basis data")
    database_mebibytes: int = _limit(1024, (16, 1_048_576), "ruang basis data (MiB)")
    cpu_percent: int = _limit(100, (5, 800), "waktu prosesor (%)", "100 berarti satu prosesor penuh.")
    disk_mebibytes: int = _limit(1024, (16, 1_048_576), "kuota penyimpanan (MiB)")
    files: int = _limit(200_000, (1_000, 10_000_000), "berkas paling banyak", "Berkas dan folder situs, paling banyak.")


@dataclass(frozen=True, slots=True)
class PhpLimits:
    """PHP's own bounds. Without a number, memory is half of the site's, and a form as large as an upload and 1 MiB."""

    memory_mebibytes: int | None = _limit(None, (16, 4096), "memori PHP (MiB)")
    execution_seconds: int = _limit(30, (1, 300), "waktu jalan PHP paling lama (detik)")
    input_vars: int = _limit(1000, (100, 100_000), "isian formulir paling banyak")
    post_mebibytes: int | None = _limit(None, (1, 1024), "formulir paling besar (MiB)")


def _declared(amounts: type[Limits | PhpLimits]) -> Mapping[str, Limit]:
    return {each.name: each.metadata["limit"] for each in fields(amounts)}


LIMITS = _declared(Limits)
PHP_LIMITS = _declared(PhpLimits)
USUAL_LIMITS = Limits()
USUAL_PHP = PhpLimits()
