"""A plan in plain Indonesian sentences, one per change, for the technician who is to approve it. Never secrets."""

import json
from collections.abc import Callable, Mapping

from panggon.core.node.planning.desired import REDIRECT
from panggon.core.node.planning.plan import Change, Plan
from panggon.core.node.planning.resources import Attributes, Key, Kind, Value
from panggon.core.sites.life import SITE_STATE_LABELS
from panggon.core.sites.limits import LIMITS, PHP_LIMITS

_NOUNS: Mapping[Kind, str] = {
    Kind.USER: "pengguna Unix",
    Kind.DIRECTORY: "direktori situs",
    Kind.QUOTA: "batas penyimpanan",
    Kind.DATABASE: "basis data",
    Kind.SITE: "pengaturan situs",
    Kind.RUNTIME: "lingkungan aplikasi situs",
    Kind.TASKS: "tugas terjadwal situs",
    Kind.CERTIFICATE: "sertifikat TLS",
    Kind.HOST: "nama situs di server web",
    Kind.ACCESS: "akses SFTP",
    Kind.RECORDS: "rekaman DNS",
}
_LABELS: Mapping[str, str] = {
    **{name: limit.label for name, limit in {**PHP_LIMITS, **LIMITS}.items()},
    "php_memory_mebibytes": PHP_LIMITS["memory_mebibytes"].label,
    "uid": "UID",
    "password": "kata sandi",
    "engine": "jenis",
    "connections": "koneksi paling banyak",
    "host": "nama",
    "generation": "generasi",
    "kind": "jenis",
    "php_version": "versi PHP",
    "profile": "profil",
    "mebibytes": "ruang (MiB)",
    "key_number": "kata sandi ke",
    "locked": "terkunci",
    "database": "basis data",
    "outgoing": "sambungan keluar",
    "document_root": "direktori dokumen",
    "environment": "variabel lingkungan",
    "target": "tujuan",
    "keep_path": "alamat diteruskan",
    "permanent": "tetap",
    "keep_host": "nama situs diteruskan",
    "address": "alamat server",
    "interface": "antarmuka",
    "entry": "aplikasi",
    "issuer": "penerbit",
    "valid": "berlaku",
    "site": "situs",
    "state": "status",
    "keys": "kunci SSH",
    "notice": "kabar bagi pengunjung",
    "names": "semua nama",
    "a": "A",
    "aaaa": "AAAA",
    "safety": "rekaman pengaman",
    "tasks": "tugas",
    "hsts_seconds": "HSTS (detik)",
    "ttl": "TTL (detik)",
}
# The same words as on the pages of sites.
_STATES: Mapping[str, str] = {
    **{state.value: label for state, label in SITE_STATE_LABELS.items()},
    REDIRECT: "Pengalihan ke nama yang baru",
}
# What of a site can be brought back as it was is not said to be deleted, which would frighten.
_REMOVING: Mapping[Kind, str] = {
    Kind.RUNTIME: "menghentikan",
    Kind.TASKS: "menghentikan",
    Kind.HOST: "melepas",
    Kind.ACCESS: "mencabut",
}


# What a change means to somebody who does not look after servers.
_MEANINGS: Mapping[Kind, tuple[str, str, str]] = {
    Kind.USER: (
        "Situs mendapat akun tersendiri di server, terpisah dari situs lain.",
        "Akun situs di server diubah.",
        "Akun situs di server dihapus.",
    ),
    Kind.DIRECTORY: ("Folder situs dibuat.", "Folder situs diubah.", "Folder situs dihapus."),
    Kind.QUOTA: (
        "Ruang penyimpanan situs dibatasi.",
        "Batas ruang penyimpanan diubah.",
        "Batas ruang penyimpanan dihapus.",
    ),
    Kind.DATABASE: (
        "Basis data tersendiri dibuat; kata sandinya tidak meninggalkan server.",
        "Basis data diubah.",
        "Basis data dihapus.",
    ),
    Kind.SITE: ("Pengaturan situs ditulis.", "Pengaturan situs diubah.", "Pengaturan situs dihapus."),
    Kind.RUNTIME: (
        "Aplikasi disiapkan untuk situs ini saja.",
        "Lingkungan aplikasi diubah.",
        "Lingkungan aplikasi dihentikan.",
    ),
    Kind.TASKS: (
        "Tugas terjadwal situs dipasang.",
        "Tugas terjadwal situs diubah.",
        "Tugas terjadwal situs dihentikan.",
    ),
    Kind.CERTIFICATE: (
        "Sertifikat HTTPS dipasang untuk {name}.",
        "Sertifikat HTTPS untuk {name} diganti.",
        "Sertifikat HTTPS untuk {name} dihapus.",
    ),
    Kind.HOST: (
        "Alamat https://{name} dipasang, {state}.",
        "Alamat https://{name} menjadi {state}.",
        "Alamat https://{name} dilepas.",
    ),
    Kind.ACCESS: ("Akses SFTP pemilik dipasang.", "Akses SFTP pemilik diubah.", "Akses SFTP pemilik dicabut."),
    Kind.RECORDS: (
        "Nama domain {name} didaftarkan.",
        "Pendaftaran nama domain {name} diubah.",
        "Pendaftaran nama domain {name} dihapus.",
    ),
}


