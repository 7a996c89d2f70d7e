"""What stood in a machine's way, in words: its details are often those of a system, or only name things."""

from collections.abc import Callable, Mapping

# Codes whose detail is a sentence already need none.
_MEANINGS: Mapping[str, str] = {
    "closing.not_shut": "Penutupan berjalan terus",
    "closing.shut": "Penutupan berjalan terus",
    "database.down": "Server basis data tidak menjawab",
    "database.owner": "Pengurus salinan basis data di mesin ini tidak menjawab",
    "database.refused": "Server basis data menolak",
    "disk.full": "Disk mesin penuh",
    "dns.down": "Server DNS tidak menjawab",
    "dns.refused": "Server DNS menolak",
    "dns.views": "Server DNS menunjukkan zona lain kepada mesin ini",
    "driver.broken": "Kesalahan di dalam Panggon sendiri",
    "driver.missing": "Mesin ini tidak dapat mengerjakan bagian ini",
    "journal.busy": "Situs ini sedang dikerjakan proses lain",
    "journal.open": "Pekerjaan sebelumnya belum selesai",
    "journal.unreadable": "Catatan pekerjaan tidak dapat dibaca",
    "journal.unwritable": "Catatan pekerjaan tidak dapat ditulis, jadi tidak ada yang dikerjakan",
    "nginx.control": "Server web tidak menurut",
    "nginx.memory": "Server web masih menjawab seperti semula",
    "nginx.worker": "Sebagian server web tidak menjawab",
    "node.forgotten": "Nama yang dilepas harus disebut (former_hosts atau retired_hosts)",
    "node.unexpected": "Kesalahan di dalam Panggon sendiri",
    "password.awaited": "Kata sandi yang diminta belum ada di mesin ini",
    "plan.partial": "Ada yang setengah tertulis",
    "plan.unobserved": "Ada yang keadaannya belum dilihat",
    "readback": "Yang tertulis tidak terbaca kembali seperti yang diminta",
    "runtime.holder": "Pemegang soket situs di mesin ini tidak menjawab",
    "shell.failed": "Program ini gagal",
    "shell.missing": "Program ini tidak terpasang",
    "shell.slow": "Program ini tidak selesai pada waktunya",
    "stale": "Keadaan mesin tidak seperti rencana",
    "tasks.owner": "Pengurus tugas terjadwal di mesin ini tidak menjawab",
    "unproven": "Ada bukti yang tidak terpenuhi",
}


def words(code: str, detail: str, *, translated: Callable[[str], str] = str) -> str:
    """What the code means, where that has to be said, and the detail; "" where neither says anything.

    `translated` gives the meaning in the reader's language; the detail is the machine's own.
    """
    meaning = _MEANINGS.get(code)
    return ": ".join(filter(None, (translated(meaning) if meaning else "", detail)))
