"""Proofs of a site in sentences that need no technical knowledge, one for each part of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

# The first part of a proof's name (`dns.answer`): what it is about, what is said when all its proofs hold, and when not
_PARTS: Mapping[str, tuple[str, str, str]] = {
    "dns": ("nama domain", "Nama domain dijawab dengan benar.", "Nama domain belum dijawab dengan benar."),
    "tls": ("HTTPS", "Sambungan HTTPS aman; sertifikatnya sah.", "Sambungan HTTPS belum aman."),
    "web": (
        "halaman situs",
        "Alamat situs menjawab dengan benar.",
        "Alamat situs belum menjawab dengan benar.",
    ),
    "php": (
        "PHP",
        "PHP berjalan dan terpisah dari situs lain.",
        "PHP belum berjalan, atau belum terpisah dari situs lain.",
    ),
    "python": (
        "Python",
        "Python berjalan dan terpisah dari situs lain.",
        "Python belum berjalan, atau belum terpisah dari situs lain.",
    ),
    "programs": (
        "program situs",
        "Program situs berhenti.",
        "Belum terbukti bahwa program situs berhenti.",
    ),
    "database": ("basis data", "Basis data dapat dipakai, hanya oleh situs ini.", "Basis data belum dapat dipakai."),
    "sftp": ("SFTP", "Akses SFTP bekerja dan terkurung di folder situs.", "Akses SFTP belum bekerja."),
    "user": ("akun server", "Akun server situs ini tersendiri.", "Akun server situs ini belum benar."),
    "directory": (
        "folder situs",
        "Folder situs tertutup bagi yang lain.",
        "Folder situs belum tertutup bagi yang lain.",
    ),
    "tasks": ("tugas terjadwal", "Tugas terjadwal siap dijalankan.", "Tugas terjadwal belum siap dijalankan."),
    "quota": (
        "batas penyimpanan",
        "Ruang penyimpanan situs dibatasi.",
        "Ruang penyimpanan situs belum dibatasi.",
    ),
    "watch": (
        "pengawasan penyimpanan",
        "Pemakaian ruang penyimpanan situs diawasi, karena sistem berkas server tidak membatasinya.",
        "Pemakaian ruang penyimpanan situs belum diawasi.",
    ),
    "site": ("pengaturan situs", "Pengaturan situs berlaku.", "Pengaturan situs belum berlaku."),
}

# The same of parts of a closed site, by proofs that no other site has.
_CLOSED: Mapping[frozenset[str], tuple[str, str, str]] = {
    frozenset({"database.kept", "database.idle"}): (
        "basis data",
        "Basis data tersimpan, dan tertutup bagi situs.",
        "Belum terbukti bahwa basis data tersimpan dan tertutup.",
    ),
    frozenset({"dns.gone"}): (
        "nama domain",
        "Nama domain tidak lagi menuju situs ini.",
        "Nama domain belum dilepas oleh semua server DNS.",
    ),
    frozenset({"sftp.locked"}): ("SFTP", "Akses SFTP tertutup.", "Belum terbukti bahwa akses SFTP tertutup."),
    frozenset({"programs.stopped"}): _PARTS["programs"],
}


@dataclass(frozen=True, slots=True)
class Part:
    """What the proofs say of one part of a site. `closed`: that it is shut, not that it works."""

    name: str
    ok: bool
    sentence: str
    closed: bool


def part_name(proof: str) -> str:
    """Of which part of a site a proof (`dns.answer`) speaks, in words."""
    part = proof.partition(".")[0]
    name = _PARTS[part][0] if part in _PARTS else part
    return name[:1].upper() + name[1:]


def parts(evidence: Iterable[Mapping[str, Any]]) -> tuple[Part, ...]:
    """One a part of the site, in the order in which the parts were first proven; what does not hold comes first."""
    held: dict[str, dict[str, bool]] = {}
    for proof in evidence:
        name = str(proof["name"])
        of_part = held.setdefault(name.partition(".")[0], {})
        of_part[name] = of_part.get(name, True) and bool(proof["ok"])
    found = [_part(part, proofs) for part, proofs in held.items()]
    return tuple(sorted(found, key=lambda part: part.ok))


def _part(part: str, proofs: Mapping[str, bool]) -> Part:
    closed = next((words for names, words in _CLOSED.items() if proofs.keys() <= names), None)
    known = _PARTS.get(part, (part, f"{part}: terbukti.", f"{part}: belum terbukti."))
    name, good, bad = closed or known
    ok = all(proofs.values())
    return Part(name, ok, good if ok else bad, closed=closed is not None)