_NOTHING = "tidak ada"
_REKEYED = "Basis data mendapat kata sandi baru; pemilik situs menemukannya di private/database.ini."
_LOCKED = "Basis data dikunci: situs tidak dapat masuk, dan yang sedang berjalan dihentikan."
_UNLOCKED = "Basis data dibuka kembali untuk situs."


def meanings(plan: Plan, *, translated: Callable[[str], str] = str) -> tuple[str, ...]:
    """What the plan does, for people who do not look after servers: one sentence per change, in the plan's order.

    `translated` gives a sentence in the reader's language, its placeholders kept.
    """
    return tuple(_meaning(change, translated) for change in plan.changes)


def words(plan: Plan) -> tuple[str, ...]:
    """One sentence per change, in the plan's order; none where all is as wished."""
    return tuple(map(_sentence, plan.changes))


def differences(plan: Plan) -> tuple[str, ...]:
    """What a plan back to the last wish says of the machine: one sentence per difference that somebody made."""
    return tuple(map(_found, plan.changes))


def unasked(key: Key) -> str:
    """Of what stands on a machine and no wish speaks of it."""
    return f"{_NOUNS[key.kind]} {key.name} ada, padahal tidak diminta."


def stray(key: Key) -> str:
    """The same of what belongs to no site: a name in the zone is told by where it leads; one with a type, which is a
    site's, by what that does.
    """
    name, _, kind = key.name.partition(" ")
    if key.kind is Kind.RECORDS and kind:
        return f"{_NOUNS[key.kind]} {name} {kind} bukan buatan Panggon dan dapat membawa orang ke tempat lain."
    if key.kind is Kind.RECORDS:
        return f"{_NOUNS[key.kind]} {key.name} mengarah ke mesin ini, padahal bukan nama situs."
    return unasked(key)


def _found(change: Change) -> str:
    what = f"{_NOUNS[change.key.kind]} {change.key.name}"
    if change.before is None:
        return f"{what} tidak ada lagi."
    if change.mends:
        return f"{what} tidak utuh lagi{_why(change)}."
    if change.after is None:
        return unasked(change.key)
    return f"{what} berubah ({', '.join(_differences(change.after, change.before))})."


def _meaning(change: Change, translated: Callable[[str], str]) -> str:
    made, changed, removed = _MEANINGS[change.key.kind]
    if change.key.kind is Kind.DATABASE and change.before and change.after and not change.mends:
        changed = _of_database(change.before, change.after) or changed
    sentence = removed if change.after is None else made if change.before is None else changed
    state = _state((change.after or {}).get("state"), translated)
    return translated(sentence).format(name=change.key.name, state=state)


def _of_database(before: Attributes, after: Attributes) -> str:
    if before.get("key_number") != after.get("key_number"):
        return _REKEYED
    if before.get("locked") != after.get("locked"):
        return _LOCKED if after.get("locked") else _UNLOCKED
    return ""


def _sentence(change: Change) -> str:
    what = f"{_NOUNS[change.key.kind]} {change.key.name}"
    if change.after is None:
        return f"{_REMOVING.get(change.key.kind, 'menghapus').capitalize()} {what}."
    if change.mends:
        return f"Memperbaiki {what}, yang tidak utuh lagi{_why(change)}."
    if change.before is None:
        facts = [f"{_LABELS.get(name, name)} {_shown(name, value)}" for name, value in change.after.items()]
        return f"Membuat {what} ({', '.join(facts)})."
    return f"Mengubah {what} ({', '.join(_differences(change.before, change.after))})."


def _why(change: Change) -> str:
    return f" ({change.why})" if change.why else ""


def _task(text: str) -> str:
    """Of what a machine tells that is no task, the text itself."""
    try:
        task = json.loads(text)
        return f"{task['name']} [{task['schedule']}] {' '.join(task['command'])}"
    except (KeyError, TypeError, ValueError, RecursionError):
        return text


def _differences(before: Attributes, after: Attributes) -> list[str]:
    return [
        _difference(name, before.get(name), after.get(name))
        for name in dict.fromkeys([*after, *before])
        if before.get(name) != after.get(name)
    ]


def _difference(name: str, before: Value, after: Value) -> str:
    if name == "key_number":
        return "kata sandi dibuat baru"
    old, new = _shown(name, before), _shown(name, after)
    label = _LABELS.get(name, name)
    if old == new:  # a secret, or one nothing for another: other kinds of site have no environment at all
        return f"{label} {old}" if old == _NOTHING else f"{label} diganti"
    return f"{label}: {old} → {new}"


def _shown(name: str, value: Value) -> str:
    if name == "ttl" and value is None:
        return "seperti pengaturan mesin"
    if name == "password":
        return "terpasang" if value else _NOTHING
    if name == "keys" and isinstance(value, tuple):
        return f"{len(value)} buah" if value else _NOTHING
    if name == "state":
        return _state(value)
    if name == "tasks" and isinstance(value, tuple):
        return "; ".join(map(_task, value))
    if isinstance(value, bool) or name == "locked":
        return "ya" if value else "tidak"
    if isinstance(value, tuple):
        return ", ".join(value) or _NOTHING
    return _NOTHING if value in (None, "") else str(value)


def _state(value: Value, translated: Callable[[str], str] = str) -> str:
    return translated(_STATES.get(str(value), str(value))).lower()
